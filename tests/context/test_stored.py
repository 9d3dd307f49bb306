"""Contexts of folders: everything that must be true of any, checked against the files."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import contexts as checked
from support.context_databases import DAY, START, random_folder, write_manifest

import plurel_sql
from plurel_sql.context import Contexts, ContextSource, Fill, Rules, Seeds, Task
from plurel_sql.errors import InputError, RunError

F1 = Path(__file__).parents[3] / "shared" / "data" / "rel-f1"
ARRAYS = ("row", "table", "column", "type", "value", "text", "parents", "target", "padding", "origin", "seed_time")
EVERYTHING = 1 << 14


def same(one: object, other: object, rows: slice = slice(None)) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)[rows]) for name in ARRAYS)


def seeds_of(batch, database, source):
    origins = [(database.names[table], row) for table, row in batch.origin[:, 0].tolist()]
    return origins, [source.columns[column].name for column in batch.column[:, 0]]


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10**9),
    st.sampled_from([1, 3, 17, 200, EVERYTHING]),
    st.sampled_from([0, 1, 4, 128]),
    st.booleans(),
    st.sampled_from(get_args(Fill)),
)
def test_any_folder(seed: int, length: int, width: int, published: bool, fill: Fill) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = random_folder(Path(folder), seed)
        source, database = ContextSource.open(path), checked.read(path)
        contexts = Contexts(source, length, Rules(width, published, fill), threads=2, seed=seed)
        batch = contexts.step(seed % 7, 8, targets=[source.column("t0", "x")])
        seeds, targets = seeds_of(batch, database, source)
        filled = fill != "nothing" and not published
        found = checked.audit(batch, database, source, seeds=seeds, targets=targets, published=published, fill=filled)
        if length == EVERYTHING and width == 128:
            for k, rows in enumerate(found):
                until = int(batch.seed_time[k])
                wanted = reached(database, rows[0], until, published)
                if filled:
                    assert wanted <= set(rows)
                else:
                    assert wanted == set(rows)


def reached(database: checked.Read, seed: checked.Row, until: int, published: bool) -> set[checked.Row]:
    """All rows that a walk of no limits comes to."""
    until = np.iinfo(np.int64).max if until == checked.TIMELESS else until

    def seen(row: checked.Row) -> bool:
        time = database.time(row)
        return time is None or time <= until

    children: dict[checked.Row, list[checked.Row]] = {}
    for table in database.names:
        for k in range(len(database.rows[table])):
            for parent in database.parents((table, k)):
                if parent is not None:
                    children.setdefault(parent, []).append((table, k))
    met, ahead = {seed}, [seed]
    while ahead:
        row = ahead.pop()
        up = [parent for parent in database.parents(row) if parent is not None and (published or seen(parent))]
        for near in up + [child for child in children.get(row, []) if seen(child)]:
            if near not in met:
                met.add(near)
                ahead.append(near)
    return met


@pytest.fixture(scope="module")
def star(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One hub, 500 rows that refer to it, one a day; 10 hubs of which nothing comes."""
    path = tmp_path_factory.mktemp("star")
    (path / "db").mkdir()
    pq.write_table(pa.table({"id": np.arange(11), "size": np.arange(11.0)}), path / "db" / "hub.parquet")
    at = pa.array(START + DAY * np.arange(500)).cast(pa.timestamp("ns"))
    spokes = {"id": np.arange(500), "hub_id": np.zeros(500, int), "at": at, "flag": np.arange(500) % 2 == 0}
    pq.write_table(pa.table({**spokes, "v": np.arange(500.0)}), path / "db" / "spoke.parquet")
    hub = {"pkey": "id", "time_col": None, "fkeys": {}}
    write_manifest(path, {"hub": hub, "spoke": {"pkey": "id", "time_col": "at", "fkeys": {"hub_id": "hub"}}})
    return path


