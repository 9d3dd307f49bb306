"""One order for values and loads: parents before children, and which foreign keys of a cycle stand against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plurel_sql.schema.graph import components
from plurel_sql.schema.model import Schema

_EXACT = 12  # tables in a cycle up to which the fewest cuts are found exactly (2**n * n steps)
_CUT = 1000  # what leaving a foreign key out costs; one more where it may not be NULL


def load_order(schema: Schema) -> list[str]:
    """Ids of all tables, each after its parents as far as that can be.

    Inside a cycle the order leaves the fewest foreign keys pointing forward (exactly up to 12 tables, else greedily),
    and among equals those that may be NULL. References of a table to itself don't count.
    """
    costs: dict[tuple[str, str], int] = {}
    for table in schema.tables:
        optional = {column.name for column in table.columns if column.nullable}
        for key in table.foreign_keys:
            if key.parent != table.id:
                cost = _CUT if optional & {*key.columns} else _CUT + 1
                costs[table.id, key.parent] = costs.get((table.id, key.parent), 0) + cost
    return [table for component in components(schema) for table in _fewest(component, costs)]


def _fewest(component: Sequence[str], costs: Mapping[tuple[str, str], int]) -> list[str]:
    """The order of a component's tables in which references to a later one cost least; ``costs[child, parent]``."""
    size = len(component)
    local = [
        [(p, costs[child, parent]) for p, parent in enumerate(component) if (child, parent) in costs]
        for child in component
    ]
    if size > _EXACT:
        left, order = set(range(size)), []
        while left:
            order.append(min(left, key=lambda k: (sum(cost for p, cost in local[k] if p in left), k)))
            left.discard(order[-1])
        return [component[k] for k in order]
    # best[set]: least cost when exactly this set of tables stands first (a bit mask), and its last table.
    best: list[tuple[int, int]] = [(0, -1)]
    for chosen in range(1, 1 << size):
        best.append(
            min(
                (best[chosen ^ (1 << k)][0] + sum(cost for p, cost in local[k] if not chosen >> p & 1), k)
                for k in range(size)
                if chosen >> k & 1
            )
        )
    chosen, backwards = (1 << size) - 1, []
    while chosen:
        backwards.append(best[chosen][1])
        chosen ^= 1 << backwards[-1]
    return [component[k] for k in reversed(backwards)]
