"""What an engine takes for granted and the text doesn't say."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import plurel_sql
from plurel_sql.ddl import Text, read
from plurel_sql.plan.types import limits, step
from plurel_sql.schema.model import Schema, SqlType


def schema(sql: str, dialect: str) -> Schema:
    return read([Text("x.sql", sql)], dialect)


def column_type(sql: str, dialect: str, table: str, column: str) -> SqlType:
    return schema(sql, dialect).table(table).column(column).type


@pytest.mark.parametrize(("written", "bits"), [("double(4,2)", 64), ("real(4,2)", 64), ("float(4,2) unsigned", 32)])
def test_floats_of_mysql_have_digits(written: str, bits: int) -> None:
    sql = f"CREATE TABLE t (id int PRIMARY KEY, total {written} NOT NULL);"
    found = column_type(sql, "mysql", "t", "total")
    assert (found.kind, found.bits, step(found)) == ("float", bits, 0.01)
    assert limits(found) == (-99.99 if found.signed else 0, 99.99)
    values = plurel_sql.synthesize(sql, rows=3000, dialect="mysql")["t"].arrow()["total"].to_pylist()
    assert 10 < max(values) < 99.995
    assert all(abs(value * 100 - round(value * 100)) < 1e-3 for value in values)


def test_an_engines_own_type_comes_before_a_users() -> None:
    sql = """CREATE SCHEMA test; SET search_path = test; CREATE TYPE bit AS ENUM ('one', 'two');
    CREATE TYPE tinyint AS ENUM ('small'); CREATE TABLE t (a bit(5), b test.bit, c "bit", d bit(5)[], e tinyint);"""
    kinds = [column.type.kind for column in schema(sql, "postgres").tables[0].columns]
    assert kinds == ["bit", "enum", "bit", "array", "enum"]


def test_a_key_that_is_not_null_is_so_below() -> None:
    sql = """CREATE TABLE base (id int, note text); COMMENT ON COLUMN base.note IS 'said';
    CREATE TABLE leaf (x int) INHERITS (base); CREATE TABLE twig (id int) INHERITS (leaf);
    ALTER TABLE base ADD PRIMARY KEY (id);"""
    found = schema(sql, "postgres")
    assert [found.table(name).column("id").nullable for name in ("base", "leaf", "twig")] == [False] * 3
    assert [found.table(name).column("note").comment for name in ("base", "leaf", "twig")] == ["said", None, None]
    assert [bool(found.table(name).uniques) for name in ("base", "leaf", "twig")] == [True, False, False]


def test_a_key_column_without_a_type_holds_what_it_refers_to(tmp_path: Path) -> None:
    sql = """CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE member (user_id PRIMARY KEY REFERENCES user (id), note);
    CREATE TABLE badge (id INTEGER PRIMARY KEY, user_id REFERENCES member, kind);"""
    plurel_sql.synthesize(sql, rows=300, dialect="sqlite").write(tmp_path / "x.sqlite")
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    for table in ("member", "badge"):
        kinds = connection.execute(f"SELECT DISTINCT typeof(user_id) FROM {table} WHERE user_id IS NOT NULL").fetchall()
        assert kinds == [("integer",)], table
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_a_key_to_columns_that_only_begin_an_index() -> None:
    """InnoDB takes it; what is free there is made unique, what is copied there may repeat."""
    sql = """CREATE TABLE customer (id int PRIMARY KEY);
    CREATE TABLE project (id int NOT NULL AUTO_INCREMENT, customer_id int NOT NULL, name varchar(20),
      PRIMARY KEY (id, customer_id), FOREIGN KEY (customer_id) REFERENCES customer (id));
    CREATE TABLE activity (id int PRIMARY KEY, project_id int NOT NULL REFERENCES project (id),
      FOREIGN KEY (project_id) REFERENCES project (id));
    CREATE TABLE line (project_id int, n int, PRIMARY KEY (project_id, n),
      FOREIGN KEY (project_id) REFERENCES project (id));
    CREATE TABLE mark (id int PRIMARY KEY, project_id int, FOREIGN KEY (project_id) REFERENCES line (project_id));"""
    database = plurel_sql.synthesize(sql, rows=2000, dialect="mysql")
    assert [note for note in database.plan.notes if note.level == "error"] == []
    project = set(database["project"].arrow()["id"].to_pylist())
    assert len(project) == database["project"].arrow().num_rows
    assert set(database["activity"].arrow()["project_id"].to_pylist()) <= project
    lines = database["line"].arrow()["project_id"].to_pylist()
    assert len(set(lines)) < len(lines)
    assert set(database["mark"].arrow()["project_id"].to_pylist()) <= {*lines, None}
