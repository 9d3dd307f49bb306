"""Names for an engine with other rules: case, length, characters, namespaces."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Literal

import msgspec
import pyarrow as pa

from plurel_sql.schema.model import ForeignKey, Note, Schema, Table, Unique
from plurel_sql.sinks.base import Source

Renamed = Mapping[str, str]


_DEFAULT_NAMESPACES = ("public", "dbo", "main")
"""Namespaces that a dump names though nobody chose them: no prefix is made of them."""


class Rules(msgspec.Struct, frozen=True):
    """What an engine does with names.

    ``fold``: two names that differ by case alone are one. ``limit``: the longest name, in ``unit``. ``flat``: there are
    no namespaces; they become a prefix of the table's name. ``refused``: a pattern of characters that no name may have.
    """

    fold: bool = True
    limit: int | None = None
    unit: Literal["bytes", "characters"] = "characters"
    flat: bool = False
    refused: str = "\0"

    def fitting(self, name: str) -> str:
        """``name`` without refused characters and short enough, in that case with four digits of its own."""
        name = re.sub(self.refused, "_", name) or "_"
        if self.limit is None or self._length(name) <= self.limit:
            return name
        tail = "_" + hashlib.sha256(name.encode()).hexdigest()[:4]
        cut = name[: self.limit]
        while self._length(cut + tail) > self.limit:
            cut = cut[:-1]
        return cut + tail

    def key(self, name: str) -> str:
        """Alike for names that are one to the engine."""
        return name.lower() if self.fold else name

    def _length(self, name: str) -> int:
        return len(name.encode("utf-8", "surrogatepass")) if self.unit == "bytes" else len(name)


DUCKDB = Rules()


class ToldApart:
    """``source`` under names that an engine takes and tells apart; a Source itself.

    The later of two tables (in one namespace), or columns (of one table), with one name gets the first free ``name_2``,
    ``name_3``, ...; ``notes`` says which. What speaks of a renamed column in SQL text (a CHECK, a generated column) is
    left out with a note, because the text could mean either.
    """

    def __init__(self, source: Source, rules: Rules = DUCKDB) -> None:
        self._rules = rules
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
        rules = self._rules
        taken: dict[str | None, dict[str, str]] = {}
        wanted = {table.id: self._wanted(table) for table in schema.tables}
        changed = []
        for table in schema.tables:
            namespace = None if rules.flat or table.namespace is None else rules.fitting(table.namespace)
            space = taken.setdefault(namespace and rules.key(namespace), {})
            name = self._free(wanted[table.id], space, list(wanted.values()))
            if name != table.name or (namespace != table.namespace and table.namespace not in _DEFAULT_NAMESPACES):
                self._note(table, table.id, table.id, f"{namespace}.{name}" if namespace else name)
            changed.append(msgspec.structs.replace(table, name=name, namespace=namespace))
            here: dict[str, str] = {}
            written = [column.name for column in table.columns]
            fresh = {column: self._free(rules.fitting(column), here, written) for column in written}
            self._columns[table.id] = {old: new for old, new in fresh.items() if old != new}
            for old, new in self._columns[table.id].items():
                self._note(table, f"{table.id}.{old}", old, new)
        ids = {old.id: new.id for old, new in zip(schema.tables, changed, strict=True)}
        self._tables = {new: old for old, new in ids.items()}
        tables = (self._table(old, new, ids) for old, new in zip(schema.tables, changed, strict=True))
        return msgspec.structs.replace(schema, tables=tuple(tables))

    def _wanted(self, table: Table) -> str:
        prefix = f"{table.namespace}_" if table.namespace and table.namespace not in _DEFAULT_NAMESPACES else ""
        return self._rules.fitting(prefix + table.name if self._rules.flat else table.name)

    def _free(self, name: str, taken: dict[str, str], written: list[str]) -> str:
        """``name``, or the first of name_2, name_3, ... that nothing has; enters it into ``taken``."""
        key = self._rules.key
        candidate, k = name, 2
        while key(candidate) in taken or (candidate != name and key(candidate) in map(key, written)):
            candidate, k = self._rules.fitting(f"{name}_{k}"), k + 1
        taken[key(candidate)] = candidate
        return candidate

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

        unsure = [u for u in table.uniques if new and not u.plain] + [e for e in table.exclusions if new]
        for one in unsure:
            text = f"{one.name or 'a unique index or exclusion'} is not declared: a column of the table is renamed"
            self.notes.append(Note(text, table.id, one.source))

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
            uniques=tuple(unique(u) for u in table.uniques if u not in unsure),
            exclusions=tuple(e for e in table.exclusions if e not in unsure),
            foreign_keys=tuple(map(key, table.foreign_keys)),
            checks=tuple(check for check in table.checks if check not in lost),
        )

    def _reason(self, old: str, new: str) -> str:
        if new == old.replace(".", "_", 1) and self._rules.flat:
            return "it has no namespaces"
        if self._rules.fitting(old) != old:
            return "names there are shorter or have fewer characters"
        return "names there must differ by more than case" if self._rules.fold else "names there must differ"

    def _note(self, table: Table, where: str, old: str, new: str) -> None:
        text = f"{old} is called {new} in the target: {self._reason(old, new)}"
        self.notes.append(Note(text, where, table.source, "info"))


def _each(names: tuple[str, ...], new: Renamed) -> tuple[str, ...]:
    return tuple(new.get(name, name) for name in names)


def _folded(new: Renamed) -> set[str]:
    return {name.lower() for name in new}
