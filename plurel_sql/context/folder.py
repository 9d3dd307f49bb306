"""A relbench dataset's folder as arrays for the core: times, row numbers of parents, cells in four bytes each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from plurel_sql.context.batch import TIMELESS
from plurel_sql.errors import InputError

Given = tuple[str, int, pa.RecordBatch, bool, list[int], list[tuple[int, int]]]
"""A table as ``_sampler.ContextSource.stored`` takes it."""

Texts: TypeAlias = pa.LargeStringArray

NUMBER, TEXT, DATETIME, BOOLEAN = range(4)
NAMES = ("number", "text", "datetime", "boolean")


SAMPLE = 1 << 12
"""Rows of a plan's table that its means and deviations are of, at most: so they are the same whether its database is
made or not."""


class Described(NamedTuple):
    """A column that has cells: its kind, and the mean and deviation of its numbers."""

    table: str
    name: str
    kind: int
    mean: float
    std: float


@dataclass(frozen=True)
class Read:
    """A folder read. ``rows`` counts by table."""

    name: str
    tables: list[Given]
    columns: list[Described]
    rows: dict[str, int]
    texts: Texts
    cuts: tuple[int | None, int | None]
    width: int


def read(path: Path) -> Read:
    """The folder's tables, whole.

    Raises:
        InputError: it is no dataset, or a table is not as the manifest says.
    """
    manifest = _manifest(path)
    specs = manifest["tables"]
    return prepared(manifest, {name: _table(path / "db" / f"{name}.parquet", spec) for name, spec in specs.items()})


def prepared(manifest: Mapping[str, Any], data: Mapping[str, pa.Table], sampled: bool = False) -> Read:
    """Tables as the core takes them; ``manifest`` is as in a folder. With ``sampled`` means and deviations are those of
    ``picked`` rows, and rows without time are lent none: a plan's whole tables are not there to ask."""
    specs: Mapping[str, Any] = manifest["tables"]
    names = list(specs)
    rows = {name: table.num_rows for name, table in data.items()}
    columns = described(
        specs, {name: table.take(picked(rows[name])) for name, table in data.items()} if sampled else data, rows
    )
    texts, codes = _texts([data[column.table][column.name] for column in columns if column.kind == TEXT])
    arrays = [next(codes) if column.kind == TEXT else _scaled(data[column.table], column) for column in columns]
    times = _times(specs, data, lend=not sampled)
    given = []
    for name in names:
        own = [k for k, column in enumerate(columns) if column.table == name]
        spec = specs[name]
        time = times.get(name)
        held = [] if time is None else [pa.array(time)]
        held += [data[name][column].cast(pa.int64()).combine_chunks() for column in spec.get("fkeys") or {}]
        held += [arrays[k] for k in own]
        batch = pa.RecordBatch.from_arrays(
            [each.combine_chunks() if isinstance(each, pa.ChunkedArray) else each for each in held],
            names=[str(k) for k in range(len(held))],
        )
        links = [names.index(parent) for parent in (spec.get("fkeys") or {}).values()]
        given.append((name, rows[name], batch, time is not None, links, [(k, columns[k].kind) for k in own]))
    return Read(
        name=str(manifest.get("name", "dataset")),
        tables=given,
        columns=columns,
        rows={name: rows[name] for name in names},
        texts=texts,
        cuts=(cut(manifest.get("val_timestamp")), cut(manifest.get("test_timestamp"))),
        width=width(specs),
    )


def _times(specs: Mapping[str, Any], data: Mapping[str, pa.Table], lend: bool) -> dict[str, npt.NDArray[np.int64]]:
    """When rows were, in nanoseconds, ``TIMELESS`` where that is not known; tables without time are left out. Where
    ``lend``, such a table has that of the latest row it refers to."""
    own = {
        name: pc.fill_null(nanoseconds(data[name][spec["time_col"]]).cast(pa.int64()), TIMELESS).to_numpy()
        for name, spec in specs.items()
        if spec.get("time_col") is not None
    }
    found = own
    for _ in specs if lend else ():  # a parent's time may itself be lent
        lent = {
            name: [_lent(data[name][column], found[parent]) for column, parent in links.items() if parent in found]
            for name, spec in specs.items()
            if name not in own and (links := spec.get("fkeys") or {})
        }
        found = own | {name: np.maximum.reduce(each) for name, each in lent.items() if each}
    return found


