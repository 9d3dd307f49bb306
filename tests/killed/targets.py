"""Targets as the kill tests see them: where a run writes, what is there now, and what should not be."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any, Protocol

SCHEMA = """
CREATE TABLE customer (id integer NOT NULL, email varchar(80) NOT NULL, PRIMARY KEY (id), UNIQUE (email));
CREATE TABLE orders (id integer NOT NULL, customer_id integer NOT NULL, placed_at timestamp NOT NULL, note varchar(99),
  PRIMARY KEY (id), FOREIGN KEY (customer_id) REFERENCES customer (id));
"""
TABLES = ("customer", "orders")


class Target(Protocol):
    """``options`` of ``synth`` that name it; ``rows`` that keep a run busy for a second or so."""

    options: list[str]
    dialect: str
    rows: str
    schema: str

    def state(self) -> str | None:
        """What a reader finds: a digest of all rows and of what else is there; None where there is nothing."""

    def loading(self) -> bool:
        """Whether a run is at its load now."""

    def leftovers(self) -> list[str]:
        """What a run should not have left."""

    def marked(self) -> bool:
        """Whether it says of itself that a run was stopped here, for the next one to clean up."""

    def close(self) -> None:
        """Removes what lies outside the test's folder."""


class _Path:
    """A target in a folder of its own."""

    name: str
    rows = "1e5"
    dialect = "sqlite"
    schema = SCHEMA
    more: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.path = folder / self.name
        self.options = ["--out", str(self.path), *self.more]

    def loading(self) -> bool:
        return bool(self.leftovers())

    def leftovers(self) -> list[str]:
        return sorted(set(os.listdir(self.path.parent)) - {self.name})

    def marked(self) -> bool:
        return False

    def close(self) -> None:
        pass


class DuckDB(_Path):
    name = "x.duckdb"
    rows = "8e5"

    def state(self) -> str | None:
        import duckdb

        if not self.path.exists():
            return None
        with duckdb.connect(str(self.path), read_only=True) as connection:
            made = connection.execute("SELECT sql FROM duckdb_tables() ORDER BY table_name").fetchall()
            sums = [
                connection.execute(f"SELECT count(*), bit_xor(hash(t)) FROM {table} t").fetchone() for table in TABLES
            ]
        return repr((made, sums))


class SQLite(_Path):
    name = "x.sqlite"

    def state(self) -> str | None:
        if not self.path.exists():
            return None
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            made = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
            sums = [
                connection.execute(f"SELECT count(*), sum(id), max(rowid) FROM {table}").fetchone() for table in TABLES
            ]
            sums += connection.execute("SELECT sum(unicode(email) * (id % 1009)) FROM customer").fetchall()
        finally:
            connection.close()
        return repr((made, sums))


class Folder(_Path):
    """A folder of CSV files."""

    name = "x"
    more = ("--format", "csv")

    def state(self) -> str | None:
        if not self.path.exists():
            return None
        files = {
            str(path.relative_to(self.path)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.path.rglob("*"))
            if path.is_file()
        }
        return repr(files)


class Relbench(Folder):
    """A relbench dataset."""

    more = ("--format", "relbench", "--tasks", "none")


