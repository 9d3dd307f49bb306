"""Opening what a schema is read from, for reading alone; every error becomes one line that names no password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import URL, Connection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from plurel_sql import urls
from plurel_sql.errors import InputError

_TIMEOUTS = {"psycopg": "connect_timeout", "psycopg2": "connect_timeout", "pymysql": "connect_timeout"}
"""Driver -> its option for how long, in seconds, a server may take to answer a first call."""
_SECONDS = 10


def file_of(url: URL) -> Path:
    """The file that a ``sqlite:///`` or ``duckdb:///`` URL names.

    Raises:
        InputError: it names none, or none that exists.
    """
    place = urls.hidden(str(url))
    if not url.database or url.database == ":memory:":
        raise InputError("names no file", place=place, hint=f"write {url.get_backend_name()}:///FILE")
    path = Path(url.database)
    if not path.is_file():
        raise InputError(
            "there is no such file",
            place=place,
            hint="three slashes stand before a relative path, four before an absolute one",
        )
    return path


@contextmanager
def connected(url: URL) -> Iterator[Connection]:
    """A connection to a server.

    Raises:
        InputError: from here or from the body: it can't be reached, or refuses what is asked.
    """
    with translated(url):
        option = _TIMEOUTS.get(url.get_driver_name())
        engine = sa.create_engine(url, connect_args={option: _SECONDS} if option else {}, poolclass=sa.NullPool)
        with engine.connect() as connection:
            yield connection


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """A driver's errors as InputErrors."""
    try:
        yield
    except (SQLAlchemyError, ArgumentError, TypeError) as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        numbered = len(cause.args) == 2 and isinstance(cause.args[0], int)  # MySQL's drivers: number, text
        said = str(cause.args[1] if numbered else cause)
        place = urls.hidden(url.render_as_string(hide_password=True))
        raise InputError(urls.scrubbed(said, url) or type(cause).__name__, place=place) from None
