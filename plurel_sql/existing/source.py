"""New rows for tables that are there, as a sink sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from plurel_sql.existing.keys import TableKeys
from plurel_sql.existing.steps import Values, as_text
from plurel_sql.existing.world import World
from plurel_sql.plan import model
from plurel_sql.schema.model import Note, Schema, Unique

Mask = npt.NDArray[np.bool_]


class Additions:
    """A ``sinks.base.Source``: the schema holds the tables that get rows, and of its foreign keys those among them.

    Args:
        keep: of tables to which nothing refers, which of the planned rows are made, because the others would repeat
            a key that is there.
        wanted: how many rows those tables get at most.
    """

    def __init__(
        self, world: World, keep: Mapping[str, Mask], wanted: Mapping[str, int], notes: tuple[Note, ...]
    ) -> None:
        self.plan = world.plan
        self._world = world
        self._keep = keep
        self._rows = {
            id: min(int(keep[id].sum()), wanted[id]) if id in keep else world.plan.table(id).rows for id in world.filled
        }
        rewritten = _rewritten(world)
        self._keys = {id: TableKeys(world, id, rewritten, self.keys) for id in world.filled}
        self.schema = _schema(world)
        parents = {table.id for table in world.design.schema.tables} - world.filled
        met = {  # keys the planner could not bring together, which are brought together with real rows here
            f"{table.id}.{key.name or ','.join(key.columns)}"
            for table in world.design.schema.tables
            for key in table.foreign_keys
            if any(set(key.columns) & set(other.columns) for other in table.foreign_keys if other.parent in parents)
        }
        own = (
            note
            for note in world.plan.notes
            if not any(note.where.startswith(id) for id in parents)
            and not (note.where in met and "can't be made to agree" in note.message)
        )
        self.notes: tuple[Note, ...] = tuple(dict.fromkeys([*own, *world.choice.notes, *notes]))
        self._columns = cache(self._all)

    def rows(self, table: str) -> int:
        """How many new rows the table with this id gets."""
        return self._rows[table]

    def types(self, table: str) -> dict[str, str]:
        """Column -> Arrow type in short."""
        return {column.name: column.type for column in self.plan.table(table).columns}

    def stream(self, table: str) -> pa.RecordBatchReader:
        """All new rows of the table, made while they are read."""
        reader = self._world.sampler.batches(table)
        if not self._keys[table].steps and table not in self._keep:
            return reader
        return pa.RecordBatchReader.from_batches(reader.schema, self._changed(table, reader))

    def _changed(self, table: str, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        start, left = 0, self._rows[table]
        for batch in reader:
            stop = start + batch.num_rows
            values: Values = dict(zip(batch.schema.names, batch.columns, strict=True))
            self._apply(table, values, start, stop)
            arrays = [values[name] for name in reader.schema.names]
            made = pa.RecordBatch.from_arrays(arrays, schema=reader.schema)
            if table in self._keep:
                made = made.filter(pa.array(self._keep[table][start:stop])).slice(0, left)
                left -= made.num_rows
            yield made
            start = stop

    def _apply(self, table: str, values: Values, start: int, stop: int) -> None:
        for step in self._keys[table].steps:
            step.apply(values, start, stop)

    def keys(self, table: str, columns: tuple[str, ...]) -> pa.Table:
        """These columns of all planned rows of a table, as they will be in the target."""
        return self._columns(table, columns)

    def _all(self, table: str, columns: tuple[str, ...]) -> pa.Table:
        steps = self._keys[table].steps
        touched = {name for step in steps for name in step.columns} | {n for step in steps for n in step.inputs}
        names = [c.name for c in self.plan.table(table).columns if c.name in touched or c.name in columns]
        made = self._world.sampler.batches(table, columns=names).read_all().combine_chunks()
        values: Values = {name: _whole(made[name]) for name in names}
        wanted = {
            name: array for name, array in values.items() if name in columns or name in self._inputs(table, columns)
        }
        self._apply(table, wanted, 0, made.num_rows)
        return pa.table({name: wanted[name] for name in columns})

    def _inputs(self, table: str, columns: tuple[str, ...]) -> set[str]:
        """Columns from which the steps that change ``columns`` take something."""
        return {n for step in self._keys[table].steps if set(step.columns) & set(columns) for n in step.inputs}

    def clashes(self) -> dict[str, Mask]:
        """Of each table that holds rows and gets more: which new ones repeat a unique key that is there."""
        found: dict[str, Mask] = {}
        for id in sorted(self._world.filled):
            if not self._world.choice.counts[id]:
                continue
            for unique in self._world.design.schema.table(id).uniques:
                if not unique.plain or self._new(id, unique):
                    continue
                old = as_text(self._world.target.old(id, unique.columns).columns)
                new = as_text(self.keys(id, unique.columns).columns)
                met = np.asarray(pc.is_in(new, value_set=old.drop_null()))
                if met.any():
                    found[id] = found.get(id, np.zeros(len(met), bool)) | met
        return found

    def _new(self, id: str, unique: Unique) -> bool:
        """Whether no old row can have such a key: it holds a number beyond the old ones, or a key to a new row."""
        keys = self._keys[id]
        if any(set(key.columns) <= set(unique.columns) and keys.leads_to_new(k, key) for k, key in keys.links):
            return True
        rules = {column.name: column for column in self.plan.table(id).columns}
        return any(
            isinstance(rules[name].rule, model.Sequence) and rules[name].type.startswith(("int", "uint"))
            for name in unique.columns
        )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _rewritten(world: World) -> dict[str, set[str]]:
    """The columns of each table whose values may be others than the plan's: those of keys to held rows, and whatever
    refers to them."""
    schema = world.design.schema
    found: dict[str, set[str]] = {id: set() for id in world.filled}
    while True:
        before = sum(map(len, found.values()))
        for id in world.filled:
            for key in schema.table(id).foreign_keys:
                held = [other for other in schema.table(id).foreign_keys if other.parent not in world.filled]
                if any(set(key.columns) & set(other.columns) for other in held):
                    found[id] |= set(key.columns)
                else:
                    pairs = zip(key.columns, key.parent_columns, strict=True)
                    found[id] |= {name for name, source in pairs if source in found[key.parent]}
            if world.choice.counts[id]:
                planned = world.plan.table(id).columns
                found[id] |= {c.name for c in planned if isinstance(c.rule, model.Position)}
        if sum(map(len, found.values())) == before:
            return found


def _schema(world: World) -> Schema:
    """The tables that get rows, with what the plan guarantees."""
    planned = world.plan.schema
    assert planned is not None
    tables = []
    for table in world.design.filled.tables:
        keys = {(key.columns, key.parent) for key in planned.table(table.id).foreign_keys}
        kept = tuple(key for key in table.foreign_keys if (key.columns, key.parent) in keys)
        tables.append(msgspec.structs.replace(planned.table(table.id), foreign_keys=kept))
    return msgspec.structs.replace(planned, tables=tuple(tables))
