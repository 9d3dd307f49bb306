-- tracker: a project tracker for many tenants; composite keys that share tenant_id, and a cycle of tables (PostgreSQL)
--
-- Shows: every key starts with its tenant, so that both foreign keys of a row must agree on it; a cycle between project
-- and member (project.lead_member_id); self references (issue.parent_id, comment.reply_to); junction tables; an
-- ALTER TABLE that closes the cycle; arrays, jsonb and partly NULL foreign keys.

CREATE TABLE tenant (
    id         integer PRIMARY KEY,
    name       varchar(80) NOT NULL,
    subdomain  varchar(40) NOT NULL UNIQUE,
    plan       varchar(12) NOT NULL CHECK (plan IN ('free', 'team', 'business', 'enterprise')),
    seats      integer NOT NULL CHECK (seats > 0),
    created_at timestamptz NOT NULL
);

CREATE TABLE account (
    tenant_id    integer NOT NULL REFERENCES tenant (id),
    id           integer NOT NULL,
    email        varchar(120) NOT NULL,
    display_name varchar(80) NOT NULL,
    time_zone    varchar(40),
    settings     jsonb,
    is_admin     boolean NOT NULL DEFAULT false,
    joined_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
);

CREATE TABLE project (
    tenant_id      integer NOT NULL REFERENCES tenant (id),
    id             integer NOT NULL,
    key            varchar(10) NOT NULL,
    name           varchar(120) NOT NULL,
    lead_member_id integer,
    archived       boolean NOT NULL DEFAULT false,
    started_on     date NOT NULL,
    due_on         date,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    CHECK (due_on IS NULL OR due_on >= started_on)
);

CREATE TABLE member (
    tenant_id  integer NOT NULL,
    id         integer NOT NULL,
    project_id integer NOT NULL,
    account_id integer NOT NULL,
    role       varchar(12) NOT NULL DEFAULT 'developer'
               CHECK (role IN ('owner', 'developer', 'reviewer', 'guest')),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, project_id, account_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);

ALTER TABLE project ADD CONSTRAINT project_lead
    FOREIGN KEY (tenant_id, lead_member_id) REFERENCES member (tenant_id, id);

CREATE TABLE issue (
    tenant_id   integer NOT NULL,
    id          bigint NOT NULL,
    project_id  integer NOT NULL,
    reporter_id integer NOT NULL,
    assignee_id integer,
    parent_id   bigint,
    title       varchar(200) NOT NULL,
    description text,
    kind        varchar(10) NOT NULL CHECK (kind IN ('bug', 'feature', 'task', 'epic')),
    status      varchar(12) NOT NULL CHECK (status IN ('open', 'in_progress', 'review', 'done', 'rejected')),
    priority    smallint NOT NULL CHECK (priority BETWEEN 1 AND 5),
    points      numeric(4, 1) CHECK (points >= 0),
    labels      text[],
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    closed_at   timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id),
    FOREIGN KEY (tenant_id, reporter_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES issue (tenant_id, id),
    CHECK (updated_at >= created_at),
    CHECK (closed_at >= created_at)
);

CREATE TABLE comment (
    tenant_id integer NOT NULL,
    id        bigint NOT NULL,
    issue_id  bigint NOT NULL,
    author_id integer NOT NULL,
    reply_to  bigint,
    body      text NOT NULL,
    posted_at timestamptz NOT NULL,
    edited_at timestamptz CHECK (edited_at >= posted_at),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, issue_id) REFERENCES issue (tenant_id, id),
    FOREIGN KEY (tenant_id, author_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, reply_to) REFERENCES comment (tenant_id, id)
);

CREATE TABLE watcher (
    tenant_id  integer NOT NULL,
    issue_id   bigint NOT NULL,
    account_id integer NOT NULL,
    since      timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, issue_id, account_id),
    FOREIGN KEY (tenant_id, issue_id) REFERENCES issue (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);

CREATE TABLE time_entry (
    tenant_id  integer NOT NULL,
    id         bigint NOT NULL,
    issue_id   bigint NOT NULL,
    account_id integer NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    billable   boolean NOT NULL DEFAULT true,
    note       varchar(200),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, issue_id) REFERENCES issue (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    CHECK (started_at < ended_at)
);
