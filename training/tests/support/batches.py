"""Random batches in the form that the context sampler's have."""

from __future__ import annotations

import torch

from plurel_training.batch import NUMBER, TEXT, Batch


def random_batch(
    seed: int = 0, *, count: int = 3, length: int = 48, width: int = 12, keys: int = 3, masked: tuple[int, ...] = (0, 3)
) -> Batch:
    """A few tables of a few columns; rows refer to earlier rows, twice to the same one, and to themselves."""
    random = torch.Generator().manual_seed(seed)

    def draw(high: int, *shape: int) -> torch.Tensor:
        return torch.randint(high, shape, generator=random)

    tables = 3
    widths = [2, 4, 3]
    firsts = [0, 2, 6]
    kinds = [0, 3, 2, 0, 1, 3, 0, 1, 0]  # of the nine columns
    row = torch.full((count, length), -1)
    column, table, kind = (torch.zeros(count, length, dtype=torch.int64) for _ in range(3))
    parents = torch.full((count, length, keys), -1)
    padding = torch.ones(count, length, dtype=torch.bool)
    for b in range(count):
        filled = length - int(draw(length // 3, 1))
        place = number = 0
        while place < filled:
            t = int(draw(tables, 1))
            mine = [int(draw(number + 1, 1)) if int(draw(3, 1)) else -1 for _ in range(keys)]
            for c in range(min(widths[t], filled - place)):
                row[b, place], table[b, place], column[b, place] = number, t, firsts[t] + c
                kind[b, place] = kinds[firsts[t] + c]
                parents[b, place] = torch.tensor(mine)
                padding[b, place] = False
                place += 1
            number += 1
    value = torch.randn(count, length, generator=random)
    value = torch.where(kind == 3, (value > 0).float(), value).masked_fill(padding, 0)
    value = value.masked_fill(kind == TEXT, 0)
    allowed = torch.isin(kind, torch.tensor(masked)) & ~padding
    target = allowed & (torch.rand(count, length, generator=random) < 0.2)
    for b in range(count):  # at least one each
        if not target[b].any():
            target[b, int(allowed[b].nonzero()[0])] = True
    texts = torch.randn(7, width, generator=random)
    return Batch(
        row=row,
        column=column,
        table=table,
        kind=kind,
        value=value,
        text=torch.where(kind == TEXT, draw(7, count, length), 0),
        parents=parents,
        target=target,
        padding=padding,
        names=torch.randn(len(kinds), width, generator=random),
        texts=texts,
        spread=torch.tensor([[0.4, 0.49] if k == 3 else [0.0, 1.0] for k in kinds]),
    )


__all__ = ["NUMBER", "random_batch"]
