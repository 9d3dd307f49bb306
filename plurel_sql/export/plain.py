"""Plain source tables -> the tables of a relbench dataset, in Arrow.

What ``build`` makes with DuckDB's statements, where each of them costs a millisecond however few rows it moves: a
corpus has thousands of databases of a dozen small tables. Schemas that need more of an engine than sorting and looking
up (``is_plain`` says no) are ``build``'s alone; of the others both make the same data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from plurel_sql.export import cuts
from plurel_sql.export.convert import unique
from plurel_sql.export.design import design
from plurel_sql.export.layout import Kind, Layout, OutColumn, OutTable
from plurel_sql.export.moments import says_time
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import ForeignKey, Note, Schema, Table

_KINDS = {"integer", "float", "boolean", "text", "enum", "uuid", "json", "date", "timestamp"}
"""Of columns whose Arrow values are the dataset's, but for their width."""

_TYPES: dict[Kind, pa.DataType] = {
    "integer": pa.int64(), "float": pa.float64(), "boolean": pa.bool_(), "text": pa.string(),
}  # fmt: skip

_FARTHEST = (2**63 - 1) // 1000
"""Microseconds from 1970 that nanoseconds in 64 bits can hold."""


def is_plain(schema: Schema) -> bool:
    """Whether ``tables`` can make the dataset: numbers, texts and times that are typed as such, and foreign keys of one
    column to a key of the same kind."""
    return all(
        all(c.type.kind in _KINDS and not says_time(table, c) for c in table.columns)
        and all(_is_plain_key(schema, table, key) for key in table.foreign_keys)
        for table in schema.tables
    )


def _is_plain_key(schema: Schema, table: Table, key: ForeignKey) -> bool:
    parent = schema.table(key.parent)
    if len(key.columns) != 1 or not unique(parent, key.parent_columns):
        return False
    return table.column(key.columns[0]).type.kind == parent.column(key.parent_columns[0]).type.kind


def tables(
    name: str, schema: Schema, times: Mapping[str, str | None], stream: Callable[[str], pa.RecordBatchReader]
) -> tuple[Layout, dict[str, pa.Table]]:
    """The dataset of a plain schema; arguments as for ``build``.

    Returns:
        its layout, and each table by its name there.
    """
    designed, notes = design(schema, times)
    made = _Converted(designed, {table.id: stream(table.id).read_all() for table in schema.tables})
    for id in load_order(schema):
        made.place(id)
    layout = Layout(name, designed, *made.cuts(), (*notes, *made.timeless()))
    return layout, {table.name: made.table(table) for table in designed}


_Times = npt.NDArray[Any]
"""``datetime64[ns]``."""


class _Placed(NamedTuple):
    """Where the rows of a table go. ``order``: which source row stands at each place, None where all stay; ``place``:
    at which place each source row stands; ``time``: of each source row, NaT where it has none."""

    order: npt.NDArray[np.int64] | None
    place: npt.NDArray[np.int64]
    time: _Times | None


class _Converted:
    def __init__(self, tables: tuple[OutTable, ...], rows: Mapping[str, pa.Table]) -> None:
        self.tables = tables
        self.rows = rows
        self.out = {table.source: table for table in tables}
        self.named = {table.name: table for table in tables}
        self.placed: dict[str, _Placed] = {}
        self.parents: dict[tuple[str, str], pa.Array] = {}

    def place(self, id: str) -> None:
        """Finds where the rows of a table go; parents that lend times come before their children."""
        table, rows = self.out[id], self.rows[id]
        for link in table.links:
            keys = self.rows[self.named[link.parent].source][link.parent_source[0]].combine_chunks()
            own = rows[link.source[0]].combine_chunks()
            self.parents[id, link.column] = pc.index_in(own.cast(keys.type), value_set=keys, skip_nulls=True)
        everyone = np.arange(rows.num_rows)
        time = self._times(table)
        if time is None:
            self.placed[id] = _Placed(None, everyone, None)
            return
        order = np.argsort(time, kind="stable")  # NaT last
        place = np.empty_like(everyone)
        place[order] = everyone
        self.placed[id] = _Placed(order, place, time)

    def _times(self, table: OutTable) -> _Times | None:
        """Of the rows as they stand in the source, in nanoseconds."""
        if table.lenders:
            latest: _Times = np.fmax.reduce([self._lent(table, column) for column in table.lenders])
            return latest
        if table.time is None:
            return None
        source = self.rows[table.source][table.column(table.time).source[0]]
        own: _Times = _nanoseconds(source.combine_chunks()).to_numpy(zero_copy_only=False)
        return own

    def _lent(self, table: OutTable, column: str) -> _Times:
        """A required link's parents' times."""
        (parent,) = (self.named[link.parent].source for link in table.links if link.column == column)
        time = self.placed[parent].time
        assert time is not None
        lent: _Times = time[self.parents[table.source, column].to_numpy()]
        return lent

    def table(self, table: OutTable) -> pa.Table:
        """The dataset's table."""
        columns = {column.name: self._column(table, column) for column in table.columns}
        return pa.table(columns or {"row": pa.array(self.placed[table.source].place)})

    def _column(self, table: OutTable, column: OutColumn) -> pa.Array:
        placed = self.placed[table.source]
        match column.role:
            case "key":
                return pa.array(np.arange(len(placed.place)))
            case "link":
                (parent,) = (self.named[link.parent].source for link in table.links if link.column == column.name)
                found = pa.array(self.placed[parent].place).take(self.parents[table.source, column.name])
            case "time":
                assert placed.time is not None
                found = pa.array(placed.time)
            case _:
                found = _cast(self.rows[table.source][column.source[0]].combine_chunks(), column.kind)
        return found if placed.order is None else found.take(pa.array(placed.order))

    def cuts(self) -> tuple[int | None, int | None]:
        """The validation and the test cut."""
        held = [self.placed[table.source].time for table in cuts.events(self.tables)]
        found = np.sort(np.concatenate([time[~np.isnat(time)] for time in held if time is not None] or [_NO_TIME]))
        if not len(found):
            return None, None
        places = (0, cuts.quantile(len(found), 8), cuts.quantile(len(found), 9), len(found) - 1)
        low, val, test, high = (int(found[k].astype("datetime64[us]").astype(np.int64)) for k in places)
        return cuts.chosen(low, val, test, high) or (None, None)

    def timeless(self) -> tuple[Note, ...]:
        times = ((table, self.placed[table.source].time) for table in self.tables)
        counted = [(table, len(time), int(np.isnat(time).sum())) for table, time in times if time is not None]
        return tuple(cuts.timeless_note(table, rows, missing) for table, rows, missing in counted if missing)


_NO_TIME = np.empty(0, "datetime64[ns]")


def _nanoseconds(values: pa.Array) -> pa.Array:
    """Times as the dataset has them; one that nanoseconds since 1970 can't hold is NULL."""
    micros = values.cast(pa.timestamp("us")) if pa.types.is_date(values.type) else values
    count = micros.view(pa.int64())
    inside = pc.less_equal(pc.abs_checked(count), _FARTHEST)
    if not pc.all(inside, min_count=0).as_py():
        count = pc.if_else(inside, count, None)
    return count.view(pa.timestamp("us")).cast(pa.timestamp("ns"))


def _cast(values: pa.Array, kind: Kind) -> pa.Array:
    """Values of a source column as ones of the kind; whole numbers that need all of 64 bits stay unsigned."""
    if kind == "timestamp":
        return _nanoseconds(values)
    wanted = _TYPES[kind]
    return values if values.type in (wanted, pa.uint64()) else values.cast(wanted)