class PostgreSQL:
    rows = "1e5"
    dialect = "postgres"
    schema = SCHEMA

    def __init__(self, name: str, server: str = "postgresql://root@127.0.0.1:5432") -> None:
        self.name = name
        self.server = server
        self.maintain(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        scheme, rest = server.split("://")
        self.options = ["--out", f"{scheme}+psycopg://{rest}/{name}"]

    def state(self) -> str | None:
        with self._connect(self.name) as connection:
            made = connection.execute(
                "SELECT relkind::text, relname, relhastriggers FROM pg_class WHERE relnamespace::regnamespace::text"
                " NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1, 2"
            ).fetchall()
            made += connection.execute(
                "SELECT conname, contype::text, convalidated FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace ORDER BY 1"
            ).fetchall()
            if not made:
                return None
            sums = [
                connection.execute(f"SELECT count(*), sum(hashtext(t::text)::bigint) FROM {table} t").fetchone()
                for table in TABLES
            ]
        return repr((made, sums))

    def loading(self) -> bool:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state = 'active' AND query ILIKE 'copy%%'"
        with self._connect("postgres") as connection:
            return bool(connection.execute(asked, [self.name]).fetchone()[0])

    def leftovers(self) -> list[str]:
        return []  # they would be part of the state

    def marked(self) -> bool:
        return False  # one transaction

    def close(self) -> None:
        self.maintain(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def _connect(self, database: str) -> Any:
        import psycopg

        return psycopg.connect(f"{self.server}/{database}", autocommit=True, connect_timeout=3)

    def maintain(self, *statements: str) -> None:
        """Statements on the server, outside of the database."""
        with self._connect("postgres") as connection:
            for statement in statements:
                connection.execute(statement)


class MySQL:
    """A database on a server of MySQL's or MariaDB's, which ends a transaction at each definition."""

    rows = "2e5"
    dialect = "mysql"
    schema = """
CREATE TABLE customer (id integer PRIMARY KEY, email varchar(80) NOT NULL, UNIQUE KEY (email)) ENGINE=InnoDB;
CREATE TABLE orders (id integer NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id integer NOT NULL, previous integer,
  placed_at datetime NOT NULL, note varchar(99), CONSTRAINT spoken CHECK (note <> ''),
  FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE,
  CONSTRAINT before_it FOREIGN KEY (previous) REFERENCES orders (id)) ENGINE=InnoDB;
CREATE TRIGGER noted BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = coalesce(NEW.note, 'by hand');
"""
    _MARK = "plurel_sql_unfinished"

    def __init__(self, name: str, port: int = 3306) -> None:
        self.name = name
        self.port = port
        self.ask("mysql", f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        self.options = ["--out", f"mysql+pymysql://root@127.0.0.1:{port}/{name}"]

    def state(self) -> str | None:
        (made,) = self.ask(self.name, "SHOW FULL TABLES")
        if not made:
            return None
        definitions = [str(rows[0][1]) for rows in self.ask(self.name, *(f"SHOW CREATE TABLE {t}" for t, _ in made))]
        triggers = "SELECT trigger_name, event_object_table, action_statement FROM information_schema.triggers"
        sums = (
            f"SELECT count(*), sum(id), sum(crc32({c})) FROM {t}"
            for t, c in zip(TABLES, ("email", "placed_at"), strict=True)
        )
        rest = self.ask(self.name, f"{triggers} WHERE trigger_schema = database()", *sums)
        return repr((made, definitions, rest))

    def loading(self) -> bool:
        return any(str(info).startswith("LOAD DATA") for _, info in self.others())

    def leftovers(self) -> list[str]:
        return []  # they would be part of the state

    def marked(self) -> bool:
        while self.others():  # the server notices that a process is gone
            time.sleep(0.02)
        return bool(self.ask(self.name, f"SHOW TABLES LIKE '{self._MARK}'")[0])

    def close(self) -> None:
        self.ask("mysql", f"DROP DATABASE IF EXISTS {self.name}")

    def others(self) -> list[tuple[Any, ...]]:
        """Other connections to the database: number, and what it is at."""
        listed = f"SELECT id, info FROM information_schema.processlist WHERE db = '{self.name}'"
        return self.ask("mysql", f"{listed} AND id <> connection_id()")[0]

    def ask(self, database: str, *statements: str) -> list[list[tuple[Any, ...]]]:
        """What each of the statements gives."""
        import pymysql

        with pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", database=database, autocommit=True, connect_timeout=3
        ) as connection:
            cursor = connection.cursor()
            return [list(cursor.fetchall()) for statement in statements if cursor.execute(statement) >= 0]
