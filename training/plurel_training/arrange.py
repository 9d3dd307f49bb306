"""The sampler's numpy arrays as the model's tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from plurel_training.batch import NUMBER, TEXT, Batch
from plurel_training.text import TextEncoder, Vectors

if TYPE_CHECKING:
    from plurel_sql.context import Column, ContextBatch

CLIP = 20.0
"""Deviations from the mean beyond which a value says no more than that it is far off."""


@dataclass(frozen=True)
class Vocabulary:
    """Vectors of a source's columns and texts, encoded once; ``texts`` None where each batch brings its own."""

    names: Tensor
    spread: Tensor
    texts: Tensor | None

    @staticmethod
    def of(columns: Sequence[Column], texts: Sequence[str] | None, encoder: TextEncoder) -> Vocabulary:
        """Of the columns that a source's batches may have."""
        names = torch.from_numpy(encoder.encode([column.text for column in columns]))
        spread = torch.tensor([[column.mean, column.std] for column in columns], dtype=torch.float32).reshape(-1, 2)
        return Vocabulary(names, spread, None if texts is None else _vectors(encoder.encode(texts)))


def arranged(contexts: ContextBatch, vocabulary: Vocabulary, encoder: TextEncoder) -> Batch:
    """A batch of one source; a target whose value is not finite is none."""
    kind = torch.from_numpy(contexts.type.astype(np.int64))
    value = torch.from_numpy(np.nan_to_num(contexts.value, nan=0.0, posinf=CLIP, neginf=-CLIP)).clamp(-CLIP, CLIP)
    known = torch.from_numpy(np.isfinite(contexts.value)) | (kind == TEXT)
    texts = vocabulary.texts
    if texts is None:
        texts = _vectors(encoder.encode(contexts.texts or []))
    parents = torch.from_numpy(contexts.parents.astype(np.int64))
    return Batch(
        row=torch.from_numpy(contexts.row.astype(np.int64)),
        column=_index(contexts.column),
        table=_index(contexts.table),
        kind=torch.where(torch.from_numpy(contexts.padding), NUMBER, kind),
        value=value,
        text=_index(contexts.text),
        parents=parents if parents.shape[2] else F.pad(parents, (0, 1), value=-1),
        target=torch.from_numpy(contexts.target) & known,
        padding=torch.from_numpy(contexts.padding),
        names=vocabulary.names,
        texts=texts,
        spread=vocabulary.spread,
    )


def joined(batches: Sequence[Batch]) -> Batch:
    """One batch of the sequences of several, each of its own database."""
    if len(batches) == 1:
        return batches[0]
    keys = max(batch.parents.shape[2] for batch in batches)
    column, text, columns, texts = [], [], 0, 0
    for batch in batches:
        column.append(batch.column + columns)
        text.append(batch.text + texts)
        columns, texts = columns + batch.names.shape[0], texts + batch.texts.shape[0]
    parents = [F.pad(batch.parents, (0, keys - batch.parents.shape[2]), value=-1) for batch in batches]
    plain = ("row", "table", "kind", "value", "target", "padding", "names", "texts", "spread")
    return Batch(
        **{name: torch.cat([getattr(batch, name) for batch in batches]) for name in plain},
        column=torch.cat(column),
        text=torch.cat(text),
        parents=torch.cat(parents),
    )


def _index(numbers: npt.NDArray[np.int32]) -> Tensor:
    """As int64; -1 (none) as 0."""
    return torch.from_numpy(numbers.astype(np.int64)).clamp(min=0)


def _vectors(found: Vectors) -> Tensor:
    """At least one, so that an index of 0 points to something."""
    return torch.from_numpy(found) if len(found) else torch.zeros(1, found.shape[1])
