"""Databases that are never made give the contexts of those that are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from support import contexts as checked

import plurel_sql
from plurel_sql.context import Contexts, ContextSource, Rules, Seeds, Task
from plurel_sql.corpora.recipe import plan_of, recipe
from plurel_sql.errors import InputError
from plurel_sql.plan.model import Plan

ARRAYS = ("row", "table", "column", "type", "value", "text", "parents", "target", "padding", "origin", "seed_time")
RING = """
CREATE TABLE worker (id INT PRIMARY KEY, boss_id INT NOT NULL REFERENCES worker (id), wage INT NOT NULL,
    hired_at TIMESTAMP NOT NULL, CHECK (boss_id <> id));
CREATE TABLE shift (id INT PRIMARY KEY, worker_id INT NOT NULL REFERENCES worker (id), hours INT NOT NULL,
    begun_at TIMESTAMP NOT NULL);
"""
SCHEMAS = ("retail", "clinic", "tracker", "plurel 0", "plurel 1", "realistic 2")


@pytest.fixture(scope="module", params=SCHEMAS)
def plan(request: pytest.FixtureRequest) -> Plan:
    kind, _, seed = request.param.partition(" ")
    if not seed:
        return plurel_sql.plan(kind, rows=4_000, seed=3)
    made = recipe("random", prior="plurel", rows=3_000) if kind == "plurel" else recipe(kind, rows=3_000)
    return plan_of(made, int(seed))[0]


@pytest.fixture(scope="module")
def both(plan: Plan) -> tuple[ContextSource, ContextSource]:
    return ContextSource.of_plan(plan), ContextSource.virtual(plan)


def assert_same(one: Contexts, other: Contexts, steps: int = 2) -> None:
    for step in range(steps):
        made, unmade = one.step(step, 24), other.step(step, 24)
        for name in (*ARRAYS, "texts"):
            assert np.array_equal(getattr(made, name), getattr(unmade, name)), (name, step)


@pytest.mark.parametrize(
    ("length", "rules"),
    [
        (256, Rules()),
        (2_000, Rules(fill="nothing")),
        (400, Rules(max_width=2, fill="rows")),
        (300, Rules(max_width=3)),
        (200, Rules(published=True)),
    ],
)
def test_same_contexts(both: tuple[ContextSource, ContextSource], length: int, rules: Rules) -> None:
    stored, virtual = both
    assert virtual.columns == stored.columns and virtual.tables == stored.tables
    assert [virtual.rows(name) for name in virtual.tables] == [stored.rows(name) for name in stored.tables]
    assert_same(*(Contexts(source, length, rules, threads=2, seed=5) for source in (stored, virtual)))


def test_threads_parts_and_memory(plan: Plan, both: tuple[ContextSource, ContextSource]) -> None:
    whole = Contexts(both[1], 200, threads=1, seed=2).step(1, 150)
    again = Contexts(ContextSource.virtual(plan, cache_bytes=0), 200, threads=3, seed=2).step(1, 150)
    assert whole.texts == again.texts
    assert all(np.array_equal(getattr(whole, name), getattr(again, name)) for name in ARRAYS)
    part = Contexts(both[1], 200, seed=2, rank=1, world=3).step(1, 50)
    assert np.array_equal(part.origin, whole.origin[50:100])


def test_roots_that_refer_to_later_ones_do_not_show_them() -> None:
    plan = plurel_sql.plan(RING, rows=4_000, seed=3)
    stored, virtual = ContextSource.of_plan(plan), ContextSource.virtual(plan)
    worker = stored.table("worker")
    seeds = Seeds(worker, np.arange(12), stored.column("worker", "wage"))
    made, unmade = (Contexts(source, 200, seed=1).batch(seeds) for source in (stored, virtual))
    assert all(np.array_equal(getattr(made, name), getattr(unmade, name)) for name in (*ARRAYS, "texts"))
    shown = ~unmade.padding
    times = virtual.times(unmade.origin[..., 0][shown], unmade.origin[..., 1][shown])
    until = np.broadcast_to(unmade.seed_time[:, None], shown.shape)[shown]
    assert (times <= until).all()
    # Whoever is first refers to one who came later.
    assert (unmade.parents[0, 0] == -1).all()


def test_contexts_against_the_files(tmp_path: Path) -> None:
    """Cell by cell: what a virtual source shows is what the dataset's folder has, and nothing of it is later."""
    database = plurel_sql.synthesize("tracker", rows=3_000, seed=4)
    database.write(tmp_path / "tracker", format="relbench", tasks=0)
    read, virtual = checked.read(tmp_path / "tracker"), ContextSource.virtual(database.plan, "tracker")
    batch = Contexts(virtual, 400, seed=1).step(0, 60)
    origin = batch.origin.copy()
    for table, name in enumerate(virtual.tables):
        rows = np.arange(virtual.rows(name))
        times = virtual.times(np.full(len(rows), table), rows)
        times = np.where(times == checked.TIMELESS, np.iinfo(np.int64).max, times)
        held = origin[..., 0] == table
        origin[held, 1] = np.argsort(np.argsort(times, kind="stable"))[origin[held, 1]]
    batch = replace(batch, origin=origin)
    seeds = [(virtual.tables[table], row) for table, row in origin[:, 0].tolist()]
    targets = [virtual.columns[column].name for column in batch.column[:, 0]]
    assert len({table for table, _ in seeds}) > 3
    checked.audit(batch, read, virtual, seeds=seeds, targets=targets, texts=batch.texts)


