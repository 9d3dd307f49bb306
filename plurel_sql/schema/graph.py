"""The graph of foreign keys: who refers to whom, in which order tables can be loaded, where they run in circles.

All results follow the order in which the schema lists its tables, and nothing else.
"""

from __future__ import annotations

from plurel_sql.schema.model import Schema


def parents(schema: Schema) -> dict[str, tuple[str, ...]]:
    """For each table id the ids of the tables it refers to, itself among them where it does, each once."""
    return {t.id: tuple(dict.fromkeys(key.parent for key in t.foreign_keys)) for t in schema.tables}


def components(schema: Schema) -> tuple[tuple[str, ...], ...]:
    """The strongly connected components, parents before children, as table ids in the schema's order.

    A component of several tables is a cycle of foreign keys; a table alone may still refer to itself. Tarjan,
    "Depth-first search and linear graph algorithms" (1972), without recursion, so that no chain of tables is too long.
    """
    edges = parents(schema)
    place = {table: k for k, table in enumerate(edges)}
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in edges:
        if root in number:
            continue
        path = [(root, iter(edges[root]))]
        number[root] = low[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        while path:
            table, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                if path:
                    above = path[-1][0]
                    low[above] = min(low[above], low[table])
                if low[table] == number[table]:
                    cut = stack.index(table)
                    members = stack[cut:]
                    del stack[cut:]
                    on_stack.difference_update(members)
                    found.append(tuple(sorted(members, key=place.__getitem__)))
            elif following not in number:
                number[following] = low[following] = len(number)
                stack.append(following)
                on_stack.add(following)
                path.append((following, iter(edges[following])))
            elif following in on_stack:
                low[table] = min(low[table], number[following])
    return tuple(found)
