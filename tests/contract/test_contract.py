"""The contract: every cell is a pure function of plan, table, column and row (docs/decisions/0001)."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

import plurel_sql
from plurel_sql import sample
from plurel_sql.plan import model

GOLDEN = Path(__file__).parents[1] / "golden" / "digests.json"
BUNDLED = ("retail", "clinic", "tracker")

SHOP = """
CREATE TABLE shop (id int PRIMARY KEY, name varchar(60) NOT NULL, opened date);
CREATE TABLE customer (id int PRIMARY KEY, shop_id int NOT NULL REFERENCES shop, email varchar(80) UNIQUE,
    age int, created_at timestamp NOT NULL);
CREATE TABLE purchase (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, amount decimal(8,2),
    paid boolean NOT NULL, bought_at timestamp NOT NULL);
"""
ROWS = {"shop": 20, "customer": 300, "purchase": 2000}


def plan_of(sql: str, rows: dict[str, int], seed: int = 0) -> model.Plan:
    return plurel_sql.plan(sql, rows=rows, seed=seed)


def tables(plan: model.Plan, threads: int = 1, batch_rows: int = 4096) -> dict[str, pa.Table]:
    with_threads = sample.open(plan, threads=threads)
    return {t.name: pa.table(with_threads.reader(t.name, batch_rows=batch_rows).read_all()) for t in plan.tables}


def digest(table: pa.Table) -> str:
    lines = (repr(row) for batch in table.to_batches(1000) for row in batch.to_pylist())
    return hashlib.sha256("\n".join((str(table.schema), *lines)).encode()).hexdigest()


@pytest.fixture(scope="module", params=BUNDLED)
def bundled(request: pytest.FixtureRequest) -> model.Plan:
    return plurel_sql.plan(request.param, rows=6000, seed=7)


def test_any_range_equals_the_slice_of_the_whole(bundled: model.Plan) -> None:
    handle = sample.open(bundled, threads=2)
    dice = random.Random(1)
    for table in bundled.tables:
        whole = handle.reader(table.name).read_all()
        for _ in range(4):
            start = dice.randrange(table.rows + 1)
            stop = dice.randrange(start, table.rows + 1)
            part = handle.reader(table.name, start=start, stop=stop).read_all()
            assert part.equals(whole.slice(start, stop - start)), (table.name, start, stop)


def test_a_single_row_can_be_asked_for(bundled: model.Plan) -> None:
    table = max(bundled.tables, key=lambda table: table.rows)
    fresh = sample.open(bundled, threads=1)
    row = table.rows * 2 // 3
    alone = fresh.reader(table.name, start=row, stop=row + 1).read_all()
    assert alone.equals(sample.open(bundled, threads=1).reader(table.name).read_all().slice(row, 1))


def test_threads_and_batch_sizes_change_nothing(bundled: model.Plan) -> None:
    first = {name: digest(table) for name, table in tables(bundled).items()}
    for threads, batch_rows in ((2, 4096), (7, 4096), (1, 333), (7, 1), (2, 10**6)):
        if batch_rows == 1:
            small = bundled.tables[0].name
            handle = sample.open(bundled, threads=threads)
            assert digest(handle.reader(small, batch_rows=1).read_all()) == first[small]
            continue
        again = {name: digest(table) for name, table in tables(bundled, threads, batch_rows).items()}
        assert again == first, (threads, batch_rows)


def test_a_cache_that_holds_nothing_changes_nothing(bundled: model.Plan) -> None:
    cached = {name: digest(table) for name, table in tables(bundled).items()}
    handle = sample.open(bundled, threads=2, cache_bytes=0)
    assert {t.name: digest(handle.reader(t.name).read_all()) for t in bundled.tables} == cached


def test_an_unrelated_table_moves_nothing() -> None:
    before = tables(plan_of(SHOP, ROWS))
    extra = "CREATE TABLE aaa (id int PRIMARY KEY, note text, price decimal(6,2), at timestamp);\n"
    after = tables(plan_of(extra + SHOP, {**ROWS, "aaa": 50}))
    for name in ROWS:
        assert before[name].equals(after[name]), name


def test_a_column_elsewhere_moves_nothing_that_does_not_depend_on_it() -> None:
    before = tables(plan_of(SHOP, ROWS))
    after = tables(plan_of(SHOP.replace("paid boolean", "discount decimal(4,2), paid boolean"), ROWS))
    assert before["shop"].equals(after["shop"])
    assert before["customer"].equals(after["customer"])


def test_seed_0_is_a_seed_like_any_other() -> None:
    zero, again, one = (tables(plan_of(SHOP, ROWS, seed)) for seed in (0, 0, 1))
    assert zero["purchase"].equals(again["purchase"])
    assert not zero["purchase"].equals(one["purchase"])


def test_forward_and_inverse_keys_agree_on_every_row(bundled: model.Plan) -> None:
    handle = sample.open(bundled, threads=1)
    rows = {table.name: table.rows for table in bundled.tables}
    for table in bundled.tables:
        for k, link in enumerate(table.links):
            children: dict[int, list[int]] = {}
            for child, parent in enumerate(handle.parents(table.name, k, 0, table.rows)):
                if parent is not None:
                    children.setdefault(parent, []).append(child)
            for parent in range(rows[link.parent]):
                assert handle.children(table.name, k, parent) == children.get(parent, []), (table.name, link.name)


def test_a_plan_file_gives_the_same_database(tmp_path: Path, bundled: model.Plan) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(model.encode(bundled))
    loaded = plurel_sql.load_plan(path)
    assert loaded == bundled
    assert {n: digest(t) for n, t in tables(loaded).items()} == {n: digest(t) for n, t in tables(bundled).items()}


@pytest.mark.parametrize("name", BUNDLED)
def test_golden_digests(name: str) -> None:
    """Fails when a value moved. If that was meant, see CONTRIBUTING.md: new digests, and a line in CHANGELOG."""
    plan = plurel_sql.plan(name, rows=2000, seed=0)
    found = {table: digest(data) for table, data in tables(plan).items()}
    assert found == json.loads(GOLDEN.read_text())[name]
