"""Random graphs of tables: for each table the tables that it refers to. Graphs have no cycle and hang together.

The layouts of the published prior, after their sources: Barabasi & Albert, "Emergence of scaling in random networks"
(1999), Watts & Strogatz, "Collective dynamics of small-world networks" (1998), and uniform random labelled trees by
Pruefer's sequences (1918).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from plurel_sql.errors import ConfigError
from plurel_sql.plan.draws import Draws
from plurel_sql.plan.params import DAGParams
from plurel_sql.schema.lookup import nearest

Graph = list[list[int]]
"""The parents of each table 0..n-1, ascending."""
Edge = tuple[int, int]


def layout(name: str, n: int, params: DAGParams, draws: Draws) -> Graph:
    """A graph of ``n`` tables.

    Raises:
        ConfigError: a layout that is not known.
    """
    if name not in LAYOUTS:
        hint = nearest(name, LAYOUTS) or f"known are {', '.join(LAYOUTS)}"
        raise ConfigError(f"unknown table layout {name!r}", place="table_layout_choices", hint=hint)
    return LAYOUTS[name](n, params, draws)


def barabasi_albert(n: int, params: DAGParams, draws: Draws) -> Graph:
    """Each table joins ``ba_m`` earlier ones by their degree; names are shuffled; a leaf loses one of several parents
    with probability ``ba_sink_edge_dropout``."""
    m = min(params.ba_m, n - 1)
    edges = [(0, k) for k in range(1, m + 1)]
    ends = [end for edge in edges for end in edge]
    for new in range(m + 1, n):
        chosen: set[int] = set()
        while len(chosen) < m:
            chosen.add(draws.pick(ends))
        edges += [(old, new) for old in sorted(chosen)]
        ends += [end for old in chosen for end in (old, new)]
    names = list(range(n))
    draws.shuffle(names)
    parents = _parents(n, [(names[a], names[b]) for a, b in edges])
    inner = {parent for above in parents for parent in above}
    for table in range(n):
        if table not in inner and len(parents[table]) > 1 and draws.chance(params.ba_sink_edge_dropout):
            parents[table].remove(draws.pick(parents[table]))
    return parents


def reverse_random_tree(n: int, params: DAGParams, draws: Draws) -> Graph:
    """A uniform random tree, every edge towards one table: that one alone is a leaf."""
    edges = _tree(n, draws)
    beside: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        beside[a].append(b)
        beside[b].append(a)
    root = draws.below(n)
    parents: Graph = [[] for _ in range(n)]
    seen, frontier = {root}, [root]
    for table in frontier:
        parents[table] = sorted(other for other in beside[table] if other not in seen)
        seen.update(parents[table])
        frontier += parents[table]
    return parents


def watts_strogatz(n: int, params: DAGParams, draws: Draws) -> Graph:
    """A ring where each table has 2 or 4 neighbours, each edge rewired with probability ``ws_rewire_p``; edges lead
    from the smaller number to the larger."""
    p = float(draws.of(params.ws_rewire_p_choices))
    k = draws.pick((2, 4))
    k = max(2, k if k <= n else n - n % 2)
    edges = {_up(table, (table + step) % n) for step in range(1, k // 2 + 1) for table in range(n)}
    for step in range(1, k // 2 + 1):
        for table in range(n):
            old = _up(table, (table + step) % n)
            free = [other for other in range(n) if other != table and _up(table, other) not in edges]
            if old in edges and draws.chance(p) and free:
                edges.remove(old)
                edges.add(_up(table, draws.pick(free)))
    edges.discard((0, 0))
    return _parents(n, _joined(n, edges, draws))


LAYOUTS: dict[str, Callable[[int, DAGParams, Draws], Graph]] = {
    "BarabasiAlbert": barabasi_albert,
    "ReverseRandomTree": reverse_random_tree,
    "WattsStrogatz": watts_strogatz,
}


def _up(a: int, b: int) -> Edge:
    return (a, b) if a < b else (b, a)


def _parents(n: int, edges: Iterable[Edge]) -> Graph:
    parents: Graph = [[] for _ in range(n)]
    for above, below in edges:
        parents[below].append(above)
    return [sorted(found) for found in parents]


def _tree(n: int, draws: Draws) -> list[Edge]:
    """The edges of a tree, each of the n^(n-2) labelled ones alike: decodes a random Pruefer sequence."""
    if n < 3:
        return [(0, 1)][: n - 1]
    sequence = [draws.below(n) for _ in range(n - 2)]
    degree = [1 + sequence.count(table) for table in range(n)]
    edges = []
    for table in sequence:
        leaf = degree.index(1)
        edges.append((leaf, table))
        degree[leaf] -= 1
        degree[table] -= 1
    last = [table for table in range(n) if degree[table] == 1]
    return [*edges, (last[0], last[1])]


def _joined(n: int, edges: Iterable[Edge], draws: Draws) -> list[Edge]:
    """``edges`` and, between parts that don't hang together, one each from a part to the next."""
    found = sorted(edges)
    part = list(range(n))
    for a, b in found:
        old, new = part[b], part[a]
        part = [new if each == old else each for each in part]
    parts = [[table for table in range(n) if part[table] == each] for each in dict.fromkeys(part)]
    bridges = [_up(draws.pick(one), draws.pick(other)) for one, other in pairwise(parts)]
    return [*found, *bridges]
