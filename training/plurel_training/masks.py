"""Which cell may look at which: three relations, computed from index vectors.

``col``: cells of the same column; ``feat``: cells of the same row and of the rows that it refers to; ``nbr``: cells
of the rows that refer to it. Padding looks at nothing and is seen by nobody.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask

from plurel_training.batch import Batch

RELATIONS = ("col", "feat", "nbr")
"""In the order in which a block attends."""

Masks = dict[str, Tensor] | dict[str, BlockMask]
Rule = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def dense_masks(batch: Batch) -> dict[str, Tensor]:
    """(B, S, S) bool by relation: query, key. One foreign key at a time, so nothing of size S x S x P is made."""
    row, parents = batch.row, batch.parents
    valid = ~batch.padding
    pairs = valid[:, :, None] & valid[:, None, :]
    column = batch.column[:, :, None] == batch.column[:, None, :]
    feature = row[:, :, None] == row[:, None, :]
    neighbour = torch.zeros_like(feature)
    for p in range(parents.shape[2]):
        refers = parents[:, :, p, None] == row[:, None, :]
        feature |= refers
        neighbour |= refers.transpose(1, 2)
    return {"col": column & pairs, "feat": feature & pairs, "nbr": neighbour & pairs}


def additive(mask: Tensor) -> Tensor:
    """A mask to be added to scores, 0 or -inf, in the type that these are computed in: made once for all blocks, which
    scaled dot products would else do in each."""
    device = mask.device.type
    type_ = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else torch.get_default_dtype()
    return torch.zeros(mask.shape, dtype=type_, device=mask.device).masked_fill_(~mask, float("-inf"))


def block_masks(batch: Batch, *, compiled: bool) -> dict[str, BlockMask]:
    """The same relations for FlexAttention, which skips blocks of keys that no query of a block may see.

    Args:
        compiled: make them by a compiled kernel, without an S x S tensor in memory (GPU).
    """
    row, parents, column, padding = batch.row, batch.parents, batch.column, batch.padding

    def valid(b: Tensor, q: Tensor, k: Tensor) -> Tensor:
        return ~padding[b, q] & ~padding[b, k]

    def col(b: Tensor, h: Tensor, q: Tensor, k: Tensor) -> Tensor:
        return (column[b, q] == column[b, k]) & valid(b, q, k)

    def feat(b: Tensor, h: Tensor, q: Tensor, k: Tensor) -> Tensor:
        seen = row[b, q] == row[b, k]
        for p in range(parents.shape[2]):
            seen = seen | (parents[b, q, p] == row[b, k])
        return seen & valid(b, q, k)

    def nbr(b: Tensor, h: Tensor, q: Tensor, k: Tensor) -> Tensor:
        seen = parents[b, k, 0] == row[b, q]
        for p in range(1, parents.shape[2]):
            seen = seen | (parents[b, k, p] == row[b, q])
        return seen & valid(b, q, k)

    count, length = batch.shape
    rules: dict[str, Rule] = {"col": col, "feat": feat, "nbr": nbr}
    return {
        name: create_block_mask(rule, count, None, length, length, device=row.device, _compile=compiled)
        for name, rule in rules.items()
    }


def key_counts(batch: Batch) -> dict[str, Tensor]:
    """(B, S) int64 by relation: how many cells a cell sees, without an S x S tensor."""
    row, padding = batch.row, batch.padding
    everyone = ~padding
    size = batch.shape[1]  # row numbers are below S
    parents = _distinct_parents(batch)
    cells = _tally(row, everyone, size)
    feature, children = _read(cells, row, padding), torch.zeros_like(cells)
    for p in range(parents.shape[2]):
        parent = parents[:, :, p]
        feature = feature + _read(cells, parent.masked_fill(parent == row, -1), padding)
        children = children + _tally(parent, everyone, size)
    column = _tally(batch.column, everyone, batch.names.shape[0])
    return {"col": _read(column, batch.column, padding), "feat": feature, "nbr": _read(children, row, padding)}


def child_rows(batch: Batch) -> Tensor:
    """(B, S) int64: how many rows of the sequence refer to the cell's row."""
    count, length = batch.shape
    places = torch.arange(length, device=batch.row.device).expand(count, length)
    row = batch.row.masked_fill(batch.padding, length)
    first = torch.full((count, length + 1), length, device=row.device).scatter_reduce_(1, row, places, "amin")
    once = ~batch.padding & (first.gather(1, row) == places)
    parents = _distinct_parents(batch)
    children = torch.zeros(count, length, dtype=torch.int64, device=row.device)
    for p in range(parents.shape[2]):
        children = children + _tally(parents[:, :, p], once, length)
    return _read(children, batch.row, batch.padding)


def _distinct_parents(batch: Batch) -> Tensor:
    """``parents``, where two keys to one row show it once."""
    parents = batch.parents.clone()
    for p in range(1, parents.shape[2]):
        again = (parents[:, :, p, None] == parents[:, :, :p]).any(-1)
        parents[:, :, p].masked_fill_(again, -1)
    return parents


def _tally(number: Tensor, counted: Tensor, size: int) -> Tensor:
    """(B, size): how many of the ``counted`` cells have each number; -1 is none."""
    counts = torch.zeros(number.shape[0], size, dtype=torch.int64, device=number.device)
    return counts.scatter_add_(1, number.clamp(min=0), (counted & (number >= 0)).long())


def _read(counts: Tensor, number: Tensor, padding: Tensor) -> Tensor:
    """(B, S): the counts of these numbers; 0 for -1 and at padding."""
    return counts.gather(1, number.clamp(min=0)).masked_fill(padding | (number < 0), 0)
