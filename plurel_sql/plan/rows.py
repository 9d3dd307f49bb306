"""How many rows each table gets: a total shared out by the graph, fixed counts kept, capacities respected."""

from __future__ import annotations

from heapq import heapify, heapreplace

from plurel_sql.errors import ImpossibleError
from plurel_sql.plan import published
from plurel_sql.plan.draft import Draft, Limit, Pool, TableDraft, chance
from plurel_sql.semantics.roles import table_role

DEFAULT_TOTAL = 10_000
GROWTH = 2.5
"""A table has this many times the rows of what it refers to, before its role is looked at."""
FULL, DAMPING = 3, 0.65
"""After so many generations each one grows by this power of what the one before grew by."""
ROLE_FACTOR = {"lookup": 0.05, "entity": 1.0, "event": 2.0, "detail": 1.6, "junction": 1.2}


def share_rows(draft: Draft) -> None:
    """Sets ``rows`` of every table draft.

    The total is met exactly unless fixed counts or capacities forbid it (then a note says so).

    Raises:
        ImpossibleError: a fixed count is above what the table can hold, or a required parent is fixed at no rows.
    """
    fixed = _fixed(draft)
    for name, count in fixed.items():
        draft[name].rows = count
    if draft.config.total is None and fixed and len(fixed) == len(draft.tables):
        _check(draft, fixed)
        return
    total = draft.config.total
    if total is None and draft.config.prior is not None:
        drawn = published.weights(draft, draft.config.prior)
        total = round(sum(fixed.get(name, weight) for name, weight in drawn.items()))
    elif total is None:
        total = max(DEFAULT_TOTAL, 20 * len(draft.tables)) + sum(fixed.values())
    left = total - sum(fixed.values())
    if left < 0:
        raise ImpossibleError(
            f"the fixed counts add up to {sum(fixed.values()):,} rows", place="--rows", hint=f"the total is {total:,}"
        )
    shares = _fill(draft, fixed, left)
    _check(draft, fixed)
    for table in draft:
        most, why = capacity(draft, table)
        if table.rows == most < shares.get(table.id, 0):
            draft.note(f"{most:,} rows, not its share of {shares[table.id]:,}: {why}", table.id, "info")
    made = sum(table.rows for table in draft)
    if made != total:
        draft.note(f"{made:,} rows instead of {total:,}: {_why_short(draft, fixed)}", "rows", "info")


def _fixed(draft: Draft) -> dict[str, int]:
    return {name: config.rows for name, config in draft.config.tables.items() if config.rows is not None}


def weights(draft: Draft) -> dict[str, float]:
    """Relative sizes: each table some times its largest parent, by role, and the less so the more generations are above
    that (else the first tables of a deep schema would be left with a row or two); look-up tables stay small."""
    if draft.config.prior is not None:
        return published.weights(draft, draft.config.prior)
    found: dict[str, float] = {}
    generation: dict[str, int] = {}
    for table in draft:
        parents = [found[link.fk.parent] for link in table.links if not link.back and link.fk.parent in found]
        above = [generation[link.fk.parent] + 1 for link in table.links if link.fk.parent in generation]
        generation[table.id] = level = max(above, default=0)
        role = table_role(table.table)
        varied = 0.7 + 0.6 * chance(table.id, "rows")
        if any(link.kind == "one_to_one" or table.driver_cap == 1 for link in table.links if not link.optional):
            required = [found.get(link.fk.parent, 1.0) for link in table.links if not link.optional]
            found[table.id] = 0.8 * min(required)
        elif role == "lookup":
            found[table.id] = ROLE_FACTOR["lookup"] * varied * max([1.0, *(p * 0.5 for p in parents)])
        else:
            growth = (ROLE_FACTOR[role] * GROWTH) ** (DAMPING ** max(level - FULL, 0)) if parents else ROLE_FACTOR[role]
            found[table.id] = varied * growth * max(parents, default=1.0)
    return found


