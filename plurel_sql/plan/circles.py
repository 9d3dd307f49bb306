"""Columns that foreign keys copy round in a circle: nobody gives them a value, so the plan does."""

from __future__ import annotations

from plurel_sql.plan.draft import Draft, LinkDraft, TableDraft, first
from plurel_sql.schema.model import NotNull, OneOf

KINDS = frozenset({"integer", "decimal", "text", "enum", "uuid"})
"""Kinds of column that one value for all rows can be written for."""


def circles(draft: Draft) -> None:
    """Breaks each circle of copied columns: one value for all rows, or a key left out where rows must differ.

    A key (kit, of_no) to (kit, no) of its own table copies kit from itself; between two tables with a tenant number but
    no table of tenants the circle has two steps.
    """
    for table in draft.tables.values():
        for column in table.table.columns:
            while circle := _circle(draft, table, column.name):
                _break(draft, circle)


def _circle(draft: Draft, table: TableDraft, column: str) -> list[tuple[TableDraft, str]]:
    """The places that ``column`` is copied from, if they lead back to it; empty where they don't."""
    found = [(table, column)]
    while True:
        here, name = found[-1]
        owner = here.owner(name)
        if owner is None:
            return []
        fk = here.links[owner].fk
        place = (draft[fk.parent], fk.parent_columns[fk.columns.index(name)])
        if place == (table, column):
            return found
        if any(place[0] is seen and place[1] == other for seen, other in found):
            return []  # a circle further up, found when its own columns are looked at
        found.append(place)


def _break(draft: Draft, circle: list[tuple[TableDraft, str]]) -> None:
    if all(may_be_one(table, column) for table, column in circle):
        for table, column in circle:
            one_value(draft, table, column)
        return
    for table, column in circle:
        if (free := _may_be_null(table, column)) is not None:
            _void(draft, table, column, free)
            return
    table, column = max(circle, key=lambda place: draft.order.index(place[0].id))
    owner = table.owner(column)
    assert owner is not None
    draft.drop(table, owner, f"{column} would be copied from itself")


def _may_be_null(table: TableDraft, column: str) -> str | None:
    """Another column of the key that sets ``column``, which may be NULL in all rows: then the key asks nothing."""
    owner = table.owner(column)
    assert owner is not None
    link = table.links[owner]
    keyed = {name for unique in table.table.uniques for name in unique.columns}
    alone = (name for name in link.fk.columns if list(table.owners(name)) == [owner] and name not in keyed)
    return next((name for name in alone if name != column and table.table.column(name).nullable), None)


def _void(draft: Draft, table: TableDraft, column: str, free: str) -> None:
    """A customer's default address is one of its own: (address, id) to (id, customer). The address is left NULL."""
    owner = table.owner(column)
    assert owner is not None
    link = table.links[owner]
    link.kind, link.void = "dropped", True
    table.wish(free, OneOf(free, ()))
    draft.note(f"always NULL, since {link.fk.label} would copy {column} from itself", f"{table.id}.{free}", "info")


def may_be_one(table: TableDraft, column: str) -> bool:
    """Whether one value for all rows can be written into ``column``: it is no key by itself, and of a plain kind."""
    spec = table.table.column(column)
    return not table.is_key((column,)) and not spec.identity and spec.type.kind in KINDS


def one_value(draft: Draft, table: TableDraft, column: str) -> None:
    """Gives ``column`` one value for all rows."""
    spec = table.table.column(column)
    domain = table.domain(spec)
    if spec.type.kind == "enum" or domain.values:
        value = str(domain.values[0] if domain.values else spec.type.labels[0])
    elif spec.type.kind == "uuid":
        value = "00000000-0000-4000-8000-000000000001"
    else:
        value = str(first(domain))
    table.constants[column] = value
    draft.note(f"no table owns {column}, which keys share: one value for all rows", f"{table.id}.{column}", "info")


def optional_keys(draft: Draft) -> None:
    """A partly nullable key may be NULL only where its other columns get their values elsewhere."""
    for table in draft.tables.values():
        required = {
            predicate.column
            for check in table.table.checks
            for predicate in check.predicates
            if isinstance(predicate, NotNull)
        }
        required |= {column.name for column in table.table.columns if not column.nullable}
        for link in table.links:
            link.optional = not required >= set(link.fk.columns)
        for link in table.links:
            if link.optional and any(
                name in required and not _set_elsewhere(table, name, link) for name in link.fk.columns
            ):
                link.optional = False


def _set_elsewhere(table: TableDraft, column: str, link: LinkDraft) -> bool:
    return column in table.constants or any(
        column in other.fk.columns and not other.optional and other.kind != "dropped"
        for other in table.links
        if other is not link
    )
