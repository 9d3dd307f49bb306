"""One row of a group is the one, or the rows of a group overlap nowhere: laws over a row's position in its group.

Both need the group's rows to stand together: the rows of a driver's parent, or of an ancestor above it. Where there is
no such group the whole table is one, which is stricter and so still right (docs/decisions/0012).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Literal

from plurel_sql.plan import model
from plurel_sql.plan.axes import DAY, axis_column
from plurel_sql.plan.domains import NUMERIC
from plurel_sql.plan.draft import SECOND, Draft, TableDraft, first
from plurel_sql.plan.scopes import ancestor
from plurel_sql.plan.types import arrow_type, limits
from plurel_sql.schema.model import Column, Compare, Exclusion, NotNull, OneOf, Predicate, SqlType, Unique

QUARTER = 900 * SECOND
LONGEST = {"date": 14 * DAY, "timestamp": 8 * 3600 * SECOND}
"""The longest stretch of time of a column: a stay, a booking."""


@dataclass(frozen=True)
class Election:
    """The rows of a group ``levels`` driver steps up that are not the elected one meet ``predicate``."""

    key: str
    levels: int
    predicate: Predicate


@dataclass(frozen=True)
class Stretch:
    """The column holds ``part`` of a stretch that overlaps no other of its group; ``item`` is the type of a bound."""

    key: str
    levels: int
    part: Literal["start", "end", "range"]
    item: SqlType


def group_levels(draft: Draft, table: TableDraft, columns: Collection[str]) -> int:
    """How many driver steps up the group is that ``columns`` (or some of them) are the key of; 0: the whole table."""
    links = [k for k, link in enumerate(table.links) if link.kind != "dropped" and link.fk.parent != table.id]
    for k in sorted(links, key=lambda k: (k != table.driver, k)):
        fixed = tuple(name for name in table.links[k].fk.columns if name in columns)
        if not fixed or (table.driver is not None and table.driver != k):
            continue
        found = ancestor(draft, table, k, fixed)
        if found is not None and draft.claim_driver(table.id, k):
            return found[1]
    return 0


def prefer_drivers(draft: Draft, table: TableDraft) -> None:
    """A foreign key that is the group of a partial index drives its table, where the primary key has no other wish."""
    primary = table.table.primary_key
    keyed = {name for name in primary.columns if table.owner(name) is not None} if primary else set()
    for unique in table.table.uniques:
        if unique.where is None or table.driver is not None or not electable(table, unique):
            continue
        for k, link in enumerate(table.links):
            columns = set(link.fk.columns)
            if columns == set(unique.columns) and (not keyed or columns <= keyed):
                draft.claim_driver(table.id, k)


def electable(table: TableDraft, unique: Unique) -> bool:
    """Whether the columns of a partial index's condition are free to be decided by a row's place in its group."""
    outside = unique.outside
    if outside is None or not outside.exact or not outside.predicates:
        return False
    axis = axis_column(table)
    for predicate in outside.predicates:
        if isinstance(predicate, Compare):
            return False
        column = table.table.column(predicate.column)
        busy = table.taken(column.name) or column.generated is not None or column.name in table.elections
        if busy or (axis is not None and axis.name == column.name):
            return False
        if isinstance(predicate, NotNull) and (not column.nullable or column.name in table.not_null):
            return False
        if not isinstance(predicate, NotNull) and not fits(table, column, predicate):
            return False
    return True


def fits(table: TableDraft, column: Column, predicate: Predicate) -> bool:
    """Whether the column can meet ``predicate`` beside everything else that is asked of it."""
    table.wish(column.name, predicate)
    found = table.domain(column)
    table.unwish(column.name, predicate)
    return not found.empty and not found.notes


def elect(draft: Draft, table: TableDraft, unique: Unique, *, grouped: bool) -> bool:
    """At most one row of each group meets the condition; with ``grouped`` only for groups smaller than the table."""
    if _elected_before(draft, table, unique):
        return True
    if not electable(table, unique):
        return False
    levels = group_levels(draft, table, unique.columns)
    if levels == 0 and grouped:
        return False
    assert unique.outside is not None
    key = unique.name or ",".join((*unique.columns, unique.where or ""))
    for predicate in unique.outside.predicates:
        assert not isinstance(predicate, Compare)
        table.elections[predicate.column] = Election(key, levels, predicate)
    return True


def _elected_before(draft: Draft, table: TableDraft, unique: Unique) -> bool:
    """Where another index has elected by the same condition, one row of the whole table meets both."""
    predicates = unique.outside.predicates if unique.outside is not None else ()
    columns = [predicate.column for predicate in predicates if not isinstance(predicate, Compare)]
    found = [table.elections.get(column) for column in columns]
    if not found or [each.predicate if each else None for each in found] != list(predicates):
        return False
    levels = group_levels(draft, table, unique.columns)
    for column, each in zip(columns, found, strict=True):
        assert each is not None
        if each.levels != levels:
            table.elections[column] = replace(each, levels=0)
    return True


def chosen_value(predicate: Predicate, column: Column) -> str | None:
    """The value of the elected row, where the condition names one."""
    if isinstance(predicate, OneOf):
        if column.type.kind == "boolean" and not predicate.negated:
            return "false" if predicate.values[0] in (True, "true", 1) else "true"
        if predicate.negated and predicate.values:
            value = predicate.values[0]
            return str(value).lower() if isinstance(value, bool) else str(value)
    return None


def exclusions(draft: Draft) -> None:
    """Exclusion constraints: stretches without overlap by a row's position in its group; others are noted."""
    for table in draft.tables.values():
        for exclusion in table.table.exclusions:
            if _stretches(draft, table, exclusion):
                table.exclusions.append(exclusion)
                continue
            terms = ", ".join(f"{term} WITH {operator}" for term, operator in exclusion.elements)
            draft.note(
                f"EXCLUDE USING {exclusion.method} ({terms}) can't be met by construction; it is left out",
                f"{table.id}.{exclusion.name or terms}",
                at=exclusion.source,
            )