def capacity(draft: Draft, table: TableDraft) -> tuple[int, str]:
    """The largest possible count under the present counts of the other tables, and what limits it."""
    best, why = 10**15, ""
    for limit in table.limits:
        size = limit.per * _combinations(draft, limit)
        if size < best:
            best, why = size, limit.why
    for k, link in enumerate(table.links):
        if (
            link.kind != "dropped"
            and not link.optional
            and link.fk.parent != table.id
            and draft[link.fk.parent].rows <= len(link.apart)
        ):
            there = draft[link.fk.parent].rows
            best, why = 0, f"{link.fk.parent} has {f'{there} rows, too few to differ' if there else 'no rows'}"
        if k == table.driver and table.driver_cap * draft[link.fk.parent].rows < best:
            best, why = table.driver_cap * draft[link.fk.parent].rows, f"{table.driver_cap} per {link.fk.parent}"
    return best, why


def _combinations(draft: Draft, limit: Limit) -> int:
    """How many combinations of parents there are; of a parent inside a scope those in the scantest one count."""
    size = 1
    for parent in limit.parents:
        pool = Pool(parent) if isinstance(parent, str) else parent
        size *= pool.of(scope_minimum(draft, pool.table, pool.scope) if pool.scope else draft[pool.table].rows)
    return size


def scope_minimum(draft: Draft, parent: str, scope: str) -> int:
    """The least number of rows of ``parent`` that any row of ``scope`` has, by the drivers' minima."""
    size = 1
    while parent != scope:
        table = draft[parent]
        assert table.driver is not None
        size *= driver_minimum(draft, table)
        parent = table.links[table.driver].fk.parent
    return size


