"""The loop goes on exactly where it was stopped, by one process or two, and stops at what is no number."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
import yaml

from plurel_sql.errors import InputError, RunError
from plurel_training import checkpoint, pretrain
from plurel_training.config import PretrainConfig, of_mapping
from plurel_training.model import RelationalTransformer
from plurel_training.processes import device_of

SMALL: dict[str, Any] = {
    "model": {"blocks": 1, "width": 16, "heads": 2, "hidden": 16, "text_width": 32},
    "data": {"length": 48, "databases": 2, "steps_each": 3, "workers": 0, "threads": 1},
    "optimizer": {"lr": 0.003, "ema": 0.9},
    "run": {
        "steps": 6,
        "batch": 4,
        "log_every": 1,
        "save_every": 3,
        "validate_every": 3,
        "validation_databases": 2,
        "validation_sequences": 4,
        "device": "cpu",
    },
}
Settings = Callable[..., PretrainConfig]


@pytest.fixture(scope="module")
def settings(corpus: Path) -> Settings:
    """A small run over a small corpus, with changes by section."""

    def made(**changes: Any) -> PretrainConfig:
        merged: dict[str, Any] = {key: {**SMALL[key], **changes.pop(key, {})} for key in SMALL}
        merged["data"].setdefault("sources", [{"kind": "corpus", "folder": str(corpus)}])
        return of_mapping({**merged, **changes}, PretrainConfig, "test")

    return made


def lines(out: Path, part: str) -> list[dict[str, Any]]:
    every = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [line for line in every if line["part"] == part]


def losses(out: Path) -> list[tuple[int, float]]:
    return [(line["step"], line["loss"]) for line in lines(out, "train")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Path:
    out = tmp_path_factory.mktemp("whole")
    pretrain.pretrain(settings(), out, quiet=True)
    return out


def test_a_run_leaves_what_it_says(whole: Path) -> None:
    assert [step for step, _ in losses(whole)] == list(range(6))
    # One corpus, so that its loss is the whole batch's.
    told = [next(line[key] for key in line if key.startswith("loss/corpus")) for line in lines(whole, "train")]
    assert told == pytest.approx([loss for _, loss in losses(whole)])
    last, best = (checkpoint.read(whole / name) for name in ("last.pt", "best.pt"))
    assert last.step == 6 and last.training is not None
    assert best.training is None and best.open().config.width == 16
    assert list((whole / "tensorboard").iterdir())
    assert not list(whole.glob(".*"))


def test_a_stopped_run_goes_on_exactly(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    move = pretrain.Run._move
    with monkeypatch.context() as patch:

        def killed(self: Any, step: int, batches: Any) -> Any:
            if step == 5:
                raise KeyboardInterrupt  # two steps after the last checkpoint
            return move(self, step, batches)

        patch.setattr(pretrain.Run, "_move", killed)
        with pytest.raises(KeyboardInterrupt):
            pretrain.pretrain(settings(), tmp_path, quiet=True)
    pretrain.pretrain(settings(), tmp_path, quiet=True)
    assert losses(tmp_path) == losses(whole)
    one, two = (checkpoint.read(out / "last.pt") for out in (tmp_path, whole))
    for name, value in one.state.items():
        assert torch.equal(value, two.state[name]), name


def test_a_signal_saves_and_stops(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    move = pretrain.Run._move

    def signalled(self: Any, step: int, batches: Any) -> Any:
        if step == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return move(self, step, batches)

    with monkeypatch.context() as patch:
        patch.setattr(pretrain.Run, "_move", signalled)
        with pytest.raises(RunError, match="stopped after step 1"):
            pretrain.pretrain(settings(), tmp_path, quiet=True)
    assert checkpoint.read(tmp_path / "last.pt").step == 2
    pretrain.pretrain(settings(), tmp_path, quiet=True)
    assert losses(tmp_path) == losses(whole)


def test_accumulated_parts_are_the_whole_batch(tmp_path: Path, settings: Settings) -> None:
    """Gradients of two parts add up to one step's: same rate, other draws, and every part is used."""
    config = settings(run={"accumulate": 2, "steps": 2, "validate_every": 2})
    pretrain.pretrain(config, tmp_path, quiet=True)
    assert [step for step, _ in losses(tmp_path)] == [0, 1]


def test_a_folder_of_another_run_is_refused(whole: Path, settings: Settings) -> None:
    with pytest.raises(InputError, match=r"another configuration .*seed differ"):
        pretrain.pretrain(settings(seed=1), whole, quiet=True)


def test_continued_from_a_checkpoint(whole: Path, tmp_path: Path, settings: Settings) -> None:
    pretrain.pretrain(settings(start=str(whole / "best.pt")), tmp_path / "on", quiet=True)
    assert losses(tmp_path / "on") != losses(whole)
    other = {"width": 32, "heads": 2}
    with pytest.raises(InputError, match="another shape"):
        pretrain.pretrain(settings(start=str(whole / "best.pt"), model=other), tmp_path / "no", quiet=True)


def test_a_loss_that_is_no_number(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    forward = RelationalTransformer.forward
    calls = 0

    def broken(self: RelationalTransformer, *given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += self.training
        found = forward(self, *given, **named)
        return found if calls != 5 else replace(found, loss=found.loss * float("nan"))

    monkeypatch.setattr(RelationalTransformer, "forward", broken)
    with pytest.raises(
        RunError, match=r"loss is nan at step 4 in the batch of rank 0 from plurel-\d.*last\.pt"
    ) as told:
        pretrain.pretrain(settings(), tmp_path, quiet=True)
    assert told.value.exit_code == 1
    kept = checkpoint.read(tmp_path / "last.pt")
    assert kept.step == 3 and all(value.isfinite().all() for value in kept.state.values())


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_cuda_asked_for_and_absent() -> None:
    with pytest.raises(InputError, match="no GPU answers"):
        device_of("cuda")


def test_two_processes_agree(tmp_path: Path, settings: Settings) -> None:
    config = settings(run={"steps": 3, "validate_every": 3})
    recipe = tmp_path / "c.yaml"
    recipe.write_text(yaml.safe_dump(msgspec.to_builtins(config)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "OMP_NUM_THREADS": "1",
    }
    command = [
        sys.executable,
        "-m",
        "plurel_training.cli",
        "pretrain",
        "--config",
        str(recipe),
        "--out",
        str(tmp_path / "run"),
        "--quiet",
    ]
    running = [
        subprocess.Popen(
            command, env=environment | {"RANK": str(rank), "LOCAL_RANK": str(rank)}, stderr=subprocess.PIPE, text=True
        )
        for rank in range(2)
    ]
    for process in running:
        _, said = process.communicate(timeout=240)
        assert process.returncode == 0, said
    assert [step for step, _ in losses(tmp_path / "run")] == [0, 1, 2]
    assert checkpoint.read(tmp_path / "run" / "last.pt").step == 3
