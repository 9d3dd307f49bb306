"""How key columns of a stream are rewritten so that they lead to rows that the target holds already.

A step changes some columns of rows ``start <= row < stop`` of one table; each is a pure function of the row number and
of key values read before, so a stream may be cut anywhere. ``Parents`` gives the parent row numbers of such a range, as
the plan has them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from plurel_sql.errors import RunError

Values = dict[str, pa.Array]
Numbers = npt.NDArray[np.uint64]
Parents = Callable[[int, int], pa.UInt64Array]


class Step(Protocol):
    """``columns`` are those that it may change, ``inputs`` others that it looks at."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def inputs(self) -> tuple[str, ...]: ...

    def apply(self, values: Values, start: int, stop: int) -> None:
        """Replaces those of ``columns`` that are in ``values``, which are of rows ``start`` to ``stop``."""


class Ages(msgspec.Struct, frozen=True):
    """When held rows came about (``times``, microseconds, ascending as the rows stand), and the column that says so of
    the rows that refer to them."""

    column: str
    times: npt.NDArray[np.int64]

    def older(self, values: Values) -> Numbers:
        """How many held rows are no younger than each row."""
        times = values[self.column]
        zone = pa.timestamp("us", "UTC") if getattr(times.type, "tz", None) else pa.timestamp("us")
        micros = np.asarray(times.cast(zone).cast(pa.int64()).fill_null(2**62))
        return np.searchsorted(self.times, micros, side="right").astype(np.uint64)


class Taken(msgspec.Struct, frozen=True):
    """All keys lead to held rows: row k of the plan's parent is row k of ``held``, or with ``ages`` the row at the same
    place among those that are no younger (the oldest of all where none is)."""

    columns: tuple[str, ...]
    sources: tuple[str, ...]
    held: pa.Table
    parents: Parents
    ages: Ages | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.ages.column,) if self.ages else ()

    def apply(self, values: Values, start: int, stop: int) -> None:
        rows = self.parents(start, stop)
        if self.ages is not None and any(name in values for name in self.columns):
            share = np.asarray(rows.fill_null(0)).astype(np.float64) / max(self.held.num_rows, 1)
            rows = pa.array((share * self.ages.older(values)).astype(np.uint64), mask=np.asarray(rows.is_null()))
        _put(values, self.columns, self.sources, self.held, rows)


class Both(msgspec.Struct, frozen=True):
    """Of the keys to new rows a ``share`` leads to held rows instead.

    Which ones is decided row by row, with ``ages`` among those that are no younger than the row; with ``standing`` (a
    held row, or -1, for each new parent row, no held row twice) parent by parent, so that rows with different parents
    still have different ones.
    """

    columns: tuple[str, ...]
    sources: tuple[str, ...]
    held: pa.Table
    parents: Parents
    share: float
    key: str
    standing: npt.NDArray[np.int64] | None = None
    ages: Ages | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.ages.column,) if self.ages else ()

    def apply(self, values: Values, start: int, stop: int) -> None:
        new = self.parents(start, stop)
        null = np.asarray(new.is_null())
        if self.standing is not None:
            chosen = self.standing[np.asarray(new.fill_null(0)).astype(np.int64)]
            moved = (chosen >= 0) & ~null
        else:
            numbers = np.arange(start, stop, dtype=np.uint64)
            known = any(name in values for name in self.columns) and self.ages is not None
            held = self.ages.older(values) if self.ages and known else np.uint64(self.held.num_rows)
            moved = (uniform(self.key, numbers, 0) < self.share) & ~null & (held > 0)
            chosen = (uniform(self.key, numbers, 1) * held).astype(np.int64)
        rows = pa.array(np.maximum(chosen, 0), mask=~moved)
        for name, source in zip(self.columns, self.sources, strict=True):
            if name in values:
                old = _take(self.held[source], rows, values[name].type)
                values[name] = pc.if_else(pa.array(moved), old, values[name])


class Through(msgspec.Struct, frozen=True):
    """Keys to new rows whose own keys were rewritten: ``keys`` gives these, of all rows of the parent."""

    columns: tuple[str, ...]
    sources: tuple[str, ...]
    keys: Callable[[], pa.Table]
    parents: Parents
    inputs: tuple[str, ...] = ()

    def apply(self, values: Values, start: int, stop: int) -> None:
        if any(name in values for name in self.columns):  # else a table's key to itself would ask for itself
            _put(values, self.columns, self.sources, self.keys(), self.parents(start, stop))


