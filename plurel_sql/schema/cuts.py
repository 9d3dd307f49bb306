"""Load order: parents before children, and which foreign keys stand against it in a cycle of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plurel_sql.schema.model import Schema

_EXACT = 12  # tables in a cycle up to which the fewest cuts are found exactly (2**n * n steps)
_CUT = 1000  # what leaving a foreign key out costs; one more where it may not be NULL


def load_order(schema: Schema) -> list[str]:
    """Ids of all tables, each after its parents as far as that can be.

    Inside a cycle the order leaves the fewest foreign keys pointing forward (exactly up to 12 tables, else greedily),
    and among equals those that may be NULL. References of a table to itself don't count.
    """
    ids = {table.id: k for k, table in enumerate(schema.tables)}
    parents: list[list[int]] = []
    costs: dict[tuple[int, int], int] = {}
    for k, table in enumerate(schema.tables):
        optional = {column.name for column in table.columns if column.nullable}
        parents.append([])
        for key in table.foreign_keys:
            if key.parent in ids and key.parent != table.id:
                parent = ids[key.parent]
                parents[k].append(parent)
                costs[k, parent] = costs.get((k, parent), 0) + (_CUT if optional & {*key.columns} else _CUT + 1)
    return [schema.tables[k].id for component in _components(parents) for k in _fewest(sorted(component), costs)]


def _components(parents: Sequence[Sequence[int]]) -> list[list[int]]:
    """Strongly connected components, parents first (Tarjan 1972, with a stack of its own instead of recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []
    for root in range(len(parents)):
        work = [(root, 0)] if root not in index else []
        while work:
            node, edge = work.pop()
            if edge == 0:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            else:
                low[node] = min(low[node], low[parents[node][edge - 1]])
            while edge < len(parents[node]):
                parent = parents[node][edge]
                edge += 1
                if parent not in index:
                    work += [(node, edge), (parent, 0)]
                    break
                if parent in on_stack:
                    low[node] = min(low[node], index[parent])
            else:
                if low[node] == index[node]:
                    cut = stack.index(node)
                    found.append(stack[cut:])
                    on_stack.difference_update(stack[cut:])
                    del stack[cut:]
    return found


def _fewest(component: Sequence[int], costs: Mapping[tuple[int, int], int]) -> list[int]:
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
