"""When rows happen: which table has an axis of its own, which takes its parent's, and how time columns hang on it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from plurel_sql.plan import model, published
from plurel_sql.plan.agree import column_time
from plurel_sql.plan.draft import SECOND, Draft, TableDraft, chance, drafted
from plurel_sql.plan.types import step
from plurel_sql.schema.model import Column, Compare, Table
from plurel_sql.semantics.delays import delay
from plurel_sql.semantics.names import table_head
from plurel_sql.semantics.roles import DETAIL, EVENT, table_role
from plurel_sql.semantics.times import Role, TimeRole

DAY = 86_400_000_000

OPTIONAL = 3
"""A nullable column is this much less fit to be its table's time than a required one."""
BEGUN = 4
"""Roles up to here (as ``TimeRole.axis`` ranks them) may be the beginning of a row."""
AHEAD = 4
"""What is agreed in advance lies this many of its usual delays past the end of the plan's time at most."""
STAGES: tuple[Role, ...] = ("closed", "end", "seen", "due", "deleted")
"""What may never happen to a row."""

PART = 0.1
"""The share of the plan's time after their parent that rows follow on average, where that is spread over it itself."""
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
        table.hidden_axis = column is None and table.distinct_time is None and bool(_stages(table))
        level = max((depth[table.links[k].fk.parent] + 1 for k in timed), default=0)
        depth[table.id] = level
        table.axis = _axis(draft, table, column, timed, level)


def axis_column(table: TableDraft) -> Column | None:
    """The column that says when the row came about, or None."""
    if table.distinct_time:
        return table.table.column(table.distinct_time)
    latest = 8 if counted_time(table) is None else 1  # beside a counted date only what says when the row was made
    open_columns = [
        (role.axis + OPTIONAL * column.nullable, place, role.axis, column)
        for place, column in enumerate(table.table.columns)
        if (role := role_of(table, column)) is not None and role.axis is not None and role.axis <= latest
        if column.generated is None and not table.taken(column.name) and _open(table, column)
    ]
    best = min(open_columns, key=lambda found: found[:2], default=None)
    if best is None or (best[2] >= BEGUN and _stages(table)):
        return None  # a row that may be paid, ended or deleted one day began before
    return best[3]


def time_column(table: Table) -> str | None:
    """The same for a table on its own, of which no plan is made."""
    found = axis_column(drafted(table))
    return found.name if found else None


def _stages(table: TableDraft) -> list[Column]:
    """Columns that stay NULL until the row gets so far (paid, ended, seen)."""
    partitioned = table.table.partitioning.keys if table.table.partitioning else ()
    return [
        column
        for column in table.table.columns
        if (role := role_of(table, column)) is not None and role.role in STAGES
        if column.nullable and column.generated is None and column.name not in table.not_null
        if not table.domain(column).not_null
        if not table.taken(column.name) and _open(table, column) and column.name not in partitioned
    ]


def counted_time(table: TableDraft) -> str | None:
    """The date or time column that a key counts up below its parent (from_date in a salary's key), if there is one."""
    return next((n for n in table.positions if table.table.column(n).type.kind in ("date", "timestamp")), None)


def role_of(table: TableDraft, column: Column) -> TimeRole | None:
    """The role of a date or timestamp column; None for all others."""
    if column.type.kind not in ("date", "timestamp"):
        return None
    return column_time(table.table, column)


def resolution(column: Column | None) -> int:
    """Microseconds between two neighbouring values that the column is given: a second, or more where its type keeps
    less (a date, T-SQL's smalldatetime)."""
    return SECOND if column is None else max(SECOND, int(step(column.type)))


