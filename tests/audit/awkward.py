"""Schemas written to be awkward, name -> (dialect, SQL): small ones that together have every kind of key and type."""

from __future__ import annotations

AWKWARD: dict[str, tuple[str, str]] = {
    "composite keys": (
        "postgres",
        """
        CREATE TABLE region (country char(2), code varchar(4), name text NOT NULL, PRIMARY KEY (country, code));
        CREATE TABLE city (country char(2) NOT NULL, region varchar(4) NOT NULL, no int NOT NULL, name text,
            PRIMARY KEY (country, region, no), FOREIGN KEY (country, region) REFERENCES region);
        CREATE TABLE branch (id int PRIMARY KEY, c char(2), r varchar(4), n int,
            FOREIGN KEY (c, r, n) REFERENCES city (country, region, no));
        """,
    ),
    "self references": (
        "postgres",
        """
        CREATE TABLE node (id int PRIMARY KEY, up int REFERENCES node, name text NOT NULL, at timestamp NOT NULL);
        CREATE TABLE place (id int PRIMARY KEY, inside int NOT NULL REFERENCES place);
        CREATE TABLE person (id uuid PRIMARY KEY, boss uuid REFERENCES person, mate uuid UNIQUE REFERENCES person);
        CREATE TABLE part (kit int, no int, of_no int, PRIMARY KEY (kit, no), FOREIGN KEY (kit, of_no) REFERENCES part);
        """,
    ),
    "cycles": (
        "postgres",
        """
        CREATE TABLE a (id int PRIMARY KEY, b_id int NOT NULL);
        CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a, at timestamp NOT NULL);
        ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b;
        CREATE TABLE x (id int PRIMARY KEY, y_id int NOT NULL);
        CREATE TABLE y (id int PRIMARY KEY, z_id int NOT NULL);
        CREATE TABLE z (id int PRIMARY KEY, x_id int NOT NULL REFERENCES x, opt int REFERENCES y);
        ALTER TABLE x ADD FOREIGN KEY (y_id) REFERENCES y;
        ALTER TABLE y ADD FOREIGN KEY (z_id) REFERENCES z;
        """,
    ),
    "junctions": (
        "postgres",
        """
        CREATE TABLE s (id int PRIMARY KEY, name text, born date);
        CREATE TABLE t (id int PRIMARY KEY, title text);
        CREATE TABLE u (code varchar(6) PRIMARY KEY);
        CREATE TABLE s_t (s_id int REFERENCES s, t_id int REFERENCES t, PRIMARY KEY (s_id, t_id));
        CREATE TABLE s_t_u (s_id int REFERENCES s, t_id int REFERENCES t, u_code varchar(6) REFERENCES u,
            grade smallint CHECK (grade BETWEEN 1 AND 6), since timestamp NOT NULL, PRIMARY KEY (s_id, t_id, u_code));
        CREATE TABLE friend (one int REFERENCES s, other int REFERENCES s, since date, PRIMARY KEY (one, other));
        CREATE TABLE vote (id int PRIMARY KEY, s_id int NOT NULL REFERENCES s, t_id int REFERENCES t,
            UNIQUE (s_id, t_id));
        CREATE TABLE s_t_note (s_id int, t_id int, no int, body text, PRIMARY KEY (s_id, t_id, no),
            FOREIGN KEY (s_id, t_id) REFERENCES s_t);
        """,
    ),
    "keys that are foreign": (
        "postgres",
        """
        CREATE TABLE thing (id bigint PRIMARY KEY, made timestamp NOT NULL);
        CREATE TABLE car (id bigint PRIMARY KEY REFERENCES thing, wheels int NOT NULL);
        CREATE TABLE taxi (id bigint PRIMARY KEY REFERENCES car, plate varchar(10) NOT NULL UNIQUE);
        CREATE TABLE boat (id bigint PRIMARY KEY REFERENCES thing, at timestamp);
        CREATE TABLE passport (thing_id bigint UNIQUE REFERENCES thing, no int PRIMARY KEY);
        """,
    ),
    "tenants": (
        "postgres",
        """
        CREATE TABLE tenant (id int PRIMARY KEY, name text UNIQUE NOT NULL);
        CREATE TABLE users (tenant_id int REFERENCES tenant, id int, PRIMARY KEY (tenant_id, id));
        CREATE TABLE team (tenant_id int REFERENCES tenant, id int, lead int, PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, lead) REFERENCES users);
        CREATE TABLE team_user (tenant_id int, team_id int, user_id int, PRIMARY KEY (tenant_id, team_id, user_id),
            FOREIGN KEY (tenant_id, team_id) REFERENCES team, FOREIGN KEY (tenant_id, user_id) REFERENCES users);
        CREATE TABLE task (tenant_id int, id int, team_id int NOT NULL, owner int NOT NULL, parent int,
            PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, team_id) REFERENCES team,
            FOREIGN KEY (tenant_id, owner) REFERENCES users, FOREIGN KEY (tenant_id, parent) REFERENCES task);
        """,
    ),
    "tenants nobody owns": (
        "postgres",
        """
        CREATE TABLE account (org int NOT NULL, id int NOT NULL, PRIMARY KEY (org, id));
        CREATE TABLE project (org int NOT NULL, id int NOT NULL, PRIMARY KEY (org, id));
        CREATE TABLE seat (org int NOT NULL, account int NOT NULL, project int NOT NULL,
            FOREIGN KEY (org, account) REFERENCES account, FOREIGN KEY (org, project) REFERENCES project);
        """,
    ),
    "circles of copied columns": (
        "postgres",
        """
        CREATE TABLE part (kit int, no int, of_no int, PRIMARY KEY (kit, no), FOREIGN KEY (kit, of_no) REFERENCES part);
        CREATE TABLE tree (kit int NOT NULL, no int NOT NULL, up int NOT NULL, UNIQUE (kit, no),
            FOREIGN KEY (kit, up) REFERENCES tree (kit, no));
        CREATE TABLE a (org int, id int, b_id int NOT NULL, PRIMARY KEY (org, id));
        CREATE TABLE b (org int, id int, a_id int NOT NULL, PRIMARY KEY (org, id),
            FOREIGN KEY (org, a_id) REFERENCES a (org, id));
        ALTER TABLE a ADD FOREIGN KEY (org, b_id) REFERENCES b (org, id);
        CREATE TABLE left_half (id int PRIMARY KEY, v text);
        CREATE TABLE right_half (id int PRIMARY KEY REFERENCES left_half, w text);
        ALTER TABLE left_half ADD FOREIGN KEY (id) REFERENCES right_half (id);
        """,
    ),
    "circles beside a tenant": (
        "postgres",
        """
        CREATE TABLE tenant (id varchar(10) PRIMARY KEY);
        CREATE TABLE a (org varchar(10), id int, b_id int NOT NULL, PRIMARY KEY (org, id));
        CREATE TABLE b (org varchar(10), id int, a_id int NOT NULL, PRIMARY KEY (org, id),
            FOREIGN KEY (org, a_id) REFERENCES a (org, id));
        ALTER TABLE a ADD FOREIGN KEY (org, b_id) REFERENCES b (org, id);
        ALTER TABLE a ADD FOREIGN KEY (org) REFERENCES tenant;
        CREATE TABLE node (org varchar(10) NOT NULL, id int NOT NULL, up int NOT NULL, PRIMARY KEY (org, id),
            FOREIGN KEY (org, up) REFERENCES node (org, id));
        ALTER TABLE node ADD FOREIGN KEY (org) REFERENCES tenant;
        """,
    ),
    "keys to UNIQUE": (
        "postgres",
        """
        CREATE TABLE users (id serial PRIMARY KEY, login varchar(20) NOT NULL UNIQUE, code int UNIQUE);
        CREATE TABLE post (id serial PRIMARY KEY, author varchar(20) REFERENCES users (login),
            editor varchar(20) NOT NULL REFERENCES users (login), reviewer int NOT NULL REFERENCES users);
        CREATE TABLE badge (id serial PRIMARY KEY, login varchar(20) UNIQUE REFERENCES users (login));
        """,
    ),
    "narrow keys": (
        "postgres",
        """
        CREATE TABLE big (id bigint PRIMARY KEY, code varchar(40) UNIQUE NOT NULL);
        CREATE TABLE little (id bigint PRIMARY KEY, big_id smallint NOT NULL REFERENCES big,
            code varchar(8) REFERENCES big (code));
        CREATE TABLE lines (big_id smallint REFERENCES big, line smallint, PRIMARY KEY (big_id, line));
        """,
    ),
    "short domains": (
        "postgres",
        """
        CREATE TYPE day AS ENUM ('mon', 'tue', 'wed', 'thu', 'fri');
        CREATE TABLE room (id smallint PRIMARY KEY, floor smallint NOT NULL CHECK (floor BETWEEN 0 AND 9));
        CREATE TABLE slot (id int PRIMARY KEY, room_id smallint NOT NULL REFERENCES room, day day NOT NULL,
            late boolean NOT NULL, UNIQUE (room_id, day, late));
        CREATE TABLE flag (name text PRIMARY KEY, kind day UNIQUE);
        CREATE TABLE switch (day day, is_on boolean, PRIMARY KEY (day, is_on));
        CREATE TABLE setting (room_id smallint REFERENCES room, name varchar(30), value text,
            PRIMARY KEY (room_id, name));
        """,
    ),
    "keys of many types": (
        "postgres",
        """
        CREATE TABLE k_text (k text PRIMARY KEY);
        CREATE TABLE k_uuid (k uuid PRIMARY KEY);
        CREATE TABLE k_date (k date PRIMARY KEY, open boolean);
        CREATE TABLE k_time (k timestamp PRIMARY KEY, v real);
        CREATE TABLE k_dec (k numeric(8,2) PRIMARY KEY);
        CREATE TABLE k_char (k char(2) PRIMARY KEY, name text);
        CREATE TABLE k_real (k double precision PRIMARY KEY);
        CREATE TABLE k_bytes (k bytea PRIMARY KEY);
        CREATE TABLE uses (id int PRIMARY KEY, a text REFERENCES k_text, b uuid REFERENCES k_uuid,
            c date NOT NULL REFERENCES k_date, d timestamp REFERENCES k_time, e numeric(8,2) NOT NULL REFERENCES k_dec,
            f char(2) NOT NULL REFERENCES k_char, g double precision REFERENCES k_real, h bytea REFERENCES k_bytes);
        CREATE TABLE rate (f char(2) REFERENCES k_char, valid date, PRIMARY KEY (f, valid));
        """,
    ),
    "checks": (
        "postgres",
        """
        CREATE TABLE checked (
            id int PRIMARY KEY CHECK (id > 1000),
            colour text NOT NULL CHECK (colour IN ('red', 'green', 'blue')),
            size varchar(3) CHECK (size = 'S' OR size = 'M' OR size = 'XL'),
            pct numeric(5,2) CHECK (pct >= 0 AND pct <= 100),
            score int CHECK (score BETWEEN -5 AND 5),
            above real CHECK (above > 0.5),
            code varchar(12) NOT NULL UNIQUE CHECK (length(code) >= 6),
            mail text CHECK (mail LIKE '%@%'),
            plate text CHECK (plate ~ '^[A-Z]{2}-[0-9]{4}$'),
            iso char(2) CHECK (iso ~ '^[A-Z]{2}$'),
            day date NOT NULL CHECK (day >= '2000-01-01'),
            CHECK (score <> 0),
            low int NOT NULL, high int NOT NULL, mid int,
            starts timestamp NOT NULL, ends timestamp, note text,
            CHECK (low <= high), CHECK (ends > starts), CHECK (mid >= low)
        );
        """,
    ),
    "checks that hang on a kind": (
        "postgres",
        """
        CREATE TABLE provider (id int PRIMARY KEY, kind text NOT NULL CHECK (kind = ANY (ARRAY['oauth', 'oidc'])),
            url text, issuer text, CHECK (kind <> 'oauth' OR url IS NOT NULL),
            CHECK (kind <> 'oidc' OR issuer IS NOT NULL));
        """,
    ),
    "tables without keys": (
        "postgres",
        """
        CREATE TABLE log (at timestamp, level text, message text);
        CREATE TABLE pair (a int, b int);
        CREATE TABLE owner (id int PRIMARY KEY);
        CREATE TABLE event (owner_id int NOT NULL REFERENCES owner, at timestamptz NOT NULL, amount numeric);
        """,
    ),
    "no room": (
        "postgres",
        """
        CREATE TABLE ok (id int PRIMARY KEY, v text);
        CREATE TABLE none (id int PRIMARY KEY, x int NOT NULL CHECK (x > 5 AND x < 3));
        CREATE TABLE below (id int PRIMARY KEY, none_id int REFERENCES none, ok_id int NOT NULL REFERENCES ok);
        CREATE TABLE gone (id int PRIMARY KEY, none_id int NOT NULL REFERENCES none);
        """,
    ),
    "odd names": (
        "postgres",
        """
        CREATE TABLE "select" ("from" int PRIMARY KEY, "Group By" text, "a""b" text NOT NULL);
        CREATE TABLE "Übung Ω" ("größe" int PRIMARY KEY, "from" int NOT NULL REFERENCES "select" ("from"), "日付" date);
        CREATE TABLE "MixedCase" ("Id" int PRIMARY KEY, "ID2" int REFERENCES "MixedCase" ("Id"));
        CREATE TABLE "it's" ("x;y" int PRIMARY KEY, "--z" text CHECK ("--z" IN ('it''s', 'a;b', '--')));
        """,
    ),
    "namespaces": (
        "postgres",
        """
        CREATE SCHEMA sales; CREATE SCHEMA hr;
        CREATE TABLE hr.person (id int PRIMARY KEY, name text);
        CREATE TABLE sales.person (id int PRIMARY KEY, hr_id int NOT NULL UNIQUE REFERENCES hr.person (id));
        CREATE TABLE sales.orders (id int PRIMARY KEY, person_id int NOT NULL REFERENCES sales.person (id));
        CREATE TABLE orders (id int PRIMARY KEY, ref int REFERENCES sales.orders (id));
        """,
    ),
    "pairs of keys": (
        "postgres",
        """
        CREATE TABLE person (id int PRIMARY KEY, boss int REFERENCES person, twin int REFERENCES person,
            made timestamp NOT NULL, CHECK (boss <> id), CHECK (twin < id), CHECK (twin IS NULL OR twin <> boss));
        CREATE TABLE member (id uuid PRIMARY KEY, name text);
        CREATE TABLE follow (who int REFERENCES person, whom int REFERENCES person, PRIMARY KEY (who, whom),
            CHECK (NOT who = whom));
        CREATE TABLE friend (a int REFERENCES person, b int REFERENCES person, since date, PRIMARY KEY (a, b),
            CHECK (b > a));
        CREATE TABLE pal (a uuid REFERENCES member, b uuid REFERENCES member, UNIQUE (a, b), CHECK (a < b));
        CREATE TABLE transfer (id int PRIMARY KEY, src int NOT NULL REFERENCES person, dst int REFERENCES person,
            fee int REFERENCES person, made timestamp NOT NULL, CHECK (src IS DISTINCT FROM dst),
            CHECK (fee <> src AND fee <> dst));
        CREATE TABLE chat (id int PRIMARY KEY, a uuid NOT NULL REFERENCES member, b uuid NOT NULL REFERENCES member,
            c int REFERENCES person, d int REFERENCES person, CHECK (a <= b), CHECK (c < d));
        CREATE TABLE team (id int PRIMARY KEY, name text);
        CREATE TABLE player (team int REFERENCES team, no int, PRIMARY KEY (team, no));
        CREATE TABLE pass (id int PRIMARY KEY, team int NOT NULL, a int NOT NULL, b int NOT NULL CHECK (a <> b),
            FOREIGN KEY (team, a) REFERENCES player, FOREIGN KEY (team, b) REFERENCES player);
        CREATE TABLE duo (team int, a int, b int, PRIMARY KEY (team, a, b), CHECK (a < b),
            FOREIGN KEY (team, a) REFERENCES player, FOREIGN KEY (team, b) REFERENCES player);
        CREATE TABLE swap (team int, a int, b int, PRIMARY KEY (team, a, b), CHECK (a != b),
            FOREIGN KEY (team, a) REFERENCES player, FOREIGN KEY (team, b) REFERENCES player);
        """,
    ),
    "keys against their own rows": (
        "postgres",
        """
        CREATE TABLE node (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES node, made timestamp NOT NULL,
            CHECK (parent_id <> id));
        CREATE TABLE card (id uuid PRIMARY KEY, made timestamp, instead_of uuid UNIQUE REFERENCES card,
            CHECK (instead_of <> id));
        CREATE TABLE version (id serial PRIMARY KEY, prev int UNIQUE REFERENCES version, CHECK (prev < id));
        CREATE TABLE step (id int PRIMARY KEY, next_id int NOT NULL UNIQUE REFERENCES step, CHECK (next_id <> id));
        CREATE TABLE level (id int PRIMARY KEY, up int NOT NULL REFERENCES level, CHECK (up <= id));
        CREATE TABLE task (id int PRIMARY KEY, last int NOT NULL REFERENCES task, heir int REFERENCES task,
            third int UNIQUE REFERENCES task, CHECK (last >= id), CHECK (heir > id), CHECK (third > id));
        CREATE TABLE tenant (id int PRIMARY KEY, name text);
        CREATE TABLE folder (tenant int REFERENCES tenant, id int, parent int NOT NULL, PRIMARY KEY (tenant, id),
            FOREIGN KEY (tenant, parent) REFERENCES folder, CHECK (parent <> id));
        """,
    ),
    "keys to two tables that differ": (
        "postgres",
        """
        CREATE TABLE person (id serial PRIMARY KEY, name text);
        CREATE TABLE firm (id bigserial PRIMARY KEY, name text);
        CREATE TABLE robot (id uuid PRIMARY KEY, name text);
        CREATE TABLE drone (id uuid PRIMARY KEY, name text);
        CREATE TABLE deal (id int PRIMARY KEY, person int NOT NULL REFERENCES person, firm int NOT NULL REFERENCES firm,
            other int REFERENCES firm, robot uuid NOT NULL REFERENCES robot, drone uuid NOT NULL REFERENCES drone,
            CHECK (person <> firm), CHECK (other <> person), CHECK (robot <> drone), CHECK (other <> firm));
        CREATE TABLE link (person int REFERENCES person, firm int REFERENCES firm, PRIMARY KEY (person, firm),
            CHECK (person <> firm));
        """,
    ),
    "several keys to one table": (
        "postgres",
        """
        CREATE TABLE airport (code char(3) PRIMARY KEY, opened date NOT NULL);
        CREATE TABLE flight (no varchar(8), day date, origin char(3) NOT NULL REFERENCES airport,
            target char(3) NOT NULL REFERENCES airport, via char(3) REFERENCES airport, PRIMARY KEY (no, day));
        CREATE TABLE seat (no varchar(8), day date, seat varchar(3), PRIMARY KEY (no, day, seat),
            FOREIGN KEY (no, day) REFERENCES flight);
        CREATE TABLE boarding (no varchar(8), day date, seat varchar(3), at timestamp NOT NULL,
            PRIMARY KEY (no, day, seat), FOREIGN KEY (no, day, seat) REFERENCES seat);
        """,
    ),
    "types of PostgreSQL": (
        "postgres",
        """
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE TABLE t (
            a smallserial PRIMARY KEY, b smallint, c integer, d bigint, e numeric(12,4), f numeric, g real,
            h double precision, i money, j char(3), k varchar, l varchar(5), m text, n bytea, o boolean, p date,
            q time, r timetz, s timestamp(3), t timestamptz, u interval, v uuid, w json, x jsonb, y inet, z cidr,
            aa macaddr, bb int[], cc text[][], dd positive, ee bit(4), ff tsvector, gg xml,
            hh int GENERATED ALWAYS AS (b + 1) STORED, ii int GENERATED BY DEFAULT AS IDENTITY,
            jj numeric(38,10) UNIQUE, kk varchar(1) NOT NULL, ll numeric(1,0) NOT NULL, mm numeric(3,3) NOT NULL);
        """,
    ),
    "types of MySQL": (
        "mysql",
        """
        CREATE TABLE `t` (
            `a` tinyint unsigned NOT NULL AUTO_INCREMENT, `b` smallint unsigned, `c` mediumint, `d` int(11) unsigned,
            `e` bigint unsigned NOT NULL, `f` decimal(10,3), `g` float, `h` double, `i` bit(1), `j` char(1),
            `k` varchar(255), `l` tinytext, `m` longtext, `n` blob, `o` binary(16) NOT NULL, `p` varbinary(32),
            `q` date, `r` datetime(6), `s` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, `t` time, `u` year, `v` json,
            `w` enum('a','b''c','d,e') NOT NULL, `x` set('r','w','x'), `y` tinyint(1) NOT NULL,
            PRIMARY KEY (`a`), UNIQUE KEY `ue` (`e`), UNIQUE KEY `uo` (`o`), KEY `kb` (`b`)) ENGINE=InnoDB;
        """,
    ),
    "types of SQL Server": (
        "tsql",
        """
        CREATE TABLE [dbo].[t] ([a] int IDENTITY(1,1) NOT NULL, [b] bit NOT NULL, [c] tinyint, [d] money,
            [e] smallmoney, [f] nvarchar(50) NOT NULL, [g] nvarchar(max), [h] nchar(2), [i] datetime2(7),
            [j] smalldatetime,
            [k] datetimeoffset, [l] uniqueidentifier NOT NULL, [m] varbinary(max), [n] xml, [o] decimal(19,4),
            [p] time(3), [q] rowversion, CONSTRAINT [PK_t] PRIMARY KEY CLUSTERED ([a] ASC),
            CONSTRAINT [U_t] UNIQUE ([l]));
        GO
        """,
    ),
    "types of SQLite": (
        "sqlite",
        """
        CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL COLLATE NOCASE, b REAL, c BLOB, d NUMERIC,
            e, f DATETIME, g BOOLEAN DEFAULT 0, h VARCHAR(10) UNIQUE, i UNSIGNED BIG INT, j CLOB, k "odd type");
        CREATE TABLE u (a INTEGER REFERENCES t, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
        """,
    ),
    "types of Oracle": (
        "oracle",
        """
        CREATE TABLE t (a NUMBER(10) NOT NULL, b NUMBER, c NUMBER(5,2), d VARCHAR2(20 CHAR), e CLOB, f BLOB, g DATE,
            h TIMESTAMP(6), i RAW(16), j BINARY_DOUBLE, k CHAR(1) CHECK (k IN ('Y','N')), l NUMBER(1) NOT NULL,
            CONSTRAINT t_pk PRIMARY KEY (a));
        """,
    ),
    "partial unique indexes": (
        "postgres",
        """
        CREATE TABLE person (id int PRIMARY KEY, email text NOT NULL, name text, deleted_at timestamptz);
        CREATE UNIQUE INDEX person_live ON person (email) WHERE deleted_at IS NULL;
        CREATE TABLE address (id int PRIMARY KEY, person_id int NOT NULL REFERENCES person, line text NOT NULL,
            is_default boolean NOT NULL DEFAULT false);
        CREATE UNIQUE INDEX one_default ON address (person_id) WHERE is_default;
        CREATE TABLE job (id int PRIMARY KEY, person_id int REFERENCES person, title text, ended_on date,
            state varchar(10) CHECK (state IN ('open', 'held', 'done')));
        CREATE UNIQUE INDEX one_present_job ON job (person_id) WHERE ended_on IS NULL;
        CREATE UNIQUE INDEX one_open ON job (person_id) WHERE state = 'open';
        CREATE TABLE liked (person_id int REFERENCES person, job_id int REFERENCES job, pinned int NOT NULL,
            PRIMARY KEY (person_id, job_id));
        CREATE UNIQUE INDEX one_pinned ON liked (job_id) WHERE pinned = 1;
        CREATE UNIQUE INDEX one_pinned_too ON liked (person_id) WHERE pinned = 1;
        CREATE TABLE member (id int PRIMARY KEY, person_id int NOT NULL REFERENCES person, job_id int NOT NULL
            REFERENCES job, gone timestamp);
        CREATE UNIQUE INDEX member_once ON member (person_id, job_id) WHERE gone IS NULL;
        CREATE TABLE rate (id int PRIMARY KEY, kind text NOT NULL, is_standard boolean NOT NULL);
        CREATE UNIQUE INDEX one_standard ON rate ((true)) WHERE is_standard;
        CREATE TABLE rent (id int PRIMARY KEY, person_id int NOT NULL REFERENCES person, start_date date NOT NULL,
            end_date date);
        CREATE UNIQUE INDEX one_running ON rent (person_id) WHERE end_date IS NULL;
        CREATE TABLE settings (id int, theme text);
        CREATE UNIQUE INDEX one_row ON settings ((1));
        CREATE TABLE config (id int PRIMARY KEY, job_id int NOT NULL REFERENCES job, person_id int REFERENCES person,
            UNIQUE (job_id, person_id));
        CREATE UNIQUE INDEX config_default ON config (job_id) WHERE person_id IS NULL;
        """,
    ),
    "indexes over expressions": (
        "postgres",
        """
        CREATE TABLE account (id int PRIMARY KEY, email text, login varchar(30), data jsonb, at timestamptz,
            day date NOT NULL, code char(8) NOT NULL, parent int REFERENCES account, token uuid);
        CREATE UNIQUE INDEX a1 ON account (lower(email));
        CREATE UNIQUE INDEX a2 ON account (upper(trim(login)), parent);
        CREATE UNIQUE INDEX a3 ON account ((data ->> 'id'));
        CREATE UNIQUE INDEX a4 ON account (COALESCE(parent, 0), lower(code));
        CREATE UNIQUE INDEX a5 ON account (md5(email));
        CREATE UNIQUE INDEX a6 ON account ((token::text));
        CREATE TABLE report (id int PRIMARY KEY, at timestamp NOT NULL, due date NOT NULL, title text NOT NULL);
        CREATE UNIQUE INDEX r1 ON report (date_trunc('month', due::timestamp));
        CREATE UNIQUE INDEX r2 ON report ((at::date));
        CREATE UNIQUE INDEX r3 ON report (left(title, 12));
        CREATE TABLE tagged (account_id int NOT NULL REFERENCES account, report_id int REFERENCES report, note text);
        CREATE UNIQUE INDEX t1 ON tagged (account_id, COALESCE(report_id, -1));
        CREATE TABLE plain (id int PRIMARY KEY, mail text NOT NULL,
            mail_low text GENERATED ALWAYS AS (lower(mail)) STORED, UNIQUE (mail_low));
        """,
    ),
    "what the target calls equal": (
        "mysql",
        """
        CREATE TABLE user (id int AUTO_INCREMENT PRIMARY KEY, name varchar(40) NOT NULL UNIQUE,
            token char(12) NOT NULL, nick varchar(4) NOT NULL, url text NOT NULL,
            country varchar(60) NOT NULL, UNIQUE KEY t (token), UNIQUE KEY n (nick), UNIQUE KEY u (url(10)),
            UNIQUE KEY c (country));
        CREATE TABLE word (lang enum('de', 'fr', 'FR2') NOT NULL, word varchar(3) NOT NULL, PRIMARY KEY (lang, word));
        CREATE TABLE pair (code varchar(6) CHECK (code IN ('a', 'A', 'b', 'B ')), no int, PRIMARY KEY (code, no));
        """,
    ),
    "no overlap": (
        "postgres",
        """
        CREATE TABLE room (id int PRIMARY KEY, name text NOT NULL UNIQUE, built timestamptz NOT NULL);
        CREATE TABLE booking (id int PRIMARY KEY, room_id int NOT NULL REFERENCES room, starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL, who text, CHECK (starts_at < ends_at),
            EXCLUDE USING gist (room_id WITH =, tstzrange(starts_at, ends_at) WITH &&));
        CREATE TABLE season (id int PRIMARY KEY, first date NOT NULL, last date NOT NULL, name text,
            EXCLUDE USING gist (daterange(first, last, '[]') WITH &&));
        CREATE TABLE shift (room_id int NOT NULL REFERENCES room, person text NOT NULL, start_on date NOT NULL,
            end_on date, EXCLUDE USING gist (person WITH =, room_id WITH =,
                daterange(start_on, COALESCE(end_on, 'infinity')) WITH &&) WHERE (person IS NOT NULL));
        CREATE TABLE block (id int PRIMARY KEY, low int NOT NULL, high int NOT NULL, CHECK (low < high),
            EXCLUDE USING gist (int4range(low, high) WITH &&));
        CREATE TABLE stay (id int PRIMARY KEY, room_id int REFERENCES room, during tstzrange NOT NULL, nights daterange,
            numbers int4range, EXCLUDE USING gist (room_id WITH =, during WITH &&),
            EXCLUDE USING gist (nights WITH &&, room_id WITH =), EXCLUDE USING gist (numbers WITH &&));
        CREATE TABLE seat (id int PRIMARY KEY, room_id int NOT NULL REFERENCES room, no int NOT NULL,
            EXCLUDE (room_id WITH =, no WITH =));
        """,
    ),
    "partitions": (
        "postgres",
        """
        CREATE TABLE device (id int PRIMARY KEY, added timestamptz NOT NULL);
        CREATE TABLE reading (id bigint GENERATED ALWAYS AS IDENTITY, device_id int NOT NULL REFERENCES device,
            at timestamptz NOT NULL, value float, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE reading_1 PARTITION OF reading FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        CREATE TABLE reading_2 PARTITION OF reading FOR VALUES FROM ('2024-02-01') TO ('2024-04-01');
        CREATE TABLE sale (id int, region text, amount numeric(8,2), PRIMARY KEY (id, region))
            PARTITION BY LIST (region);
        CREATE TABLE sale_eu PARTITION OF sale FOR VALUES IN ('de', 'fr') PARTITION BY RANGE (id);
        CREATE TABLE sale_eu_1 PARTITION OF sale_eu FOR VALUES FROM (1) TO (4000);
        CREATE TABLE sale_us PARTITION OF sale FOR VALUES IN ('us') PARTITION BY RANGE (id);
        CREATE TABLE sale_us_1 PARTITION OF sale_us FOR VALUES FROM (1) TO (4000);
        CREATE TABLE hashed (id int PRIMARY KEY, body text) PARTITION BY HASH (id);
        CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        CREATE TABLE old (id int, born date) PARTITION BY RANGE (born);
        CREATE TABLE old_1 PARTITION OF old FOR VALUES FROM ('1950-01-01') TO ('1960-01-01');
        CREATE TABLE child (id int PRIMARY KEY, hashed_id int NOT NULL REFERENCES hashed);
        CREATE TABLE months (y int, m int, v numeric) PARTITION BY RANGE (y, m);
        CREATE TABLE months_1 PARTITION OF months FOR VALUES FROM (2020, 6) TO (2022, 3);
        CREATE TABLE months_2 PARTITION OF months FOR VALUES FROM (2022, 3) TO (2023, 1);
        CREATE TABLE folded (id int NOT NULL, k text NOT NULL) PARTITION BY LIST (lower(k));
        CREATE TABLE folded_1 PARTITION OF folded FOR VALUES IN ('south', 'north');
        CREATE TABLE quarter (id int NOT NULL, d date NOT NULL) PARTITION BY LIST (date_part('quarter', d));
        CREATE TABLE quarter_1 PARTITION OF quarter FOR VALUES IN (1) PARTITION BY RANGE (id);
        CREATE TABLE quarter_11 PARTITION OF quarter_1 FOR VALUES FROM (1) TO (9000);
        """,
    ),
    "times that must be there after times that need not": (
        "postgres",
        """
        CREATE TABLE orders (id serial PRIMARY KEY, status text NOT NULL CHECK (status IN ('cart', 'paid', 'shipped')),
            placed_at timestamp, paid_at timestamp, shipped_at timestamp NOT NULL);
        CREATE TABLE parcel (id serial PRIMARY KEY, order_id int NOT NULL REFERENCES orders, packed_at timestamp,
            sent_at timestamp, delivered_at timestamp, state text CHECK (state IN ('open', 'done')),
            CHECK (state <> 'done' OR delivered_at IS NOT NULL), CHECK (delivered_at >= sent_at));
        CREATE TABLE visit (id serial PRIMARY KEY, order_id int NOT NULL REFERENCES orders, started_at timestamp,
            ended_at timestamp);
        CREATE UNIQUE INDEX one_open ON visit (order_id) WHERE ended_at IS NULL;
        """,
    ),
    "partitions by several columns and texts": (
        "postgres",
        """
        CREATE TABLE folded (id int, k text NOT NULL) PARTITION BY RANGE (lower(k));
        CREATE TABLE folded_1 PARTITION OF folded FOR VALUES FROM ('a') TO ('h');
        CREATE TABLE folded_2 PARTITION OF folded FOR VALUES FROM ('h') TO ('q');
        CREATE TABLE worded (id int, k text, v int, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
        CREATE TABLE worded_1 PARTITION OF worded FOR VALUES FROM ('a') TO ('h');
        CREATE TABLE initial (id int, name varchar(40)) PARTITION BY RANGE ("left"(name, 1));
        CREATE TABLE initial_1 PARTITION OF initial FOR VALUES FROM ('A') TO ('N');
        CREATE TABLE initial_2 PARTITION OF initial FOR VALUES FROM ('a') TO ('h');
        CREATE TABLE dated (a int, c date) PARTITION BY RANGE (c, a);
        CREATE TABLE dated_1 PARTITION OF dated FOR VALUES FROM ('2023-01-01', 1) TO ('2023-06-01', 5);
        CREATE TABLE dated_2 PARTITION OF dated FOR VALUES FROM ('2023-06-01', 5) TO ('2024-06-01', MINVALUE);
        CREATE TABLE fixed (a int, b int, v int, PRIMARY KEY (a, b)) PARTITION BY RANGE (a, b);
        CREATE TABLE fixed_1 PARTITION OF fixed FOR VALUES FROM (1, 100) TO (1, 5000);
        CREATE TABLE mixed (a text, b int) PARTITION BY RANGE (a, b);
        CREATE TABLE mixed_1 PARTITION OF mixed FOR VALUES FROM ('a', 1) TO ('m', 10);
        CREATE TABLE mixed_2 PARTITION OF mixed FOR VALUES FROM ('m', 10) TO ('t', 10);
        CREATE TABLE named (id text COLLATE "C" PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE named_1 PARTITION OF named FOR VALUES FROM ('a') TO ('n');
        CREATE TABLE uses (id int PRIMARY KEY, named text NOT NULL REFERENCES named);
        CREATE TABLE whole (id text PRIMARY KEY, k text) PARTITION BY RANGE (id);
        CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM (MINVALUE) TO ('n');
        CREATE TABLE whole_2 PARTITION OF whole FOR VALUES FROM ('n') TO (MAXVALUE);
        CREATE TABLE empty (id int) PARTITION BY HASH (id);
        """,
    ),
    "partitions of MySQL by several columns": (
        "mysql",
        """
        CREATE TABLE boxed (id int NOT NULL, region varchar(10) NOT NULL, kind tinyint NOT NULL,
            PRIMARY KEY (id, region, kind)) PARTITION BY LIST COLUMNS (region, kind)
            (PARTITION p0 VALUES IN (('eu', 1), ('eu', 2)), PARTITION p1 VALUES IN (('us', 1), ('us', 2), ('asia', 1)));
        CREATE TABLE days (d date, c int) PARTITION BY LIST COLUMNS (d, c)
            (PARTITION p0 VALUES IN (('2024-01-01', 1), ('2024-01-02', 1)),
            PARTITION p1 VALUES IN (('2024-01-03', 2), (NULL, NULL)));
        CREATE TABLE one (a varchar(20) NOT NULL) PARTITION BY LIST COLUMNS (a)
            (PARTITION p0 VALUES IN ('x', 'Y'), PARTITION p1 VALUES IN ('z'));
        CREATE TABLE dated (id int NOT NULL, d date NOT NULL, n int NOT NULL) PARTITION BY RANGE COLUMNS (d, n)
            (PARTITION p0 VALUES LESS THAN ('2020-01-01', 10), PARTITION p1 VALUES LESS THAN ('2023-01-01', 10));
        CREATE TABLE worded (a varchar(20), b int) PARTITION BY RANGE COLUMNS (a, b)
            (PARTITION p0 VALUES LESS THAN ('f', 10), PARTITION p1 VALUES LESS THAN ('p', MAXVALUE));
        CREATE TABLE text (a varchar(20)) PARTITION BY RANGE COLUMNS (a)
            (PARTITION p0 VALUES LESS THAN ('g'), PARTITION p1 VALUES LESS THAN ('p'));
        """,
    ),
    "partitions of MySQL": (
        "mysql",
        """
        CREATE TABLE log (id int NOT NULL, at datetime NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at))
            (PARTITION p0 VALUES LESS THAN (2022), PARTITION p1 VALUES LESS THAN (2023));
        CREATE TABLE log2 (id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (TO_DAYS(at))
            (PARTITION p0 VALUES LESS THAN (TO_DAYS('2022-05-01')), PARTITION p1 VALUES LESS THAN MAXVALUE);
        CREATE TABLE months (y int NOT NULL, m int NOT NULL, v int, PRIMARY KEY (y, m, v))
            PARTITION BY RANGE COLUMNS (y, m) (PARTITION p0 VALUES LESS THAN (2020, 6),
            PARTITION p1 VALUES LESS THAN (2020, 9));
        CREATE TABLE kind (id int NOT NULL, k int) PARTITION BY LIST (k) (PARTITION a VALUES IN (1, 2, NULL),
            PARTITION b VALUES IN (7));
        CREATE TABLE years (id int NOT NULL, d date NOT NULL) PARTITION BY LIST (YEAR(d))
            (PARTITION a VALUES IN (2022, 2023), PARTITION b VALUES IN (2019));
        CREATE TABLE month (id int NOT NULL, d date NOT NULL) PARTITION BY LIST (MONTH(d))
            (PARTITION a VALUES IN (1, 2), PARTITION b VALUES IN (7));
        """,
    ),
    "inheritance": (
        "postgres",
        """
        CREATE TABLE base (id serial PRIMARY KEY, name text NOT NULL CHECK (name <> ''), made timestamp NOT NULL);
        CREATE TABLE leaf (extra int CHECK (extra > 3), PRIMARY KEY (id)) INHERITS (base);
        CREATE TABLE twig (id int NOT NULL, colour text, PRIMARY KEY (id)) INHERITS (leaf);
        CREATE TABLE likes (id int PRIMARY KEY, base_id int NOT NULL REFERENCES base, leaf_id int REFERENCES leaf);
        CREATE TABLE like_base (LIKE base INCLUDING ALL, more int);
        """,
    ),
    "keys onto unique indexes": (
        "postgres",
        """
        CREATE TABLE good (id int, code varchar(8) NOT NULL, shop int NOT NULL, no int NOT NULL);
        CREATE UNIQUE INDEX good_code ON good (code);
        CREATE UNIQUE INDEX good_no ON good (shop, no) INCLUDE (id);
        CREATE TABLE uses (id int PRIMARY KEY,
            code varchar(8) REFERENCES good (code) ON DELETE CASCADE ON UPDATE SET NULL, shop int NOT NULL,
            no int NOT NULL, FOREIGN KEY (shop, no) REFERENCES good (shop, no) DEFERRABLE);
        CREATE TABLE slot (id int PRIMARY KEY, a int, b int, c text, UNIQUE NULLS NOT DISTINCT (a, c));
        """,
    ),
    "deep tenants": (
        "postgres",
        """
        CREATE DOMAIN tenant_no AS int CHECK (VALUE > 100);
        CREATE TABLE org (id tenant_no PRIMARY KEY, name text NOT NULL);
        CREATE TABLE project (org_id tenant_no REFERENCES org, no int, PRIMARY KEY (org_id, no));
        CREATE TABLE board (org_id int, project_no int, no int, PRIMARY KEY (org_id, project_no, no),
            FOREIGN KEY (org_id, project_no) REFERENCES project);
        CREATE TABLE card (org_id int, project_no int, board_no int, no int, title text NOT NULL,
            PRIMARY KEY (org_id, project_no, board_no, no),
            FOREIGN KEY (org_id, project_no, board_no) REFERENCES board);
        CREATE TABLE member (org_id int REFERENCES org, no int, name text NOT NULL, PRIMARY KEY (org_id, no));
        CREATE TABLE work (org_id int NOT NULL, project_no int NOT NULL, board_no int NOT NULL, card_no int NOT NULL,
            member_no int NOT NULL, id int GENERATED BY DEFAULT AS IDENTITY (START WITH 500) PRIMARY KEY,
            FOREIGN KEY (org_id, project_no, board_no, card_no) REFERENCES card,
            FOREIGN KEY (org_id, member_no) REFERENCES member);
        """,
    ),
}