def test_width_is_sampled_evenly(star: Path) -> None:
    source = ContextSource.open(star)
    contexts = Contexts(source, 80, Rules(max_width=20, fill="nothing"), seed=1)
    seeds = Seeds(source.table("hub"), np.zeros(400, int), source.column("hub", "size"), START + 300 * DAY)
    batch = contexts.batch(seeds)
    spokes = [{row for table, row in origin.tolist() if table == 1} for origin in batch.origin]
    assert {len(each) for each in spokes} == {20}
    counts = np.bincount([row for each in spokes for row in each], minlength=500)
    assert counts[301:].sum() == 0
    # 8,000 draws over 301 rows: chi-square within five deviations of its mean.
    expected = 8000 / 301
    chi = float(((counts[:301] - expected) ** 2 / expected).sum())
    assert abs(chi - 300) < 5 * np.sqrt(600)


def test_room_is_filled_with_earlier_rows_of_the_table(star: Path) -> None:
    source = ContextSource.open(star)
    seeds = Seeds(source.table("hub"), 5, source.column("hub", "size"))
    alone = Contexts(source, 64, Rules(fill="nothing")).batch(seeds)
    assert (~alone.padding).sum() == 1
    filled = Contexts(source, 64).batch(seeds)
    assert not filled.padding.any() and len({tuple(each) for each in filled.origin[0].tolist()}) > 8


def test_room_is_filled_with_rows_and_what_they_refer_to(tmp_path: Path) -> None:
    """A chain: of rows that fill alone, parents are there and grandparents are not."""
    (tmp_path / "db").mkdir()
    keys, tables = np.arange(40), {}
    for name, parent in (("a", None), ("b", "a"), ("c", "b")):
        link = {} if parent is None else {"above": parent}
        pq.write_table(
            pa.table({"id": keys, "x": keys + 0.5} | dict.fromkeys(link, keys)),
            tmp_path / "db" / f"{name}.parquet",
        )
        tables[name] = {"pkey": "id", "time_col": None, "fkeys": link}
    write_manifest(tmp_path, tables)
    source = ContextSource.open(tmp_path)
    seeds = Seeds(source.table("c"), 7, source.column("c", "x"))

    def met(fill: Fill) -> list[int]:
        origin = Contexts(source, 200, Rules(max_width=0, fill=fill)).batch(seeds).origin[0]
        rows = {(table, row) for table, row in origin.tolist() if table >= 0}
        return [sum(table == source.table(name) for table, _ in rows) for name in "abc"]

    assert met("nothing") == [1, 1, 1]
    grand, parents, children = met("rows")
    assert grand == 1 and parents == children > 20
    grand, parents, children = met("neighbourhoods")
    assert grand == parents == children > 20
    with pytest.raises(InputError, match="fill: True is none of nothing, rows, neighbourhoods"):
        Contexts(source, 200, Rules(fill=True))  # type: ignore[arg-type]


def test_leaks_are_left_out_at_the_seeds_time(star: Path) -> None:
    source, database = ContextSource.open(star), checked.read(star)
    leaks = [("spoke", "flag"), ("hub", "size")]
    seeds = Seeds(source.table("spoke"), [7, 80], source.column("spoke", "v"))
    batch = Contexts(source, 300).batch(seeds, leaks=[source.column(*leak) for leak in leaks])
    wanted = [("spoke", 7), ("spoke", 80)]
    checked.audit(batch, database, source, seeds=wanted, targets=["v", "v"], leaks=leaks)
    flag = source.column("spoke", "flag")
    at = (batch.column[1] == flag).nonzero()[0]
    assert len(at) > 5 and 80 not in batch.origin[1, at, 1]


def test_threads_ranks_and_steps(star: Path) -> None:
    source = ContextSource.open(star)
    whole = Contexts(source, 128, threads=1, seed=5).step(3, 12)
    assert same(Contexts(source, 128, threads=5, seed=5).step(3, 12), whole)
    for rank in range(3):
        part = Contexts(source, 128, seed=5, rank=rank, world=3).step(3, 4)
        assert same(part, whole, slice(4 * rank, 4 * rank + 4))
    assert not same(Contexts(source, 128, seed=5).step(4, 12), whole)
    assert not same(Contexts(source, 128, seed=6).step(3, 12), whole)


