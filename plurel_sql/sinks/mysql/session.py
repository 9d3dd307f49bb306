"""A connection to MySQL or MariaDB, with errors that name no secret."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pymysql
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from plurel_sql import urls
from plurel_sql.errors import TargetError
from plurel_sql.sinks.interrupts import Interrupts

_MODE = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
PATIENCE = 60
"""Seconds that a definition waits for whoever holds the table."""
_SILENT = (2006, 2013, 2055)  # codes that say the connection is gone


@contextmanager
def opened(url: URL) -> Iterator[Connection]:
    """A connection of SQLAlchemy's engine that sends text as utf8mb4 and may send local data.

    Raises:
        TargetError: the server can't be reached, refuses, or no database is named.
    """
    if not url.database:
        raise TargetError("names no database", place=shown(url), hint="expected mysql://host/database")
    url = url.update_query_dict({"charset": "utf8mb4"})
    engine = create_engine(url, poolclass=NullPool, connect_args={"local_infile": True})
    try:
        try:
            connection = engine.connect()
        except (SQLAlchemyError, pymysql.Error, OSError) as error:
            raise TargetError(f"can't be opened: {reason(error, url)}", place=shown(url)) from None
        connection.detach()  # it is ours to close: the pool would log a server that is gone
        try:
            with _watched(driver(connection)):
                yield connection
        finally:
            with suppress(Exception):
                driver(connection).close()
    finally:
        engine.dispose()


@contextmanager
def _watched(connection: pymysql.connections.Connection[Any]) -> Iterator[None]:
    """Ends the connection as soon as the server has closed its side, where the system tells of that (Linux).

    A client that is sending rows would not see it: it waits for the server to take more, till the system gives up after
    a minute or two.
    """
    link = getattr(connection, "_sock", None)
    if link is None or not hasattr(select, "POLLRDHUP"):
        yield
        return
    ours, theirs = socket.socketpair()
    poll = select.poll()
    poll.register(link, select.POLLRDHUP)
    poll.register(theirs, select.POLLIN)

    def watch() -> None:
        if all(descriptor != theirs.fileno() for descriptor, _ in poll.poll()):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ours.close()  # which wakes the thread
        thread.join()
        theirs.close()


def driver(connection: Connection) -> pymysql.connections.Connection[Any]:
    """The driver's connection below SQLAlchemy's."""
    below = connection.connection.dbapi_connection
    assert isinstance(below, pymysql.connections.Connection)
    return below


def shown(url: URL) -> str:
    """The URL without its secrets."""
    return urls.hidden(url.render_as_string(hide_password=True))


def code(error: BaseException) -> int:
    """The server's number for an error, 0 where it has none."""
    return error.args[0] if isinstance(error, pymysql.Error) and error.args and isinstance(error.args[0], int) else 0


def gone(error: BaseException) -> bool:
    """Whether the error says that the connection is lost."""
    return code(error) in _SILENT or isinstance(error, (pymysql.err.InterfaceError, OSError))


def reason(error: BaseException, url: URL | None = None) -> str:
    """A driver's message in one line."""
    inner = getattr(error, "orig", None)
    if isinstance(error, SQLAlchemyError) and isinstance(inner, BaseException):
        return reason(inner, url)
    text = str(error.args[1]) if isinstance(error, pymysql.Error) and len(error.args) > 1 else str(error)
    return urls.scrubbed(text, url) if url is not None else " ".join(text.split())


class Session:
    """Statements on the connection; looks for an interrupt before each.

    ``engine`` is SQLAlchemy's connection, ``connection`` the driver's below it.
    """

    def __init__(self, engine: Connection, url: URL, interrupts: Interrupts) -> None:
        self.engine = engine
        self.connection = driver(engine)
        self.url = url
        self.interrupts = interrupts
        version, self._id = self.rows("SELECT version(), connection_id()")[0]
        self.is_mariadb = "mariadb" in version.lower()

    def run(self, statement: str, parameters: Sequence[object] | None = None) -> int:
        """Runs one statement (the protocol takes one alone); the number of rows it changed."""
        self.interrupts.check()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return int(cursor.rowcount)
        except AttributeError as error:  # the driver goes on sending data when it has lost and closed the connection
            if self.connection.open:
                raise
            raise pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query") from error

    def rows(self, statement: str, parameters: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        self.interrupts.check()
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())

    def attempt(self, statement: str) -> pymysql.Error | None:
        """Runs one statement; where the server refuses it the error comes back."""
        try:
            self.run(statement)
        except pymysql.Error as error:
            if gone(error):
                raise
            return error
        return None

    def settle(self) -> None:
        """Settings that definitions and rows rely on, whatever a script has set; nobody is waited for without end."""
        mode = f"{_MODE},NO_AUTO_VALUE_ON_ZERO"
        self.run(f"SET SESSION sql_mode = '{mode}', time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 1")
        self.run(f"SET SESSION lock_wait_timeout = {PATIENCE}")

    def stop(self) -> None:
        """Makes the running statement end, from another connection."""
        with suppress(Exception), opened(self.url) as other, driver(other).cursor() as cursor:
            cursor.execute(f"KILL QUERY {self._id}")


def quoted(name: str) -> str:
    """``name`` as a quoted identifier."""
    return "`" + name.replace("`", "``") + "`"
