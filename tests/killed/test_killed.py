"""Killed at any moment of its load, a real run leaves its target as it was or complete, never between.

A run on a target that holds something (another seed, few rows) is stopped after a part of the time that an undisturbed
load takes. Then what is there must be what was there, or what the undisturbed run has made. MySQL can't promise that:
there it may be marked as half made instead, and then the next run must say so and put back what was there.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from killed.targets import SCHEMA, DuckDB, Folder, MySQL, PostgreSQL, Relbench, SQLite, Target

_LONGEST = 90.0  # seconds of a run, on a busy machine
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
KINDS = ("duckdb", "sqlite", "folder", "relbench", "postgres", "mysql")


def command(schema: Path, target: Target, rows: str, seed: int) -> list[str]:
    more = ["--rows", rows, "--seed", str(seed), "--dialect", target.dialect, "--quiet", "--overwrite"]
    return [sys.executable, "-m", "plurel_sql", "synth", str(schema), *target.options, *more]


def cleaned(schema: Path, target: Target) -> None:
    """Another run, which is not asked to replace anything: it finds the mark, says so and cleans up."""
    line = [word for word in command(schema, target, "300", 3) if word != "--overwrite"]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "exist already; an earlier run was stopped here: " in done.stderr
    assert not target.marked()


@dataclass
class Undisturbed:
    """A target that holds something small, and what a whole run makes of it in ``seconds`` of load."""

    schema: Path
    target: Target
    before: str
    complete: str
    seconds: float

    def reset(self) -> None:
        subprocess.run(command(self.schema, self.target, "300", 1), check=True)

    def start(self) -> subprocess.Popen[str]:
        """A run that has come to its load."""
        process = subprocess.Popen(
            command(self.schema, self.target, self.target.rows, 2),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + _LONGEST
        while not self.target.loading():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until, "the load does not begin"
            time.sleep(0.005)
        return process


def _mysql(folder: Path) -> Target:
    pymysql = pytest.importorskip("pymysql")
    try:
        return MySQL(f"plurel_killed_{os.getpid()}")
    except pymysql.OperationalError as error:
        pytest.skip(f"no MariaDB at 127.0.0.1:3306: {error}")


def _postgres(folder: Path) -> Target:
    psycopg = pytest.importorskip("psycopg")
    try:
        return PostgreSQL(f"plurel_killed_{os.getpid()}")
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at 127.0.0.1:5432: {error}")


_MADE: dict[str, Callable[[Path], Target]] = {
    "duckdb": DuckDB,
    "sqlite": SQLite,
    "folder": Folder,
    "relbench": Relbench,
    "postgres": _postgres,
    "mysql": _mysql,
}


@pytest.fixture(scope="module", params=KINDS)
def undisturbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    folder = tmp_path_factory.mktemp(request.param)
    schema = folder / "schema.sql"
    target = _MADE[request.param](folder / "there")
    schema.write_text(target.schema)
    try:
        run = Undisturbed(schema, target, "", "", 0.0)
        process = run.start()
        began = time.monotonic()
        assert process.wait(_LONGEST) == 0
        run.seconds = time.monotonic() - began
        complete = target.state()
        run.reset()
        before = target.state()
        assert before is not None and complete is not None and before != complete
        run.before, run.complete = before, complete
        yield run
    finally:
        target.close()


def stopped(run: Undisturbed, number: signal.Signals, moment: float) -> bool:
    """Stops a run at ``moment`` (0 to 1) of its load, and looks; False where it was done before."""
    process = run.start()
    time.sleep(moment * run.seconds)
    process.send_signal(number)
    out, err = process.communicate(timeout=_LONGEST)
    if run.target.marked():
        if number is not signal.SIGKILL:
            assert "what was made is marked, and the next run cleans up" in err
        cleaned(run.schema, run.target)
    state = run.target.state()
    if number is not signal.SIGKILL:
        assert run.target.leftovers() == []
        assert out == ""
        assert "Traceback" not in err
    if process.returncode == 0:
        assert state == run.complete
        run.reset()
        return False
    if number is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
        assert state in (run.before, run.complete)
        run.reset()  # a killed run's leftovers do no harm to the next
        assert run.target.state() == run.before
        return True
    if state == run.complete:  # the signal came after the rename or the commit, while the summary was on its way
        assert process.returncode == -number or err.strip().endswith("is complete")
        run.reset()
        return False
    assert state == run.before
    if process.returncode == -number:  # before the program had a hand on signals: nothing was touched
        return True
    assert process.returncode == 130
    assert err.strip() == "interrupted; the target is as it was before"
    return True


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_at_a_moment(undisturbed: Undisturbed, number: signal.Signals) -> None:
    stopped(undisturbed, number, random.Random(f"moment {number}").uniform(0.1, 0.6))


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_at_many_moments(undisturbed: Undisturbed, number: signal.Signals) -> None:
    rng, share, done = random.Random(f"moments {number}"), 1.0, 0
    for _ in range(24):
        if stopped(undisturbed, number, share * rng.uniform(0.0, 1.1)):
            done += 1
        else:
            share *= 0.9  # the machine has become faster since the undisturbed run
        if done == 4:
            return
    pytest.fail("most runs were too fast to be stopped: the test says nothing")


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM), ids=lambda number: number.name)
def test_before_the_load(tmp_path: Path, number: signal.Signals) -> None:
    """While it plans: nothing was touched, and it says so."""
    schema, out = tmp_path / "schema.sql", tmp_path / "out"
    schema.write_text("".join(SCHEMA.replace("customer", f"c{k}").replace("orders", f"o{k}") for k in range(400)))
    out.mkdir()
    line = [sys.executable, "-m", "plurel_sql", "synth", str(schema), "--out", str(out / "x.duckdb")]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    process.send_signal(number)
    said, err = process.communicate(timeout=_LONGEST)
    assert (process.returncode, said, err.strip()) == (130, "", "interrupted; nothing was written")
    assert os.listdir(out) == []
