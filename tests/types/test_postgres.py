"""Every type of PostgreSQL, judged by PostgreSQL: it reads each value and enforces each key of the fixture."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.plain_load import Made, cells

from plurel_sql.schema.model import Table

psycopg = pytest.importorskip("psycopg")
FIXTURES = Path(__file__).parent / "fixtures"
EXTENSIONS = {"hstore", "ltree", "citext", "cube"}
ADMIN = "postgresql://root@127.0.0.1/postgres"
ROWS = {"plain": 400, "arrays": 400, "uniques": 700, "keyed_by_inet": 300, "of_inet": 500, "keyed_by_range": 200}


@pytest.fixture(scope="module", params=["postgres", "postgres_extensions"])
def made(request: pytest.FixtureRequest) -> Made:
    rows = ROWS if request.param == "postgres" else {"plain": 400, "uniques": 700}
    return Made(FIXTURES / f"{request.param}.sql", "postgres", rows)


@pytest.fixture(scope="module")
def database(made: Made) -> Iterator[psycopg.Connection]:
    name = f"plurel_types_test_{os.getpid()}"
    try:
        admin = psycopg.connect(ADMIN, autocommit=True)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL: {error}")
    admin.execute(f"DROP DATABASE IF EXISTS {name}")
    admin.execute(f"CREATE DATABASE {name}")
    connection = psycopg.connect(ADMIN.replace("/postgres", f"/{name}"), autocommit=True)
    known = connection.execute("SELECT name FROM pg_available_extensions").fetchall()
    if "EXTENSION" in made.text and (missing := EXTENSIONS - {row[0] for row in known}):
        pytest.skip(f"PostgreSQL lacks {', '.join(missing)}")
    connection.execute(made.text)
    for id in made.order:
        load(connection, made, made.schema.table(id))
    yield connection
    connection.close()
    admin.execute(f"DROP DATABASE {name}")
    admin.close()


def load(connection: psycopg.Connection, made: Made, table: Table) -> None:
    """COPY of texts: the engine casts each to the column's type."""
    names = ", ".join(f'"{column.name}"' for _, column in made.filled(table))
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in cells(made, table):
            copy.write_row(row)


def test_nothing_is_left_out(made: Made) -> None:
    assert [str(note) for note in made.notes] == []


def test_every_row_is_there(made: Made, database: psycopg.Connection) -> None:
    for table in made.schema.tables:
        row = database.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()
        assert row is not None and row[0] == made.counts[table.id] >= 200


def test_no_column_is_empty(made: Made, database: psycopg.Connection) -> None:
    for table in made.schema.tables:
        for column in table.columns:
            row = database.execute(f'SELECT count("{column.name}") FROM "{table.name}"').fetchone()
            assert row is not None and row[0] > 0, f"{table.id}.{column.name}"


def test_unique_values_are_unlike_each_other(made: Made, database: psycopg.Connection) -> None:
    """The engine has enforced it; this sees that the columns were not left NULL for it."""
    for column in made.schema.table("uniques").columns:
        row = database.execute(f'SELECT count("{column.name}") FROM uniques').fetchone()
        assert row is not None and row[0] > 400, column.name
