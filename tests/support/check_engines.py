"""A table with one CHECK, filled by the engine itself: it is the judge."""

from __future__ import annotations

import os
import sqlite3
from typing import Any

import duckdb
import pyarrow as pa


def text(value: Any) -> Any:
    """A value as any engine reads it."""
    if isinstance(value, list):
        return "{" + ",".join('"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value) + "}"
    if isinstance(value, bool) or value is None or isinstance(value, int | float | str):
        return value
    return str(value)


class Postgres:
    def __init__(self) -> None:
        import psycopg

        self.name = f"plurel_checks_{os.getpid()}"
        self.admin = psycopg.connect("postgresql://root@127.0.0.1/postgres", autocommit=True)
        self.admin.execute(f"CREATE DATABASE {self.name}")
        self.error = psycopg.Error
        self.connection = psycopg.connect(f"postgresql://root@127.0.0.1/{self.name}", autocommit=True)

    def accepts(self, statement: str) -> str | None:
        """Why the engine refuses a table (dropped again), None where it takes it."""
        try:
            self.connection.execute("DROP TABLE IF EXISTS t")
            self.connection.execute(statement)
        except self.error as error:
            return str(error).splitlines()[0]
        return None

    def refusal(self, statement: str, rows: pa.Table) -> str | None:
        """Why the engine refuses the rows, None where it takes them all."""
        self.accepts(statement)
        names = ", ".join(f'"{name}"' for name in rows.column_names)
        try:
            with self.connection.cursor().copy(f"COPY t ({names}) FROM STDIN") as copy:
                for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
                    copy.write_row([text(value) for value in row])
        except self.error as error:
            return str(error)
        return None

    def close(self) -> None:
        self.connection.close()
        self.admin.execute(f"DROP DATABASE {self.name}")
        self.admin.close()


class MySQL:
    def __init__(self) -> None:
        import pymysql

        self.name = f"plurel_checks_{os.getpid()}"
        self.error = pymysql.MySQLError
        self.connection = pymysql.connect(host="127.0.0.1", user="root", autocommit=True)
        self.cursor = self.connection.cursor()
        self.cursor.execute(f"CREATE DATABASE {self.name}")
        self.cursor.execute(f"USE {self.name}")

    def accepts(self, statement: str) -> str | None:
        try:
            self.cursor.execute("DROP TABLE IF EXISTS t")
            self.cursor.execute(statement)
        except self.error as error:
            return str(error)
        return None

    def refusal(self, statement: str, rows: pa.Table) -> str | None:
        self.accepts(statement)
        marks = ", ".join(["%s"] * rows.num_columns)
        names = ", ".join(f"`{name}`" for name in rows.column_names)
        values = [
            [text(value) for value in row] for row in zip(*(column.to_pylist() for column in rows.columns), strict=True)
        ]
        try:
            self.cursor.executemany(f"INSERT INTO t ({names}) VALUES ({marks})", values)
        except self.error as error:
            return str(error)
        return None

    def close(self) -> None:
        self.cursor.execute(f"DROP DATABASE {self.name}")
        self.connection.close()


class SQLite:
    def accepts(self, statement: str) -> str | None:
        try:
            sqlite3.connect(":memory:").execute(statement)
        except sqlite3.Error as error:
            return str(error)
        return None

    def refusal(self, statement: str, rows: pa.Table) -> str | None:
        connection = sqlite3.connect(":memory:")
        connection.execute(statement)
        marks = ", ".join("?" * rows.num_columns)
        columns = [column.to_pylist() for column in rows.columns]
        values = [[number(value) for value in row] for row in zip(*columns, strict=True)]
        try:
            connection.executemany(f"INSERT INTO t VALUES ({marks})", values)
        except sqlite3.Error as error:
            return str(error)
        return None

    def close(self) -> None:
        pass


def number(value: Any) -> Any:
    """Decimals are numbers in SQLite."""
    return float(value) if type(value).__name__ == "Decimal" else text(value)


class DuckDB:
    def accepts(self, statement: str) -> str | None:
        try:
            duckdb.connect().execute(statement)
        except duckdb.Error as error:
            return str(error)
        return None

    def refusal(self, statement: str, rows: pa.Table) -> str | None:
        with duckdb.connect() as connection:
            connection.execute(statement)
            connection.register("made", rows)
            try:
                connection.execute("INSERT INTO t SELECT * FROM made")
            except duckdb.Error as error:
                return str(error)
        return None

    def close(self) -> None:
        pass


ENGINES = {"postgres": Postgres, "mysql": MySQL, "sqlite": SQLite, "duckdb": DuckDB}
