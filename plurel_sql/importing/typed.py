"""Loaded columns as what they are: text that stands for numbers and times, integers that count seconds since 1970, and
which columns hold no NULL. A schema says what an engine was told; here the rows have the last word."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import msgspec

from plurel_sql.export import moments
from plurel_sql.export.convert import Relation
from plurel_sql.schema.model import Column, Note, Schema, SqlType, Table

_TARGETS = {"integer": "BIGINT", "float": "DOUBLE", "decimal": "DOUBLE", "boolean": "BOOLEAN", "interval": "DOUBLE"}


def typed(
    connection: duckdb.DuckDBPyConnection, schema: Schema, relations: Mapping[str, Relation]
) -> tuple[Schema, tuple[Note, ...]]:
    """Gives the loaded columns their types and the schema what was found; values that can't be read become NULL, with
    a note."""
    notes: list[Note] = []
    tables = tuple(_Typed(connection, table, relations[table.id], notes).table() for table in schema.tables)
    return msgspec.structs.replace(schema, tables=tables), tuple(notes)


class _Typed:
    def __init__(
        self, connection: duckdb.DuckDBPyConnection, table: Table, relation: Relation, notes: list[Note]
    ) -> None:
        self.connection = connection
        self.source = table
        self.relation = relation
        self.notes = notes
        described = connection.execute(f"DESCRIBE {relation.sql}").fetchall()
        self.types: dict[str, str] = {name: type_ for name, type_, *_ in described}
        self.changes: dict[str, str] = {}  # column -> what it becomes

    def table(self) -> Table:
        columns = [self._read(column) for column in self.source.columns]
        self._apply()
        shorts = [self.relation.columns[column.name] for column in columns]
        counts = ", ".join(f"count({short})" for short in shorts)
        ((rows, *held),) = self.connection.execute(f"SELECT count(*), {counts} FROM {self.relation.sql}").fetchall()
        measured = [
            msgspec.structs.replace(column, nullable=count < rows if rows else column.nullable)
            for column, count in zip(columns, held, strict=True)
        ]
        return msgspec.structs.replace(self.source, columns=tuple(measured))

    def _read(self, column: Column) -> Column:
        """The column with the type that it has from here on."""
        short = self.relation.columns[column.name]
        kind, text = column.type.kind, self.types[short] == "VARCHAR"
        if kind in ("date", "timestamp"):
            if self.types[short].startswith(("DATE", "TIMESTAMP")):
                return column
            self.changes[column.name] = moments.read(short)
            return _as(column, SqlType(kind, written=column.type.written))
        if moments.holds_times(self.connection, self.source, column, self.relation):
            self.changes[column.name] = moments.read(short)
            return moments.as_timestamp(column)
        if kind == "integer" and self.types[short] in ("DOUBLE", "FLOAT") and self._broken(column):
            return _as(column, SqlType("float", bits=64, written=column.type.written))
        if text and kind in _TARGETS:
            wide = kind == "integer" and not column.type.signed and column.type.bits == 64
            self.changes[column.name] = f"TRY_CAST({short} AS {'UBIGINT' if wide else _TARGETS[kind]})"
        if kind == "array":
            return _as(column, SqlType("text", written=column.type.written))
        return _as(column, SqlType("float", bits=64)) if text and kind == "interval" else column

    def _broken(self, column: Column) -> bool:
        """Whether some of a column's numbers have fractions."""
        short = self.relation.columns[column.name]
        whole = f"CASE WHEN {short} = round({short}) THEN 1 END"
        return moments.share(self.connection, self.relation, column, whole) < 1

    def _apply(self) -> None:
        """Makes the changes, and notes the values that are lost by them."""
        if not self.changes:
            return
        relation = self.relation.sql
        shorts = {name: self.relation.columns[name] for name in self.changes}
        lost = {
            name: f"FILTER (WHERE {shorts[name]} IS NOT NULL AND ({new}) IS NULL)" for name, new in self.changes.items()
        }
        asked = ", ".join(f"count(*) {where}, any_value({shorts[name]}) {where}" for name, where in lost.items())
        (found,) = self.connection.execute(f"SELECT {asked} FROM {relation}").fetchall()
        for k, name in enumerate(self.changes):
            count, example = found[2 * k : 2 * k + 2]
            if count:
                kind = self.source.column(name).type.kind
                said = f"{count:,} values are no {kind} ({str(example)[:40]!r}, for one): null"
                self.notes.append(Note(said, f"{self.source.id}.{name}", level="info"))
        new = ", ".join(f"{expression} AS {shorts[name]}" for name, expression in self.changes.items())
        self.connection.execute(f"CREATE OR REPLACE TABLE {relation} AS SELECT * REPLACE ({new}) FROM {relation}")


def _as(column: Column, type_: SqlType) -> Column:
    return msgspec.structs.replace(column, type=type_)
