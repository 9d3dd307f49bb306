"""When rows happen: which table has an axis of its own, which takes its parent's, and how time columns hang on it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from plurel_sql.plan import model
from plurel_sql.plan.draft import SECOND, Draft, TableDraft, chance
from plurel_sql.schema.model import Column
from plurel_sql.semantics.roles import table_role
from plurel_sql.semantics.times import Role, TimeRole, time_role

DAY = 86_400_000_000

LAG = 0.015
"""Each generation of tables starts this share of the span after its parents, so that the first rows have parents."""

OFFICE = (1.0, 1.02, 1.02, 1.0, 1.05, 0.45, 0.35)
EVERY_DAY = (0.9, 0.88, 0.92, 0.97, 1.12, 1.25, 1.05)
HOURS = (
    0.25, 0.15, 0.1, 0.1, 0.12, 0.2, 0.45, 0.8, 1.2, 1.5, 1.6, 1.55,
    1.45, 1.45, 1.5, 1.5, 1.45, 1.4, 1.3, 1.25, 1.2, 1.0, 0.7, 0.4,
)  # fmt: skip


def axes(draft: Draft) -> None:
    """Sets each table's axis and axis column. Row order is time order along an own axis."""
    depth: dict[str, int] = {}
    for table in draft:
        timed = [
            k
            for k, link in enumerate(table.links)
            if link.kind != "dropped" and link.fk.parent in depth and not link.back and link.fk.parent != table.id
            if not isinstance(draft[link.fk.parent].axis, model.Static)
        ]
        column = axis_column(table)
        table.axis_column = column.name if column else None
        level = max((depth[table.links[k].fk.parent] + 1 for k in timed), default=0)
        depth[table.id] = level
        table.axis = _axis(draft, table, column, timed, level)


def axis_column(table: TableDraft) -> Column | None:
    """The column that says when the row came about, or None."""
    if table.distinct_time:
        return table.table.column(table.distinct_time)
    latest = 8 if counted_time(table) is None else 1  # beside a counted date only what says when the row was made
    open_columns = (
        (role.axis, place, column)
        for place, column in enumerate(table.table.columns)
        if (role := role_of(table, column)) is not None and role.axis is not None and role.axis <= latest
        if column.generated is None and not table.taken(column.name) and _open(table, column)
    )
    best = min(open_columns, key=lambda found: found[:2], default=None)
    return None if best is None else best[2]


def counted_time(table: TableDraft) -> str | None:
    """The date or time column that a key counts up below its parent (from_date in a salary's key), if there is one."""
    return next((n for n in table.positions if table.table.column(n).type.kind in ("date", "timestamp")), None)


def role_of(table: TableDraft, column: Column) -> TimeRole | None:
    """The role of a date or timestamp column; None for all others."""
    if column.type.kind not in ("date", "timestamp"):
        return None
    return time_role(table.table.name, column.name, column.type.kind, column.comment)


def resolution(column: Column | None) -> int:
    """Microseconds between two neighbouring values that the column is given: a day, or a second."""
    return DAY if column is not None and column.type.kind == "date" else SECOND


def _axis(draft: Draft, table: TableDraft, column: Column | None, timed: list[int], level: int) -> model.Axis:
    start, end = draft.span
    grain = resolution(column)
    hung = table.driver if table.driver is not None else _single(table)
    if hung is not None and not table.distinct_time:
        if hung not in timed and column is None:
            return model.Static() if not timed else model.Inherited(timed[0], end, "together", 0, grain)
        if column is None:
            return model.Inherited(hung, end, "together", 0, grain)
        mode, delay = _delay(draft, table, hung, column)
        return model.Inherited(hung, end, mode, delay, grain)
    if column is None and not timed:
        return model.Static()
    start += int((end - start) * min(LAG * level, 0.5))
    busy = table_role(table.table) in ("event", "detail")
    office = chance(table.id, "weekdays") < 0.5
    return model.Own(
        start=start,
        end=end,
        trend=round(chance(table.id, "trend") * 2.0 - 0.3, 3),
        yearly=round(0.05 + 0.3 * chance(table.id, "yearly"), 3) if busy else 0.0,
        weekly=OFFICE if office else EVERY_DAY,
        hourly=HOURS,
        resolution=grain,
        distinct=table.distinct_time is not None,
    )


def _single(table: TableDraft) -> int | None:
    """The required one-to-one link, if there is one."""
    return next(
        (k for k, link in enumerate(table.links) if link.kind == "one_to_one" and not link.optional and not link.back),
        None,
    )


def _delay(draft: Draft, table: TableDraft, k: int, column: Column) -> tuple[Literal["delay", "span"], int]:
    """How a row's time follows its driver parent's: details at once, one-to-one within days, the rest over the span."""
    role = table_role(table.table)
    if table.links[k].kind == "one_to_one":
        return "delay", 3 * DAY
    if role == "detail":
        return "delay", SECOND * 600 if column.type.kind == "timestamp" else DAY // 4
    return "span", 0


def time_rules(draft: Draft, table: TableDraft) -> dict[str, tuple[model.Rule, str]]:
    """The rules of the axis column and of the time columns that follow it: created <= updated <= closed, start < end.

    Columns of roles that stand outside the chain (birth, expiry of nothing) are left to the codecs.
    """
    end = draft.span[1]
    rules: dict[str, tuple[model.Rule, str]] = {}
    counted = counted_time(table)
    if table.axis_column is not None:
        rules[table.axis_column] = (model.At(), "the row's own time")
    elif counted is None:
        return rules
    stages: dict[Role, str] = {}
    timed = [(found.order, column, found.role) for column in table.table.columns if (found := role_of(table, column))]
    for _, column, role in sorted(timed, key=lambda entry: entry[0]):
        settled = column.name == table.axis_column or table.taken(column.name) or not _open(table, column)
        if settled or role not in LATER:
            continue
        stage = LATER[role]
        base = next((stages[earlier] for earlier in stage.after if earlier in stages), counted)
        if base is not None and resolution(table.table.column(base)) > resolution(column):
            base = None
        mean = int(stage.mean * (0.5 + chance(table.id, column.name, "delay")))
        rules[column.name] = (
            model.After(base, mean, end, stage.same, resolution(column)),
            f"after {base or table.axis_column}, {mean / DAY:.1f} days on average",
        )
        stages[role] = column.name
    return rules


def _open(table: TableDraft, column: Column) -> bool:
    """True where no CHECK says which times are allowed."""
    domain = table.domain(column)
    return domain.values is None and not domain.bounded


class Stage(NamedTuple):
    """A role later than the axis: mean delay in microseconds, share without delay, the roles it follows if present."""

    mean: int
    same: float
    after: tuple[Role, ...] = ()


LATER: dict[Role, Stage] = {
    "created": Stage(0, 1.0),
    "event": Stage(0, 1.0),
    "start": Stage(2 * DAY, 0.3),
    "updated": Stage(30 * DAY, 0.3, ("created",)),
    "due": Stage(21 * DAY, 0.0, ("start",)),
    "end": Stage(20 * DAY, 0.0, ("start",)),
    "closed": Stage(5 * DAY, 0.05, ("closed", "start")),
    "seen": Stage(60 * DAY, 0.0, ("created",)),
    "expiry": Stage(400 * DAY, 0.0, ("start",)),
    "deleted": Stage(200 * DAY, 0.0, ("closed", "updated")),
}
