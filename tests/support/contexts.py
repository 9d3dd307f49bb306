"""A batch of contexts, cell by cell, against the Parquet files that it was drawn from; no code of the sampler's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from plurel_sql.context import ContextBatch, ContextSource, Task

TIMELESS = np.iinfo(np.int64).min
Row = tuple[str, int]


@dataclass
class Read:
    """A folder's tables as Python values; times in nanoseconds."""

    names: list[str]
    rows: dict[str, list[dict[str, Any]]]
    keys: dict[str, str | None]
    times: dict[str, str | None]
    links: dict[str, dict[str, str]]

    def time(self, row: Row) -> int | None:
        column = self.times[row[0]]
        return self.lent.get(row) if column is None else self.rows[row[0]][row[1]][column]

    @cached_property
    def lent(self) -> dict[Row, int]:
        """Rows of tables without time: the latest time of what they refer to, which may be lent again."""
        found: dict[Row, int] = {}
        bare = [(name, k) for name in self.names if self.times[name] is None for k in range(len(self.rows[name]))]
        for _ in self.names:
            before, found = found, {}
            for row in bare:
                parents = [parent for parent in self.parents(row) if parent is not None]
                times = [self._known(parent, before) for parent in parents]
                if any(time is not None for time in times):
                    found[row] = max(time for time in times if time is not None)
        return found

    def _known(self, row: Row, lent: dict[Row, int]) -> int | None:
        column = self.times[row[0]]
        return lent.get(row) if column is None else self.rows[row[0]][row[1]][column]

    def parents(self, row: Row) -> list[Row | None]:
        cells = self.rows[row[0]][row[1]]
        found = ((parent, cells[column]) for column, parent in self.links[row[0]].items())
        return [None if number is None else (parent, number) for parent, number in found]

    def cells(self, row: Row) -> dict[str, Any]:
        """What is not NULL and no key."""
        table, number = row
        keys = {self.keys[table], *self.links[table]}
        return {
            name: value for name, value in self.rows[table][number].items() if name not in keys and value is not None
        }

    @cached_property
    def has_bare_rows(self) -> bool:
        """Whether a row has no cell: a batch does not tell that it was passed."""
        return any(not self.cells((name, k)) for name in self.names for k in range(len(self.rows[name])))


def read(folder: Path) -> Read:
    tables = yaml.safe_load((folder / "manifest.yaml").read_text())["tables"]
    rows = {}
    for name in tables:
        data = pq.read_table(folder / "db" / f"{name}.parquet")
        columns = []
        for column in data.columns:
            whole = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
            columns.append(whole.to_pylist())
        rows[name] = [dict(zip(data.column_names, row, strict=True)) for row in zip(*columns, strict=True)]
    return Read(
        list(tables),
        rows,
        {name: spec["pkey"] for name, spec in tables.items()},
        {name: spec["time_col"] for name, spec in tables.items()},
        {name: spec["fkeys"] for name, spec in tables.items()},
    )


def with_task(database: Read, task: Task) -> Read:
    """The database with the task's rows as a table of their own."""
    key = "entity"
    labels = [None if np.isnan(label) else label for label in task.labels]
    made = [
        {task.target: label, task.time: int(time), key: int(row)}
        for label, time, row in zip(labels, task.times, task.rows, strict=True)
    ]
    return Read(
        [*database.names, task.name],
        {**database.rows, task.name: made},
        {**database.keys, task.name: None},
        {**database.times, task.name: task.time},
        {**database.links, task.name: {key: task.table}},
    )


