"""Schema -> MetaData of another dialect: what is carried over, and that the rest is said."""

from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from plurel_sql import inputs
from plurel_sql.plan.types import arrow_type
from plurel_sql.schema.model import Exclusion, Unique
from plurel_sql.sinks.create import create
from plurel_sql.sinks.metadata import foreign

DIALECTS = {"postgresql": postgresql.dialect(), "mysql": mysql.dialect(), "sqlite": sqlite.dialect()}


class Bare:
    """A Source without rows."""

    def __init__(self, sql, dialect):
        self.schema = inputs.read(sql + ";", dialect)

    def rows(self, table):
        return 10

    def types(self, table):
        return {column.name: arrow_type(column.type) for column in self.schema.table(table).columns}


def translated(sql, source, target, constraints="all"):
    """The statements in one line each, and the notes' texts."""
    dialect = DIALECTS[target]
    found = foreign(Bare(sql, source), dialect, constraints)
    statements = [*found.before]
    for table in found.tables:
        statements += [table.create, *table.after, *table.foreign_keys]
    text = [" ".join(str(statement.compile(dialect=dialect)).split()) for statement in (*statements, *found.comments)]
    return "\n".join(text), [(note.level, str(note)) for note in found.notes]


def test_an_unbounded_text_in_a_key_of_mysql_gets_a_length():
    text, _ = translated("CREATE TABLE t (a text PRIMARY KEY, b text, c text, UNIQUE (b, c))", "postgres", "mysql")
    assert "`a` VARCHAR(255) NOT NULL" in text
    assert "LONGTEXT" not in text
    text, _ = translated("CREATE TABLE t (a text, b int PRIMARY KEY)", "postgres", "mysql")
    assert "`a` LONGTEXT" in text


def test_a_row_of_mysql_is_no_longer_than_it_may_be():
    columns = ", ".join(f"c{k} varchar(9000)" for k in range(4))
    text, _ = translated(f"CREATE TABLE t (id int PRIMARY KEY, {columns})", "postgres", "mysql")
    assert text.count("LONGTEXT") == 3
    assert text.count("VARCHAR(9000)") == 1


def test_types_that_a_target_has_not():
    sql = "CREATE TABLE t (id int PRIMARY KEY, u uuid, a int[], j jsonb, i interval, n inet, z timestamptz(3))"
    text, _ = translated(sql, "postgres", "mysql")
    for part in ("`u` CHAR(32)", "`a` JSON", "`j` JSON", "`i` VARCHAR(64)", "`n` VARCHAR(45)", "`z` DATETIME(3)"):
        assert part in text
    text, _ = translated(sql, "mysql", "postgresql")
    assert '"u" UUID' in text


def test_unsigned_numbers_widen():
    sql = "CREATE TABLE t (a int unsigned PRIMARY KEY, b bigint unsigned, c tinyint unsigned)"
    text, _ = translated(sql, "mysql", "postgresql")
    for part in ('"a" BIGINT', '"b" NUMERIC(20, 0)', '"c" SMALLINT'):
        assert part in text


def test_decimals_that_sqlite_rounds_are_noted():
    sql = "CREATE TABLE t (a int PRIMARY KEY, exact numeric(15, 2), rounded numeric(19, 4))"
    _, notes = translated(sql, "postgres", "sqlite")
    assert notes == [("info", notes[0][1])]
    assert "t.rounded" in notes[0][1]
    assert translated(sql, "postgres", "mysql")[1] == []


def test_enums():
    sql = "CREATE TABLE t (id int PRIMARY KEY, e ENUM('a','it''s','x') NOT NULL)"
    assert "CREATE TYPE t_e AS ENUM ('a', 'it''s', 'x')" in translated(sql, "mysql", "postgresql")[0]
    text, _ = translated(sql, "mysql", "sqlite")
    assert """CHECK ("e" IN ('a', 'it''s', 'x'))""" in text
    assert "IN (" not in translated(sql, "mysql", "sqlite", "keys")[0]


def test_a_cycle_is_closed_when_all_tables_are_there():
    sql = "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);"
    sql += "ALTER TABLE a ADD CONSTRAINT back FOREIGN KEY (b) REFERENCES b"
    text, _ = translated(sql, "postgres", "mysql")
    assert "ADD CONSTRAINT back FOREIGN KEY" in text
    text, _ = translated(sql, "postgres", "sqlite")  # which has no ALTER TABLE ADD, and asks for no order
    assert text.count("FOREIGN KEY") == 2
    assert "ALTER" not in text


def test_namespaces_become_prefixes_where_there_are_none():
    sql = "CREATE TABLE public.a (id int PRIMARY KEY); CREATE TABLE audit.a (id int REFERENCES public.a)"
    text, notes = translated(sql, "postgres", "mysql")
    assert "CREATE TABLE `a`" in text
    assert "CREATE TABLE `audit_a`" in text
    assert any("audit.a is called audit_a" in note for _, note in notes)
    assert 'CREATE SCHEMA IF NOT EXISTS "audit"' in translated(sql, "mysql", "postgresql")[0]


