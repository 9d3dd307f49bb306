"""Mutations of a schema: types, constraints and columns change a little, as they do between two systems of one trade.

What keys hang on stays as it is.
"""

from __future__ import annotations

from msgspec.structs import replace

from plurel_sql.plan.draws import Draws
from plurel_sql.schema.model import Column, Schema, SqlType, Table

DROPPED, MOVED = 0.12, 0.1
"""The share of free columns that are left out, and of tables' columns that a table takes over from another."""
RETYPED, LOOSENED = 0.2, 0.15
"""The share of free columns whose type changes, and of constraints that are left out or turned."""


def mutated(schema: Schema, draws: Draws) -> Schema:
    """``schema`` with some columns left out, taken over or of another type, and some constraints left out."""
    pool = [column for table in schema.tables for column in table.columns if column.name not in keyed(table, schema)]
    return Schema(tuple(_table(table, schema, pool, draws) for table in schema.tables))


def keyed(table: Table, schema: Schema) -> set[str]:
    """The columns that a key of the table has, or that another table refers to."""
    own = {name for unique in table.uniques for name in unique.columns}
    own |= {name for key in table.foreign_keys for name in key.columns}
    others = (key for other in schema.tables for key in other.foreign_keys if key.parent == table.id)
    return own | {name for key in others for name in key.parent_columns}


def _table(table: Table, schema: Schema, pool: list[Column], draws: Draws) -> Table:
    fixed = keyed(table, schema)
    referred = {key.parent_columns for other in schema.tables for key in other.foreign_keys if key.parent == table.id}
    checks = tuple(check for check in table.checks if not draws.chance(LOOSENED))
    listed = {name for check in checks for name in check.columns}
    columns = []
    for column in table.columns:
        if column.name in fixed or column.name in listed:
            columns.append(column)
        elif not draws.chance(DROPPED):
            columns.append(_column(column, draws))
    for _ in range(len(columns)):
        if pool and draws.chance(MOVED):
            other = draws.pick(pool)
            if all(other.name.lower() != column.name.lower() for column in columns):
                columns.append(_column(other, draws))
    kept = {column.name for column in columns}
    uniques = tuple(
        unique for unique in table.uniques if unique.primary or unique.columns in referred or not draws.chance(LOOSENED)
    )
    return replace(
        table,
        columns=tuple(columns),
        uniques=uniques,
        checks=tuple(check for check in checks if set(check.columns) <= kept),
    )


def _column(column: Column, draws: Draws) -> Column:
    nullable = not column.nullable if draws.chance(LOOSENED) and column.type.kind != "unknown" else column.nullable
    type_ = _retyped(column.type, draws) if draws.chance(RETYPED) else column.type
    return replace(column, type=type_, nullable=nullable, identity=False, counts=None)


def _retyped(type_: SqlType, draws: Draws) -> SqlType:
    """A type that could stand in its place."""
    match type_.kind:
        case "integer":
            return draws.pick((SqlType("integer", "INTEGER", bits=32), SqlType("integer", "BIGINT", bits=64)))
        case "decimal" | "float":
            scale = draws.pick((2, 4))
            decimal = SqlType("decimal", f"DECIMAL(12,{scale})", precision=12, scale=scale)
            return draws.pick((decimal, SqlType("float", "DOUBLE PRECISION", bits=64)))
        case "boolean":
            return draws.pick((SqlType("boolean", "BOOLEAN"), SqlType("integer", "SMALLINT", bits=16)))
        case "text":
            length = draws.pick((None, 40, 80, 255))
            return SqlType("text", "TEXT" if length is None else f"VARCHAR({length})", length=length)
        case "date" | "timestamp":
            return draws.pick((SqlType("date", "DATE"), SqlType("timestamp", "TIMESTAMP", precision=6)))
        case _:
            return type_
