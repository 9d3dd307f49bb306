"""Names for an engine that takes two names for one where they differ by case alone."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pyarrow as pa

from plurel_sql.schema.model import ForeignKey, Note, Schema, Table, Unique
from plurel_sql.sinks.base import Source

Renamed = Mapping[str, str]


class ToldApart:
    """``source`` under names of which no two differ by case alone; a Source itself.

    The later of two such tables (in one namespace), or columns (of one table), gets the first free ``name_2``,
    ``name_3``, ...; ``notes`` says which. What speaks of a renamed column in SQL text (a CHECK, a generated column) is
    left out with a note, because the text could mean either.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.notes: list[Note] = []
        self._tables: dict[str, str] = {}  # id here -> id in the source
        self._columns: dict[str, Renamed] = {}  # id in the source -> its renamed columns
        self.schema = self._told_apart(source.schema)

    def rows(self, table: str) -> int:
        return self._source.rows(self._tables[table])

    def types(self, table: str) -> dict[str, str]:
        id = self._tables[table]
        new = self._columns[id]
        return {new.get(name, name): type for name, type in self._source.types(id).items()}

    def stream(self, table: str) -> pa.RecordBatchReader:
        id = self._tables[table]
        reader = self._source.stream(id)
        if not self._columns[id]:
            return reader
        new = self._columns[id]
        schema = pa.schema([field.with_name(new.get(field.name, field.name)) for field in reader.schema])
        batches = (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in reader)
        return pa.RecordBatchReader.from_batches(schema, batches)

    def _told_apart(self, schema: Schema) -> Schema:
        taken: dict[str | None, dict[str, str]] = {}
        names = {}
        for table in schema.tables:
            space = taken.setdefault(table.namespace and table.namespace.lower(), {})
            names[table.id] = _free(table.name, space, [t.name for t in schema.tables])
            if names[table.id] != table.name:
                self._note(table, table.id, table.name, names[table.id])
            here: dict[str, str] = {}
            written = [column.name for column in table.columns]
            fresh = {name: _free(name, here, written) for name in written}
            self._columns[table.id] = {old: new for old, new in fresh.items() if old != new}
            for old, new in self._columns[table.id].items():
                self._note(table, f"{table.id}.{old}", old, new)
        changed = [msgspec.structs.replace(table, name=names[table.id]) for table in schema.tables]
        ids = {old.id: new.id for old, new in zip(schema.tables, changed, strict=True)}
        self._tables = {new: old for old, new in ids.items()}
        tables = (self._table(old, new, ids) for old, new in zip(schema.tables, changed, strict=True))
        return msgspec.structs.replace(schema, tables=tuple(tables))

    def _table(self, table: Table, renamed: Table, ids: Renamed) -> Table:
        new = self._columns[table.id]

        def key(fk: ForeignKey) -> ForeignKey:
            there = self._columns[fk.parent]
            return msgspec.structs.replace(
                fk,
                columns=_each(fk.columns, new),
                parent=ids[fk.parent],
                parent_columns=_each(fk.parent_columns, there),
            )

        def unique(u: Unique) -> Unique:
            return msgspec.structs.replace(u, columns=_each(u.columns, new))

        lost = [check for check in table.checks if new and {name.lower() for name in check.columns} & _folded(new)]
        for check in lost:
            text = f"CHECK ({check.expression}) is not declared: it speaks of a renamed column"
            self.notes.append(Note(text, table.id, check.source, "info"))
        columns = []
        for column in table.columns:
            generated = column.generated
            if new and generated is not None:
                text = f"is a plain column, not GENERATED AS ({generated}): a column of the table is renamed"
                self.notes.append(Note(text, f"{table.id}.{column.name}", column.source))
                generated = None
            name = new.get(column.name, column.name)
            columns.append(msgspec.structs.replace(column, name=name, generated=generated))
        return msgspec.structs.replace(
            renamed,
            columns=tuple(columns),
            uniques=tuple(map(unique, table.uniques)),
            foreign_keys=tuple(map(key, table.foreign_keys)),
            checks=tuple(check for check in table.checks if check not in lost),
        )

    def _note(self, table: Table, where: str, old: str, new: str) -> None:
        text = f"{old} is called {new} in the file: names there must differ by more than case"
        self.notes.append(Note(text, where, table.source, "info"))


def _free(name: str, taken: dict[str, str], written: list[str]) -> str:
    """``name``, or the first of name_2, name_3, ... that nothing has; enters it into ``taken`` (by folded name)."""
    candidate, k = name, 2
    while candidate.lower() in taken or (candidate != name and candidate.lower() in map(str.lower, written)):
        candidate, k = f"{name}_{k}", k + 1
    taken[candidate.lower()] = candidate
    return candidate


def _each(names: tuple[str, ...], new: Renamed) -> tuple[str, ...]:
    return tuple(new.get(name, name) for name in names)


def _folded(new: Renamed) -> set[str]:
    return {name.lower() for name in new}
