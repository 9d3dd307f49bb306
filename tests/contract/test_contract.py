"""The contract: every cell is a pure function of plan, table, column and row (docs/decisions/0001)."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from golden.make import BUNDLED, DIGESTS, PUBLISHED, digests

import plurel_sql
from plurel_sql.plan import model
from plurel_sql.sample import Sampler

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


def read(sampler: Sampler, table: str, start: int = 0, stop: int | None = None, batch_rows: int = 4096) -> pa.Table:
    return sampler.batches(table, start, stop, batch_rows=batch_rows).read_all().combine_chunks()


def tables(
    plan: model.Plan, threads: int = 1, batch_rows: int = 4096, cache_bytes: int = 1 << 30
) -> dict[str, pa.Table]:
    sampler = Sampler(plan, threads, cache_bytes)
    return {table.name: read(sampler, table.name, batch_rows=batch_rows) for table in plan.tables}


@pytest.fixture(scope="module", params=BUNDLED)
def bundled(request: pytest.FixtureRequest) -> model.Plan:
    return plurel_sql.plan(request.param, rows=6000, seed=7)


@pytest.fixture(scope="module")
def whole(bundled: model.Plan) -> dict[str, pa.Table]:
    return tables(bundled)


def test_any_range_equals_the_slice_of_the_whole(bundled: model.Plan, whole: dict[str, pa.Table]) -> None:
    sampler = Sampler(bundled, threads=2)
    dice = random.Random(1)
    for table in bundled.tables:
        for _ in range(5):
            start = dice.randrange(table.rows + 1)
            stop = dice.randrange(start, table.rows + 1)
            part = read(sampler, table.name, start, stop)
            assert part.equals(whole[table.name].slice(start, stop - start)), (table.name, start, stop)


def test_a_single_row_can_be_asked_for(bundled: model.Plan, whole: dict[str, pa.Table]) -> None:
    for table in bundled.tables:
        for row in {0, table.rows * 2 // 3, table.rows - 1}:
            alone = read(Sampler(bundled, threads=1), table.name, row, row + 1)
            assert alone.equals(whole[table.name].slice(row, 1)), (table.name, row)


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("batch_rows", [97, 1000, 122_880])
def test_threads_and_batch_sizes_change_nothing(
    bundled: model.Plan, whole: dict[str, pa.Table], threads: int, batch_rows: int
) -> None:
    again = tables(bundled, threads, batch_rows)
    assert all(again[name].equals(whole[name]) for name in whole)


def test_batches_of_one_row_change_nothing(bundled: model.Plan, whole: dict[str, pa.Table]) -> None:
    name = bundled.tables[-1].name
    assert read(Sampler(bundled, threads=7), name, 0, 50, batch_rows=1).equals(whole[name].slice(0, 50))


def test_bytes_are_the_same_not_just_values(bundled: model.Plan, whole: dict[str, pa.Table]) -> None:
    """Two runs on other threads give the same Arrow IPC stream, byte for byte."""

    def stream(table: pa.Table) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return bytes(sink.getvalue())

    name = max(bundled.tables, key=lambda table: table.rows).name
    assert stream(read(Sampler(bundled, threads=7), name)) == stream(whole[name])


@pytest.mark.parametrize("cache_bytes", [0, 10_000])
def test_a_small_cache_or_none_changes_nothing(
    bundled: model.Plan, whole: dict[str, pa.Table], cache_bytes: int
) -> None:
    again = tables(bundled, threads=2, cache_bytes=cache_bytes)
    assert all(again[name].equals(whole[name]) for name in whole)


def test_the_order_of_reading_changes_nothing(bundled: model.Plan, whole: dict[str, pa.Table]) -> None:
    sampler = Sampler(bundled, threads=2)
    for table in reversed(bundled.tables):
        assert read(sampler, table.name).equals(whole[table.name]), table.name


def test_an_unrelated_table_moves_nothing() -> None:
    before = tables(plan_of(SHOP, ROWS))
    extra = "CREATE TABLE aaa (id int PRIMARY KEY, note text, price decimal(6,2), at timestamp);\n"
    for after in (
        tables(plan_of(extra + SHOP, {**ROWS, "aaa": 50})),
        tables(plan_of(SHOP + extra, {**ROWS, "aaa": 50})),
        tables(plan_of(SHOP + extra.replace("note text", "shop_id int REFERENCES shop"), {**ROWS, "aaa": 50})),
    ):
        for name in ROWS:
            assert before[name].equals(after[name]), name


def test_a_column_moves_only_its_table_and_those_that_hang_on_it() -> None:
    before = tables(plan_of(SHOP, ROWS))
    after = tables(plan_of(SHOP.replace("paid boolean", "discount decimal(4,2), paid boolean"), ROWS))
    assert before["shop"].equals(after["shop"])
    assert before["customer"].equals(after["customer"])
    moved = tables(plan_of(SHOP.replace("opened date", "opened date, staff int"), ROWS))
    assert not before["customer"].equals(moved["customer"]), "a shop's values cause its customers'"


def test_the_order_of_statements_moves_nothing() -> None:
    first, *others = SHOP.strip().split(";\n")
    before, after = tables(plan_of(SHOP, ROWS)), tables(plan_of(";\n".join([*reversed(others), first]) + ";", ROWS))
    assert all(before[name].equals(after[name]) for name in ROWS)


def test_seed_0_is_a_seed_like_any_other() -> None:
    zero, again, one = (tables(plan_of(SHOP, ROWS, seed)) for seed in (0, 0, 1))
    assert zero["purchase"].equals(again["purchase"])
    assert not zero["purchase"].equals(one["purchase"])
    amounts = zero["purchase"]["amount"].to_pylist()
    assert len(set(amounts)) > 100, "seed 0 is no switch that turns chance off"


def test_forward_and_inverse_keys_agree_on_every_row(bundled: model.Plan) -> None:
    sampler = Sampler(bundled, threads=1)
    rows = {table.name: table.rows for table in bundled.tables}
    for table in bundled.tables:
        for k, link in enumerate(table.links):
            children: dict[int, list[int]] = {}
            for child, parent in enumerate(sampler.parents(table.name, k).to_pylist()):
                if parent is not None:
                    children.setdefault(parent, []).append(child)
            for parent in range(rows[link.parent]):
                found = sampler.children(table.name, k, parent)
                assert found == children.get(parent, []), (table.name, link.name, parent)


def test_written_keys_are_those_of_the_parent_rows(bundled: model.Plan, whole: dict[str, pa.Table]) -> None:
    sampler = Sampler(bundled)
    seen = 0
    for table in bundled.tables:
        for column in table.columns:
            if isinstance(column.rule, model.Ref):
                link = column.rule.link
                keys = whole[table.links[link].parent][column.rule.column].to_pylist()
                expected = [None if row is None else keys[row] for row in sampler.parents(table.name, link).to_pylist()]
                assert whole[table.name][column.name].to_pylist() == expected, (table.name, column.name)
                seen += 1
    assert seen > 5


def test_a_plan_file_gives_the_same_database(tmp_path: Path, bundled: model.Plan, whole: dict[str, pa.Table]) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(model.encode(bundled))
    loaded = plurel_sql.load_plan(path)
    assert loaded == bundled
    again = tables(loaded)
    assert all(again[name].equals(whole[name]) for name in whole)


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_another_process_makes_the_same_plan(hash_seed: str) -> None:
    """Python hashes strings anew in each process; nothing of the plan may hang on that."""
    code = "import sys\nfrom plurel_sql import api\nfrom plurel_sql.plan import model\n"
    code += "sys.stdout.buffer.write(model.encode(api.plan('tracker', rows=3000)))"
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
    )
    assert done.stdout == model.encode(plurel_sql.plan("tracker", rows=3000))


@pytest.mark.parametrize("name", (*BUNDLED, PUBLISHED))
def test_golden_digests(name: str) -> None:
    """Fails when a value moved. If that was meant, see CONTRIBUTING.md: new digests, and a line in CHANGELOG."""
    assert digests(name) == json.loads(DIGESTS.read_text())[name]
