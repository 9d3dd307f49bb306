"""Plan -> Arrow streams. The place that maps the native module's errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from msgspec.structs import replace

from plurel_sql import _sampler
from plurel_sql.attempts.judge import Judge
from plurel_sql.attempts.mend import Mender
from plurel_sql.errors import ImpossibleError, InputError, PlurelError, RunError
from plurel_sql.plan.model import Plan, decode

_T = TypeVar("_T")

Fitted = _sampler.Fitted
"""The models of a plan that was just fitted, with what is known of its rows already."""

BATCH_ROWS = 122_880
"""Rows of one batch: a row group of DuckDB."""

CACHE_BYTES = 1 << 30
"""Memory for parents' values, unless told otherwise."""

_NONE = 2**64 - 1  # sampler/src/world.rs
_KINDS: dict[str, type[PlurelError]] = {"plan": InputError, "impossible": ImpossibleError, "run": RunError}


class Sampler:
    """An opened plan: any rows of any table, as Arrow, as often as wanted.

    Args:
        plan: a fitted plan.
        threads: worker threads, 0 for one per core. The rows don't depend on it.
        cache_bytes: memory that parents' values may be kept in. The rows don't depend on it.
        models: those of the plan, where ``fit`` has just made them. The rows don't depend on it, but are there sooner.

    Raises:
        InputError: the plan is not one.
        ImpossibleError: it asks for what can't be.
    """

    def __init__(
        self, plan: Plan, threads: int = 0, cache_bytes: int = CACHE_BYTES, models: Fitted | None = None
    ) -> None:
        self._plan = plan
        bare = _handed(replace(plan, schema=None, notes=()))  # what only targets and people read may be large
        self._database = mapped(lambda: _sampler.Database.open(bare, threads, cache_bytes, models))

    @property
    def native(self) -> _sampler.Database:
        """The plan as the core has it open."""
        return self._database

    def batches(
        self,
        table: str,
        start: int = 0,
        stop: int | None = None,
        columns: Sequence[str] | None = None,
        batch_rows: int = BATCH_ROWS,
    ) -> pa.RecordBatchReader:
        """Rows ``start <= row < stop`` of ``table`` (to its end where None), made while they are read.

        A batch has at most ``batch_rows`` rows; how the rows are cut into batches changes none of them. Errors while
        reading are RunErrors (or another PlurelError), raised by ``read_next_batch``.
        """
        rows = self._plan.table(table).rows
        end = rows if stop is None else stop
        if not 0 <= start <= end <= rows:
            raise InputError(f"rows {start}:{end} are not within its {rows:,} rows", place=table)
        names = None if columns is None else list(columns)
        mender = self.mender(table) if self._plan.table(table).retries else None
        beside = [] if mender is None or names is None else mender.reads(names)
        wanted = None if names is None else names + beside
        stream = mapped(
            lambda: self._database.stream(table, start=start, stop=end, batch_rows=batch_rows, columns=wanted)
        )
        reader = pa.RecordBatchReader.from_stream(stream)
        schema = reader.schema if names is None else pa.schema([reader.schema.field(name) for name in names])
        batches = _guarded(reader, table)
        if mender is not None:
            batches = _mended(mender, batches, start, schema)
        return pa.RecordBatchReader.from_batches(schema, batches)

    def mender(self, table: str) -> Mender:
        """What makes the table's rows meet its CHECKs; for one thread."""
        found = self._plan.table(table)
        return Mender(found, self._plan.seed, lambda rows, names, at: self.rows_at(table, rows, names, at), self._judge)

    def rows_at(
        self,
        table: str,
        rows: npt.NDArray[np.uint64],
        columns: Sequence[str],
        attempt: tuple[int, int] | None = None,
    ) -> pa.Table:
        """Cells of any rows as they are first drawn, or, with ``attempt`` (the index of a retry, a number from 1), with
        that retry's columns drawn anew. RunError where there is no such row, column or retry."""
        numbers = np.ascontiguousarray(rows, "<u8").tobytes()
        made = mapped(lambda: self._database.rows_at(table, numbers, list(columns), attempt))
        return pa.RecordBatchReader.from_stream(made).read_all()

    @cached_property
    def _evaluator(self) -> Judge:
        return Judge()

    @property
    def _judge(self) -> Judge:
        return self._evaluator.cursor()

    def parents(self, table: str, link: int, start: int = 0, stop: int | None = None) -> pa.UInt64Array:
        """The parent row of each row ``start <= row < stop`` along the ``link``-th link of the table's plan; NULL where
        its key is NULL. RunError where there is no such link or row."""
        end = self._plan.table(table).rows if stop is None else stop
        found = np.frombuffer(mapped(lambda: self._database.parents(table, link, start, end)), "<u8")
        return pa.array(found, mask=found == _NONE)

    def children(self, table: str, link: int, parent_row: int) -> list[int]:
        """The rows of ``table`` whose ``link``-th link leads to ``parent_row``, ascending: the inverse of ``parents``.

        RunError where there is no such link or row.
        """
        return mapped(lambda: self._database.children(table, link, parent_row))

    def latents(self, table: str, start: int, stop: int) -> pa.RecordBatch:
        """What stands behind rows ``start <= row < stop``: ``row``, ``time`` (microseconds, where the table has time),
        ``latent:NODE`` of each node (float, or a category's index), and of each causal link ``parent:LINK``, the
        row that it read (NULL without one), and ``trait:LINK``, that row's hidden trait, where it is a cause.

        RunError where there is no such table or row.
        """
        made = mapped(lambda: self._database.latents(table, start, stop))
        return pa.RecordBatchReader.from_stream(made).read_next_batch()

    def mechanisms(self, table: str) -> dict[str, Any]:
        """The tabulated encoders and the decoders' layers of the table's model (sampler/src/scm/tabulate.rs)."""
        tables: dict[str, Any] = msgspec.json.decode(mapped(lambda: self._database.mechanisms(table)))
        return tables

    def redraw(
        self,
        table: str,
        column: str,
        rows: npt.NDArray[np.uint64],
        draws: int,
        *,
        free: Sequence[str],
        asked: Sequence[str] = (),
        weigh: bool = True,
    ) -> pa.RecordBatch:
        """What the column's cells might have been: draws 1 to ``draws``, one after another, each at all ``rows``.

        Nodes of ``free`` are drawn anew from their mechanisms; all others keep their latents. Fields: ``value`` (NULLs
        left out), ``weight``, the logarithm up to a constant of the row of how likely the draw makes the latents that
        are kept (0 unless ``weigh``), and ``rank:NODE`` of each node of ``asked``, which must hold those that the
        column is made from.

        RunError where something of that doesn't exist, or the density of a latent can't be had.
        """
        numbers = np.ascontiguousarray(rows, "<u8").tobytes()
        made = mapped(
            lambda: self._database.redraw(table, column, numbers, (1, draws + 1), list(free), list(asked), weigh)
        )
        return pa.RecordBatchReader.from_stream(made).read_next_batch()


