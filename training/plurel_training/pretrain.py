"""The training loop: one process or several (torchrun), from step to step, to be stopped and gone on with anywhere."""

from __future__ import annotations

import contextlib
import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from plurel_sql.errors import ConfigError, InputError, RunError
from plurel_training import checkpoint
from plurel_training.batch import Batch
from plurel_training.checkpoint import Checkpoint
from plurel_training.config import PretrainConfig, RunConfig
from plurel_training.model import Output, RelationalTransformer
from plurel_training.optimize import Average, Optimizer
from plurel_training.processes import Processes
from plurel_training.progress import Log
from plurel_training.sources import Drawn, Mixture
from plurel_training.text import CachedEncoder, TextEncoder, open_encoder
from plurel_training.validate import Validation

LAST, BEST = "last.pt", "best.pt"


def pretrain(config: PretrainConfig, out: Path, *, quiet: bool = False) -> dict[str, float]:
    """Trains in ``out``, where it goes on if there is something to go on with; gives the last validation's figures.

    ``out`` gets ``last.pt`` and ``best.pt`` (checkpoints), ``config.json``, ``metrics.jsonl`` and TensorBoard's files.

    Raises:
        InputError: data, device or checkpoint are not as the configuration says; ``out`` holds a run of another one.
        RunError: a loss is no number.
    """
    with Processes.joined(config.run.device) as processes:
        return Run(config, out, processes, quiet=quiet).run()