def audit(
    batch: ContextBatch,
    database: Read,
    source: ContextSource,
    *,
    seeds: Collection[Row],
    targets: Collection[str],
    leaks: Collection[tuple[str, str]] = (),
    published: bool = False,
    fill: bool = True,
    task: Task | None = None,
    texts: Sequence[str] | None = None,
) -> list[list[Row]]:
    """Everything that must be true of every sequence; gives the rows of each, in order. ``texts`` are the batch's where
    the source has none."""
    texts = source.texts if texts is None else texts
    columns = [*source.columns, *(task.columns(source) if task else ())]
    found = []
    for k, (seed, target) in enumerate(zip(seeds, targets, strict=True)):
        length = int((~batch.padding[k]).sum())
        assert not batch.padding[k, :length].any() and batch.padding[k, length:].all()
        for array, empty in (
            (batch.row, -1),
            (batch.table, -1),
            (batch.column, -1),
            (batch.parents, -1),
            (batch.value, 0),
        ):
            assert (array[k, length:] == empty).all()
        assert batch.target[k].sum() == 1 and batch.target[k, 0]
        rows, cells = _rows(batch, k, length, database, columns)
        assert rows[0] == seed and cells[0][0][0] == target and len(set(rows)) == len(rows)
        until = int(batch.seed_time[k])
        is_last_cut = length == batch.row.shape[1]
        for number, (row, held) in enumerate(zip(rows, cells, strict=True)):
            expected = database.cells(row)
            if row == seed or (database.time(row) if database.time(row) is not None else TIMELESS) == until:
                hidden = {name for table, name in leaks if table == row[0]}
                expected = {n: v for n, v in expected.items() if n not in hidden or (row == seed and n == target)}
            names = [name for name, _ in held]
            assert len(set(names)) == len(names)
            if not (is_last_cut and number == len(rows) - 1):
                assert set(names) == set(expected), row
            for name, value in held:
                _same(value, expected[name], columns, row[0], name, texts)
            if not published:
                _unseen(row, seed, until, database, task)
        places = {row: number for number, row in enumerate(rows)}
        for cell in range(length):
            parents = database.parents(rows[batch.row[k, cell]])
            wanted = [-1 if parent is None else places.get(parent, -1) for parent in parents]
            assert batch.parents[k, cell].tolist() == wanted + [-1] * (source.width - len(wanted))
        _connected(rows, seed, database, fill)
        found.append(rows)
    return found


def _rows(batch: ContextBatch, k: int, length: int, database: Read, columns: list[Any]) -> tuple[list[Row], list[Any]]:
    rows: list[Row] = []
    cells: list[list[tuple[str, Any]]] = []
    for cell in range(length):
        number, (table, row) = int(batch.row[k, cell]), batch.origin[k, cell].tolist()
        assert table == batch.table[k, cell]
        name = database.names[table]
        if number == len(rows):
            rows.append((name, row))
            cells.append([])
        assert number == len(rows) - 1 and rows[number] == (name, row), "cells of a row stand together"
        column = columns[batch.column[k, cell]]
        assert column.table == name and ("number", "text", "datetime", "boolean")[batch.type[k, cell]] == column.type
        text = int(batch.text[k, cell])
        assert (text >= 0) == (column.type == "text")
        cells[-1].append((column.name, text if column.type == "text" else float(batch.value[k, cell])))
    return rows, cells


def _same(value: Any, expected: Any, columns: list[Any], table: str, name: str, texts: Sequence[str]) -> None:
    column = next(c for c in columns if (c.table, c.name) == (table, name))
    if column.type == "text":
        assert texts[value] == expected
        return
    number = expected / 1e9 if column.type == "datetime" else float(expected)
    wanted = number if column.type == "boolean" else (number - column.mean) / (column.std or 1.0)
    assert np.isclose(value, wanted, rtol=1e-5, atol=1e-5), (table, name)


def _unseen(row: Row, seed: Row, until: int, database: Read, task: Task | None) -> None:
    """The row is not later than the seed; of a label, what it tells is not."""
    if until == TIMELESS or row == seed:
        return
    if task is not None and row[0] == task.name:
        assert task.known is not None and task.known[row[1]]
        assert task.times[row[1]] + task.horizon <= until and task.times[row[1]] < until
        return
    time = database.time(row)
    assert time is None or time <= until, row


def _connected(rows: list[Row], seed: Row, database: Read, fill: bool) -> None:
    """Each row refers to one before it, or one before it refers to it, perhaps over rows without cells; or it is of the
    seed's table, where room is filled."""
    if database.has_bare_rows:
        return
    before: set[Row] = set()
    referred: set[Row] = set()
    for row in rows:
        near = row in referred or any(parent in before for parent in database.parents(row))
        assert near or row == seed or (fill and row[0] == seed[0]), row
        before.add(row)
        referred.update(parent for parent in database.parents(row) if parent is not None)