def test_labels_of_earlier_seeds(star: Path) -> None:
    source, database = ContextSource.open(star), checked.read(star)
    count = 60
    task = Task(
        name="asked", table="hub", rows=np.arange(count) % 3, times=START + 5 * DAY * np.arange(count),
        labels=(np.arange(count) % 2).astype(float), kind="boolean", target="any",
        known=np.arange(count) < 50, horizon=7 * DAY, splits={"train": slice(0, 50), "test": slice(50, 60)},
    )  # fmt: skip
    contexts = Contexts(source, 1000, threads=2)
    batch = contexts.task(task, slice(30, 60))
    both = checked.with_task(database, task)
    seeds = [("asked", k) for k in range(30, 60)]
    found = checked.audit(batch, both, source, seeds=seeds, targets=["any"] * 30, task=task)
    # Each entity's earlier labels are all there: there are fewer than max_width.
    for k, rows in enumerate(found, 30):
        held = {row for table, row in rows if table == "asked"}
        own = {j for j in range(50) if j % 3 == k % 3 and task.times[j] + task.horizon <= task.times[k]}
        assert own <= held and len(own) > 5
    assert same(contexts.task(task, [45, 31]), batch, [15, 1])
    drawn = contexts.task_step(task, 0, 16)
    assert drawn.origin[:, 0, 1].max() < 50 and (drawn.table[:, 0] == len(source.tables)).all()


@pytest.mark.skipif(not F1.exists(), reason="../shared/data/rel-f1 is not there")
class TestRealDatabase:
    @pytest.fixture(scope="class")
    @classmethod
    def opened(cls) -> tuple[ContextSource, checked.Read]:
        return ContextSource.open(F1), checked.read(F1)

    def test_drawn_seeds(self, opened: tuple[ContextSource, checked.Read]) -> None:
        source, database = opened
        assert len(source.targets) > 15 and source.width == 3
        batch = Contexts(source, 512, seed=2).step(0, 24)
        seeds, targets = seeds_of(batch, database, source)
        assert len({seed[0] for seed in seeds}) > 4
        checked.audit(batch, database, source, seeds=seeds, targets=targets)

    @pytest.mark.parametrize("name", ["driver-dnf", "driver-position", "results-position"])
    def test_tasks(self, opened: tuple[ContextSource, checked.Read], name: str) -> None:
        source, database = opened
        task = Task.open(F1, name, source)
        rows = np.linspace(0, len(task.rows) - 1, 12).astype(int)
        batch = Contexts(source, 512).task(task, rows)
        if task.is_column:
            seeds = [(task.table, int(task.rows[row])) for row in rows]
            leaks = task.leaks
            assert len(leaks) == 8
            checked.audit(batch, database, source, seeds=seeds, targets=[task.target] * 12, leaks=leaks)
        else:
            both = checked.with_task(database, task)
            seeds = [(name, int(row)) for row in rows]
            checked.audit(batch, both, source, seeds=seeds, targets=[task.target] * 12, task=task)
        std = source.columns[batch.column[0, 0]].std if task.is_column else task.std
        mean = source.columns[batch.column[0, 0]].mean if task.is_column else task.mean
        assert np.allclose(batch.value[:, 0] * std + mean, task.labels[rows], atol=1e-4)


def test_what_is_wrong_is_said(star: Path, tmp_path: Path) -> None:
    source = ContextSource.open(star)
    v = source.column("spoke", "v")
    with pytest.raises(InputError, match=r"no manifest\.yaml"):
        ContextSource.open(tmp_path)
    with pytest.raises(InputError, match="no column id with cells"):
        source.column("spoke", "id")
    with pytest.raises(RunError, match="there is no row 500"):
        Contexts(source).batch(Seeds(1, 500, v))
    with pytest.raises(RunError, match="there is no row 0 in table 9"):
        Contexts(source).batch(Seeds(9, 0, v, START))
    with pytest.raises(RunError, match="none of its"):
        Contexts(source).batch(Seeds(0, 0, v))
    with pytest.raises(RunError, match="has a row that early"):
        Contexts(source).step(0, 2, targets=[v], until=START - 1)
    for step, size in ((-1, 4), (2**64, 4), (0, 0), (0, 2**62)):
        with pytest.raises(InputError, match=r"step: step .* expected"):
            Contexts(source, 64).step(step, size)
    with pytest.raises(InputError, match="rank: 1 is not within 0 to 0"):
        Contexts(source, rank=1)
    with pytest.raises(InputError, match="is no task"):
        Task.open(star, "nothing", source)
    spokes = pq.read_table(star / "db" / "spoke.parquet")
    wrong = tmp_path / "wrong"
    (wrong / "db").mkdir(parents=True)
    (wrong / "manifest.yaml").write_bytes((star / "manifest.yaml").read_bytes())
    (wrong / "db" / "hub.parquet").write_bytes((star / "db" / "hub.parquet").read_bytes())
    column = pa.array(np.full(500, -1))
    pq.write_table(spokes.set_column(1, "hub_id", column), wrong / "db" / "spoke.parquet")
    with pytest.raises(RunError, match=r"spoke \(link 0\): row 0 refers to row -1 of 11"):
        ContextSource.open(wrong)


