"""Order, components and cycles of the foreign-key graph."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plurel_sql.schema.graph import components, parents
from plurel_sql.schema.model import Column, ForeignKey, Schema, SqlType, Table, Unique


def schema_of(edges: dict[str, list[str]]) -> Schema:
    """A schema whose tables refer to the listed ones."""
    integer = SqlType("integer", bits=32)
    return Schema(
        tuple(
            Table(
                name,
                (Column("id", integer), *(Column(f"{parent}_id", integer) for parent in its_parents)),
                uniques=(Unique(("id",), primary=True),),
                foreign_keys=tuple(ForeignKey((f"{parent}_id",), parent, ("id",)) for parent in its_parents),
            )
            for name, its_parents in edges.items()
        )
    )


def test_parents_come_first() -> None:
    schema = schema_of({"item": ["orders", "product"], "orders": ["customer"], "product": [], "customer": []})
    assert components(schema) == (("customer",), ("orders",), ("product",), ("item",))
    assert parents(schema)["item"] == ("orders", "product")


def test_cycles_and_self_references() -> None:
    schema = schema_of({"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": ["d"], "e": ["a"]})
    assert components(schema) == (("d",), ("a", "b", "c"), ("e",))


def test_long_chains_need_no_recursion() -> None:
    names = [f"t{k}" for k in range(5000)]
    schema = schema_of({name: names[k + 1 : k + 2] for k, name in enumerate(names)})
    assert components(schema) == tuple((name,) for name in reversed(names))


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30))
def test_components_are_what_reaches_each_other(pairs: list[tuple[int, int]]) -> None:
    edges: dict[str, list[str]] = {f"t{k}": [] for k in range(8)}
    for child, parent in pairs:
        if f"t{parent}" not in edges[f"t{child}"]:
            edges[f"t{child}"].append(f"t{parent}")
    reach = {name: {name} for name in edges}
    for _ in edges:
        for name, its_parents in edges.items():
            reach[name] |= {far for parent in its_parents for far in reach[parent]}
    found = components(schema_of(edges))
    assert sorted(name for component in found for name in component) == sorted(edges)
    place = {name: k for k, component in enumerate(found) for name in component}
    for one in edges:
        for other in edges:
            assert (place[one] == place[other]) == (one in reach[other] and other in reach[one])
            if other in reach[one]:
                assert place[other] <= place[one]
