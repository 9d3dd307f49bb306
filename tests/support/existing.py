"""Engines whose tables are filled in these tests: a database with a script run in it, and questions to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import sqlalchemy as sa

from support.servers import MYSQL, POSTGRES, database, rows, run_script

ENGINES = ("duckdb", "postgres", "sqlite", "mysql")


class Engine:
    """A database that holds what a script made."""

    def __init__(self, name: str, target: str) -> None:
        self.name = name
        self.target = target

    def quote(self, name: str) -> str:
        mark = "`" if self.name == "mysql" else '"'
        return mark + name.replace(mark, 2 * mark) + mark

    def run(self, *statements: str) -> None:
        """Statements as the application would send them, keys and all; raises what the engine raises."""
        if self.name == "duckdb":
            with duckdb.connect(self.target) as connection:
                for statement in statements:
                    connection.execute(statement)
        elif self.name == "sqlite":
            with closing(sqlite3.connect(self.target)) as link, link:
                link.execute("PRAGMA foreign_keys = ON")
                for statement in statements:
                    link.execute(statement)
        else:
            with sa.create_engine(self.target, poolclass=sa.NullPool).begin() as connection:
                for statement in statements:
                    connection.exec_driver_sql(statement)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        if self.name == "duckdb":
            with duckdb.connect(self.target, read_only=True) as connection:
                return connection.execute(sql).fetchall()
        if self.name == "sqlite":
            with closing(sqlite3.connect(self.target)) as link:
                return link.execute(sql).fetchall()
        return rows(self.target, sql)

    def count(self, table: str) -> int:
        return int(str(self.ask(f"SELECT count(*) FROM {self.quote(table)}")[0][0]))

    def orphans(self, table: str, columns: str, parent: str, keys: str) -> int:
        """How many rows point to a row that is not there."""
        pairs = list(zip(columns.split(","), keys.split(","), strict=True))
        same = " AND ".join(f"c.{self.quote(a)} = p.{self.quote(b)}" for a, b in pairs)
        known = " AND ".join(f"c.{self.quote(a)} IS NOT NULL" for a, _ in pairs)
        missing = f"NOT EXISTS (SELECT 1 FROM {self.quote(parent)} p WHERE {same})"
        sql = f"SELECT count(*) FROM {self.quote(table)} c WHERE {known} AND {missing}"
        return int(str(self.ask(sql)[0][0]))


@contextmanager
def engine(name: str, script: str, folder: Path) -> Iterator[Engine]:
    """An engine that has run ``script``."""
    if name == "duckdb":
        made = Engine(name, str(folder / "target.duckdb"))
        with duckdb.connect(made.target) as connection:
            connection.execute(script)
        yield made
    elif name == "sqlite":
        made = Engine(name, str(folder / "target.sqlite"))
        with closing(sqlite3.connect(made.target)) as link:
            link.executescript(script)
        yield made
    else:
        with database(POSTGRES if name == "postgres" else MYSQL) as url:
            run_script(url, script if name == "postgres" else "SET sql_mode = 'ANSI_QUOTES';" + script)
            yield Engine(name, url)