def test_long_names_are_cut_and_told_apart():
    long = "a" * 70
    text, notes = translated(f"CREATE TABLE t ({long}1 int PRIMARY KEY, {long}2 int)", "sqlite", "postgresql")
    names = [part for part in text.split('"') if part.startswith("aaa")]
    assert len(set(names)) == 2
    assert {len(name) for name in names} == {63}
    assert sum("is called" in note for _, note in notes) == 2


def test_names_that_the_target_takes_for_one():
    text, notes = translated('CREATE TABLE t ("Id" int PRIMARY KEY, "id" int)', "postgres", "sqlite")
    assert '"id_2"' in text
    assert len(notes) == 1
    assert '"id_2"' not in translated('CREATE TABLE t ("Id" int PRIMARY KEY, "id" int)', "oracle", "postgresql")[0]


def test_checks_name_the_columns_as_they_are():
    text, notes = translated("CREATE TABLE t (Id int PRIMARY KEY, Total int CHECK (total > 0))", "mysql", "postgresql")
    assert 'CHECK ("Total" > 0)' in text
    assert notes == []


def test_a_check_as_pg_dump_writes_it():
    check = "((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"
    text, notes = translated(f"CREATE TABLE t (s varchar(9) PRIMARY KEY, CHECK {check})", "postgres", "sqlite")
    assert "IN (CAST('a' AS TEXT), CAST('b' AS TEXT))" in text
    assert notes == []


def test_a_lost_constraint_is_an_error():
    source = Bare("CREATE TABLE t (a int PRIMARY KEY, b int, CHECK (num_nonnulls(a, b) = 2))", "postgres")
    (table,) = source.schema.tables
    table = msgspec.structs.replace(
        table,
        uniques=(*table.uniques, Unique(("b",), name="one", where="a > 5", index=True)),
        exclusions=(Exclusion((("a", "="),), name="apart"),),
    )
    source.schema = msgspec.structs.replace(source.schema, tables=(table,))
    notes = foreign(source, DIALECTS["mysql"]).notes
    assert {note.level for note in notes} == {"error"}
    for part in ("num_nonnulls", "unique index one", "EXCLUDE apart"):
        assert any(part in note.message for note in notes)
    found = foreign(source, DIALECTS["sqlite"])
    (index,) = found.tables[0].after
    text = str(index.compile(dialect=DIALECTS["sqlite"]))
    assert text == 'CREATE UNIQUE INDEX one ON "t" ("b") WHERE "a" > 5'
    assert not any("unique index" in note.message for note in found.notes)


def test_other_statements_are_counted():
    sql = "CREATE TABLE t (a int PRIMARY KEY); CREATE INDEX i ON t (a);"
    sql += "CREATE VIEW v AS SELECT 1; CREATE VIEW w AS SELECT 2"
    assert ("info", "not carried over to another dialect: 1 index, 2 views") in translated(sql, "postgres", "mysql")[1]


@pytest.mark.parametrize("target", DIALECTS)
def test_percent_and_colon_in_text(target):
    sql = "CREATE TABLE t (a varchar(9) PRIMARY KEY CHECK (a <> 'x%:y'), b varchar(9) DEFAULT '10%:z')"
    text, _ = translated(sql, "oracle", target)
    assert "x%:y" in text.replace("%%", "%")
    assert "10%:z" in text.replace("%%", "%")


def test_what_the_target_refuses_is_noted():
    sql = "CREATE TABLE t (a varchar(9) PRIMARY KEY DEFAULT (md5('x')), b int CHECK (b > 1), CHECK (md5(a) > '1'))"
    found = foreign(Bare(sql, "postgres"), DIALECTS["sqlite"])
    with sa.create_engine("sqlite://").begin() as connection:
        notes = create(connection, found.tables[0])
        made = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 't'")).scalar_one()
    assert '"b" > 1' in made
    assert "MD5" not in made
    assert sorted(note.level for note in notes) == ["error", "info"]
    assert all("no such function" in note.message or "non-constant" in note.message for note in notes)


def test_what_only_an_engine_with_versions_keeps_is_no_loss():
    text = """CREATE TABLE t (id int PRIMARY KEY, code int NOT NULL UNIQUE, free int UNIQUE, ver rowversion NOT NULL,
    a datetime2 GENERATED ALWAYS AS ROW START NOT NULL, b datetime2 GENERATED ALWAYS AS ROW END NOT NULL,
    PERIOD FOR SYSTEM_TIME (a, b))"""
    statements, notes = translated(text, "tsql", "sqlite")
    assert [text for level, text in notes if level == "error"] == [
        "<text>:1: t: UNIQUE (free): there NULLs differ from each other"
    ]
    assert sum("is a plain column" in text for _, text in notes) == 3 and "GENERATED" not in statements
