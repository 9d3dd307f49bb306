"""What a model says of the rows of a task, from their contexts alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from plurel_sql.context import ContextBatch, Contexts, ContextSource, Rules, Task
from plurel_training.arrange import Vocabulary, arranged
from plurel_training.batch import Batch
from plurel_training.model import RelationalTransformer
from plurel_training.text import TextEncoder

Floats = npt.NDArray[np.float64]


class TaskContexts:
    """Contexts of a task's rows over a dataset folder; ``target`` is the column that is asked for."""

    def __init__(
        self,
        folder: Path,
        name: str,
        encoder: TextEncoder,
        *,
        length: int = 1024,
        seed: int = 0,
        rules: Rules | None = None,
    ) -> None:
        source = ContextSource.open(folder)
        self.task, self._encoder = Task.open(folder, name, source), encoder
        self._contexts = Contexts(source, length=length, rules=rules, seed=seed)
        columns = [*source.columns, *self.task.columns(source)]
        self._vocabulary = Vocabulary.of(columns, source.texts, encoder)
        place = source.column(self.task.table, self.task.target) if self.task.is_column else len(source.columns)
        self.target = columns[place]

    def step(self, step: int, size: int) -> Batch:
        """Training rows, by ``step``."""
        return self._arranged(self._contexts.task_step(self.task, step, size))

    def batches(self, split: str, size: int) -> Iterator[Batch]:
        """All rows of a split, in order."""
        rows = np.arange(len(self.task.rows))[self.task.splits[split]]
        for start in range(0, len(rows), size):
            yield self._arranged(self._contexts.task(self.task, rows[start : start + size]))

    def labels(self, split: str) -> Floats:
        """The truth."""
        return np.asarray(self.task.labels[self.task.splits[split]])

    def _arranged(self, contexts: ContextBatch) -> Batch:
        return arranged(contexts, self._vocabulary, self._encoder)


def predict(model: RelationalTransformer, contexts: TaskContexts, split: str = "test", size: int = 32) -> Floats:
    """For every row of a split: the probability of a yes, or the number expected, on the label's own scale."""
    device = next(model.parameters()).device
    boolean = contexts.task.kind == "boolean"
    head = "boolean" if boolean and not model.config.huber_only else "number"
    found = []
    model.eval()
    for batch in contexts.batches(split, size):
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            output = model(batch.to(device), texts=False)
        # The cell that is asked for is the first of its sequence.
        found.append(output.predicted[head][:, 0, 0].double().cpu().numpy())
    raw = np.concatenate(found) if found else np.zeros(0)
    if head == "boolean":
        return np.asarray(1 / (1 + np.exp(-raw)))
    if boolean:
        return np.asarray(np.clip(raw * contexts.target.std + contexts.target.mean, 0, 1))
    return np.asarray(raw * contexts.target.std + contexts.target.mean)
