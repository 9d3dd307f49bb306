"""What a run tells: a progress bar for people, ``metrics.jsonl`` and TensorBoard (or wandb) for later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from plurel_sql.errors import InputError
from plurel_training.config import PretrainConfig

METRICS = "metrics.jsonl"


class Log:
    """Figures of a run from ``step`` on; lines that an earlier run left beyond it are dropped.

    Args:
        shown: a progress bar on standard error.
        kept: write files; one of several processes does.
    """

    def __init__(self, out: Path, config: PretrainConfig, step: int, *, shown: bool, kept: bool) -> None:
        self._out, self._config, self._step, self._kept = out, config, step, kept
        bar = TextColumn("{task.fields[said]}")
        console = Console(stderr=True)
        self._bar = Progress(
            BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), bar, console=console, disable=not shown
        )
        self._board: Any = None
        self._wandb: Any = None

    def __enter__(self) -> Log:
        self._bar.start()
        self._task = self._bar.add_task("steps", total=self._config.run.steps, completed=self._step, said="")
        if self._kept:
            from torch.utils.tensorboard import SummaryWriter

            path = self._out / METRICS
            if path.exists():
                kept = [line for line in path.read_text().splitlines() if json.loads(line)["step"] < self._step]
                path.write_text("".join(f"{line}\n" for line in kept))
            self._file = path.open("a")
            self._board = SummaryWriter(str(self._out / "tensorboard"), purge_step=self._step)
            if self._config.run.wandb is not None:
                self._wandb = _wandb(self._config, self._out)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if self._kept:
            self._file.close()
            self._board.close()
            if self._wandb is not None:
                self._wandb.finish(exit_code=0 if kind is None else 1)

    def step(self, step: int, figures: dict[str, float], names: Sequence[str], cells: int, seconds: float) -> None:
        """Of one step; written down every ``log_every``."""
        self._bar.update(
            self._task, completed=step + 1, said=f"loss {figures['loss']:.4f}, {cells / seconds:,.0f} cells/s"
        )
        if step % self._config.run.log_every == 0:
            self._write("train", step, {**figures, "cells per second": cells / seconds}, list(names))

    def validation(self, step: int, figures: dict[str, float]) -> None:
        """After ``step`` steps."""
        said = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        self._bar.console.print(f"step {step}: validation {said}", highlight=False) if not self._bar.disable else None
        self._write("validation", step - 1, figures, [])

    def _write(self, part: str, step: int, figures: dict[str, float], names: list[str]) -> None:
        if not self._kept:
            return
        line = {"step": step, "part": part, **figures, **({"databases": names} if names else {})}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        for name, value in figures.items():
            self._board.add_scalar(f"{part}/{name}", value, step)
        if self._wandb is not None:
            self._wandb.log({f"{part}/{name}": value for name, value in figures.items()}, step=step)


def _wandb(config: PretrainConfig, out: Path) -> Any:
    try:
        import wandb
    except ImportError as error:
        raise InputError(
            "wandb is asked for and not installed", place="run.wandb", hint="pip install 'plurel-training[wandb]'"
        ) from error
    return wandb.init(project=config.run.wandb, config=msgspec.to_builtins(config), dir=str(out), resume="allow")
