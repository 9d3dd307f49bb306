"""Killed between one step of putting a folder in its place and the next: the next run finds it and says so."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from killed.targets import SCHEMA, Folder

KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from plurel_sql import cli

def killed(real):
    def call(path, *more, **options):
        if Path(path).name.endswith({ending!r}):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(path, *more, **options)
    return call

os.rename, shutil.rmtree, Path.unlink = map(killed, (os.rename, shutil.rmtree, Path.unlink))
sys.exit(cli.run(sys.argv[1:]))
"""


def line(folder: Path, target: Folder, seed: int, rows: str = "300", *more: str) -> list[str]:
    (folder / "schema.sql").write_text(SCHEMA)
    return ["synth", str(folder / "schema.sql"), *target.options, "--rows", rows, "--seed", str(seed), *more]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "plurel_sql", *arguments], capture_output=True, text=True)


def killed_before(ending: str, arguments: list[str]) -> None:
    """A run that is killed before it renames or removes a folder whose name ends so."""
    done = subprocess.run([sys.executable, "-c", KILLED.format(ending=ending), *arguments], capture_output=True)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("overwrite", [True, False], ids=["overwritten", "looked at"])
def test_what_was_set_aside_is_put_back(tmp_path: Path, overwrite: bool) -> None:
    target = Folder(tmp_path / "there")
    assert run(*line(tmp_path, target, 1)).returncode == 0
    before = target.state()
    killed_before(".part", line(tmp_path, target, 2, "400", "--overwrite"))
    assert target.state() is None
    done = run(*line(tmp_path, target, 3, "300", *(["--overwrite"] if overwrite else [])))
    assert "what it held was put back: an earlier run was stopped" in " ".join((done.stdout + done.stderr).split())
    if overwrite:
        assert done.returncode == 0
        assert target.leftovers() == []
        assert target.state() not in (None, before)
    else:
        assert done.returncode == 2
        assert target.state() == before


def test_what_was_set_aside_goes_when_the_new_one_stands(tmp_path: Path) -> None:
    target = Folder(tmp_path / "there")
    assert run(*line(tmp_path, target, 1)).returncode == 0
    killed_before(".old", line(tmp_path, target, 2, "400", "--overwrite"))
    complete = target.state()
    assert len(target.leftovers()) == 1
    assert run(*line(tmp_path, target, 2, "400", "--overwrite")).returncode == 0
    assert target.state() == complete
    assert target.leftovers() == []


def test_a_run_with_the_number_of_the_killed_one_does_not_take_its_files(tmp_path: Path) -> None:
    """As in a container, where each run may be process 1."""
    import plurel_sql

    half = tmp_path / f".x.{os.getpid()}.part"
    half.mkdir()
    (half / "half.csv").write_text("half")
    plurel_sql.synthesize(SCHEMA, rows=30, dialect="sqlite").write(tmp_path / "x", format="csv")
    assert sorted(os.listdir(tmp_path / "x")) == ["customer.csv", "manifest.json", "orders.csv"]
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.slow
def test_a_run_that_is_resumed_after_kills_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole, target = Folder(tmp_path / "whole"), Folder(tmp_path / "there")
    assert run(*line(tmp_path, target, 1, "300", "--resume")).returncode == 0
    many = "".join(SCHEMA.replace("customer", f"c{k}").replace("orders", f"o{k}") for k in range(6))
    options = ["synth", str(tmp_path / "many.sql"), "--rows", "5e5", "--quiet"]
    (tmp_path / "many.sql").write_text(many)
    assert run(*options, *whole.options).returncode == 0
    again = [sys.executable, "-m", "plurel_sql", *options, *target.options, "--resume", "--overwrite"]
    rng, killed = random.Random("resumed"), 0
    for _ in range(5):
        before = parts(target)
        process = subprocess.Popen(again)
        while parts(target) in (before, set()) and process.poll() is None:
            time.sleep(0.01)  # till it has added a part
        time.sleep(rng.uniform(0.0, 0.2))
        process.kill()
        killed += process.wait() != 0
    assert killed > 1
    assert subprocess.run(again).returncode == 0
    assert target.state() == whole.state()
    assert target.leftovers() == []


def parts(target: Folder) -> set[str]:
    return {path.name for path in target.path.glob("*.csv")}


@pytest.mark.parametrize("ending", ["manifest.json", "orders.csv", ".unfinished.jsonl"])
def test_another_plans_folder_whose_emptying_was_killed_is_still_ours(tmp_path: Path, ending: str) -> None:
    target = Folder(tmp_path / "there")
    assert run(*line(tmp_path, target, 1, "300", "--resume")).returncode == 0
    again = line(tmp_path, target, 2, "400", "--resume", "--overwrite")
    killed_before(ending, again)
    refused = run(*line(tmp_path, target, 3, "300"))
    assert refused.returncode == 2
    assert ("exists already" if ending == "manifest.json" else "holds an unfinished run") in refused.stderr
    assert run(*again).returncode == 0
    assert sorted(os.listdir(target.path)) == ["customer.csv", "manifest.json", "orders.csv"]