def _lent(keys: pa.ChunkedArray, times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    rows = pc.fill_null(keys.cast(pa.int64()), -1).to_numpy()
    is_there = (rows >= 0) & (rows < len(times))  # the core refuses others by name
    found: npt.NDArray[np.int64] = np.append(times, TIMELESS)[np.where(is_there, rows, len(times))]
    return found


def described(specs: Mapping[str, Any], data: Mapping[str, pa.Table], rows: Mapping[str, int]) -> list[Described]:
    """The columns that have cells, by ``data``: of each of the manifest's tables all of its ``rows``, or some of them
    that stand for all."""
    found = [(name, column, kind) for name in specs for column, kind in _cells(data[name], specs[name])]
    values = [np.empty(0) if kind == TEXT else _numbers(data[name][column], kind) for name, column, kind in found]
    weights = [rows[name] / max(1, data[name].num_rows) for name, *_ in found]
    times = [k for k, (*_, kind) in enumerate(found) if kind == DATETIME]
    moments = _moments([values[k] for k in times], [weights[k] for k in times])
    spreads = {TEXT: lambda _: (0.0, 1.0), DATETIME: lambda _: moments}
    return [
        Described(name, column, kind, *spreads.get(kind, spread)(values[k]))
        for k, (name, column, kind) in enumerate(found)
    ]


def picked(rows: int) -> npt.NDArray[np.int64]:
    """Rows of a plan's table that stand for all: ``SAMPLE`` that lie evenly, or all of fewer."""
    count = min(rows, SAMPLE)
    return np.arange(count) * rows // max(1, count)


def width(specs: Mapping[str, Any]) -> int:
    """The most foreign keys that a table of a manifest has, at least 1."""
    return max([1, *(len(spec.get("fkeys") or {}) for spec in specs.values())])


def cut(moment: object) -> int | None:
    """A manifest's moment in nanoseconds."""
    return None if moment is None else int(np.datetime64(str(moment).replace(" ", "T"), "ns").astype(np.int64))


def spread(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Mean and deviation of what is a number."""
    held = values[np.isfinite(values)]
    return (float(held.mean()), float(held.std())) if held.size else (0.0, 0.0)


def nanoseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A date or timestamp column as timestamps in nanoseconds without a zone."""
    return column.cast(pa.timestamp("us") if pa.types.is_date(column.type) else column.type).cast(pa.timestamp("ns"))


def _manifest(path: Path) -> dict[str, Any]:
    file = path / "manifest.yaml"
    try:
        manifest = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "a folder with manifest.yaml and db/, as synth --format relbench writes it"
        raise InputError("is no relbench dataset: it has no manifest.yaml", place=str(path), hint=hint) from error
    except yaml.YAMLError as error:
        raise InputError(f"is not YAML: {error}", place=str(file)) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("tables"), dict) or not manifest["tables"]:
        raise InputError("names no tables", place=str(file), hint="tables: {name: {pkey, time_col, fkeys}}")
    return manifest


def _table(file: Path, spec: Mapping[str, Any]) -> pa.Table:
    try:
        table = pq.read_table(file)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"can't be read: {' '.join(str(error).split())}", place=str(file)) from error
    keys = [spec.get("pkey"), spec.get("time_col"), *(spec.get("fkeys") or {})]
    if missing := [key for key in keys if key is not None and key not in table.column_names]:
        raise InputError(f"has no column {missing[0]}, which the manifest names", place=str(file))
    time = spec.get("time_col")
    if time is not None and not pa.types.is_temporal(table[time].type):
        raise InputError(f"its time {time} is {table[time].type}, not a timestamp", place=str(file))
    for key in spec.get("fkeys") or {}:
        if not pa.types.is_integer(table[key].type):
            raise InputError(f"its foreign key {key} is {table[key].type}, not row numbers", place=str(file))
    return table


def _cells(table: pa.Table, spec: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The columns that have cells, and their kinds: all but keys and what is of no such kind."""
    keys = {spec.get("pkey"), *(spec.get("fkeys") or {})}
    for field in table.schema:
        if field.name not in keys and (kind := _kind(field.type)) is not None:
            yield field.name, kind


def _kind(type_: pa.DataType) -> int | None:
    types = pa.types
    if types.is_dictionary(type_):
        type_ = type_.value_type
    if types.is_boolean(type_):
        return BOOLEAN
    if types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_):
        return NUMBER
    if types.is_string(type_) or types.is_large_string(type_):
        return TEXT
    return DATETIME if types.is_timestamp(type_) or types.is_date(type_) else None


def _numbers(column: pa.ChunkedArray, kind: int) -> npt.NDArray[np.float64]:
    """A column's values, times in seconds; NaN where they are NULL."""
    if kind == DATETIME:
        column = nanoseconds(column).cast(pa.int64())
    found: npt.NDArray[np.float64] = pc.cast(column, pa.float64(), safe=False).to_numpy()
    return found / 1e9 if kind == DATETIME else found


def _scaled(table: pa.Table, column: Described) -> pa.Array:
    values = _numbers(table[column.name], column.kind)
    scaled = values if column.kind == BOOLEAN else (values - column.mean) / (column.std or 1.0)
    return pa.array(scaled.astype(np.float32))


def _moments(columns: list[npt.NDArray[np.float64]], weights: list[float]) -> tuple[float, float]:
    """Mean and deviation of all numbers of some columns, each of which counts ``weight`` times."""
    held = [column[np.isfinite(column)] for column in columns]
    total = sum(weight * len(values) for values, weight in zip(held, weights, strict=True))
    if total == 0:
        return (0.0, 0.0)
    mean = sum(weight * float(values.sum()) for values, weight in zip(held, weights, strict=True)) / total
    squares = (weight * float(((values - mean) ** 2).sum()) for values, weight in zip(held, weights, strict=True))
    return (mean, float(np.sqrt(sum(squares) / total)))


def _texts(columns: list[pa.ChunkedArray]) -> tuple[Texts, Iterator[pa.Int32Array]]:
    """All texts, each once, and each column as indices into them."""
    whole = pa.chunked_array(
        [c for column in columns for c in column.cast(pa.large_string()).chunks], pa.large_string()
    )
    coded = whole.dictionary_encode().combine_chunks()
    coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
    lengths = [len(column) for column in columns]
    starts = np.cumsum([0, *lengths])
    parts = (coded.indices.slice(start, length) for start, length in zip(starts, lengths, strict=False))
    return coded.dictionary, parts
