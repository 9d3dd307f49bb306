"""The plainest loader there is: every cell as text, for the engine to cast. It shares no code with the sinks."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plurel_sql
from plurel_sql import inputs
from plurel_sql.schema.model import Column, Note, Schema, SqlType, Table


class Made:
    """A schema's rows in memory: ``rows(table)`` gives them as Python values."""

    def __init__(self, path: Path, dialect: str, rows: int | dict[str, int], seed: int = 0) -> None:
        self.text = path.read_text()
        self.schema: Schema = inputs.read(path, dialect)
        plan = plurel_sql.plan(self.schema, rows=rows, seed=seed)
        self.notes: tuple[Note, ...] = plan.notes
        self.order = [table.name for table in plan.tables]
        self.counts = {table.name: table.rows for table in plan.tables}
        self._database = plurel_sql.open_plan(plan)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        read = self._database.stream(table).read_all()
        columns = [read.column(name).to_pylist() for name in read.column_names]
        return list(zip(*columns, strict=True))

    def filled(self, table: Table) -> list[tuple[int, Column]]:
        """The columns that take data, with their places in a row."""
        return [(k, column) for k, column in enumerate(table.columns) if column.generated is None]


def plain(value: Any, type_: SqlType) -> Any:
    """A cell as text that PostgreSQL casts to its type; None for NULL."""
    if value is None:
        return None
    if type_.kind == "array":
        item = type_.item or SqlType("text")
        return "{" + (";" if _is_box(item) else ",").join(_item(each, item) for each in value) + "}"
    if isinstance(value, bool):
        return ("1" if value else "0") if type_.kind == "bit" else str(value).lower()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, tuple) and len(value) == 3:  # months, days, nanoseconds
        months, days, nanoseconds = value
        return f"{months} mons {days} days {nanoseconds // 1000} microseconds"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _is_box(type_: SqlType) -> bool:
    """The one type of PostgreSQL whose arrays have another delimiter."""
    return _is_box(type_.item) if type_.item else type_.base == "box"


def _item(value: Any, type_: SqlType) -> str:
    if value is None:
        return "NULL"
    text = plain(value, type_)
    if type_.kind == "array":
        return str(text)
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def cells(made: Made, table: Table) -> Iterator[list[Any]]:
    """Rows as PostgreSQL's texts, generated columns left out."""
    filled = made.filled(table)
    for row in made.rows(table.id):
        yield [plain(row[k], column.type) for k, column in filled]


def mysql_cell(value: Any, type_: SqlType) -> tuple[str, Any]:
    """(placeholder, parameter) of a cell for MySQL and MariaDB."""
    if value is None:
        return "%s", None
    if type_.kind == "geometry":
        return f"ST_GeomFromText(%s, {type_.srid or 0})", value
    if type_.kind == "bit" and isinstance(value, str):
        return "%s", int(value, 2)
    if isinstance(value, datetime.time | datetime.datetime | datetime.date):
        return "%s", value.isoformat(*([" "] if isinstance(value, datetime.datetime) else ())).partition("+")[0]
    return "%s", value