def test_tasks() -> None:
    plan = plurel_sql.plan("retail", rows=4_000, seed=1)
    day = 86_400_000_000_000
    stored, virtual = ContextSource.of_plan(plan), ContextSource.virtual(plan)
    customers = np.arange(40) % stored.rows("customer")
    start = stored.times(np.full(40, stored.table("customer")), customers).max()
    task = Task(
        name="asked", table="customer", rows=customers, times=start + day * np.arange(40), target="any",
        labels=(np.arange(40) % 2).astype(float), kind="boolean", known=np.arange(40) < 30, horizon=7 * day,
        splits={"train": slice(0, 30)},
    )  # fmt: skip
    one, other = (Contexts(source, 300, seed=3).task_step(task, 0, 20) for source in (stored, virtual))
    assert one.texts == other.texts and (one.table[:, 0] == len(stored.tables)).all()
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS)


def test_a_large_database_is_opened_at_once() -> None:
    virtual = ContextSource.virtual(plurel_sql.plan("retail", rows=2e7))
    assert sum(virtual.rows(name) for name in virtual.tables) > 1.8e7
    assert not Contexts(virtual, 1024).step(0, 2).padding.any()


def test_what_is_known_only_when_all_rows_are_made_is_refused() -> None:
    retried = "CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, CHECK ((a * 7 + b) % 11 < 4));"
    plan = plurel_sql.plan(retried, rows=500)
    assert plan.tables[0].retries
    with pytest.raises(InputError, match=r"t: has rows that are made again to meet a CHECK \(ContextSource.of_plan"):
        ContextSource.virtual(plan)
    epoch = "CREATE TABLE t (id INT PRIMARY KEY, created_at BIGINT NOT NULL, a INT NOT NULL);"
    with pytest.raises(InputError, match=r"t.created_at: holds times as numbers or text"):
        ContextSource.virtual(plurel_sql.plan(epoch, rows=500))
    span = "CREATE TABLE t (id INT PRIMARY KEY, span INTERVAL NOT NULL);"
    with pytest.raises(InputError, match=r"t.span: its number cells can't be made of interval"):
        ContextSource.virtual(plurel_sql.plan(span, rows=500))
    with pytest.raises(InputError, match="has no schema"):
        ContextSource.virtual(msgspec.structs.replace(plan, schema=None))
