"""Many databases in a folder: each a function of its seed, whoever makes it and however often that is stopped."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import plurel_sql
from plurel_sql.errors import InputError, TargetError

ROWS = 200
GOOD = "CREATE TABLE a (id INTEGER PRIMARY KEY, x DOUBLE PRECISION, y TEXT);\n"


def digests(out: Path) -> dict[str, str]:
    """File -> digest of all that a corpus holds, but the index, which tells of the whole."""
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.parent != out)
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def make(out: Path, count: int, **options: object) -> None:
    made = plurel_sql.corpus(out, count, rows=ROWS, **options)  # type: ignore[arg-type]
    assert made.failed == {}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("corpora") / "c"
    make(out, 4, schemas="random:1,realistic:1", workers=2)
    return out


def test_one_alone_is_the_same(corpus: Path, tmp_path: Path) -> None:
    make(tmp_path / "c", 1, schemas="random:1,realistic:1", workers=1, seed_offset=2)
    alone = digests(tmp_path / "c")
    assert alone and alone.items() <= digests(corpus).items()
    assert all(name.startswith("plurel-2/") for name in alone)


def test_the_index_tells_of_each(corpus: Path) -> None:
    index = pq.read_table(corpus / "index.parquet").to_pylist()
    assert [(row["seed"], row["name"]) for row in index] == [(seed, f"plurel-{seed}") for seed in range(4)]
    for row in index:
        tables = list((corpus / row["name"] / "db").iterdir())
        assert row["tables"] == len(tables) and row["rows"] == ROWS
        assert row["rows"] == sum(pq.read_metadata(table).num_rows for table in tables)
        assert row["bytes"] == sum(table.stat().st_size for table in tables)


def test_each_is_a_relbench_dataset(corpus: Path) -> None:
    relbench = pytest.importorskip("relbench")
    for seed in range(4):
        database = relbench.load_dataset(str(corpus / f"plurel-{seed}")).get_db()
        assert sum(len(table.df) for table in database.table_dict.values()) > 0


def test_tasks_are_functions_of_the_seed_and_load(tmp_path: Path) -> None:
    relbench = pytest.importorskip("relbench")
    for name, count, workers in (("several", 2, 2), ("alone", 1, 1)):
        made = plurel_sql.corpus(tmp_path / name, count, rows=5000, tasks=2, workers=workers)
        assert made.failed == {}
    alone = digests(tmp_path / "alone")
    assert alone.items() <= digests(tmp_path / "several").items()
    counts = [row["tasks"] for row in pq.read_table(tmp_path / "several" / "index.parquet").to_pylist()]
    for seed, count in enumerate(counts):
        dataset = relbench.load_dataset(str(tmp_path / "several" / f"plurel-{seed}"))
        assert len(dataset.get_task_names()) == count <= 2
        for name in dataset.get_task_names():
            tables = [dataset.load_task(name).get_table(split) for split in ("train", "val", "test")]
            assert min(map(len, tables)) >= 50
    assert counts[0] == 2


def test_tasks_are_those_of_datasets(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="those of a relbench dataset"):
        plurel_sql.corpus(tmp_path / "c", 1, format="plan", tasks=2)


def test_plans_are_those_that_fill_it(tmp_path: Path) -> None:
    make(tmp_path / "c", 2, format="plan", prior="default", schemas="realistic")
    database = plurel_sql.open_plan(tmp_path / "c" / "plurel-1" / "plan.json")
    assert sum(len(database[name].arrow()) for name in database) == ROWS
    index = pq.read_table(tmp_path / "c" / "index.parquet").to_pylist()
    assert [row["tables"] for row in index][1] == len(database)


def test_what_is_there_stays_and_the_rest_is_made(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "c"
    make(out, 2, schemas="random:1,realistic:1")
    (out / "plurel-0" / "figures.json").unlink()  # not whole any more
    kept = (out / "plurel-1" / "manifest.yaml").stat().st_mtime_ns
    make(out, 4, schemas="random:1,realistic:1", workers=2)
    assert digests(out) == digests(corpus)
    assert (out / "plurel-1" / "manifest.yaml").stat().st_mtime_ns == kept


def test_another_recipe_is_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="another kind: schemas 'random:1,realistic:1'"):
        plurel_sql.corpus(corpus, 1, "random", rows=ROWS)
    (tmp_path / "other.txt").write_text("mine")
    with pytest.raises(TargetError, match="holds no corpus"):
        plurel_sql.corpus(tmp_path, 1)
    with pytest.raises(InputError, match="prefix"):
        plurel_sql.corpus(tmp_path / "c", 1, prefix="../up")


def test_the_contents_of_a_folder_are_part_of_the_recipe(tmp_path: Path) -> None:
    ddl = tmp_path / "ddl"
    ddl.mkdir()
    (ddl / "a.sql").write_text(GOOD)
    make(tmp_path / "c", 1, schemas=f"ddl:{ddl}")
    (ddl / "a.sql").write_text(GOOD.replace("x", "z"))
    with pytest.raises(TargetError, match="contents"):
        plurel_sql.corpus(tmp_path / "c", 2, f"ddl:{ddl}", rows=ROWS)


def command(out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "plurel_sql", "corpus", "--out", str(out), "--rows", str(ROWS), *options]


def test_one_that_fails_stops_no_other(tmp_path: Path) -> None:
    ddl = tmp_path / "ddl"
    ddl.mkdir()
    (ddl / "a.sql").write_text("-- no table at all\n")
    out = tmp_path / "c"
    mixed = f"realistic:0.5,ddl:{ddl}:0.5"
    run = subprocess.run(
        command(out, "--count", "12", "--schemas", mixed, "--workers", "2"), capture_output=True, text=True
    )
    failed = [line for line in run.stderr.splitlines() if line.startswith("failed: seed")]
    assert run.returncode == 1 and 0 < len(failed) < 12
    assert all(f"{ddl}: none of its files is DDL" in line for line in failed), failed
    whole = [path.name for path in out.iterdir() if path.is_dir()]
    assert len(whole) == 12 - len(failed) == pq.read_table(out / "index.parquet").num_rows
    assert f"{len(failed)} failed" in run.stdout


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout
    return [int(pid) for pid in listed.split()]


def wait_for(condition: object, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_worker_that_dies_takes_its_database_alone(tmp_path: Path) -> None:
    out = tmp_path / "c"
    with subprocess.Popen(
        command(out, "--count", "3", "--workers", "1"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        wait_for(lambda: (out / ".plurel-0.part").exists())
        os.kill(workers_of(run)[0], signal.SIGKILL)
        _, told = run.communicate(timeout=240)
    assert run.returncode == 1 and "failed: seed 0: its process ended with code -9" in told
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["plurel-1", "plurel-2"]


def test_ctrl_c_leaves_whole_databases_alone(tmp_path: Path) -> None:
    out = tmp_path / "c"
    options = ("--count", "4", "--workers", "2")
    with subprocess.Popen(command(out, *options), stderr=subprocess.PIPE, text=True) as run:
        wait_for(lambda: (out / "plurel-0").exists() or (out / "plurel-1").exists())
        run.send_signal(signal.SIGINT)
        _, told = run.communicate(timeout=240)
    assert run.returncode == 130 and "are whole; the same command goes on" in told
    held = [path.name for path in out.iterdir() if path.is_dir()]
    assert held and not any(name.startswith(".") for name in held)
    assert pq.read_table(out / "index.parquet").num_rows == len(held)
    assert subprocess.run(command(out, *options, "--quiet")).returncode == 0
    make(tmp_path / "again", 4)
    assert digests(out) == digests(tmp_path / "again")