def _axis(draft: Draft, table: TableDraft, column: Column | None, timed: list[int], level: int) -> model.Axis:
    start, end = draft.span
    grain = resolution(column)
    if draft.config.prior is not None:
        return published.axis(draft, table, grain)
    hung = table.driver if table.driver is not None else _single(table)
    if hung is not None and not table.distinct_time:
        if hung not in timed and column is None and not table.hidden_axis:
            return model.Static() if not timed else model.Inherited(timed[0], end, "together", 0, grain)
        if column is None:
            return model.Inherited(hung, end, "together", 0, grain)
        mode, mean = _delay(draft, table, hung, column)
        return model.Inherited(hung, end, mode, mean, grain)
    if column is None and not timed and not table.hidden_axis:
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
    """How a row's time follows its driver parent's: lines at once, what follows from an event within days; other events
    over the span, but below rows that are spread so already (or all would come at the end), and things that belong to
    their parent, over the first part of what is left."""
    parent, above = draft[table.links[k].fk.parent].table, draft[table.links[k].fk.parent].axis
    if table.links[k].kind == "one_to_one":
        return "delay", 3 * DAY
    if table_head(table.table.name) in DETAIL:
        return "delay", SECOND * 600 if column.type.kind == "timestamp" else DAY // 4
    if table_head(parent.name) in EVENT:
        return "delay", 6 * DAY
    spread = isinstance(above, model.Inherited) and above.mode != "together"
    if spread or not (table_head(table.table.name) in EVENT or table_role(table.table) == "event"):
        return "delay", int(PART * (draft.span[1] - draft.span[0]))
    return "span", 0


class Timed(NamedTuple):
    """The rule of a time column, why, and its NULLs (None: as its name says)."""

    rule: model.Rule
    why: str
    null: model.Null | None = None


def time_rules(draft: Draft, table: TableDraft) -> dict[str, Timed]:
    """The rules of the axis column and of the time columns that follow it: created <= updated <= closed, start < end.

    Columns of roles that stand outside the chain (birth, expiry of nothing) are left to the codecs.
    """
    end = draft.span[1]
    rules: dict[str, Timed] = {}
    counted = counted_time(table)
    if table.axis_column is not None:
        rules[table.axis_column] = Timed(model.At(), "the row's own time")
    elif counted is None and not table.hidden_axis:
        return rules
    below = {
        predicate.right: predicate.left
        for check in table.table.checks
        for predicate in check.predicates
        if isinstance(predicate, Compare) and predicate.op in ("<", "<=")
    }
    stages: dict[Role, str] = {}
    timed = [(found.order, column, found.role) for column in table.table.columns if (found := role_of(table, column))]
    for _, column, role in sorted(timed, key=lambda entry: entry[0]):
        settled = column.name == table.axis_column or table.taken(column.name) or not _open(table, column)
        if settled or role not in LATER:
            continue
        kind: Literal["date", "timestamp"] = "date" if column.type.kind == "date" else "timestamp"
        usual = delay(table.table.name, column.name, role, kind)
        base = next((stages[earlier] for earlier in LATER[role].after if earlier in stages), counted)
        if below.get(column.name) in rules:
            base = below[column.name] if below[column.name] != table.axis_column else None
        if base is not None and resolution(table.table.column(base)) > resolution(column):
            base = None
        mean = int(usual.days * DAY * (0.5 + chance(table.id, column.name, "delay")))
        same = 0.0 if column.name in below else LATER[role].same
        optional = column.nullable and role in ("event", "expiry", *STAGES)
        ahead = usual.ahead and column.name not in table.kept_times
        latest, censored = (end + AHEAD * mean, False) if ahead else (end, optional)
        rules[column.name] = Timed(
            model.After(base, mean, latest, same if mean else 1.0, resolution(column), censored),
            f"after {base or table.axis_column or 'the row'}, {mean / DAY:.1f} days on average",
            model.Null(usual.missing) if optional else None,
        )
        if not usual.exit:
            stages[role] = column.name
    return rules


def _open(table: TableDraft, column: Column) -> bool:
    """True where no CHECK says which times are allowed."""
    domain = table.domain(column)
    return domain.values is None and not domain.bounded


class Stage(NamedTuple):
    """A role later than the axis: the share without delay, the roles it follows if they are there."""

    same: float
    after: tuple[Role, ...] = ()


LATER: dict[Role, Stage] = {
    "created": Stage(1.0),
    "event": Stage(0.3),
    "start": Stage(0.3),
    "updated": Stage(0.3, ("created",)),
    "due": Stage(0.0, ("start",)),
    "end": Stage(0.0, ("start",)),
    "closed": Stage(0.05, ("closed", "start")),
    "seen": Stage(0.0, ("created",)),
    "expiry": Stage(0.0, ("start",)),
    "deleted": Stage(0.0, ("closed", "updated")),
}