def driver_minimum(draft: Draft, table: TableDraft) -> int:
    """Where every parent needs a child, half of the mean is guaranteed to each."""
    if table.driver is None or table.driver_minimum == 0:
        return 0
    parents = draft[table.links[table.driver].fk.parent].rows
    return max(table.driver_minimum, table.rows // (2 * parents)) if parents else 0


def _fill(draft: Draft, fixed: dict[str, int], left: int) -> dict[str, int]:
    """Shares ``left`` rows over the tables that aren't fixed; returns the shares before capacities were looked at.

    Water-filling: proportional shares, at least one row each while they last, tables at their capacity drop out and
    leave the rest to the others. Capacities hang on the other tables' rows, so a few rounds settle it.
    """
    free = [table for table in draft if table.id not in fixed]
    shares: dict[str, int] = {}
    if not free:
        return shares
    weight = weights(draft)
    if left < len(free):
        for k, table in enumerate(free):
            table.rows = 1 if k < left else 0
    else:
        caps = {table.id: 10**15 for table in free}
        for _ in range(12):
            _share(free, weight, caps, left)
            shares = shares or {table.id: table.rows for table in free}
            _at_least(draft, fixed)
            news = {table.id: max(min(capacity(draft, table)[0], 10**15), 0) for table in free}
            over = [table.id for table in free if table.rows > news[table.id]]
            if not over:
                break
            caps |= {name: min(caps[name], news[name]) for name in over}
    leaders: dict[str, list[tuple[TableDraft, int]]] = {}  # tables that need rows for each row of another one
    for table in draft:
        for name, least in table.at_least.items():
            leaders.setdefault(name, []).append((table, least))
    for _ in range(2 * len(free)):
        changed = False
        for table in free:
            bounds = (other.rows // least for other, least in leaders.get(table.id, ()))
            most = min([capacity(draft, table)[0], *bounds])
            if table.rows > most:
                table.rows, changed = most, True
        if not changed:
            break
    roomy = left >= sum(table.least for table in free)
    for table in free:
        if 0 < table.rows < table.least:
            table.rows = table.least if roomy and capacity(draft, table)[0] >= table.least else 0
    _top_up(draft, free, weight, left, set(leaders))
    return shares


def _share(free: list[TableDraft], weight: dict[str, float], caps: dict[str, int], left: int) -> None:
    """Largest remainders over the tables below their cap, at least one row each."""
    open_tables = list(free)
    rest = left
    for table in free:
        table.rows = 0
    while open_tables:
        total = sum(weight[table.id] for table in open_tables)
        full = [table for table in open_tables if rest * weight[table.id] / total >= caps[table.id]]
        if not full:
            break
        for table in full:
            table.rows = min(caps[table.id], rest)
            rest -= table.rows
        shut = {table.id for table in full}
        open_tables = [table for table in open_tables if table.id not in shut]
    if not open_tables:
        return
    total = sum(weight[table.id] for table in open_tables)
    exact = {table.id: max(rest * weight[table.id] / total, 1.0) for table in open_tables}
    for table in open_tables:
        table.rows = int(exact[table.id])
    spare = rest - sum(table.rows for table in open_tables)
    by_remainder = sorted(open_tables, key=lambda table: (-(exact[table.id] % 1), table.id))
    for k in range(max(spare, 0)):
        by_remainder[k % len(by_remainder)].rows += 1
    by_size = [(-table.rows, table.id, table) for table in open_tables]
    heapify(by_size)
    for _ in range(max(-spare, 0)):  # the largest gives way
        _, name, table = by_size[0]
        table.rows -= 1
        heapreplace(by_size, (-table.rows, name, table))


def _at_least(draft: Draft, fixed: dict[str, int]) -> None:
    """Tables that need a row for each row of another one; the others give way."""
    for table in draft:
        for other, least in table.at_least.items():
            if draft[other].rows * least <= table.rows:
                continue
            if other not in fixed:
                draft[other].rows = max(table.rows // least, 1 if table.rows else 0)
            if draft[other].rows * least > table.rows and table.id not in fixed:
                table.rows = draft[other].rows * least


def _top_up(draft: Draft, free: list[TableDraft], weight: dict[str, float], left: int, bounded: set[str]) -> None:
    """Gives what the caps took away to the tables that still have room, largest first, so that the total is met."""
    total = sum(table.rows for table in free)
    for table in sorted(free, key=lambda table: (-weight[table.id], table.id)):
        spare, before = left - total, table.rows
        if spare == 0:
            return
        if spare > 0:
            if table.id not in bounded:
                table.rows = min(table.rows + spare, max(capacity(draft, table)[0], table.rows))
                table.rows = table.rows if table.rows >= table.least else before
        else:
            floor = max([table.least, *(draft[other].rows * least for other, least in table.at_least.items())])
            table.rows = max(min(table.rows, floor), table.rows + spare)
        total += table.rows - before


def _check(draft: Draft, fixed: dict[str, int]) -> None:
    for table in draft:
        most, why = capacity(draft, table)
        if table.rows > most:
            if table.id in fixed:
                raise ImpossibleError(
                    f"{table.rows:,} rows asked for, at most {most:,} are possible: {why}",
                    place=table.id,
                    hint="ask for fewer",
                )
            table.rows = most
        if 0 < table.rows < table.least:
            if table.id in fixed:
                raise ImpossibleError(
                    f"{table.rows:,} rows asked for, but each refers to another one",
                    place=table.id,
                    hint=f"ask for none, or {table.least} or more",
                )
            table.rows = 0
        for other, least in table.at_least.items():
            wanted = draft[other].rows * least
            if table.rows < wanted:
                each = "one" if least == 1 else f"{least}"
                raise ImpossibleError(
                    f"{table.rows:,} rows, but each of the {draft[other].rows:,} rows of {other} needs {each}",
                    place=table.id,
                    hint=f"ask for at least {wanted:,}, or fewer rows of {other}",
                )


def _why_short(draft: Draft, fixed: dict[str, int]) -> str:
    full = [table for table in draft if table.limits and table.rows >= capacity(draft, table)[0]]
    if full:
        return "; ".join(f"{table.id}: {capacity(draft, table)[1]}" for table in full[:3])
    return "fixed counts" if fixed else "the tables' capacities"
