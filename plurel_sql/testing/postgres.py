"""PostgreSQL: a template database on the server, copied for each test by CREATE DATABASE ... TEMPLATE.

The database of the URL is only connected to; everything is made beside it. Names on the server:

``plurel_template_<digest>``       a template, kept for the next run; nobody can connect to it and change it. Its
                                   comment holds the day it was used last; after two weeks unused it is dropped.
``plurel_part_<owner>``            a template while it is filled.
``plurel_copy_<owner>_<number>``   a copy for one test, dropped after it.

``<owner>`` names a running session, which holds an advisory lock of that number as long as it is connected. So a
session that finds databases of an owner whose lock is free knows that their process died, and drops them.
Advisory locks belong to the database that one is connected to, hence its checksum in ``<owner>``.
"""

from __future__ import annotations

import datetime
import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from plurel_sql import urls
from plurel_sql.errors import TargetError
from plurel_sql.testing.cache import UNUSED_DAYS
from plurel_sql.testing.files import Fill

_LOCKS = 0x506C7253  # our class of advisory locks
_TEMPLATE_LOCKS = 0x506C7254


class Postgres:
    """Copies of template databases on one server.

    Args:
        target: URL of a database on the server that may be connected to; its user must be allowed to create databases.

    Raises:
        TargetError: the server can't be reached; without the password.
    """

    def __init__(self, target: str) -> None:
        self._url = urls.parse(target)
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._copies = 0
        with self._worded():
            self._held = self._engine.connect()
        number = secrets.randbelow(2**31)
        self._space = f"{zlib.crc32((self._url.database or '').encode()):08x}"
        self._owner = f"{self._space}_{number:08x}"
        with self._worded():
            self._held.execute(text("SELECT pg_advisory_lock(:a, :b)"), {"a": _LOCKS, "b": number})
            self._drop_orphans()

    @property
    def version(self) -> str:
        """Of the server."""
        with self._worded():
            return str(self._held.execute(text("SHOW server_version_num")).scalar_one())

    def copy(self, digest: str, fill: Fill) -> tuple[URL, None, Callable[[], None]]:
        """A new copy of the template ``digest``: its URL, None for its path, and what drops it."""
        template = f"plurel_template_{digest}"
        with self._worded():
            lock = {"a": _TEMPLATE_LOCKS, "b": int(digest[:7], 16)}
            self._held.execute(text("SELECT pg_advisory_lock(:a, :b)"), lock)
            try:
                if not self._exists(template):
                    self._drop_unused()
                    self._make(template, fill)
                self._comment(template)
            finally:
                self._held.execute(text("SELECT pg_advisory_unlock(:a, :b)"), lock)
            self._copies += 1
            name = f"plurel_copy_{self._owner}_{self._copies}"
            self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url.set(database=name), None, lambda: self._drop(name)

    def close(self) -> None:
        """Drops what is left of this session, templates excepted."""
        with self._worded():
            for name in self._names(f"plurel_copy_{self._owner}_%") + self._names(f"plurel_part_{self._owner}"):
                self._drop(name)
            self._held.close()
        self._engine.dispose()

    def _make(self, template: str, fill: Fill) -> None:
        part = f"plurel_part_{self._owner}"
        self._run(f"CREATE DATABASE {part} TEMPLATE template0")
        try:
            fill(self._url.set(database=part).render_as_string(hide_password=False))
            self._run(f"ALTER DATABASE {part} ALLOW_CONNECTIONS false")
            self._run(f"ALTER DATABASE {part} RENAME TO {template}")
        except BaseException:
            self._drop(part)
            raise

    def _drop(self, name: str) -> None:
        with self._worded():
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _comment(self, template: str) -> None:
        self._run(f"COMMENT ON DATABASE {template} IS 'plurel-sql: used {datetime.date.today().isoformat()}'")

    def _drop_unused(self) -> None:
        oldest = datetime.date.today() - datetime.timedelta(days=UNUSED_DAYS)
        said = text(
            "SELECT datname FROM pg_database WHERE datname LIKE 'plurel\\_template\\_%'"
            " AND shobj_description(oid, 'pg_database') < :oldest"
        )
        for name in self._held.execute(said, {"oldest": f"plurel-sql: used {oldest.isoformat()}"}).scalars().all():
            self._drop(name)

    def _drop_orphans(self) -> None:
        """Drops databases of sessions that are no more."""
        for name in self._names(f"plurel_part_{self._space}_%") + self._names(f"plurel_copy_{self._space}_%"):
            lock = {"a": _LOCKS, "b": int(name.split("_")[3], 16)}
            if name.split("_")[2:4] == self._owner.split("_"):
                continue
            if self._held.execute(text("SELECT pg_try_advisory_lock(:a, :b)"), lock).scalar_one():
                self._drop(name)
                self._held.execute(text("SELECT pg_advisory_unlock(:a, :b)"), lock)

    def _names(self, pattern: str) -> list[str]:
        said = text("SELECT datname FROM pg_database WHERE datname LIKE :pattern")
        return list(self._held.execute(said, {"pattern": pattern.replace("_", "\\_")}).scalars())

    def _exists(self, name: str) -> bool:
        return bool(self._names(name))

    def _run(self, statement: str) -> None:
        self._held.execute(text(statement))

    @contextmanager
    def _worded(self) -> Iterator[None]:
        """Turns the driver's errors into ours: one line, no password."""
        try:
            yield
        except SQLAlchemyError as error:
            said = urls.scrubbed(str(getattr(error, "orig", None) or error), self._url)
            raise TargetError(
                said,
                place=urls.hidden(str(self._url)),
                hint="a server with a user who may create databases is expected",
            ) from error


def is_postgres(target: str) -> bool:
    """Whether a target's name is the URL of a PostgreSQL server."""
    return urls.is_url(target) and urls.scheme(target) in ("postgresql", "postgres")
