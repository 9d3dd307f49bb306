"""Primary keys and UNIQUE constraints: how each is met by construction, before any row count is known.

For each constraint, in the order primary key first, the first of these that fits (docs/decisions/0004):

1. it follows from another one that is already met;
2. it is a foreign key: one-to-one;
3. a foreign key and a counter (a line number, a date): the driver law with the position inside the parent's group;
4. several foreign keys: a junction, distinct tuples;
5. a free column that can hold as many values as there are rows: it carries the row number;
6. keys and short free columns together: a tuple over keys and values.
"""

from __future__ import annotations

import msgspec

from plurel_sql.plan.draft import Draft, Limit, LinkDraft, Member, Pool, TableDraft, TupleDraft
from plurel_sql.plan.groups import elect, prefer_drivers
from plurel_sql.plan.indexes import differing, never, special
from plurel_sql.plan.injective import injective, told_apart
from plurel_sql.plan.pairs import make_room, release
from plurel_sql.plan.scopes import ancestor
from plurel_sql.schema.model import Column, Unique

COUNTERS = ("integer", "decimal", "date", "timestamp")
DATES = 200
"""How many dates, one after another, a counter of dates gives a parent at most."""
DIGIT = 10_000
"""How many values of a plain whole number a tuple makes use of."""
LARGE = 2**31
"""A capacity that no row count asked for in practice exceeds: a column of this size may carry the row number alone."""


def unique_keys(draft: Draft) -> None:
    """Settles each table's keys; what can't be met is noted and taken out of what the target declares."""
    for table in draft.tables.values():
        prefer_drivers(draft, table)
        by_size = sorted(
            table.table.uniques, key=lambda u: (not u.primary, bool(u.terms) or not u.plain, len(u.columns))
        )
        for unique in by_size:
            if not unique.nulls_distinct:
                table.not_null |= set(unique.columns)
            met = settle(draft, table, unique) if unique.plain and not unique.terms else indexed(draft, table, unique)
            if met:
                table.uniques.append(unique)
            else:
                name = "PRIMARY KEY" if unique.primary else "UNIQUE"
                terms = ", ".join((*unique.columns, *unique.expressions))
                where = f" WHERE {unique.where}" if unique.where else ""
                draft.note(
                    f"{name} ({terms}){where} can't be met by construction; it is left out",
                    f"{table.id}.{unique.name or terms}",
                    at=unique.source,
                )


def indexed(draft: Draft, table: TableDraft, unique: Unique) -> bool:
    """A unique index over expressions or with a condition (``indexes.py``); the order of what is tried is in 0012."""
    columns = differing(table, unique)
    if carried(table, set(columns)) or any(m.plain and set(m.columns) <= set(columns) for m in table.uniques):
        return True
    free = [table.table.column(name) for name in columns if table.owner(name) is None and not table.taken(name)]
    if serial(table, free, LARGE) or special(table, unique):
        return True
    owners = _owners(draft, table, set(columns))
    if len(owners) < 2 and elect(draft, table, unique, grouped=True):
        return True
    plain = msgspec.structs.replace(unique, columns=columns, expressions=(), where=None, terms=(), outside=None)
    if len(owners) > 1 and settle(draft, table, plain):
        return True
    if unique.where is not None and (elect(draft, table, unique, grouped=False) or never(table, unique)):
        return True
    if not columns and all(term.exact and not term.columns for term in unique.terms):
        table.limits.append(Limit(1, (), f"UNIQUE ({', '.join(unique.expressions)}) allows one row"))
        return True
    return bool(columns) and settle(draft, table, plain)


def settle(draft: Draft, table: TableDraft, unique: Unique) -> bool:
    columns = set(unique.columns)
    if any(met.plain and set(met.columns) <= columns for met in table.uniques) or carried(table, columns):
        return True
    free = [table.table.column(name) for name in unique.columns if table.owner(name) is None]
    open_columns = [column for column in free if not table.taken(column.name)]
    owners = _owners(draft, table, columns)
    if not free and len(owners) == 1:
        return _one_to_one(draft, table, owners[0], columns)
    if owners and _position(draft, table, columns, open_columns):
        return True
    if len(owners) > 1 and _junction(draft, table, unique, owners):
        return True
    return (
        serial(table, open_columns, LARGE)
        or _tuple_of_values(draft, table, unique, owners, open_columns)
        or serial(table, open_columns, 1)
    )


