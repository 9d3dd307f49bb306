"""SQLite and DuckDB files, which keep the statements that made them. They are opened for reading alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import duckdb

from plurel_sql.errors import InputError
from plurel_sql.reflect.pieces import Piece


def sqlite_pieces(path: Path) -> Iterator[Piece]:
    """The CREATE TABLE and CREATE INDEX statements of a SQLite file, as they were written.

    Raises:
        InputError: it can't be read, or is no SQLite file.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            kept = {
                name: kind
                for schema, name, kind, *_ in connection.execute("PRAGMA table_list")
                if schema == "main" and kind in ("table", "virtual")
            }
            rows = connection.execute(
                "SELECT tbl_name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
                " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type DESC, rowid"
            ).fetchall()
    except sqlite3.Error as error:
        raise InputError(f"can't be read: {error}", place=str(path)) from error
    yield from (Piece(sql) for table, sql in rows if table in kept)


def duckdb_pieces(path: Path) -> Iterator[Piece]:
    """The statements that make what a DuckDB file holds.

    Raises:
        InputError: it can't be read, or is no DuckDB file.
    """
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            yield from _duckdb_pieces(connection)
    except duckdb.Error as error:
        raise InputError(f"can't be read: {' '.join(str(error).split())}", place=str(path)) from error


def _duckdb_pieces(connection: duckdb.DuckDBPyConnection) -> Iterator[Piece]:
    here = "database_name = current_database() AND NOT internal"

    def query(sql: str) -> list[tuple[str, ...]]:
        return connection.execute(sql).fetchall()

    for (name,) in query(f"SELECT schema_name FROM duckdb_schemas() WHERE {here} AND schema_name <> 'main'"):
        yield Piece(f"CREATE SCHEMA {_quoted(name)}")
    for space, name, labels in query(f"SELECT schema_name, type_name, labels FROM duckdb_types() WHERE {here}"):
        if labels:
            listed = ", ".join(map(_string, labels))
            yield Piece(f"CREATE TYPE {_quoted(space)}.{_quoted(name)} AS ENUM ({listed})")
    for (sql,) in query(f"SELECT sql FROM duckdb_sequences() WHERE {here.replace(' AND NOT internal', '')}"):
        yield Piece(sql.rstrip("; \n"))
    tables = query(f"SELECT schema_name, table_name, sql, comment FROM duckdb_tables() WHERE {here} ORDER BY table_oid")
    for _, _, sql, _ in tables:
        yield Piece(sql.rstrip("; \n"))
    for (sql,) in query("SELECT sql FROM duckdb_indexes() WHERE database_name = current_database()"):
        yield Piece(sql.rstrip("; \n"))
    for space, name, _, comment in tables:
        if comment:
            yield Piece(f"COMMENT ON TABLE {_quoted(space)}.{_quoted(name)} IS {_string(comment)}")
    columns = query(
        "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns()"
        f" WHERE {here} AND comment IS NOT NULL"
    )
    for space, table, name, comment in columns:
        where = ".".join(map(_quoted, (space, table, name)))
        yield Piece(f"COMMENT ON COLUMN {where} IS {_string(comment)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
