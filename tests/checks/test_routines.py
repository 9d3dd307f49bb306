"""CHECKs that call the schema's own functions: those in SQL are met, with PostgreSQL as judge; others are noted."""

from __future__ import annotations

from support.servers import POSTGRES, database, rows

import plurel_sql
from plurel_sql.sinks.targets import open_target

SQL = """
CREATE OR REPLACE FUNCTION public.padded(TEXT) RETURNS boolean AS $$
  SELECT btrim($1) <> $1;
$$ LANGUAGE SQL IMMUTABLE SET search_path = public;
CREATE FUNCTION collapsed(t TEXT) RETURNS boolean LANGUAGE sql IMMUTABLE AS $_$ SELECT t !~ E'\\\\s{2,}' $_$;
CREATE FUNCTION controlled(value TEXT) RETURNS boolean
    AS 'SELECT NOT padded($1) AND public.collapsed($1)' LANGUAGE SQL IMMUTABLE STRICT;
CREATE FUNCTION small(a integer, b numeric(10,2)) RETURNS boolean LANGUAGE sql RETURN a + b < 200;
CREATE FUNCTION known(x int) RETURNS boolean LANGUAGE sql STRICT AS $$ SELECT $1 IS NOT NULL AND $1 > 3 $$;
CREATE TABLE t (id serial PRIMARY KEY, name text NOT NULL CHECK (controlled(name)), a int NOT NULL,
    b numeric(10,2) NOT NULL, c int CHECK (known(c)), CHECK (public.small(a, b)));
"""
CODE = """
CREATE FUNCTION odd(x int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN x % 2 = 1; END $$;
CREATE FUNCTION listed(x int) RETURNS boolean LANGUAGE sql AS $$ SELECT count(*) > 0 FROM pg_class WHERE oid = $1 $$;
CREATE TABLE t (id serial PRIMARY KEY, c int CONSTRAINT odds CHECK (odd(c)), d int CONSTRAINT lists CHECK (listed(d)));
"""


def test_functions_in_sql_are_met() -> None:
    filled = plurel_sql.open_plan(plurel_sql.plan(SQL, rows=2000, dialect="postgres"))
    assert [str(note) for note in filled.plan.notes if note.level == "error"] == []
    with database(POSTGRES) as url:
        loaded = open_target(url).write(filled)
        assert [str(note) for note in loaded.notes if note.level == "error"] == []
        assert rows(url, "SELECT count(*), count(c) > 1000 FROM t") == [(2000, True)]


def test_code_and_queries_are_noted() -> None:
    plan = plurel_sql.plan(CODE, rows=50, dialect="postgres")
    assert {note.where for note in plan.notes if note.level == "error"} == {"t.odds", "t.lists"}
