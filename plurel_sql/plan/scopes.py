"""Foreign keys that share columns: which parents must agree, and on what.

A column's value may be copied over several keys from a table far above (tenant_id from tenant). Two keys of a table
that share columns agree if their parents hang on the same row up there: the *scope*. docs/decisions/0004.
"""

from __future__ import annotations

from plurel_sql.plan.circles import may_be_one, one_value
from plurel_sql.plan.draft import Draft, LinkDraft, TableDraft

Place = tuple[str, tuple[str, ...]]
"""A table and some of its columns."""


def copied_from(draft: Draft, table: str, columns: tuple[str, ...]) -> dict[Place, tuple[int, ...]]:
    """Every place that ``columns`` of ``table`` are copied from, itself included, with the path of links to it
    (shortest first)."""
    found: dict[Place, tuple[int, ...]] = {(table, columns): ()}
    frontier: list[Place] = [(table, columns)]
    while frontier:
        name, names = frontier.pop(0)
        for k, link in enumerate(draft[name].links):
            if link.kind == "dropped" or not set(names) <= set(link.fk.columns):
                continue
            place = (link.fk.parent, mapped(link, names))
            if place not in found:
                found[place] = (*found[name, names], k)
                frontier.append(place)
    return found


def mapped(link: LinkDraft, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The parent's columns that ``columns`` of the child refer to."""
    return tuple(link.fk.parent_columns[link.fk.columns.index(column)] for column in columns)


def driver_levels(draft: Draft, table: str, path: tuple[int, ...]) -> bool:
    """Makes each step of ``path`` its table's driver; False (and maybe some claims) where one can't be."""
    for step in path:
        if draft[table].links[step].optional or not draft.claim_driver(table, step):
            return False
        table = draft[table].links[step].fk.parent
    return True


def ancestor(draft: Draft, table: TableDraft, k: int, fixed: tuple[str, ...]) -> tuple[str, int] | None:
    """The table, and the number of driver steps up to it, whose rows are told apart by just the ``fixed`` columns,
    going up over link ``k``; the steps above are drivers already, or are made so."""
    link = table.links[k]
    if set(fixed) == set(link.fk.columns):
        return link.fk.parent, 1
    for (name, names), path in copied_from(draft, link.fk.parent, mapped(link, fixed)).items():
        if not any(u.plain and set(u.columns) == set(names) for u in draft[name].table.uniques):
            continue
        at = link.fk.parent
        for step in path:
            if not draft.claim_driver(at, step):
                return None
            at = draft[at].links[step].fk.parent
        return name, 1 + len(path)
    return None


def shared_columns(draft: Draft) -> None:
    """Settles every pair of keys that share columns as derived, same, within a scope, or (at worst) dropped.

    Two rounds: first what follows from another key at no cost, in every table, so that the scopes of the second round
    see finished paths.
    """
    for table in draft.tables.values():
        for k, link in enumerate(table.links):
            _derive(draft, table, k, link)
    for table in draft.tables.values():
        for k in sorted(range(len(table.links)), key=lambda k: _weight(table, table.links[k])):
            link = table.links[k]
            others = [other for other in range(len(table.links)) if other != k and _clash(draft, table, other, k)]
            if link.kind != "free" or not others:
                continue
            others.sort(
                key=lambda other: (
                    other != table.driver,
                    table.links[other].optional,
                    _weight(table, table.links[other]),
                )
            )
            agreed = next((_shared(table, other, k) for other in others if _agree(draft, table, other, k)), ())
            left = next((other for other in others if not set(_shared(table, other, k)) <= set(agreed)), None)
            if left is not None:
                draft.drop(table, k, f"can't be made to agree with {table.links[left].fk.label}")


def _weight(table: TableDraft, link: LinkDraft) -> tuple[int, int, list[int], str]:
    """Sorts keys by what hangs on them, whatever order they are written in: those in the primary key come first, since
    its laws want them free, then those in a UNIQUE, then the more specific, then those of earlier columns."""
    inside = [unique.primary for unique in table.table.uniques if set(link.fk.columns) <= set(unique.all_columns)]
    places = [k for k, column in enumerate(table.table.columns) if column.name in link.fk.columns]
    return 2 - bool(inside) - any(inside), -len(places), places, link.fk.label


def _shared(table: TableDraft, first: int, second: int) -> tuple[str, ...]:
    """The columns of link ``second`` that link ``first`` sets as well."""
    return tuple(column for column in table.links[second].fk.columns if column in table.links[first].fk.columns)


def _derive(draft: Draft, table: TableDraft, k: int, link: LinkDraft) -> None:
    """A key whose columns all lie in another key that copies them from the same place is reached over that key."""
    target = (link.fk.parent, link.fk.parent_columns)
    for via, other in enumerate(table.links):
        if (
            via == k
            or other.kind in ("derived", "same", "dropped")
            or not set(link.fk.columns) <= set(other.fk.columns)
        ):
            continue
        if other.optional and not link.optional:
            continue
        path = copied_from(draft, other.fk.parent, mapped(other, link.fk.columns)).get(target)
        twin = set(link.fk.columns) == set(other.fk.columns)
        if path is None or (twin and not path and via > k) or _rests_on(draft, table.id, (via, *path), (table.id, k)):
            continue
        link.kind, link.path = "derived", (via, *path)
        link.why = f"follows from {other.fk.label}"
        return


def _rests_on(draft: Draft, table: str, path: tuple[int, ...], goal: tuple[str, int]) -> bool:
    """True where walking ``path`` from ``table`` needs the law of link ``goal``."""
    for step in path:
        link = draft[table].links[step]
        if (table, step) == goal or (link.kind == "derived" and _rests_on(draft, table, link.path, goal)):
            return True
        table = link.fk.parent
    return False


def _clash(draft: Draft, table: TableDraft, first: int, second: int) -> bool:
    """True where ``second`` must still be made to agree with ``first``: they share columns and first is settled or
    comes earlier (by ``_weight``; those that lead back to this very table last)."""
    a, b = table.links[first], table.links[second]
    shared = _shared(table, first, second)
    if a.kind in ("derived", "dropped") or not shared or (a.optional and not b.optional):
        return False
    before, after = ((link.optional, _leads_back(draft, table, link, shared), *_weight(table, link)) for link in (a, b))
    return before < after or a.kind in ("within", "same")


def _leads_back(draft: Draft, table: TableDraft, link: LinkDraft, columns: tuple[str, ...]) -> bool:
    """True where the keys that set ``columns`` above ``link`` copy them from ``table`` itself."""
    at, names = draft[link.fk.parent], mapped(link, columns)
    seen = set()
    while (at.id, names) not in seen:
        if (at.id, names) == (table.id, columns):
            return True
        seen.add((at.id, names))
        owner = at.owner(names[0])
        if owner is None or not set(names) <= set(at.links[owner].fk.columns):
            return False
        at, names = draft[at.links[owner].fk.parent], mapped(at.links[owner], names)
    return False


def _agree(draft: Draft, table: TableDraft, first: int, second: int) -> bool:
    """Makes link ``second`` agree with link ``first`` on the columns that they share; False where that can't be."""
    a, b = table.links[first], table.links[second]
    shared = _shared(table, first, second)
    above_a = copied_from(draft, a.fk.parent, mapped(a, shared))
    above_b = copied_from(draft, b.fk.parent, mapped(b, shared))
    common = [place for place in above_b if place in above_a and draft[place[0]].is_key(place[1])]
    for place in sorted(common, key=lambda place: len(above_a[place]) + len(above_b[place])):
        tree = b.fk.parent == table.id
        if tree and not driver_levels(draft, table.id, (first,)):
            continue
        if driver_levels(draft, a.fk.parent, above_a[place]) and (
            tree or driver_levels(draft, b.fk.parent, above_b[place])
        ):
            b.kind, b.via, b.scope = "within", first, place[0]
            b.why = f"a parent with the same {', '.join(shared)} as {a.fk.label}"
            if not tree:
                _fill_scope(draft, b.fk.parent, above_b[place])
            return True
    if set(a.fk.columns) == set(b.fk.columns) and _alike(draft, a, b):
        b.kind, b.same = "same", first
        b.why = f"the same row number as {a.fk.label}"
        draft[b.fk.parent].at_least.setdefault(a.fk.parent, 1)
        return True
    return _constant(draft, a, b, shared)


def _fill_scope(draft: Draft, table: str, path: tuple[int, ...]) -> None:
    """Every row of the scope gets at least one row below it, so that nobody is left without a choice."""
    for step in path:
        draft[table].driver_minimum = max(draft[table].driver_minimum, 1)
        parent = draft[table].links[step].fk.parent
        draft[table].at_least.setdefault(parent, 1)
        table = parent


def _alike(draft: Draft, a: LinkDraft, b: LinkDraft) -> bool:
    """True where both keys point at plain single-column integer keys, which count 1, 2, 3, ... in both tables."""
    if len(a.fk.columns) != 1:
        return False
    for link in (a, b):
        parent = draft[link.fk.parent]
        column = parent.table.column(mapped(link, a.fk.columns)[0])
        if column.type.kind != "integer" or parent.owner(column.name) is not None:
            return False
        if column.counts not in (None, (1, 1)) or parent.table.inherits:
            return False
    return a.kind in ("free", "driver", "one_to_one")


def _constant(draft: Draft, a: LinkDraft, b: LinkDraft, shared: tuple[str, ...]) -> bool:
    """A shared column that no table owns (a tenant number without tenants) gets one value everywhere."""
    places: list[tuple[TableDraft, str]] = []
    for link in (a, b):
        for column in mapped(link, shared):
            place = (link.fk.parent, (column,))
            roots = [p for p in copied_from(draft, *place) if draft[p[0]].owner(p[1][0]) is None]
            if len(roots) != 1:
                return False
            places.append((draft[roots[0][0]], roots[0][1][0]))
    if not all(may_be_one(parent, column) for parent, column in places):
        return False
    if len({parent.table.column(column).type.kind for parent, column in places}) != 1:
        return False
    for parent, column in places:
        one_value(draft, parent, column)
    return True
