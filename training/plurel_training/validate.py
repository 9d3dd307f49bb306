"""How well a model predicts masked cells of databases that its training never draws."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import numpy as np
import torch

from plurel_training.batch import KINDS, Batch
from plurel_training.config import PretrainConfig
from plurel_training.model import RelationalTransformer
from plurel_training.processes import Processes
from plurel_training.sources import VALIDATION, Mixture
from plurel_training.text import TextEncoder


class Validation:
    """Always the same batches, one for each database, drawn when they are first asked for."""

    def __init__(self, config: PretrainConfig, encoder: TextEncoder, processes: Processes) -> None:
        self._config, self._processes = config, processes
        self._mixture = Mixture(config.data, encoder, seed=config.seed, stream=VALIDATION)
        self._batches: list[Batch] | None = None

    def __enter__(self) -> Validation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mixture.__exit__(kind, error, trace)

    def figures(
        self, model: RelationalTransformer, precision: Callable[[], AbstractContextManager[Any]]
    ) -> dict[str, float]:
        """Mean loss by kind and in all, and R2 of the numbers against their columns' means."""
        device = self._processes.device
        sums = torch.zeros(len(KINDS), 2, device=device)
        squares = torch.zeros(2, device=device)
        model.eval()
        for batch in self._drawn():
            moved = batch.to(device)
            with torch.no_grad(), precision():
                output = model(moved, texts=False)
            for number, kind in enumerate(KINDS):
                if kind in output.by_kind:
                    loss, count = output.by_kind[kind]
                    sums[number] += torch.stack([loss, count.to(loss.dtype)])
            numbers = moved.target & (moved.kind == 0)
            true, found = moved.value[numbers], output.predicted["number"][..., 0][numbers]
            squares += torch.stack([(true - found).square().sum(), true.square().sum()])
        self._processes.sum(sums)
        self._processes.sum(squares)
        losses, counts = sums.cpu().double().numpy().T
        made = {f"loss/{kind}": float(losses[k] / counts[k]) for k, kind in enumerate(KINDS) if counts[k]}
        made["loss"] = float(losses.sum() / np.maximum(counts.sum(), 1))
        if squares[1] > 0:
            made["r2"] = 1 - (squares[0] / squares[1]).item()
        return made

    def _drawn(self) -> list[Batch]:
        if self._batches is None:
            run, mine = (
                self._config.run,
                range(self._processes.rank, self._config.run.validation_databases, self._processes.world),
            )
            opened = [self._mixture.open(self._mixture.number(place, 0)) for place in mine]
            self._batches = [each.batch(0, run.validation_sequences) for each in opened]
        return self._batches
