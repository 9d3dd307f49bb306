"""What the model sees: cells as tensors, and the text vectors that they point to."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

NUMBER, TEXT, DATETIME, BOOLEAN = range(4)
KINDS = ("number", "text", "datetime", "boolean")
"""Names of the kinds of cells, by their number."""


@dataclass(frozen=True)
class Batch:
    """B sequences of S cells; text vectors are looked up on the device, not copied per cell.

    Attributes:
        row: (B, S) int64, number of the cell's row within its sequence; -1 at padding.
        column: (B, S) int64, index into ``names``; a column of a table has one number throughout the batch.
        table: (B, S) int64, number of the cell's table.
        kind: (B, S) int64, index into ``KINDS``.
        value: (B, S) float32, numbers and times standardised, booleans 0 or 1; 0 for text.
        text: (B, S) int64, index into ``texts``; 0 where the cell is no text.
        parents: (B, S, P) int64, numbers of the rows that the cell's row refers to; -1 where there is none.
        target: (B, S) bool, masked cells, whose values are to be predicted.
        padding: (B, S) bool.
        names: (columns, width of text) float32, vectors of "<column> of <table>".
        texts: (texts, width of text) float32.
        spread: (columns, 2) float32, mean and standard deviation of the column; only ``huber_only`` reads it.
    """

    row: Tensor
    column: Tensor
    table: Tensor
    kind: Tensor
    value: Tensor
    text: Tensor
    parents: Tensor
    target: Tensor
    padding: Tensor
    names: Tensor
    texts: Tensor
    spread: Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """B, S."""
        return self.row.shape[0], self.row.shape[1]

    def to(self, device: torch.device | str) -> Batch:
        """On ``device``; from pinned memory the copy doesn't wait."""
        return Batch(**{each.name: getattr(self, each.name).to(device, non_blocking=True) for each in fields(self)})

    def pinned(self) -> Batch:
        """In memory that a GPU copies from by itself."""
        return Batch(**{each.name: getattr(self, each.name).pin_memory() for each in fields(self)})
