"""Every kind of type name of SQLite, judged by SQLite: plain INSERTs, STRICT tables and UNIQUE among them."""

from __future__ import annotations

import datetime
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.plain_load import Made

FIXTURE = Path(__file__).parent / "fixtures" / "sqlite.sql"
ROWS = {"plain": 300, "strict_ones": 300, "keyed": 300}


def _cell(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return str(value)
    return float(value) if isinstance(value, Decimal) else value


def test_sqlite_takes_every_value() -> None:
    made = Made(FIXTURE, "sqlite", ROWS)
    assert [str(note) for note in made.notes] == []
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(made.text)
        for id in made.order:
            rows = made.rows(id)
            marks = ", ".join("?" for _ in rows[0])
            connection.executemany(f"INSERT INTO {id} VALUES ({marks})", [tuple(map(_cell, row)) for row in rows])
            assert connection.execute(f"SELECT count(*) FROM {id}").fetchone() == (ROWS[id],)
        kinds = connection.execute(
            "SELECT DISTINCT typeof(i), typeof(r), typeof(t), typeof(b) FROM strict_ones"
        ).fetchall()
        assert {kind for row in kinds for kind in row} == {"integer", "real", "text", "blob", "null"}
