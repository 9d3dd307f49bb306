"""Reading never raises, whatever the text, and the order of tables is free."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plurel_sql.ddl import Text, dialects, read
from plurel_sql.errors import InputError
from plurel_sql.schema.model import Schema

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "ddl"
SQL = [path.read_text() for path in sorted(FIXTURES.glob("*.sql"))]
WORDS = sorted({word for sql in SQL for word in sql.split()})
DIALECTS = st.sampled_from(sorted(dialects.DIALECTS))


def whole(schema: Schema) -> None:
    """What every schema keeps, whatever it was read from."""
    ids = [table.id for table in schema.tables]
    assert len(ids) == len(set(ids))
    for table in schema.tables:
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names))
        assert sum(unique.primary for unique in table.uniques) <= 1
        for constraint in (*table.uniques, *table.foreign_keys, *table.checks):
            assert set(constraint.columns) <= set(names)
        for key in table.foreign_keys:
            parent = schema.table(key.parent)
            unique = any(set(unique.columns) == set(key.parent_columns) for unique in parent.uniques)
            assert unique or schema.dialect == "mysql"  # InnoDB takes the columns that any index begins with
    assert all(note.message for note in schema.notes)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200), dialect=DIALECTS)
def test_any_text(text: str, dialect: str) -> None:
    whole(read([Text("x.sql", text), Text("y.sql", f"CREATE TABLE t ({text}")], dialect))


@settings(max_examples=200, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=60), dialect=DIALECTS)
def test_any_words(words: list[str], dialect: str) -> None:
    text = " ".join(words)
    sql = f"CREATE TABLE t (id INT PRIMARY KEY, {text});\nALTER TABLE t {text};\n{text}"
    whole(read([Text("x.sql", sql)], dialect))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), dialect=DIALECTS)
def test_mutated_statements(data: st.DataObject, dialect: str) -> None:
    sql = data.draw(st.sampled_from(SQL))
    at = data.draw(st.integers(0, len(sql)))
    end = at + data.draw(st.integers(0, 40))
    mutated = sql[:at] + data.draw(st.sampled_from(["", "(", ")", "'", ";", ",", " ADD "])) + sql[end:]
    whole(read([Text("x.sql", mutated)], dialect))


def test_a_foreign_key_may_point_forward() -> None:
    schema = read(
        [Text("a.sql", "CREATE TABLE a (b INT REFERENCES b);"), Text("b.sql", "CREATE TABLE b (id INT PRIMARY KEY);")]
    )
    assert [key.label for key in schema.table("a").foreign_keys] == ["b->b(id)"]
    assert not schema.notes


def test_notes_tell_file_and_line() -> None:
    schema = read([Text("ok.sql", "\n"), Text("bad.sql", "\n\nCREATE TABLE a (\n x INT REFERENCES nowhere);")])
    assert [str(note) for note in schema.notes] == [
        "bad.sql:4: a: foreign key (x) is left out: there is no table nowhere"
    ]


def test_unknown_dialect() -> None:
    with pytest.raises(InputError, match="klingon"):
        read([], "klingon")


def test_a_type_that_gets_another_name_keeps_its_columns() -> None:
    """As Prisma changes an enum: a new type, the column made of it, the new type called as the old one."""
    schema = read(
        [
            Text(
                "x.sql",
                """
                CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
                CREATE TABLE "User" (id text PRIMARY KEY, role "Role" NOT NULL, roles "Role"[]);
                CREATE TYPE "Role_new" AS ENUM ('USER', 'GUEST');
                CREATE TYPE pair AS (a public."Role_new", b int);
                ALTER TABLE "User" ALTER COLUMN role TYPE "Role_new" USING (role::text::"Role_new");
                ALTER TYPE "Role" RENAME TO "Role_old";
                ALTER TYPE "Role_new" RENAME TO "Role";
                ALTER TABLE "User" ALTER COLUMN roles TYPE "Role"[];
                ALTER TABLE "User" ADD both pair;
                DROP TYPE "Role_old";
                """,
            )
        ],
        "postgres",
    )
    role, roles, both = schema.table("User").columns[1:]
    assert schema.notes == ()
    assert role.type.labels == ("USER", "GUEST")
    assert roles.type.item is not None and roles.type.item.labels == ("USER", "GUEST")
    assert both.type.fields[0].type.labels == ("USER", "GUEST")


def test_options_around_columns_and_conditions() -> None:
    text = "create transient table USERS cluster by (TO_DATE(AT)) (ID number(38,0) primary key, AT timestamp_ntz(9));"
    snowflake = read([Text("x.sql", text)], "snowflake")
    assert snowflake.notes == () and len(snowflake.tables[0].columns) == 2
    text = """CREATE TABLE t (a int INDEX [ix a], b decimal(18, 2) NOT NULL INDEX ix NONCLUSTERED, c int NULL);
    CREATE UNIQUE INDEX u ON t (a) INCLUDE (b) WHERE ([c] > 3) WITH (DROP_EXISTING = OFF) ON [PRIMARY];"""
    tsql = read([Text("x.sql", text)], "tsql")
    assert tsql.notes == () and [unique.where for unique in tsql.tables[0].uniques] == ["([c] > 3)"]


def test_what_virtual_tables_are_kept_in_is_passed_over() -> None:
    text = """CREATE TABLE doc (id INTEGER PRIMARY KEY); CREATE VIRTUAL TABLE fts USING fts5(title, content='doc');
    CREATE TABLE IF NOT EXISTS 'fts_data'(id INTEGER PRIMARY KEY, block BLOB);
    CREATE TABLE doc_data (id INTEGER PRIMARY KEY); CREATE TABLE fts_more (id INTEGER PRIMARY KEY);"""
    schema = read([Text("x.sql", text)], "sqlite")
    assert [table.name for table in schema.tables] == ["doc", "doc_data", "fts_more"]
    assert [note.level for note in schema.notes] == ["info", "info"]