def fit(plan: Plan) -> tuple[Plan, Fitted]:
    """``plan`` with its SCMs drawn and calibrated on a pilot of its own rows, and its models for a ``Sampler``.

    Raises:
        InputError, ImpossibleError: as in ``Sampler``.
    """
    fitted = mapped(lambda: Fitted(_handed(plan)))
    return decode(fitted.plan), fitted


def _handed(plan: Plan) -> bytes:
    """The plan as the core reads it: JSON, and without the spaces that are half of what ``encode`` writes."""
    return msgspec.json.encode(plan)


def _guarded(reader: pa.RecordBatchReader, table: str) -> Iterator[pa.RecordBatch]:
    """The batches of ``reader``, with Arrow's errors turned into RunErrors that name the table."""
    try:
        yield from reader
    except (pa.ArrowException, OSError) as error:
        raise RunError(str(error).strip(), place=table) from error


def _mended(
    mender: Mender, batches: Iterator[pa.RecordBatch], start: int, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """The batches with every row meeting its CHECKs, and the columns of ``schema`` alone."""
    for batch in batches:
        mended = mender.mend(pa.Table.from_batches([batch]), start).select(schema.names).combine_chunks()
        start += batch.num_rows
        yield from mended.to_batches() if mended.num_rows else []


def mapped(call: Callable[[], _T]) -> _T:
    """What ``call`` gives; an error of the native module as the PlurelError that it stands for."""
    try:
        return call()
    except _sampler.SamplerError as error:
        raise _KINDS.get(error.kind, RunError)(error.message, place=error.place or None) from error
