"""Names and values that look like SQL come back as they were written, in every sink, and nothing else happens."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support.servers import MYSQL, POSTGRES, database

import plurel_sql
from plurel_sql.errors import InputError
from plurel_sql.sinks.sqlalchemy import AnyDatabase

EVIL = (
    'q"q', "o'clock", "semi;colon", "back\\slash", "two\nlines", "tab\tbed", "--dash", "/*open", "close*/", "表🐘",
    "%s", "%(x)s", "$1", "$$", ":name", "{x}", "]b[", "`tick`", "?", "????", "'); DROP TABLE canary; --",
    '"); DROP TABLE canary; --', "`); DROP TABLE canary; --", "\\", "\\' OR 1=1; --", "\\.", "\\N", "\r\n", "a,b", "#",
    "x' OR '1'='1", "\\'; DROP TABLE canary; --", "\u202eright to left", "a\u0301", "/* */ */", "DELIMITER ;;", "@x",
)  # fmt: skip
PLAIN = "plain"
ROWS = 40 * len(EVIL)

Read = Callable[[str], tuple[list[str], list[tuple[Any, ...]]]]
"""A table by its name: names of its columns, rows."""


def named(evil: str, dialect: str) -> str:
    """As a name: MySQL's hold no character beyond the first 65,536, and end with none that is blank."""
    return evil.replace("🐘", "象").replace("\r\n", "\r\nx") if dialect == "mysql" else evil


def quoted(name: str, dialect: str) -> str:
    quote = "`" if dialect == "mysql" else '"'
    return quote + name.replace(quote, quote * 2) + quote


def literal(text: str, dialect: str) -> str:
    if dialect == "mysql":
        text = text.replace("\\", "\\\\")
    return "'" + text.replace("'", "''") + "'"


def schema(dialect: str) -> str:
    """A table per name: the name is the table's, its key's, a constraint's, a comment, a default and a label."""
    lines = ["CREATE TABLE canary (id integer PRIMARY KEY);"]
    for number, evil in enumerate(EVIL):
        text = literal(evil, dialect)
        name, check, up, index = (
            quoted(named(evil, dialect) + end, dialect) for end in ("", " check", " up", " index")
        )
        kind = {"postgres": f"kind{number}", "mysql": f"ENUM ({text}, '{PLAIN}')"}.get(dialect, "varchar(60)")
        comment = f" COMMENT {text}" if dialect == "mysql" else ""
        if dialect == "postgres":
            lines.append(f"CREATE TYPE {kind} AS ENUM ({text}, '{PLAIN}');")
        other = f"other varchar(60) NOT NULL CHECK (other <> {literal(evil + 'x', dialect)})"
        lines.append(
            f"CREATE TABLE {name} ({name} integer PRIMARY KEY{comment}, label {kind} DEFAULT {text} NOT NULL, {other},"
            f" up integer, CONSTRAINT {check} CHECK (other IN ({text}, '{PLAIN}')),"
            f" CONSTRAINT {up} FOREIGN KEY (up) REFERENCES {name} ({name})){comment};"
        )
        if dialect == "postgres":
            lines.append(f"COMMENT ON TABLE {name} IS {text}; COMMENT ON COLUMN {name}.{name} IS {text};")
        if dialect != "sqlite":
            lines.append(f"CREATE UNIQUE INDEX {index} ON {name} ({name}, label);")
    return "\n".join(lines)


def made(dialect: str) -> plurel_sql.Database:
    return plurel_sql.synthesize(schema(dialect), rows=ROWS, dialect=dialect)