class Agree:
    """A key some of whose columns (``shared``) another key has set: one of the rows that fit, or NULL.

    ``held`` gives the keys that there are to choose from, asked for when the first rows are made.
    """

    def __init__(
        self,
        columns: tuple[str, ...],
        sources: tuple[str, ...],
        shared: tuple[str, ...],
        held: Callable[[], pa.Table],
        place: str,
        required: bool,
    ) -> None:
        self.columns = tuple(name for name in columns if name not in shared)
        self.inputs = shared
        self._sources = dict(zip(columns, sources, strict=True))
        self._required = required
        self._place = place
        self._ask = held

    @cached_property
    def _held(self) -> pa.Table:
        return self._ask()

    @cached_property
    def _groups(self) -> tuple[pa.Array, npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The different shared values; the rows in their order, where each one's begin, and how many it has."""
        texts = as_text([self._held[self._sources[name]] for name in self.inputs])
        groups = pc.unique(texts)
        codes = np.asarray(pc.index_in(texts, value_set=groups).fill_null(0)).astype(np.int64)
        counts = np.bincount(codes, minlength=max(len(groups), 1))
        return groups, np.argsort(codes, kind="stable"), np.concatenate([[0], np.cumsum(counts)[:-1]]), counts

    def apply(self, values: Values, start: int, stop: int) -> None:
        if not any(name in values for name in self.columns):
            return
        groups, order, starts, counts = self._groups
        wanted = as_text([values[name] for name in self.inputs])
        code = pc.index_in(wanted, value_set=groups)
        found = ~np.asarray(code.is_null())
        codes = np.asarray(code.fill_null(0)).astype(np.int64)
        absent = np.asarray(pc.is_null(values[self.columns[0]]))  # a key that is NULL by the plan stays so
        draws = uniform(self._place, np.arange(start, stop, dtype=np.uint64), 2)
        picked = order[starts[codes] + (draws * counts[codes]).astype(np.int64)] if len(groups) else codes
        if self._required and (missing := ~found & ~absent).any():
            wants = [values[name][int(np.argmax(missing))] for name in self.inputs]
            said = ", ".join(f"{name} = {value}" for name, value in zip(self.inputs, wants, strict=True))
            raise RunError(f"no parent row fits {said}", place=self._place)
        rows = pa.array(picked, mask=~found | absent)
        for name in self.columns:
            if name in values:
                values[name] = _take(self._held[self._sources[name]], rows, values[name].type)


class Counted(msgspec.Struct, frozen=True):
    """A counter below held rows goes on after the highest that each of them has: ``last`` of parent row k."""

    column: str
    last: npt.NDArray[np.int64]
    parents: Parents
    inputs: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def apply(self, values: Values, start: int, stop: int) -> None:
        if self.column in values:
            rows = self.parents(start, stop)
            last = pa.array(self.last[np.asarray(rows.fill_null(0)).astype(np.int64)])
            counted = values[self.column]
            values[self.column] = pc.add(counted.cast(pa.int64()), last).cast(counted.type)


def _put(values: Values, columns: Sequence[str], sources: Sequence[str], held: pa.Table, rows: pa.UInt64Array) -> None:
    for name, source in zip(columns, sources, strict=True):
        if name in values:
            values[name] = _take(held[source], rows, values[name].type)


def _take(column: pa.ChunkedArray, rows: pa.Array, type_: pa.DataType) -> pa.Array:
    taken = column.take(rows)
    whole = taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken
    return whole if whole.type == type_ else whole.cast(type_)


def as_text(columns: Sequence[Any]) -> pa.Array:
    """One text for each row's values, equal where the values are, as the laxest engine sees it (case and trailing
    blanks disregarded); NULL where one of them is."""
    texts = []
    for column in columns:
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if pa.types.is_binary(array.type):
            text = pa.array([None if value is None else value.hex() for value in array.to_pylist()], pa.string())
        else:
            text = array.cast(pa.string())
        texts.append(pc.utf8_rtrim_whitespace(pc.utf8_lower(text)))
    return pc.binary_join_element_wise(*texts, "\x1f") if len(texts) > 1 else texts[0]


def uniform(key: str, rows: Numbers, lane: int) -> npt.NDArray[np.float64]:
    """Numbers in [0, 1) that hang on key, lane and row number alone (SplitMix64; Steele, Lea and Flood 2014)."""
    seed = int.from_bytes(hashlib.blake2b(f"{key}\0{lane}".encode(), digest_size=8).digest(), "big")
    with np.errstate(over="ignore"):
        z = rows * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) / 2.0**53


def standing(key: str, new: int, held: int, share: float) -> npt.NDArray[np.int64]:
    """For each of ``new`` parent rows a held row that stands in its place, no held row twice, or -1."""
    moved = uniform(key, np.arange(new, dtype=np.uint64), 3) < share
    order = np.argsort(uniform(key, np.arange(held, dtype=np.uint64), 4))
    rows = np.flatnonzero(moved)[:held]
    found = np.full(new, -1, np.int64)
    found[rows] = order[: len(rows)]
    return found
