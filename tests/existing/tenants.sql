CREATE TABLE tenant (id integer PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE project (
    tenant_id integer NOT NULL REFERENCES tenant (id),
    id integer NOT NULL,
    title varchar(50),
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE person (
    tenant_id integer NOT NULL REFERENCES tenant (id),
    id integer NOT NULL,
    name varchar(50),
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE issue (
    tenant_id integer NOT NULL,
    id integer NOT NULL,
    project_id integer NOT NULL,
    reporter_id integer NOT NULL,
    assignee_id integer,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id),
    FOREIGN KEY (tenant_id, reporter_id) REFERENCES person (tenant_id, id),
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES person (tenant_id, id)
);
CREATE TABLE remark (
    tenant_id integer NOT NULL,
    issue_id integer NOT NULL,
    no integer NOT NULL,
    author_id integer NOT NULL,
    PRIMARY KEY (tenant_id, issue_id, no),
    FOREIGN KEY (tenant_id, issue_id) REFERENCES issue (tenant_id, id),
    FOREIGN KEY (tenant_id, author_id) REFERENCES person (tenant_id, id)
);
