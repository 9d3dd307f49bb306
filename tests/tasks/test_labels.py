"""Labels, counted again from the raw tables in plain Python, at every seed time."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

import pytest
from support.datasets import TEST, VAL

from plurel_sql.tasks import labels

MEMORY = 4


@pytest.fixture(scope="module")
def raw(shop):
    """Orders of each customer in order of time, and when customers joined."""
    columns = "customer_id, placed::TIMESTAMP, amount, state, product_id, returned"
    asked = f"SELECT {columns} FROM orders ORDER BY placed, order_id"
    orders = defaultdict(list)
    for customer, *order in shop.rows(asked):
        orders[customer].append(order)
    return orders, dict(shop.rows("SELECT customer_id, joined::TIMESTAMP FROM customer"))


def made(shop, name):
    task = shop.candidates[name].task
    labels.make(shop.bench, task)
    found = labels.taken(shop.bench, task)
    return task, {
        split: {(row[task.time_col], row[task.entity_col]): row[task.target] for row in table.to_pylist()}
        for split, table in found.items()
    }


def expected(shop, raw, task, population, answer):
    """(seed time, customer) -> answer(orders in the window), for those who are asked about."""
    orders, joined = raw
    first = min(joined.values())
    last = max(order[0] for each in orders.values() for order in each)
    known = sum(time <= TEST for time in joined.values())
    window = task.window
    times = {"train": [], "val": [], "test": []}
    time = VAL - window
    while time >= first:
        times["train"].append(time)
        time -= window
    for split, (start, end) in {"val": (VAL, TEST), "test": (TEST, last)}.items():
        times[split] = [start + window * n for n in range(task.evaluations) if start + window * (n + 1) <= end]
    found = {}
    for split, seeds in times.items():
        found[split] = {}
        for seed in seeds:
            for customer in joined:
                if joined[customer] > seed or customer >= known:
                    continue
                past = [order for order in orders[customer] if order[0] <= seed]
                coming = [order for order in orders[customer] if seed < order[0] <= seed + window]
                recent = [
                    order for order in past if order[0] > seed - (window if population == "active" else window * MEMORY)
                ]
                new = population != "active" and joined[customer] > seed - window * MEMORY
                if (recent or new) and (population != "met" or coming):
                    label = answer(seed, coming)
                    if label is not None:
                        found[split][(seed, customer)] = label
    return found


QUESTIONS = [
    ("customer-orders-any", "alive", lambda seed, coming: int(bool(coming))),
    ("customer-orders-churn", "active", lambda seed, coming: int(not coming)),
    ("customer-orders-count", "alive", lambda seed, coming: len(coming)),
    ("customer-orders-sum-amount", "alive", lambda seed, coming: pytest.approx(sum(order[1] for order in coming))),
    ("customer-orders-mean-amount", "met", lambda seed, coming: pytest.approx(sum(o[1] for o in coming) / len(coming))),
    ("customer-orders-max-amount", "met", lambda seed, coming: max(order[1] for order in coming)),
    ("customer-orders-any-returned", "met", lambda seed, coming: int(any(order[4] for order in coming))),
    ("customer-orders-wait", "met", lambda seed, coming: pytest.approx((coming[0][0] - seed) / timedelta(days=1))),
    ("customer-orders-which-product_id", "met", lambda seed, coming: sorted({order[3] for order in coming})),
]


@pytest.mark.parametrize(("name", "population", "answer"), QUESTIONS, ids=[name for name, *_ in QUESTIONS])
def test_forecasts(shop, raw, name, population, answer):
    task, found = made(shop, name)
    assert found == expected(shop, raw, task, population, answer)
    assert all(found.values())


def test_the_next_category(shop, raw):
    (most, _), *_ = Counter(o[2] for each in raw[0].values() for o in each).most_common()
    task, found = made(shop, f"customer-orders-next-state-{most}")
    first = lambda seed, coming: min((o[0], int(o[2] == most)) for o in coming)[1]  # noqa: E731
    assert found == expected(shop, raw, task, "met", first)
    assert f"will state be '{most}' in the first?" in task.question


def test_autocomplete_is_cut_at_the_rows_own_times(shop):
    task, found = made(shop, "orders-amount")
    rows = {
        (time, key): amount for key, time, amount in shop.rows("SELECT order_id, placed::TIMESTAMP, amount FROM orders")
    }
    assert {**found["train"], **found["val"], **found["test"]} == rows
    assert max(found["train"])[0] <= VAL < min(found["val"])[0]
    assert max(found["val"])[0] <= TEST < min(found["test"])[0]
    assert task.window is None


def test_very_many_seeds_are_thinned_the_same_way_each_time(shop, monkeypatch):
    from plurel_sql.tasks import forecast, windows

    path = next(way for way in shop.ways if (way.entity.name, way.event.name) == ("customer", "orders"))
    window = windows.choose(shop.connection, shop.bench.facts, path)
    whole = {task.name: task for task in forecast.forecasts(shop.bench.facts, path, window)}["customer-orders-count"]
    monkeypatch.setattr(forecast, "SEEDS", 1_000)
    thin = {task.name: task for task in forecast.forecasts(shop.bench.facts, path, window)}["customer-orders-count"]
    labels.make(shop.bench, whole)
    everybody = labels.taken(shop.bench, whole)["train"]
    labels.make(shop.bench, thin)
    some = labels.taken(shop.bench, thin)["train"]
    assert 600 < some.num_rows < 1_400 < everybody.num_rows
    assert set(map(str, some.to_pylist())) < set(map(str, everybody.to_pylist()))
    assert isinstance(some["timestamp"][0].as_py(), datetime)
    # Others at each time, not the same few.
    assert len(set(some["customer_id"].to_pylist())) > 150
