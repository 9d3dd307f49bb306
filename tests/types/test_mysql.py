"""Every type of MySQL and MariaDB, judged by MariaDB in its strict mode."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.plain_load import Made, mysql_cell

from plurel_sql.schema.model import Table

pymysql = pytest.importorskip("pymysql")
FIXTURE = Path(__file__).parent / "fixtures" / "mysql.sql"
ROWS = {"plain": 600, "uniques": 250, "small_enum": 3, "by_year": 120, "of_year": 300}


@pytest.fixture(scope="module")
def made() -> Made:
    return Made(FIXTURE, "mysql", ROWS)


@pytest.fixture(scope="module")
def cursor(made: Made) -> Iterator[pymysql.cursors.Cursor]:
    name = f"plurel_types_test_{os.getpid()}"
    try:
        connection = pymysql.connect(
            host="127.0.0.1", user="root", autocommit=True, client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS
        )
    except pymysql.err.OperationalError as error:
        pytest.skip(f"no MariaDB: {error}")
    with connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}; USE {name}; SET time_zone = '+00:00'")
        while cursor.nextset():
            pass
        cursor.execute(made.text)
        while cursor.nextset():
            pass
        for id in made.order:
            load(cursor, made, made.schema.table(id))
        yield cursor
        cursor.execute(f"DROP DATABASE {name}")


def load(cursor: pymysql.cursors.Cursor, made: Made, table: Table) -> None:
    filled = made.filled(table)
    names = ", ".join(f"`{column.name}`" for _, column in filled)
    for row in made.rows(table.id):
        cells = [mysql_cell(row[k], column.type) for k, column in filled]
        marks = ", ".join(mark for mark, _ in cells)
        cursor.execute(f"INSERT INTO `{table.name}` ({names}) VALUES ({marks})", [value for _, value in cells])
        cursor.execute("SHOW WARNINGS")
        assert cursor.fetchall() == (), (table.id, row)


def test_nothing_is_left_out(made: Made) -> None:
    assert [str(note) for note in made.notes] == []


def test_every_row_is_there(made: Made, cursor: pymysql.cursors.Cursor) -> None:
    for table in made.schema.tables:
        cursor.execute(f"SELECT count(*) FROM `{table.name}`")
        assert cursor.fetchone() == (made.counts[table.id],) == (ROWS[table.id],)


def test_values_come_back_as_they_went_in(made: Made, cursor: pymysql.cursors.Cursor) -> None:
    """Nothing was cut, rounded or folded on the way: labels, sets, years, bits and decimals."""
    cursor.execute("SELECT c_enum, c_set, c_year, c_bit7 + 0, c_udec, c_timestamp FROM plain ORDER BY id")
    back = cursor.fetchall()
    names = [column.name for column in made.schema.table("plain").columns]
    places = [names.index(name) for name in ("c_enum", "c_set", "c_year", "c_bit7", "c_udec", "c_timestamp")]
    for row, found in zip(made.rows("plain"), back, strict=True):
        sent = [row[k] for k in places]
        sent[3] = int(sent[3], 2) if sent[3] is not None else None
        assert tuple(sent) == found


def test_sets_and_points_are_various(cursor: pymysql.cursors.Cursor) -> None:
    cursor.execute("SELECT count(DISTINCT c_set), max(c_set LIKE '%,%'), count(DISTINCT ST_AsText(c_point)) FROM plain")
    sets, several, points = cursor.fetchone()
    assert sets > 6 and several == 1 and points > 590
