"""Load order: parents first, the fewest cuts in a cycle."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Column, ForeignKey, Schema, SqlType, Table


def schema(edges, count):
    column = Column("id", SqlType("integer"))
    return Schema(
        tuple(
            Table(
                str(k),
                (column,),
                foreign_keys=tuple(ForeignKey(("id",), str(p), ("id",)) for c, p in edges if c == k),
            )
            for k in range(count)
        )
    )


def cuts(order, edges):
    rank = {int(name): k for k, name in enumerate(order)}
    return sum(rank[p] > rank[c] for c, p in edges if c != p)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=14))
def test_fewest_cuts_of_all_orders(edges):
    order = load_order(schema(edges, 5))
    assert sorted(order) == [str(k) for k in range(5)]
    assert cuts(order, edges) == min(cuts([str(k) for k in p], edges) for p in permutations(range(5)))


def test_a_large_cycle_and_a_deep_chain():
    ring = [(k, (k + 1) % 40) for k in range(40)]
    assert cuts(load_order(schema(ring, 40)), ring) == 1
    chain = [(k, k + 1) for k in range(999)]
    assert load_order(schema(chain, 1000)) == [str(k) for k in reversed(range(1000))]


def test_the_key_that_may_be_null_is_cut():
    must, may = Column("id", SqlType("integer"), nullable=False), Column("id", SqlType("integer"))
    for order in ("ab", "ba"):
        tables = [
            Table(name, (must if name == "a" else may,), foreign_keys=(ForeignKey(("id",), other, ("id",)),))
            for name, other in zip(order, reversed(order), strict=True)
        ]
        assert load_order(Schema(tuple(tables))) == ["b", "a"]
