"""Databases of one's own on the servers of this machine; a test that wants one skips where none answers."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

POSTGRES = os.environ.get("PLUREL_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1/postgres")
MYSQL = os.environ.get("PLUREL_TEST_MYSQL", "mysql+pymysql://root@127.0.0.1/mysql")


@contextmanager
def database(server: str) -> Iterator[str]:
    """The URL of a new, empty database on ``server`` (a URL), dropped at the end."""
    url = sa.make_url(server)
    name = f"plurel_sources_{uuid.uuid4().hex[:8]}"
    options = {"connect_timeout": 3}
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool, connect_args=options)
    mysql = url.get_backend_name() != "postgresql"
    encoding = " CHARACTER SET utf8mb4" if mysql else " ENCODING 'UTF8' TEMPLATE template0"
    try:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}{encoding}")
    except sa.exc.OperationalError as error:
        pytest.skip(f"no server answers at {url.host}: {' '.join(str(error.orig).split())}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}{'' if mysql else ' WITH (FORCE)'}")


def run_script(url: str, script: str) -> None:
    """Runs many statements, as the engine's own client would."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "postgresql":
        import psycopg

        with psycopg.connect(parsed.set(drivername="postgresql").render_as_string(False), autocommit=True) as link:
            link.execute(script.encode())
        return
    import pymysql
    from pymysql.constants import CLIENT

    with pymysql.connect(
        host=parsed.host,
        user=parsed.username,
        password=parsed.password or "",
        database=parsed.database,
        client_flag=CLIENT.MULTI_STATEMENTS,
        charset="utf8mb4",
    ) as link:
        cursor = link.cursor()
        cursor.execute(script)
        while cursor.nextset():
            pass
        link.commit()


def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    """What a query gives."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]
