"""A connection to PostgreSQL inside one transaction, with errors that name no secret."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from plurel_sql import urls
from plurel_sql.errors import RunError, TargetError
from plurel_sql.sinks.interrupts import Interrupts

logging.getLogger("psycopg").addHandler(logging.NullHandler())  # else its warnings go to standard error beside ours

_SETTINGS = {"datestyle": "ISO, YMD", "intervalstyle": "postgres", "timezone": "UTC", "client_encoding": "UTF8"}
_SETTINGS |= {"standard_conforming_strings": "on", "row_security": "on"}
"""Settings under which texts mean what they say."""


@contextmanager
def opened(url: URL) -> Iterator[Connection]:
    """A connection of SQLAlchemy's engine; what is not committed at the end is undone.

    Raises:
        TargetError: the server can't be reached, or refuses.
    """
    engine = create_engine(url, poolclass=NullPool)
    try:
        try:
            connection = engine.connect()
        except (SQLAlchemyError, psycopg.Error) as error:
            raise TargetError(f"can't be opened: {reason(error, url)}", place=shown(url)) from None
        connection.detach()  # it is ours to close: the pool would log a server that is gone
        try:
            yield connection
        finally:
            driver(connection).close()
    finally:
        engine.dispose()


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's connection below SQLAlchemy's, in the same transaction."""
    below = connection.connection.dbapi_connection
    assert isinstance(below, psycopg.Connection)
    return below


def shown(url: URL) -> str:
    """The URL without its secrets."""
    return urls.hidden(url.render_as_string(hide_password=True))


def reason(error: BaseException, url: URL | None = None) -> str:
    """A driver's message in one line."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    if isinstance(error, SQLAlchemyError) and isinstance(getattr(error, "orig", None), BaseException):
        return reason(error.orig, url)  # type: ignore[attr-defined]
    text = primary or str(error)
    if primary and isinstance(error, psycopg.Error) and error.diag.message_detail:
        text += f" ({error.diag.message_detail.rstrip('.')})"
    return urls.scrubbed(text, url) if url is not None else " ".join(text.split())


class Session:
    """Statements inside the open transaction; looks for an interrupt before each.

    ``engine`` is SQLAlchemy's connection, ``connection`` the driver's below it.
    """

    def __init__(self, engine: Connection, url: URL, interrupts: Interrupts) -> None:
        self.engine = engine
        self.connection = driver(engine)
        self.url = url
        self.interrupts = interrupts

    def run(
        self, statement: str, parameters: Sequence[object] | Mapping[str, object] | None = None
    ) -> psycopg.Cursor[Any]:
        self.interrupts.check()
        return self.connection.execute(statement.encode(), parameters)

    def rows(
        self, statement: str, parameters: Sequence[object] | Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        return self.run(statement, parameters).fetchall()

    def attempt(self, statement: str) -> psycopg.Error | None:
        """Runs one statement; where it fails it has done nothing, and the error comes back.

        More than one statement in the text fails: the server's extended protocol takes one alone.
        """
        if "\0" in statement:  # where the library would take the text to end
            return psycopg.DataError("holds the character NUL")
        self.run("SAVEPOINT plurel_sql")
        try:
            self.interrupts.check()
            self.connection.cursor(binary=True).execute(statement.encode())
        except psycopg.Error as error:
            if self.connection.closed or isinstance(error, psycopg.errors.QueryCanceled):
                raise
            self.run("ROLLBACK TO SAVEPOINT plurel_sql")
            self.run("RELEASE SAVEPOINT plurel_sql")
            return error
        self.run("RELEASE SAVEPOINT plurel_sql")
        return None

    def together(self, statements: Sequence[str]) -> bool:
        """Runs statements in one round trip; False where one fails, and then none of them has done anything."""
        if any("\0" in statement for statement in statements) or not psycopg.Pipeline.is_supported():
            return False
        self.run("SAVEPOINT plurel_sql")
        first: psycopg.Error | None = None
        try:
            with self.connection.pipeline():
                try:
                    for statement in statements:
                        self.connection.execute(statement.encode())
                except psycopg.Error as error:  # kept here: the driver would log it
                    first = error
            if first is not None:
                raise first
        except psycopg.Error as error:
            if self.connection.closed or isinstance(error, psycopg.errors.QueryCanceled):
                raise
            self.run("ROLLBACK TO SAVEPOINT plurel_sql")
            self.run("RELEASE SAVEPOINT plurel_sql")
            return False
        self.run("RELEASE SAVEPOINT plurel_sql")
        return True

    def settle(self) -> None:
        """Puts back the settings that a script may have changed and that statements of ours rely on."""
        for name, value in _SETTINGS.items():
            self.run(f"SET {name} = {literal(value)}")
        self.search(())

    def search(self, namespaces: Sequence[str]) -> None:
        """Where names without a namespace are looked up; with none, the catalogue gives all names in full."""
        self.run(f"SET search_path = {', '.join(map(quoted, namespaces or ['pg_catalog']))}")

    @contextmanager
    def translated(self, place: str) -> Iterator[None]:
        """The driver's errors as RunError."""
        try:
            yield
        except (psycopg.Error, SQLAlchemyError) as error:
            raise RunError(reason(error, self.url), place=place) from error


def quoted(name: str) -> str:
    """``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as a string literal, under standard_conforming_strings."""
    return "'" + text.replace("'", "''") + "'"
