"""Loaded columns as what they are: text that stands for numbers and times, integers that count seconds since 1970, and
which columns hold no NULL. A schema says what an engine was told; here the rows have the last word."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import msgspec

from plurel_sql.export.convert import Relation
from plurel_sql.schema.model import Column, Note, Schema, SqlType, Table
from plurel_sql.semantics.times import time_role

_MOST = 0.99
"""Share of a column's values that must read as times where no type says that they are."""

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
            self.changes[column.name] = self._time(short)
            return _as(column, SqlType(kind, written=column.type.written))
        if kind in ("integer", "text") and self._says_time(column):
            expression = self._time(short)
            if self._share(short, expression) >= _MOST:
                self.changes[column.name] = expression
                return _as(column, SqlType("timestamp", written=column.type.written))
        if kind == "integer" and self.types[short] in ("DOUBLE", "FLOAT") and self._share(short, _whole(short)) < 1:
            return _as(column, SqlType("float", bits=64, written=column.type.written))
        if text and kind in _TARGETS:
            wide = kind == "integer" and not column.type.signed and column.type.bits == 64
            self.changes[column.name] = f"TRY_CAST({short} AS {'UBIGINT' if wide else _TARGETS[kind]})"
        if kind == "array":
            return _as(column, SqlType("text", written=column.type.written))
        return _as(column, SqlType("float", bits=64)) if text and kind == "interval" else column

    def _says_time(self, column: Column) -> bool:
        """Whether the name of a number or text says that it is a point in time."""
        kind = column.type.kind
        epoch = time_role(self.source.name, column.name, "integer") is not None
        named = column.name.lower().endswith(("date", "time", "_at", "timestamp", "_on"))
        return epoch if kind == "integer" else epoch or named

    def _time(self, short: str) -> str:
        """A time out of ISO text, or out of seconds or milliseconds since 1970 (of the last century on: others are no
        times)."""
        number = f"TRY_CAST({short} AS DOUBLE)"
        return (
            f"CASE WHEN {number} BETWEEN 1e8 AND 1e10 THEN make_timestamp(({number} * 1000000)::BIGINT)"
            f" WHEN {number} BETWEEN 1e11 AND 1e13 THEN make_timestamp(({number} * 1000)::BIGINT)"
            f" WHEN {number} IS NULL AND isfinite(TRY_CAST({short} AS TIMESTAMPTZ))"
            f" THEN TRY_CAST({short} AS TIMESTAMPTZ)::TIMESTAMP END"
        )

    def _share(self, short: str, expression: str) -> float:
        sql = f"SELECT count({short}), count({expression}) FROM {self.relation.sql}"
        ((held, read),) = self.connection.execute(sql).fetchall()
        return read / held if held else 0.0

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


def _whole(short: str) -> str:
    return f"CASE WHEN {short} = round({short}) THEN 1 END"


def _as(column: Column, type_: SqlType) -> Column:
    return msgspec.structs.replace(column, type=type_)