def _stretches(draft: Draft, table: TableDraft, exclusion: Exclusion) -> bool:
    columns = [table.table.column(name) for name in exclusion.span]
    if not columns or any(table.taken(column.name) or column.generated is not None for column in columns):
        return all(_same_stretch(table, exclusion, column.name) for column in columns) and bool(columns)
    items = [_item(column, len(columns)) for column in columns]
    item = items[0]
    if item is None or any(other is None or other.kind != item.kind for other in items):
        return False
    if any(table.domain(column).values is not None for column in columns):
        return False
    levels = group_levels(draft, table, exclusion.group)
    parts: tuple[Literal["start", "end", "range"], ...] = ("start", "end") if len(columns) == 2 else ("range",)
    for column, part in zip(columns, parts, strict=True):
        table.stretches[column.name] = Stretch(",".join(exclusion.span), levels, part, item)
    return True


def _same_stretch(table: TableDraft, exclusion: Exclusion, name: str) -> bool:
    """An earlier constraint over the same columns, in a group no smaller than this one's, holds this one as well."""
    stretch = table.stretches.get(name)
    return stretch is not None and stretch.key == ",".join(exclusion.span) and stretch.levels == 0


def _item(column: Column, columns: int) -> SqlType | None:
    """The type of a bound."""
    found = column.type if columns == 2 else column.type.item
    return found if found is not None and found.kind in (*LONGEST, *NUMERIC - {"float"}) else None


def slot(draft: Draft, table: TableDraft, column: Column) -> model.Slot:
    """The rule of a column of stretches, once the plan's time is known."""
    stretch = table.stretches[column.name]
    up = table
    for _ in range(stretch.levels):
        assert up.driver is not None
        up = draft[up.links[up.driver].fk.parent]
    timed = stretch.levels > 0 and not isinstance(up.axis, model.Static)
    domain = table.domain(column)
    if stretch.item.kind in NUMERIC:
        grain, longest, low = 1, 2**40, first(domain)
        high = min(limits(stretch.item)[1] or 2**53, low + 100 * max(table.rows, 1))  # about a hundred for each row
    else:
        grain, longest = DAY if stretch.item.kind == "date" else QUARTER, LONGEST[stretch.item.kind]
        low, high = draft.span
    if domain.bounded and stretch.part != "range":
        low = low if domain.low is None else ceil(domain.low)
        high = high if domain.high is None else min(high, domain.high)
    timed = timed and stretch.item.kind not in NUMERIC and not domain.bounded
    item = arrow_type(stretch.item) if stretch.part == "range" else None
    return model.Slot(
        stretch.key, stretch.levels, stretch.part, low, max(low, floor(high)), grain, longest, timed, item
    )