def carried(table: TableDraft, columns: set[str]) -> bool:
    """True where a column of the constraint is already different in every row."""
    return any(name in table.serials or name == table.distinct_time for name in columns)


def _owners(draft: Draft, table: TableDraft, columns: set[str]) -> list[int]:
    """The independent links behind the constraint's columns: those that lie in it whole, without what follows from
    another; a link that lies in it in part counts where its part is a key further up."""
    owners: list[int] = []
    covered: set[str] = set()
    candidates = sorted(
        (k for k, link in enumerate(table.links) if link.kind not in ("derived", "same", "dropped")),
        key=lambda k: (-len(set(table.links[k].fk.columns) & columns), table.links[k].optional, k),
    )
    for k in candidates:
        part = set(table.links[k].fk.columns)
        if part <= columns and not part <= covered:
            owners.append(k)
            covered |= part
    return owners


def _one_to_one(draft: Draft, table: TableDraft, k: int, columns: set[str]) -> bool:
    link = table.links[k]
    if set(link.fk.columns) != columns or link.kind not in ("free", "one_to_one") or table.driver == k:
        return _one_child_each(draft, table, k)
    release(table, k)
    link.kind, link.why = "one_to_one", "no parent has two rows"
    if link.fk.parent == table.id:
        if link.flat:
            link.kind = "free"  # every row refers to itself, or to none
        elif not link.optional:
            link.kind, link.flat, link.circle = "free", True, True
            link.why = "each row refers to the next"
        return True
    if not link.optional:
        table.limits.append(Limit(1, (link.fk.parent,), _one_each(link)))
    return True


def _one_each(link: LinkDraft) -> str:
    return f"({', '.join(link.fk.columns)}) is one-to-one with {link.fk.parent}"


def _one_child_each(draft: Draft, table: TableDraft, k: int) -> bool:
    """A driver whose parents have one child at most is one-to-one and keeps its rows contiguous."""
    link = table.links[k]
    if table.driver != k:
        return False
    table.driver_cap = 1
    table.limits.append(Limit(1, (link.fk.parent,), _one_each(link)))
    return True


def _position(draft: Draft, table: TableDraft, columns: set[str], free: list[Column]) -> bool:
    """A counter below the ancestor that the constraint's other columns are the key of."""
    counters = [column for column in free if column.type.kind in COUNTERS and _counts(table, column)]
    if not counters:
        return False
    column = min(counters, key=lambda c: (COUNTERS.index(c.type.kind) > 1, -unique_rank(table, c)))
    fixed = tuple(sorted(columns - {c.name for c in free}))
    if not fixed:
        return False
    for k in sorted(table.owners(fixed[0]), key=lambda k: k != table.driver):
        link = table.links[k]
        if not set(fixed) <= set(link.fk.columns) or link.optional or link.fk.parent == table.id:
            continue
        target = ancestor(draft, table, k, fixed)
        if target is None or not draft.claim_driver(table.id, k):
            continue
        parent, levels = target
        capacity = _capacity(table, column)
        if column.type.kind in ("date", "timestamp"):
            capacity = DATES
        if levels > 1 and capacity is not None and capacity < 10**6:
            continue
        table.positions[column.name] = levels
        if capacity is not None and capacity < LARGE:
            if levels == 1:
                table.driver_cap = min(table.driver_cap, capacity)
            table.limits.append(Limit(capacity, (parent,), f"{column.name} counts to {capacity} below each {parent}"))
        return True
    return False


def unique_rank(table: TableDraft, column: Column) -> int:
    """The column's place among the table's columns (the last counter of a key is the innermost)."""
    return [c.name for c in table.table.columns].index(column.name)


def _counts(table: TableDraft, column: Column) -> bool:
    """Free to count 1, 2, 3, ...: no list of values, nothing fractional only."""
    if column.type.kind in ("date", "timestamp") and (table.domain(column).bounded or column.name in table.kept_times):
        return False  # it would count past its bound
    return not table.domain(column).values and not column.identity


