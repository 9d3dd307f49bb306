"""Plan -> Arrow streams. The only importer of the native module, and the only place that maps its errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pyarrow as pa

from plurel_sql import _sampler
from plurel_sql.errors import ImpossibleError, InputError, PlurelError, RunError
from plurel_sql.plan.model import Plan, decode, encode

_T = TypeVar("_T")

BATCH_ROWS = 122_880
"""Rows of one batch: a row group of DuckDB."""

CACHE_BYTES = 1 << 30
"""Memory for parents' values, unless told otherwise."""

_KINDS: dict[str, type[PlurelError]] = {"plan": InputError, "impossible": ImpossibleError, "run": RunError}


class Sampler:
    """An opened plan: any rows of any table, as Arrow, as often as wanted.

    Args:
        plan: a fitted plan.
        threads: worker threads, 0 for one per core. The rows don't depend on it.
        cache_bytes: memory that parents' values may be kept in. The rows don't depend on it.

    Raises:
        InputError: the plan is not one.
        ImpossibleError: it asks for what can't be.
    """

    def __init__(self, plan: Plan, threads: int = 0, cache_bytes: int = CACHE_BYTES) -> None:
        self._plan = plan
        self._database = _mapped(lambda: _sampler.Database.open(encode(plan), threads, cache_bytes))

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
        stream = _mapped(
            lambda: self._database.stream(table, start=start, stop=end, batch_rows=batch_rows, columns=names)
        )
        reader = pa.RecordBatchReader.from_stream(stream)
        return pa.RecordBatchReader.from_batches(reader.schema, _guarded(reader, table))

    def parents(self, table: str, link: int, start: int = 0, stop: int | None = None) -> list[int | None]:
        """The parent row of each row ``start <= row < stop`` along the ``link``-th link of the table's plan; None where
        its key is NULL. RunError where there is no such link or row."""
        end = self._plan.table(table).rows if stop is None else stop
        return _mapped(lambda: self._database.parents(table, link, start, end))

    def children(self, table: str, link: int, parent_row: int) -> list[int]:
        """The rows of ``table`` whose ``link``-th link leads to ``parent_row``, ascending: the inverse of ``parents``.

        RunError where there is no such link or row.
        """
        return _mapped(lambda: self._database.children(table, link, parent_row))


def fit(plan: Plan) -> Plan:
    """``plan`` with its SCMs drawn and calibrated on a pilot of its own rows.

    Raises:
        InputError, ImpossibleError: as in ``Sampler``.
    """
    return decode(_mapped(lambda: _sampler.fit(encode(plan))))


def _guarded(reader: pa.RecordBatchReader, table: str) -> Iterator[pa.RecordBatch]:
    """The batches of ``reader``, with Arrow's errors turned into RunErrors that name the table."""
    try:
        yield from reader
    except (pa.ArrowException, OSError) as error:
        raise RunError(str(error).strip(), place=table) from error


def _mapped(call: Callable[[], _T]) -> _T:
    try:
        return call()
    except _sampler.SamplerError as error:
        raise _KINDS.get(error.kind, RunError)(error.message, place=error.place or None) from error
