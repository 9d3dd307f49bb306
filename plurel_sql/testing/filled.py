"""What a test is given: a filled database of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from plurel_sql.plan.model import Plan


class FilledDatabase:
    """A private copy of a filled database; whatever is done to it is gone after the test.

    Attributes:
        url: for SQLAlchemy, password included.
        path: the file, None for a server.
        plan: what decided the data.
    """

    def __init__(self, url: URL, path: Path | None, plan: Plan, remove: Callable[[], None]) -> None:
        self.url = url
        self.path = path
        self.plan = plan
        self._remove = remove
        self._opened: list[Any] = []

    @property
    def rows(self) -> Mapping[str, int]:
        """Table id -> how many rows it was filled with."""
        return {table.name: table.rows for table in self.plan.tables}

    @cached_property
    def engine(self) -> Engine:
        """A SQLAlchemy engine on it, disposed of after the test (for DuckDB it needs the package duckdb-engine)."""
        from sqlalchemy import create_engine

        from plurel_sql import urls

        urls.parse(self.url.render_as_string(hide_password=False))  # says what to install
        return create_engine(self.url)

    def connect(self) -> Any:
        """A new connection of the engine's own driver (DB-API 2), closed after the test if the test doesn't."""
        if self.url.get_backend_name() == "duckdb":
            import duckdb

            connection: Any = duckdb.connect(str(self.path))
        else:
            arguments, options = self.engine.dialect.create_connect_args(self.url)
            connection = self.engine.dialect.connect(*arguments, **options)
        self._opened.append(connection)
        return connection

    def drop(self) -> None:
        """Closes what was opened here and removes the database."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        if "engine" in self.__dict__:
            self.engine.dispose()
        self._remove()

    def __repr__(self) -> str:
        return f"<FilledDatabase {self.url!r}, {sum(self.rows.values()):,} rows>"
