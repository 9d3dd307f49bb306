"""Random graphs of tables: no circles, one piece, the published shapes."""

from __future__ import annotations

import pytest

from plurel_sql.errors import ConfigError
from plurel_sql.plan.draws import Draws
from plurel_sql.plan.params import DAGParams
from plurel_sql.prior.layouts import LAYOUTS, Graph, layout

PARAMS = DAGParams()
SIZES = (1, 2, 3, 4, 5, 12, 20)


def graph(name: str, n: int, seed: int = 0) -> Graph:
    return layout(name, n, PARAMS, Draws(name, n, seed))


def _without_parents(parents: Graph) -> int:
    """How many tables can be taken away one after another once their parents are."""
    done: set[int] = set()
    while ready := [k for k, above in enumerate(parents) if k not in done and set(above) <= done]:
        done.update(ready)
    return len(done)


def _reached(parents: Graph) -> int:
    found, frontier = {0}, [0]
    beside = [set(above) for above in parents]
    for k, above in enumerate(parents):
        for parent in above:
            beside[parent].add(k)
    for table in frontier:
        new = beside[table] - found
        found |= new
        frontier += sorted(new)
    return len(found)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("n", SIZES)
def test_no_circle_and_one_piece(name: str, n: int) -> None:
    for seed in range(20):
        parents = graph(name, n, seed)
        assert len(parents) == n
        assert _without_parents(parents) == n
        assert _reached(parents) == n
        assert all(above == sorted(set(above)) for above in parents)


def test_shapes() -> None:
    for seed in range(20):
        tree = graph("ReverseRandomTree", 15, seed)
        children = [sum(k in above for above in tree) for k in range(15)]
        assert sorted(children) == [0] + [1] * 14  # every edge leads to one table in the end
        rich = graph("BarabasiAlbert", 15, seed)
        assert 20 <= sum(map(len, rich)) <= 2 + 2 * 12
        assert all(len(above) <= 14 for above in rich)
    rings = [sum(map(len, graph("WattsStrogatz", 12, seed))) for seed in range(40)]
    assert {round(edges / 12) for edges in rings} == {1, 2}


def test_the_same_names_give_the_same_graph() -> None:
    assert graph("BarabasiAlbert", 20, 5) == graph("BarabasiAlbert", 20, 5)
    assert len({str(graph("BarabasiAlbert", 20, seed)) for seed in range(20)}) == 20


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(ConfigError, match="BarabasiAlbert"):
        layout("BarabasiAlbrt", 5, PARAMS, Draws("x"))
