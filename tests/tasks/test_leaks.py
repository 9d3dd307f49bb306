"""Columns that give the target away are found by their values, and harmless ones are left."""

import duckdb
import pytest

import plurel_sql
from plurel_sql.export.build import build
from plurel_sql.export.times import planned
from plurel_sql.tasks import facts, features, labels
from plurel_sql.tasks.autocomplete import autocompletes
from plurel_sql.tasks.bench import Bench
from plurel_sql.tasks.features import Matrix
from plurel_sql.tasks.leaks import in_row


@pytest.mark.parametrize(
    ("task", "leaky", "reason"),
    [
        ("orders-amount", "orders.doubled", "reproduces the target alone"),
        ("orders-doubled", "orders.amount", "reproduces the target alone"),
        ("orders-returned", "orders.state", "determines the target"),
        ("orders-returned", "orders.refund", "determines the target"),
        ("orders-agreed", "quote.offer", "reproduces the target alone"),
        ("orders-price", "product.price", "reproduces the target alone"),
    ],
)
def test_planted_ones_are_found(shop, task, leaky, reason):
    assert shop.leaks(task)[leaky].startswith(reason)


def test_what_is_computed_from_several_columns_is_found(shop):
    for task, others in (("orders-base", {"fee", "total"}), ("orders-total", {"base", "fee"})):
        found = shop.leaks(task)
        assert set(found) & {f"orders.{other}" for other in others}
        assert all("together with others" in reason for reason in found.values())


def test_harmless_ones_stay(shop):
    assert shop.leaks("orders-amount").keys() == {"orders.doubled"}
    assert shop.leaks("orders-coin") == {}
    assert shop.examined("orders-amount").task.remove_columns == (("orders", "doubled"),)


def test_forecasts_do_not_see_what_an_entity_became(shop):
    kept = shop.examined("customer-orders-any")
    found = {leak.column: leak.reason for leak in kept.leaks}
    assert found.keys() == {"last_seen", "orders_ever"}
    assert found["last_seen"].startswith("lies after")
    assert found["orders_ever"].startswith("follows the number of its orders")
    assert set(kept.task.remove_columns) == {("customer", "last_seen"), ("customer", "orders_ever")}


def test_a_plan_knows_what_tells_the_targets_own_chance():
    """The review's title says what its rating is, and so does its body: both are printed from one latent."""
    database = plurel_sql.synthesize("retail", rows=4_000)
    with duckdb.connect() as connection:
        layout = build("shop", database.schema, planned(database.plan), database.stream, connection)
        for plan, told in ((database.plan, {"title", "body"}), (None, set())):
            bench = Bench(connection, layout, facts.measure(connection, layout), plan=plan)
            task = next(each for each in autocompletes(layout, bench.facts) if each.name == "review-rating")
            labels.make(bench, task)
            found = in_row(bench, task, features.sample(bench), Matrix({}))
            assert {leak.column for leak in found if "is made from what the target" in leak.reason} == told
