"""A cell more for each row, which stands for the row as a whole."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from plurel_training.batch import KINDS, Batch

STEP = 64
"""Sequences grow by a multiple of this, so that few shapes are met."""


def with_summaries(batch: Batch) -> Batch:
    """A batch whose sequences go on with a cell for each of their rows.

    The cell is of a kind of its own (``len(KINDS)``) and of a column of its own for each table; it belongs to its row
    and refers to what its row refers to, so that every relation holds for it as for any other cell.
    """
    count, length = batch.shape
    rows = int(batch.row.max()) + 1
    extra = -(-rows // STEP) * STEP
    numbers = torch.arange(extra, device=batch.row.device).expand(count, extra)
    # The first cell of each row tells its table and its parents.
    places = torch.arange(length, device=batch.row.device).expand(count, length)
    slot = batch.row.masked_fill(batch.padding, extra)
    first = torch.full((count, extra + 1), length, device=slot.device).scatter_reduce_(1, slot, places, "amin")
    first = first[:, :extra]
    padding = first == length
    first = first.masked_fill(padding, 0)
    table = batch.table.gather(1, first)
    parents = batch.parents.gather(1, first[..., None].expand(-1, -1, batch.parents.shape[2]))
    columns = batch.names.shape[0]
    tables = int(batch.table.max()) + 1

    def blank(like: Tensor) -> Tensor:
        return torch.zeros(count, extra, dtype=like.dtype, device=like.device)

    def grown(old: Tensor, new: Tensor) -> Tensor:
        return torch.cat([old, new], 1)

    return Batch(
        row=grown(batch.row, numbers.masked_fill(padding, -1)),
        column=grown(batch.column, (columns + table).masked_fill(padding, 0)),
        table=grown(batch.table, table.masked_fill(padding, 0)),
        kind=grown(batch.kind, torch.full_like(table, len(KINDS))),
        value=grown(batch.value, blank(batch.value)),
        text=grown(batch.text, blank(batch.text)),
        parents=grown(batch.parents, parents.masked_fill(padding[..., None], -1)),
        target=grown(batch.target, blank(batch.target)),
        padding=grown(batch.padding, padding),
        names=F.pad(batch.names, (0, 0, 0, tables)),
        texts=batch.texts,
        spread=F.pad(batch.spread, (0, 0, 0, tables)),
    )
