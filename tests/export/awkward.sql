-- Whatever relbench has no form for: see test_design.py and test_same_data.py.
CREATE SCHEMA shop;
CREATE SCHEMA crm;
CREATE TABLE shop.users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, born date, created_at timestamptz NOT NULL);
CREATE TABLE crm.users (id uuid PRIMARY KEY, boss uuid REFERENCES crm.users (id), name text NOT NULL);
CREATE TABLE shop.country (iso char(2) PRIMARY KEY, name text NOT NULL, population bigint);
CREATE TABLE shop."Order Details.Big" (
  tenant integer NOT NULL, id integer NOT NULL, buyer integer NOT NULL REFERENCES shop.users (id),
  seller integer REFERENCES shop.users (id), buyer_email text REFERENCES shop.users (email),
  iso char(2) REFERENCES shop.country (iso), "placed at" timestamp NOT NULL, total numeric(10,2), paid boolean,
  PRIMARY KEY (tenant, id)
);
CREATE TABLE shop.items (
  tenant integer NOT NULL, order_id integer NOT NULL, line integer NOT NULL, quantity integer NOT NULL, picture bytea,
  took interval, tags integer[],
  PRIMARY KEY (tenant, order_id, line),
  FOREIGN KEY (tenant, order_id) REFERENCES shop."Order Details.Big" (tenant, id)
);
CREATE TABLE shop.returns (
  returns_id text, tenant integer, order_id integer, line integer, reason text, "from" date NOT NULL,
  FOREIGN KEY (tenant, order_id, line) REFERENCES shop.items (tenant, order_id, line)
);
CREATE TABLE shop.profile (user_id integer PRIMARY KEY REFERENCES shop.users (id), bio text, profile_id integer);
CREATE TABLE shop.keys (a integer, b integer, at time);
CREATE TABLE shop."values" (id integer PRIMARY KEY, key uuid REFERENCES crm.users (id), happened timestamp);