def _junction(draft: Draft, table: TableDraft, unique: Unique, owners: list[int]) -> bool:
    """Distinct tuples over several parents; the first is the driver, the others are coordinates."""
    links = table.links
    if any(links[k].kind not in ("free", "driver", "within") for k in owners):
        return False
    for k in owners:
        side = links[k].side
        if side is not None and set(owners) != {k, side[0]}:
            release(table, k)  # pairs in order are told apart alone, or not at all
    ring = links[owners[0]].side is not None
    drivable = [k for k in owners if links[k].kind in ("free", "driver") and links[k].fk.parent != table.id]
    drivable.sort(key=lambda k: (k != table.driver, links[k].optional))
    after = next((k for k in drivable if draft.claim_driver(table.id, k, ring)), None)
    if after is None:
        return False
    rest = [k for k in owners if k != after]
    scoped = [k for k in rest if links[k].kind == "within"]
    if scoped and (len(rest) > 1 or links[scoped[0]].via != after):
        return False
    key = ",".join(unique.columns)
    if ring:
        links[rest[0]].ring = True
        make_room(draft, table, rest[0])
        links[after].apart, links[rest[0]].apart = [], []  # on a ring they differ anyhow
    for k in rest:
        links[k].kind, links[k].tuple_key = "junction", key
        links[k].why = f"distinct ({key})"
    table.tuples.append(TupleDraft(key, after, [Member(link=k) for k in rest]))
    pools = [Pool(links[k].fk.parent, links[k].scope, len(links[k].apart), links[k].ring) for k in rest]
    table.limits.append(Limit(1, (links[after].fk.parent, *pools), f"distinct ({key})"))
    return True


CARRIERS = ("timestamp", "text", "decimal", "binary", "uuid", "integer")
"""Kinds of column in rising order of fitness to carry the row number, where their capacities are ample."""


def serial(table: TableDraft, free: list[Column], least: int) -> bool:
    """The fittest free column carries the row number, if it can tell ``least`` rows or more apart."""
    best: tuple[tuple[float, bool, int], Column, int | None] | None = None
    for column in free:
        if column.name in table.kept_times or column.generated is not None:
            continue
        capacity = _capacity(table, column)
        if capacity is not None and capacity < least:
            continue
        kind = CARRIERS.index(column.type.kind) if column.type.kind in CARRIERS else -1
        fitness = (min(float("inf") if capacity is None else capacity, LARGE), column.identity, kind)
        if best is None or fitness > best[0]:
            best = (fitness, column, capacity)
    if best is None:
        return False
    _, column, capacity = best
    # Nothing lifts the rows of a table without links: their times stay apart, if they may be any. One column has them.
    free_axis = table.distinct_time is None and not table.links
    if column.type.kind == "timestamp" and free_axis and not table.domain(column).bounded:
        table.distinct_time = column.name
        return True
    table.serials[column.name] = False
    if capacity is not None and capacity < 2**60:
        table.limits.append(Limit(capacity, (), f"{column.name} holds {capacity:,} different values"))
    return True


def _capacity(table: TableDraft, column: Column) -> int | None:
    """How many rows the column can tell apart; None: as many as there are."""
    return injective(table.table, table.key_column(column.name), table.domain(column), 1, permute=False).capacity


def _tuple_of_values(draft: Draft, table: TableDraft, unique: Unique, owners: list[int], free: list[Column]) -> bool:
    """Short columns (enums, flags, small numbers), alone or below one parent, as the digits of one number."""
    members: list[Member] = []
    for column in free:
        domain = table.domain(column)
        capacity = _capacity(table, column)
        labels = told_apart(tuple(str(value) for value in domain.values or ()))
        if column.type.kind == "boolean":
            labels = ("false", "true")
        if labels:
            members.append(Member(column=column.name, size=len(labels), labels=labels))
        elif column.type.kind == "integer" and capacity is not None and not column.identity:
            members.append(Member(column=column.name, size=min(capacity, DIGIT)))
    if not members or (len(members) == 1 and not owners):
        return False
    after = None
    if owners:
        usable = [k for k in owners if not table.links[k].optional]
        after = next((k for k in usable if draft.claim_driver(table.id, k)), None)
        if after is None:
            return False
    size = 1
    for member in members:
        size *= member.size
    parents = () if after is None else (table.links[after].fk.parent,)
    if after is None and size < LARGE and serial(table, free, size):
        return True
    table.tuples.append(TupleDraft(",".join(unique.columns), after, members))
    table.limits.append(Limit(size, parents, f"({', '.join(unique.columns)}) holds {size:,} different values"))
    return True
