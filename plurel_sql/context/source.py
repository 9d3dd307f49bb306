"""Databases that contexts are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import duckdb
import numpy as np

from plurel_sql import _sampler
from plurel_sql.attempts.judge import quoted
from plurel_sql.context import folder
from plurel_sql.context.batch import TIMELESS, Int64
from plurel_sql.context.unmade import links, unmade
from plurel_sql.errors import InputError
from plurel_sql.export.build import build
from plurel_sql.export.folder import manifest
from plurel_sql.export.times import planned
from plurel_sql.plan.model import Plan
from plurel_sql.sample import Sampler, mapped
from plurel_sql.schema.model import Schema

Type = Literal["number", "text", "datetime", "boolean"]
TYPES: tuple[Type, ...] = ("number", "text", "datetime", "boolean")
"""In the order of their codes."""

_CACHE_BYTES = 16 << 20

_RARE = 0.01
"""A boolean that is rarer than this, or as rarely false, is no target."""


@dataclass(frozen=True)
class Column:
    """A column that has cells. A number x stands in batches as (x - mean) / std, a time (in seconds since 1970) by the
    mean and deviation of all times of the database; of a boolean they are told alone. Texts have 0 and 1."""

    table: str
    name: str
    type: Type
    mean: float
    std: float

    @property
    def text(self) -> str:
        """What the column says of itself to a text encoder."""
        return f"{self.name} of {self.table}"


class ContextSource:
    """A database: of a folder (``open``), or of a plan, made in memory (``of_plan``) or never (``virtual``). For any
    thread. The two sources of one plan give the same contexts; rows have the plan's numbers there.

    Attributes:
        name: of the dataset.
        tables: names; batches have their indices.
        columns: all that have cells, over all tables; batches have their indices.
        val_timestamp, test_timestamp: the cuts, nanoseconds since 1970; None where there are none.
        width: the most foreign keys of a table, at least 1.
        native: what the core holds.
        batch_texts: where each batch has its own texts, those that it takes them from.
        is_virtual: batches bring their own texts with them.
    """

    def __init__(
        self,
        name: str,
        native: _sampler.ContextSource,
        tables: Mapping[str, int],
        columns: tuple[Column, ...],
        cuts: tuple[int | None, int | None],
        width: int,
        texts: folder.Texts | None,
        batch_texts: folder.Texts | None,
    ) -> None:
        self.name = name
        self.native = native
        self.tables = tuple(tables)
        self.columns = columns
        self.val_timestamp, self.test_timestamp = cuts
        self.width = width
        self._rows = dict(tables)
        self._texts = texts
        self.batch_texts = batch_texts
        self.is_virtual = texts is None and batch_texts is None

    @classmethod
    def open(cls, path: str | Path) -> ContextSource:
        """The database of a relbench dataset's folder, read into memory: 4 bytes a cell, 8 a foreign key, 8 a time.

        Raises:
            InputError: it is no such folder, or a table is not as its manifest says.
        """
        read = folder.read(Path(path))
        return cls._of(read, mapped(lambda: _sampler.ContextSource.stored(read.tables)), read.texts, None)

    @classmethod
    def of_plan(cls, plan: Plan, name: str = "synthetic", threads: int = 0) -> ContextSource:
        """The database of a fitted plan, as ``synth --format relbench`` would write it, made in memory: no file is
        written. Rows are numbered as in the plan, not by time. Nothing hangs on ``threads``.

        Raises:
            InputError: the plan has no schema, or is not one.
            RunError: a row could not be made.
        """
        schema = _schema(plan)
        sampler = Sampler(plan, threads)
        with duckdb.connect(":memory:", config={"threads": threads} if threads else {}) as connection:
            layout = build(name, schema, planned(plan), sampler.batches, connection, by_time=False)
            data = {table.name: connection.table(quoted(table.name)).to_arrow_table() for table in layout.tables}
        read = folder.prepared(manifest(layout), data, sampled=True)
        laws = [(table.source, links(plan, schema, table)) for table in layout.tables]
        native = mapped(lambda: _sampler.ContextSource.stored(read.tables, (sampler.native, laws)))
        return cls._of(read, native, None, read.texts)

    @classmethod
    def virtual(cls, plan: Plan, name: str = "synthetic", cache_bytes: int = _CACHE_BYTES) -> ContextSource:
        """The same database, never made: rows come to be when a context shows them. Opening it takes no longer for
        more rows, and nothing is kept of them. It has no ``val_timestamp``, since that hangs on all rows.

        Args:
            cache_bytes: memory that parents' values may be kept in. Contexts don't depend on it.

        Raises:
            InputError: the plan has no schema, is not one, or has something that is known only when all rows are made.
        """
        sampler = Sampler(plan, cache_bytes=cache_bytes)
        native, found, rows, width = unmade(name, plan, _schema(plan), sampler)
        return cls(name, native, rows, _columns(found), (None, None), width, None, None)

    @classmethod
    def _of(
        cls,
        read: folder.Read,
        native: _sampler.ContextSource,
        texts: folder.Texts | None,
        batch_texts: folder.Texts | None,
    ) -> ContextSource:
        columns = _columns(read.columns)
        return cls(read.name, native, read.rows, columns, read.cuts, read.width, texts, batch_texts)

    @cached_property
    def texts(self) -> list[str]:
        """What text cells point to; empty for a plan's database, whose batches have their own: there is no end to
        fresh databases, and most of their texts are never seen."""
        return [] if self._texts is None else self._texts.to_pylist()

    @cached_property
    def targets(self) -> tuple[int, ...]:
        """Columns that pretraining may ask for: numbers that vary, booleans that are not nearly always the same."""
        return tuple(k for k, column in enumerate(self.columns) if _varies(column))

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return self._rows[self.tables[self.table(table)]]

    def table(self, name: str) -> int:
        """The index of a table. InputError where there is none of the name."""
        if name not in self.tables:
            raise InputError(f"there is no table {name}", place=self.name, hint=f"there are {', '.join(self.tables)}")
        return self.tables.index(name)

    def column(self, table: str, name: str) -> int:
        """The index of a column. InputError where there is none of the name, or it has no cells (a key)."""
        place = self._places.get((table, name))
        if place is None:
            raise InputError(f"table {table} has no column {name} with cells", place=self.name)
        return place

    def __contains__(self, column: tuple[str, str]) -> bool:
        """Whether (table, name) is a column that has cells."""
        return column in self._places

    def times(self, table: Int64, rows: Int64) -> Int64:
        """When rows were: nanoseconds since 1970, the least number where they have no time. ``table`` are indices.
        RunError where there is no such row."""
        found = mapped(lambda: self.native.times(table.tobytes(), rows.tobytes()))
        return np.frombuffer(found, np.int64)

    @cached_property
    def moments(self) -> tuple[float, float]:
        """Mean and deviation of all times of the database, in seconds since 1970."""
        return next(((c.mean, c.std) for c in self.columns if c.type == "datetime"), (0.0, 1.0))

    def standard(self, times: Int64) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """Times (nanoseconds) as cells have them; 0 where there is none."""
        mean, std = self.moments
        found = np.where(times == TIMELESS, 0.0, (times / 1e9 - mean) / (std or 1.0))
        return found.astype(np.float32)

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {(column.table, column.name): k for k, column in enumerate(self.columns)}


def _columns(found: Sequence[folder.Described]) -> tuple[Column, ...]:
    return tuple(Column(each.table, each.name, TYPES[each.kind], each.mean, each.std) for each in found)


def _schema(plan: Plan) -> Schema:
    if plan.schema is None:
        raise InputError("has no schema, so its tables are not known", place="plan")
    return plan.schema


def _varies(column: Column) -> bool:
    if column.type == "boolean":
        return _RARE <= column.mean <= 1 - _RARE
    return column.type == "number" and column.std > 0
