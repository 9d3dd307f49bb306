"""Which column says when a row came about."""

from __future__ import annotations

from plurel_sql.plan import model
from plurel_sql.plan.model import Plan
from plurel_sql.schema.model import Table
from plurel_sql.semantics.times import time_role

Times = dict[str, str | None]
"""Table id -> its time column."""


def planned(plan: Plan) -> Times:
    """The columns that hold the rows' own times by the plan: those that are it, or lie on it in a key (the day of a
    salary) or a calendar (the start of a booking). Where there is none, or it may be NULL, a required one that follows
    it stands in, the likeliest by its name: a row without a time is in no cut."""
    found: Times = {}
    for table in plan.tables:
        dated = (column for column in table.columns if column.type in ("date32", "timestamp", "timestamptz"))
        ranked = [
            (column.null is not None, rank, place, column.name)
            for place, column in enumerate(dated)
            if (rank := _rank(table.name, column)) is not None
        ]
        found[table.name] = min(ranked)[-1] if ranked else None
    return found


def _rank(table: str, column: model.Column) -> int | None:
    match column.rule:
        case model.At():
            return 0
        case model.Position(from_time=True):
            return 1
        case model.Slot(part="start"):
            return 2
        case model.After():
            role = time_role(table, column.name, "timestamp")
            return None if role is None or role.axis is None else 3 + role.axis
        case _:
            return None


def named(table: Table) -> str | None:
    """The date or timestamp column that says by its name when the row came about; one that may be NULL only where no
    other does."""
    linked = {name for key in table.foreign_keys for name in key.columns}
    found = [
        (column.nullable, role.axis, place, column.name)
        for place, column in enumerate(table.columns)
        if column.type.kind in ("date", "timestamp") and column.name not in linked
        if (role := time_role(table.name, column.name, column.type.kind, column.comment)) is not None
        if role.axis is not None
    ]
    return min(found)[-1] if found else None
