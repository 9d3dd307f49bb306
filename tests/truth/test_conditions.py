"""What an optimum knows, and what a predictor must not see for it to be a bound."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from plurel_sql import InputError, synthesize
from plurel_sql.plan.model import Plan, Product
from plurel_sql.truth.conditions import _Row, ceiling

SHOP = """
CREATE TABLE product (id INT PRIMARY KEY, height DECIMAL(8, 2) NOT NULL, weight INT NOT NULL, stock INT NOT NULL);
CREATE TABLE line (id INT PRIMARY KEY, product INT NOT NULL REFERENCES product (id), quantity INT NOT NULL,
    unit_price DECIMAL(8, 2) NOT NULL, total DECIMAL(12, 2) NOT NULL, note VARCHAR(200));
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    """With a total that is computed, whatever its name is taken for."""
    made = synthesize(SHOP, rows=1000).plan
    line = made.table("line")
    rule = Product(("quantity", "unit_price"))
    columns = tuple(replace(each, rule=rule) if each.name == "total" else each for each in line.columns)
    tables = tuple(replace(table, columns=columns) if table is line else table for table in made.tables)
    return replace(made, tables=tables)


def test_what_is_printed_from_the_same_latent_must_not_be_seen() -> None:
    truth = synthesize("retail", rows=5000).truth()
    found = truth.conditions("review", "rating")
    assert found.free == ("rating",) and set(found.unseen) == {"title", "body"}
    status = truth.conditions("orders", "status")
    assert set(status.unseen) == {"shipped_at", "delivered_at"}  # they are there where the status says so
    assert status.readers == (
        "order_item.order_id->orders(order_id)",
        "payment.order_id->orders(order_id)",
    )


def test_what_is_computed_from_the_target_must_not_be_seen(plan: Plan) -> None:
    assert set(ceiling(plan, "line", "total").free) == {"quantity", "unit_price"}
    assert set(ceiling(plan, "line", "total").unseen) == {"quantity", "unit_price"}
    assert "total" in ceiling(plan, "line", "quantity").unseen


def test_only_what_bears_on_the_target_is_drawn(plan: Plan) -> None:
    """a -> b -> target -> c <- d, e -> f: with b known, a says nothing; d does through c; e and f never do."""
    row = _Row(plan, "line", "quantity")
    row.target = frozenset({"y"})
    row.inputs = {"a": (), "b": ("a",), "d": (), "y": ("b", "l.*"), "c": ("y", "d"), "e": (), "f": ("e",)}
    assert row.bearing({"y", "a", "d", "e"}) == {"y", "d"}
    assert row.bearing({"y", "a", "b", "e"}) == {"y", "a", "b"}
    assert row.bearing({"y", "c", "d"}) == {"y"}
    assert row.weighed({"y"}) == ["c"]


def test_what_has_no_optimum_is_refused(plan: Plan) -> None:
    truth = synthesize("retail", rows=1000).truth()
    for table, column, why in [
        ("orders", "nothing", "no such column"),
        ("nowhere", "status", "no such table"),
        ("orders", "coupon_code", "no node"),
        ("review", "body", "neither a number nor a category"),
    ]:
        with pytest.raises(InputError, match=why):
            truth.optimum(table, column)
