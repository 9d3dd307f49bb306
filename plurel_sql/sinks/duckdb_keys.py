"""Foreign keys whose columns have another type than what they refer to: DuckDB takes none."""

from __future__ import annotations

import msgspec

from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Column, Note, Schema, SqlType

_NUMBERS = ("integer", "decimal")


def alike(schema: Schema) -> tuple[Schema, list[Note]]:
    """The schema with whole numbers that refer to others of another width declared as those, and notes on it.

    What such a column holds stands in the parent as well, so that its type holds it. Where a column refers to two, the
    first one decides.
    """
    types = {(table.id, column.name): column.type for table in schema.tables for column in table.columns}
    notes: list[Note] = []
    settled: set[tuple[str, str]] = set()
    for id in load_order(schema):
        for key in sorted(schema.table(id).foreign_keys, key=lambda key: key.parent == id):
            for name, there in zip(key.columns, key.parent_columns, strict=True):
                here, parent = types[id, name], types[key.parent, there]
                if (id, name) in settled or here.kind not in _NUMBERS or parent.kind not in _NUMBERS:
                    continue
                settled.add((id, name))
                if _form(here) != _form(parent):
                    types[id, name] = parent
                    message = f"has the type of {key.parent}.{there}, to which it refers: DuckDB's keys need one type"
                    notes.append(Note(message, f"{id}.{name}", key.source, level="info"))
    tables = []
    for table in schema.tables:
        columns = tuple(_typed(column, types[table.id, column.name]) for column in table.columns)
        tables.append(msgspec.structs.replace(table, columns=columns))
    return msgspec.structs.replace(schema, tables=tuple(tables)), notes


def _form(type: SqlType) -> tuple[object, ...]:
    return type.kind, type.bits, type.signed, type.precision, type.scale, type.base


def _typed(column: Column, type: SqlType) -> Column:
    return column if column.type is type else msgspec.structs.replace(column, type=type)
