"""When the rows of a table came about, found out from types, names and data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import duckdb

from plurel_sql.export.convert import Relation
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Column, ForeignKey, Schema, Table
from plurel_sql.semantics.times import time_role

_FEW = 0.05
"""Share of rows without a time, or of children older than it, that a time column may have."""


class _Candidate(NamedTuple):
    """Better ones are smaller: ``gaps`` whether more than a few rows have none, ``late`` whether more than a few
    children are older, ``preference`` by its name."""

    gaps: bool
    late: bool
    preference: int
    missing: float
    place: int
    name: str


def times(
    connection: duckdb.DuckDBPyConnection, schema: Schema, relations: Mapping[str, Relation]
) -> dict[str, str | None]:
    """Table id -> the column that says when a row came about, or None.

    A candidate is a date or timestamp whose name doesn't speak of a birth or an end, with more than one value. Children
    are settled before their parents, because a parent's time is no good where its children are older.
    """
    found: dict[str, str | None] = {}
    children: dict[str, list[tuple[Table, ForeignKey]]] = {table.id: [] for table in schema.tables}
    for table in schema.tables:
        for key in table.foreign_keys:
            if key.parent != table.id:
                children[key.parent].append((table, key))
    for id in reversed(load_order(schema)):
        table = schema.table(id)
        ranked = []
        for place, column in enumerate(table.columns):
            if (preference := _preference(table, column)) is None:
                continue
            short = relations[id].columns[column.name]
            ((rows, held, values),) = connection.execute(
                f"SELECT count(*), count({short}), approx_count_distinct({short}) FROM {relations[id].sql}"
            ).fetchall()
            if held == 0 or (values == 1 and rows > 1):  # approximate counts of one are exact
                continue
            missing = 1 - held / rows
            older = _older(connection, table, column, children[id], found, relations)
            ranked.append(_Candidate(missing > _FEW, older > _FEW, preference, missing, place, column.name))
        found[id] = min(ranked).name if ranked else None
    return found


def _preference(table: Table, column: Column) -> int | None:
    linked = any(column.name in key.columns for key in table.foreign_keys)
    if column.type.kind not in ("date", "timestamp") or linked:
        return None
    role = time_role(table.name, column.name, column.type.kind, column.comment)
    return None if role is None else role.axis


def _older(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    column: Column,
    children: list[tuple[Table, ForeignKey]],
    found: Mapping[str, str | None],
    relations: Mapping[str, Relation],
) -> float:
    """Of the foreign keys to the table: the largest share of children that are older than their parent."""
    worst = 0.0
    parent = relations[table.id]
    for child, key in children:
        time = found.get(child.id)
        if time is None:
            continue
        own = relations[child.id]
        pairs = zip(key.columns, key.parent_columns, strict=True)
        same = " AND ".join(f"c.{own.columns[a]}::VARCHAR = p.{parent.columns[b]}::VARCHAR" for a, b in pairs)
        earlier = f"c.{own.columns[time]}::TIMESTAMP < p.{parent.columns[column.name]}::TIMESTAMP"
        if "date" in (child.column(time).type.kind, column.type.kind):
            earlier = f"c.{own.columns[time]}::DATE < p.{parent.columns[column.name]}::DATE"
        ((share,),) = connection.execute(
            f"SELECT avg(({earlier})::INTEGER) FROM {own.sql} c JOIN {parent.sql} p ON {same}"
        ).fetchall()
        worst = max(worst, share or 0.0)
    return worst
