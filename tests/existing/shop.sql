CREATE TABLE customer (
    id integer PRIMARY KEY,
    email varchar(80) NOT NULL UNIQUE,
    token varchar(36) NOT NULL,
    joined timestamp NOT NULL
);
CREATE UNIQUE INDEX token_once ON customer (token);
CREATE TABLE profile (
    customer_id integer PRIMARY KEY REFERENCES customer (id),
    bio varchar(200)
);
CREATE TABLE "the order; of ""all""" (
    "order id" integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customer (id),
    gift_for integer REFERENCES customer (id),
    total numeric(10, 2) NOT NULL CHECK (total >= 0)
);
CREATE TABLE line (
    order_id integer NOT NULL REFERENCES "the order; of ""all""" ("order id"),
    line_no smallint NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, line_no)
);
CREATE TABLE team (id integer PRIMARY KEY, name varchar(40) NOT NULL UNIQUE);
CREATE TABLE member (
    customer_id integer NOT NULL REFERENCES customer (id),
    team_id integer NOT NULL REFERENCES team (id),
    since date,
    PRIMARY KEY (customer_id, team_id)
);
CREATE TABLE employee (
    id integer PRIMARY KEY,
    boss integer REFERENCES employee (id),
    name varchar(60) NOT NULL
);
CREATE TABLE audit_log (id integer PRIMARY KEY, note varchar(100));
CREATE TABLE audit_mark (id integer PRIMARY KEY, log_id integer NOT NULL REFERENCES audit_log (id));