class Run:
    """A run in ``out``, from where it stands. Raises as ``pretrain`` does."""

    def __init__(self, config: PretrainConfig, out: Path, processes: Processes, *, quiet: bool) -> None:
        self.config, self.out, self.processes, self.quiet = config, out, processes, quiet
        _claim(config, out, processes)
        share, parts = config.run.batch // processes.world, config.run.accumulate * config.data.databases
        if config.run.batch % processes.world or share % parts:
            raise ConfigError(
                f"a batch of {config.run.batch} can't be shared by {processes.world} processes",
                place="run.batch",
                hint=f"a multiple of {processes.world * parts}",
            )
        self.size = share // config.run.accumulate
        torch.manual_seed(config.seed)
        self.model = RelationalTransformer(
            config.model, attention=config.run.attention, recompute=config.run.recompute
        ).to(processes.device)
        self.encoder = encoder_of(config, str(processes.device))
        self.optimizer = Optimizer(self.model, config.optimizer, config.run.steps)
        self.average: Average | None = None
        self.step, self.best = 0, math.inf
        self.signalled = self.stopping = False
        self._restore()
        if config.run.compile or (config.run.compile is None and processes.device.type == "cuda"):
            self.model.compile_blocks()
        self.wrapped: nn.Module = self.model
        if processes.world > 1:
            # Which parameters a batch needs depends on the kinds of cells that it holds.
            self.wrapped = DistributedDataParallel(self.model, find_unused_parameters=True)

    def run(self) -> dict[str, float]:
        """Steps until the last one."""
        config, rank, world = self.config, self.processes.rank, self.processes.world
        figures: dict[str, float] = {}
        with (
            self._stopped_by_signals(),
            Mixture(config.data, self.encoder, seed=config.seed, rank=rank, world=world) as mixture,
            Validation(config, self.encoder, self.processes) as validation,
            Log(self.out, config, self.step, shown=rank == 0 and not self.quiet, kept=rank == 0) as log,
        ):
            began = time.perf_counter()
            for step, losses, names in self.moves(mixture):
                log.step(step, losses, names, self._cells(), time.perf_counter() - began)
                last = self.step == config.run.steps
                if last or self.step % config.run.validate_every == 0:
                    with self._averaged():
                        figures = validation.figures(self.model, _precision(config.run, self.processes.device))
                    log.validation(self.step, figures)
                    if figures["loss"] < self.best:
                        self.best = figures["loss"]
                        self._save(BEST)
                if last or self.stopping or self.step % config.run.save_every == 0:
                    self._save(LAST)
                if self.stopping and not last:
                    raise RunError(f"stopped after step {step}", place=str(self.out), hint="the same command goes on")
                began = time.perf_counter()
        return figures

    def moves(self, mixture: Mixture) -> Iterator[tuple[int, dict[str, float], list[str]]]:
        """Step by step to the last one: its number, its losses by kind, its databases."""
        for step, batches in self._batches(mixture):
            losses, names = self._move(step, batches)
            self.step = step + 1
            yield step, losses, names

    @contextlib.contextmanager
    def _stopped_by_signals(self) -> Iterator[None]:
        """SIGTERM (a time limit) and Ctrl-C end the run after the step, with a checkpoint."""

        def stop(number: int, frame: object) -> None:
            self.signalled = True

        numbers = (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ()
        before = {number: signal.signal(number, stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _batches(self, mixture: Mixture) -> Iterator[tuple[int, list[tuple[Batch, tuple[Drawn, ...]]]]]:
        """What each step is made of, drawn while the step before is computed."""
        parts = self.config.run.accumulate

        def drawn(step: int) -> list[tuple[Batch, tuple[Drawn, ...]]]:
            pinned = self.processes.device.type == "cuda"
            found = [mixture.batch(step, self.size, part, parts) for part in range(parts)]
            return [(batch.pinned() if pinned else batch, here) for batch, here in found]

        with ThreadPoolExecutor(1, thread_name_prefix="draw") as ahead:
            waiting = ahead.submit(drawn, self.step) if self.step < self.config.run.steps else None
            for step in range(self.step, self.config.run.steps):
                assert waiting is not None
                found = waiting.result()
                waiting = ahead.submit(drawn, step + 1) if step + 1 < self.config.run.steps else None
                yield step, found

    def _move(self, step: int, batches: list[tuple[Batch, tuple[Drawn, ...]]]) -> tuple[dict[str, float], list[str]]:
        """One step of the optimiser; losses by kind and, of this process, by source; names of the databases."""
        self.model.train()
        sums: dict[str, torch.Tensor] = {}
        groups: dict[str, list[torch.Tensor]] = {}
        total = torch.zeros((), device=self.processes.device)
        stop = torch.tensor(float(self.signalled), device=self.processes.device)
        for index, (batch, here) in enumerate(batches):
            last = index == len(batches) - 1
            # Gradients are added up over processes once, with the last part.
            alone = isinstance(self.wrapped, DistributedDataParallel) and not last
            with self.wrapped.no_sync() if alone else contextlib.nullcontext():  # type: ignore[operator]
                with _precision(self.config.run, self.processes.device)():
                    output: Output = self.wrapped(batch.to(self.processes.device), texts=False)
                (output.loss / len(batches)).backward()  # type: ignore[no-untyped-call]
            total += output.loss.detach() / len(batches)
            for kind, (loss, count) in output.by_kind.items():
                pair = torch.stack([loss, count.to(loss.dtype)])
                sums[kind] = sums[kind] + pair if kind in sums else pair
            for drawn, part in zip(here, output.by_sequence.chunk(len(here)), strict=True):
                groups.setdefault(drawn.group, []).append(part)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.optimizer.clip)
        names = [drawn.name for _, here in batches for drawn in here]
        self.processes.mean(total)
        self.processes.sum(stop)
        self.stopping = stop.item() > 0  # all processes at the same step
        if not (math.isfinite(total.item()) and math.isfinite(norm.item())):
            self._refuse(step, total.item(), norm.item(), names)
        rate = self.optimizer.step(step)
        if self.average is not None:
            self.average.update(self.model.named_parameters(), step)
        losses = {"loss": total.item(), "norm": norm.item(), "rate": rate}
        for kind, pair in sums.items():
            self.processes.sum(pair)
            if pair[1]:
                losses[f"loss/{kind}"] = (pair[0] / pair[1]).item()
        losses |= {f"loss/{group}": torch.cat(parts).mean().item() for group, parts in groups.items()}
        return losses, list(dict.fromkeys(names))

    def _refuse(self, step: int, loss: float, norm: float, names: list[str]) -> None:
        kept = self.out / LAST
        there = f"the last good checkpoint is {kept}" if kept.exists() else "no checkpoint was written yet"
        what = f"the loss is {loss}" if not math.isfinite(loss) else f"the gradient's norm is {norm}"
        raise RunError(
            f"{what} at step {step} in the batch of rank {self.processes.rank} from {', '.join(dict.fromkeys(names))}",
            place=str(self.out),
            hint=f"{there}; a smaller optimizer.lr or run.precision: fp32 may help",
        )

    def _cells(self) -> int:
        return self.config.run.batch * self.config.data.length

    def _restore(self) -> None:
        """From ``last.pt`` where there is one, else from ``start``, else nothing."""
        place = self.out / LAST
        if place.exists():
            found = checkpoint.read(place, self.processes.device)
            training = found.training
            if training is None:
                raise InputError("is no checkpoint of a run", place=str(place), hint="give another --out")
            checkpoint.load_weights(self.model, training["weights"], str(place))
            self.optimizer.restore(training["optimizer"])
            self.step, self.best = found.step, training["best"]
        elif self.config.start is not None:
            found = checkpoint.read(Path(self.config.start), self.processes.device)
            checkpoint.load_weights(self.model, found.state, self.config.start)
        if self.config.optimizer.ema:
            self.average = Average(self.model.named_parameters(), self.config.optimizer.ema)
            if place.exists():
                self.average.weights = found.state

    def _save(self, name: str) -> None:
        if self.processes.rank:
            return
        state = self.average.weights if self.average is not None else self.model.state_dict()
        training: dict[str, Any] = {
            "weights": self.model.state_dict(),
            "optimizer": self.optimizer.state(),
            "best": self.best,
        }
        text, model = self.config.text, self.config.model
        checkpoint.write(self.out / name, Checkpoint(model, text, state, self.step, training if name == LAST else None))

    @contextlib.contextmanager
    def _averaged(self) -> Iterator[None]:
        """The averaged weights in the model's place, for a while."""
        if self.average is None:
            yield
            return
        own = {name: value.detach().clone() for name, value in self.model.named_parameters()}
        self.model.load_state_dict(self.average.weights)
        try:
            yield
        finally:
            self.model.load_state_dict(own)


def encoder_of(config: PretrainConfig, device: str) -> TextEncoder:
    """The text encoder that a configuration names, with its cache. Raises InputError."""
    encoder = open_encoder(config.text.encoder, config.model.text_width, device)
    return CachedEncoder(encoder, Path(config.text.cache)) if config.text.cache is not None else encoder


def _precision(run: RunConfig, device: torch.device) -> Callable[[], contextlib.AbstractContextManager[Any]]:
    """Autocast to bfloat16, or nothing; weights stay float32."""
    if run.precision == "bf16" or (run.precision == "auto" and device.type == "cuda"):
        return lambda: torch.autocast(device.type, torch.bfloat16)
    return contextlib.nullcontext


def _claim(config: PretrainConfig, out: Path, processes: Processes) -> None:
    """Makes ``out`` this run's. Raises InputError: it is another one's."""
    place, mine = out / "config.json", json.loads(msgspec.json.encode(config))
    if processes.rank == 0:
        out.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.write_text(json.dumps(mine, indent=1) + "\n")
    processes.wait()
    there = json.loads(place.read_text())
    if there != mine:
        keys = [key for key in mine if there.get(key) != mine[key]]
        raise InputError(
            f"holds a run of another configuration ({', '.join(keys)} differ)",
            place=str(out),
            hint="give another --out, or the same configuration to go on",
        )