def asked(execute: Callable[[str], Any], dialect: str) -> Read:
    """Reads by a query; ``execute`` gives a cursor."""

    def read(table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        cursor = execute(f"SELECT * FROM {quoted(table, dialect)}")
        return [column[0] for column in cursor.description], [tuple(row) for row in cursor.fetchall()]

    return read


@contextmanager
def duckdb_file(folder: Path) -> Iterator[Read]:
    import duckdb

    made("postgres").write(folder / "x.duckdb")
    with duckdb.connect(str(folder / "x.duckdb"), read_only=True) as connection:
        yield asked(connection.execute, "duckdb")


@contextmanager
def sqlite_file(path: Path, write: Callable[[Path], object]) -> Iterator[Read]:
    write(path)
    with closing(sqlite3.connect(path)) as connection:
        yield asked(connection.execute, "sqlite")


@contextmanager
def server(url: str, dialect: str, write: Callable[[str], object]) -> Iterator[Read]:
    with database(url) as own:
        write(own)
        parsed = sa.make_url(own)
        if dialect == "postgres":
            psycopg = pytest.importorskip("psycopg")
            with psycopg.connect(parsed.set(drivername="postgresql").render_as_string(False)) as connection:
                yield asked(connection.execute, dialect)
            return
        pymysql = pytest.importorskip("pymysql")
        with pymysql.connect(host=parsed.host, user=parsed.username, database=parsed.database) as connection:
            cursor = connection.cursor()
            yield asked(lambda query: (cursor.execute(query), cursor)[1], dialect)


@contextmanager
def files(folder: Path, format: str) -> Iterator[Read]:
    made("sqlite").write(folder / "x", format=format)
    manifest = json.loads((folder / "x" / "manifest.json").read_text(encoding="utf-8"))

    def read(table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        ((path,),) = (
            [file["path"] for file in entry["files"]] for entry in manifest["tables"] if entry["name"] == table
        )
        if format == "parquet":
            import pyarrow.parquet as pq

            found = pq.read_table(folder / "x" / path)
            return found.schema.names, list(zip(*(column.to_pylist() for column in found.columns), strict=True))
        with (folder / "x" / path).open(encoding="utf-8", newline="") as file:
            lines = [tuple(line) for line in csv.reader(file)]
        return list(lines[0]), lines[1:]

    yield read


def script(folder: Path, dialect: str) -> bytes:
    """A folder's SQL files, one after another."""
    made(dialect).write(folder, format="sql")
    listed = [folder / "schema.sql", *sorted((folder / "data").iterdir()), folder / "after.sql"]
    return b"".join(path.read_bytes() for path in listed)


def by_client(folder: Path, dialect: str) -> Callable[[str], object]:
    """Runs the script in the engine's own client."""

    def write(url: str) -> None:
        name = sa.make_url(url).database
        host = sa.make_url(url).host or "127.0.0.1"
        line = ["psql", "-1q", "-v", "ON_ERROR_STOP=1", "-h", host, "-U", "root", str(name)]
        if dialect == "mysql":
            line = [
                "mysql",
                "--binary-mode",
                "--protocol=tcp",
                "-h",
                host,
                "-u",
                "root",
                "--default-character-set=utf8mb4",
                str(name),
            ]
        if shutil.which(line[0]) is None:
            pytest.skip(f"there is no {line[0]}")
        done = subprocess.run(line, input=script(folder / "x", dialect), capture_output=True)
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    return write


def sqlite_client(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script(path.parent / "x", "sqlite").decode())


KINDS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "duckdb": ("postgres", duckdb_file),
    "sqlite": ("sqlite", lambda folder: sqlite_file(folder / "x.sqlite", made("sqlite").write)),
    "postgres": ("postgres", lambda _: server(POSTGRES, "postgres", made("postgres").write)),
    "mysql": ("mysql", lambda _: server(MYSQL, "mysql", made("mysql").write)),
    "csv": ("sqlite", lambda folder: files(folder, "csv")),
    "parquet": ("sqlite", lambda folder: files(folder, "parquet")),
    "sql sqlite": ("sqlite", lambda folder: sqlite_file(folder / "x.sqlite", sqlite_client)),
    "sql postgres": ("postgres", lambda folder: server(POSTGRES, "postgres", by_client(folder, "postgres"))),
    "sql mysql": ("mysql", lambda folder: server(MYSQL, "mysql", by_client(folder, "mysql"))),
    "any sqlite": (
        "sqlite",
        lambda folder: sqlite_file(
            folder / "x.sqlite", lambda path: AnyDatabase(f"sqlite:///{path}").write(made("sqlite"))
        ),
    ),
    "any postgres": (
        "postgres",
        lambda _: server(POSTGRES, "postgres", lambda url: AnyDatabase(url).write(made("postgres"))),
    ),
    "any mysql": ("mysql", lambda _: server(MYSQL, "mysql", lambda url: AnyDatabase(url).write(made("mysql")))),
}
"""Targets: the dialect of the schema, and how one is filled and read."""


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_values_come_back(kind: str, tmp_path: Path) -> None:
    dialect, opened = KINDS[kind]
    with opened(tmp_path) as read:
        assert len(read("canary")[1]) > 0
        for evil in EVIL:
            columns, rows = read(named(evil, dialect))
            assert columns == [named(evil, dialect), "label", "other", "up"]
            assert len(rows) > 10
            if dialect != "sqlite":
                assert {row[1] for row in rows} == {evil, PLAIN}
            assert {row[2] for row in rows} == {evil, PLAIN}


@pytest.mark.parametrize("dialect", [None, "postgres", "sqlite", "mysql"])
def test_a_nul_is_no_part_of_a_name(dialect: str | None) -> None:
    with pytest.raises(InputError):
        plurel_sql.plan('CREATE TABLE "a\x00b" (id integer);', rows=5, dialect=dialect)
