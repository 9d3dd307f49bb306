"""What a batch of contexts is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

TIMELESS = int(np.iinfo(np.int64).min)
"""No time, as numpy's NaT is in 64 bits."""

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class ContextBatch:
    """B sequences of S cells. Cells of one row stand together; the cell to be predicted is the first of its sequence,
    padding the last.

    Attributes:
        row: (B, S) the row's number in its sequence, -1 at padding.
        table: (B, S) index into the source's tables (a task's table comes after them), -1 at padding.
        column: (B, S) index into the source's columns (a task's columns come after them), -1 at padding.
        type: (B, S) int8: 0 number, 1 text, 2 datetime, 3 boolean.
        value: (B, S) float32: a number standardised over its column, a time over the database, 0 or 1; 0 for text. At
            ``target`` it is what is to be predicted.
        text: (B, S) index into the source's texts, or into ``texts`` where the source has none; -1 for other types.
        parents: (B, S, P) numbers in the sequence of the rows that the cell's row refers to, one place for each foreign
            key; -1 where it is NULL or the row is not there.
        target: (B, S) bool: cells to mask and predict.
        padding: (B, S) bool.
        origin: (B, S, 2) int64: the table and the row's number in the source, -1 at padding.
        seed_time: (B,) nanoseconds since 1970, no later row is seen; the least number where there is no such time.
        texts: the texts of this batch in order of appearance, where the source has none; else None.
    """

    row: Int32
    table: Int32
    column: Int32
    type: npt.NDArray[np.int8]
    value: npt.NDArray[np.float32]
    text: Int32
    parents: Int32
    target: npt.NDArray[np.bool_]
    padding: npt.NDArray[np.bool_]
    origin: Int64
    seed_time: Int64
    texts: list[str] | None

    @classmethod
    def of(cls, made: Mapping[str, Any], length: int, width: int) -> ContextBatch:
        """The arrays in the buffers of the native module, for sequences of ``length`` cells with ``width`` parents."""

        def array(name: str, type_: type[np.generic], *inner: int) -> Any:
            return np.frombuffer(made[name], type_).reshape(-1, *inner)

        return cls(
            row=array("row", np.int32, length),
            table=array("table", np.int32, length),
            column=array("column", np.int32, length),
            type=array("type", np.int8, length),
            value=array("value", np.float32, length),
            text=array("text", np.int32, length),
            parents=array("parents", np.int32, length, width),
            target=array("target", np.bool_, length),
            padding=array("padding", np.bool_, length),
            origin=array("origin", np.int64, length, 2),
            seed_time=array("seed_time", np.int64).reshape(-1),
            texts=None,
        )

    def with_texts(self, all_: pa.LargeStringArray) -> ContextBatch:
        """The batch with those of ``all_`` that it points to as its own texts, in order of appearance."""
        held = self.text >= 0
        used, first, places = np.unique(self.text[held], return_index=True, return_inverse=True)
        order = np.argsort(first)
        text = self.text.copy()
        text[held] = np.argsort(order)[places]
        return replace(self, text=text, texts=all_.take(pa.array(used[order])).to_pylist())
