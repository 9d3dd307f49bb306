"""The scripts under ``runs/``, at small size: whole, and gone on with."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from plurel_training.evaluation import bootstrap

RUNS = Path(__file__).parents[1] / "runs"
SMALL = [
    *("--set", "model.blocks=1", "--set", "model.width=16", "--set", "model.heads=2", "--set", "model.hidden=16"),
    *("--set", "model.text_width=16", "--set", "text={encoder: hashing}", "--set", "run.batch=2"),
    *("--set", "data.length=32", "--set", "data.databases=1", "--set", "data.workers=0", "--set", "data.threads=1"),
    *("--set", "run.validation_databases=1", "--set", "run.validation_sequences=2", "--set", "run.device=cpu"),
]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, RUNS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def races(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bootstrap, "DRAWS", 5)
    return shared / "rel-f1"


def test_smoke(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = [*SMALL, "--set", "run.steps=2", "--set", "data.sources=[{kind: virtual, schemas: realistic, rows: 4000}]"]
    script("smoke").main(["--out", str(tmp_path), "--seeds", "1", "--databases", "1", *few])
    assert "seed 0, 2 steps" in capsys.readouterr().out
    written = json.loads((tmp_path / "seed-0" / "held_out.json").read_text())
    assert written["means"].keys() == {"trained", "untrained", "trees"} and written["columns"]


def test_zero_shot(races: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schemas = Path(__file__).parents[2] / "schemas"
    arguments = [str(races), "--schemas", str(schemas), "--out", str(tmp_path), "--seeds", "1", "--task", "driver-dnf"]
    run = script("zero_shot").main
    run([*arguments, *SMALL, "--set", "run.steps=1"])
    first = capsys.readouterr().out
    assert all(f"| {arm} |" in first for arm in ("published prior", "schema-driven", "untrained", "trees, history"))
    scores = json.loads((tmp_path / "zero_shot.json").read_text())
    assert {score["protocol"] for score in scores} == {"seed", "cut"}
    before = (tmp_path / "schema-driven-0" / "zero-shot.json").stat().st_mtime_ns
    run([*arguments, *SMALL, "--set", "run.steps=1"])
    assert capsys.readouterr().out == first
    assert (tmp_path / "schema-driven-0" / "zero-shot.json").stat().st_mtime_ns == before


def test_full_size(races: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = script("full_size")
    monkeypatch.setattr(module, "WARM", 1)
    monkeypatch.setattr(module, "TIMED", 2)
    arguments = [
        str(races),
        "--out",
        str(tmp_path),
        "--task",
        "driver-top3",
        "--hours",
        "1e-4",
        "--peak",
        "1e12",
        *SMALL,
    ]
    module.main([*arguments, "--peak", "1e12"])
    measured = json.loads((tmp_path / "speed.json").read_text())
    assert measured["cells per second"] > 0 and 0 < measured["share of peak"] < 1
    assert (tmp_path / "trace.json").stat().st_size and "aten::" in (tmp_path / "profile.txt").read_text()
    assert json.loads((tmp_path / "zero_shot.json").read_text())
    steps = json.loads((tmp_path / "run" / "config.json").read_text())["run"]["steps"]
    module.main([*arguments, "--hours", "1"])  # goes on with what is there
    assert json.loads((tmp_path / "run" / "config.json").read_text())["run"]["steps"] == steps