def test_a_plan_gives_what_its_folder_does(tmp_path: Path) -> None:
    database = plurel_sql.synthesize("clinic", rows=2_000, seed=3)
    database.write(tmp_path / "clinic", format="relbench", tasks=0)
    stored, planned = ContextSource.open(tmp_path / "clinic"), ContextSource.of_plan(database.plan, "clinic")
    assert (planned.columns, planned.tables, planned.texts) == (stored.columns, stored.tables, [])
    assert (planned.val_timestamp, planned.name) == (stored.val_timestamp, stored.name) != (None, "")
    for table, name in enumerate(stored.tables):
        rows = np.arange(stored.rows(name))
        times = planned.times(np.full(len(rows), table), rows)
        # A folder's rows stand by time, a plan's as they are numbered there.
        places = np.argsort(
            np.argsort(np.where(times == checked.TIMELESS, np.iinfo(np.int64).max, times), kind="stable")
        )
        assert np.array_equal(stored.times(np.full(len(rows), table), places), times)
        target = next((k for k in stored.targets if stored.columns[k].table == name), None)
        if target is None:
            continue
        some = some_rows(planned, table, target, rows)
        # Rows and their parents, all the way up: nothing of that is drawn.
        rules = Rules(max_width=0, fill="nothing")
        one = Contexts(planned, 200, rules).batch(Seeds(table, some, target))
        other = Contexts(stored, 200, rules).batch(Seeds(table, places[some], target))
        assert one.texts is not None and other.texts is None
        told = [
            [texts[k] if k >= 0 else None for k in batch.text.ravel()]
            for batch, texts in ((one, one.texts), (other, stored.texts))
        ]
        assert told[0] == told[1]
        assert same(replace(one, text=other.text, origin=other.origin), other)


def some_rows(source: ContextSource, table: int, target: int, rows: np.ndarray) -> np.ndarray:
    """Up to 40 rows whose target is not NULL."""
    found = []
    for row in rows[:: max(1, len(rows) // 60)]:
        with suppress(RunError):
            Contexts(source, 1).batch(Seeds(table, row, target))
            found.append(row)
    return np.array(found[:40])


def test_a_table_of_nothing_but_a_key_has_rows(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    tables = {
        "plain": {"pkey": "id", "time_col": None, "fkeys": {}},
        "user": {"pkey": "id", "time_col": None, "fkeys": {"plain_id": "plain"}},
    }
    write_manifest(tmp_path, tables)
    pq.write_table(pa.table({"id": np.arange(5)}), tmp_path / "db" / "plain.parquet")
    users = {"id": np.arange(20), "plain_id": np.arange(20) % 5, "x": np.random.default_rng(0).random(20)}
    pq.write_table(pa.table(users), tmp_path / "db" / "user.parquet")
    source = ContextSource.open(tmp_path)
    assert source.rows("plain") == 5
    batch = Contexts(source, 8, Rules(fill="nothing")).batch(Seeds(1, 7, source.column("user", "x")))
    # The other users of plain row 2 are reached through it, though it has no cell of its own.
    assert sorted(batch.origin[0, :4, 1]) == [2, 7, 12, 17] and batch.padding[0, 4:].all()
