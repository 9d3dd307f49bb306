"""Times that are kept as text or as numbers: which columns hold them, and as what DuckDB reads them."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import msgspec

from plurel_sql.export.convert import Relation
from plurel_sql.schema.model import Column, Schema, SqlType, Table
from plurel_sql.semantics.times import time_role

_MOST = 0.99
"""Share of a column's values that must read as times where no type says that they are."""


def recognised(connection: duckdb.DuckDBPyConnection, schema: Schema, relations: Mapping[str, Relation]) -> Schema:
    """The schema in which columns that hold times, though their type says number or text, are timestamps; they are
    made so in ``relations``."""
    tables = tuple(_recognised(connection, table, relations[table.id]) for table in schema.tables)
    return msgspec.structs.replace(schema, tables=tables)


def _recognised(connection: duckdb.DuckDBPyConnection, table: Table, relation: Relation) -> Table:
    found = [column.name for column in table.columns if holds_times(connection, table, column, relation)]
    if not found:
        return table
    shorts = [relation.columns[name] for name in found]
    new = ", ".join(f"{read(short)} AS {short}" for short in shorts)
    connection.execute(f"CREATE OR REPLACE TABLE {relation.sql} AS SELECT * REPLACE ({new}) FROM {relation.sql}")
    columns = tuple(as_timestamp(column) if column.name in found else column for column in table.columns)
    return msgspec.structs.replace(table, columns=columns)


def holds_times(connection: duckdb.DuckDBPyConnection, table: Table, column: Column, relation: Relation) -> bool:
    """Whether a number or text is a point in time, by its name and by nearly all of its values."""
    if not says_time(table, column):
        return False
    return share(connection, relation, column, read(relation.columns[column.name])) >= _MOST


def read(short: str) -> str:
    """A time out of ISO text, or out of seconds or milliseconds since 1970 (of the last century on: others are no
    times)."""
    number = f"TRY_CAST({short} AS DOUBLE)"
    text = f"TRY_CAST({short}::VARCHAR AS TIMESTAMPTZ)"
    return (
        f"CASE WHEN {number} BETWEEN 1e8 AND 1e10 THEN make_timestamp(({number} * 1000000)::BIGINT)"
        f" WHEN {number} BETWEEN 1e11 AND 1e13 THEN make_timestamp(({number} * 1000)::BIGINT)"
        f" WHEN {number} IS NULL AND isfinite({text}) THEN {text}::TIMESTAMP END"
    )


def share(connection: duckdb.DuckDBPyConnection, relation: Relation, column: Column, expression: str) -> float:
    """The share of a column's values for which the expression is not NULL; 0 where it has none."""
    sql = f"SELECT count({relation.columns[column.name]}), count({expression}) FROM {relation.sql}"
    ((held, found),) = connection.execute(sql).fetchall()
    return found / held if held else 0.0


def as_timestamp(column: Column) -> Column:
    """The column as one of timestamps."""
    return msgspec.structs.replace(column, type=SqlType("timestamp", written=column.type.written))


def says_time(table: Table, column: Column) -> bool:
    """Whether a number or text holds times by its name."""
    if column.type.kind not in ("integer", "text"):
        return False
    epoch = time_role(table.name, column.name, "integer") is not None
    named = column.name.lower().endswith(("date", "time", "_at", "timestamp", "_on"))
    return epoch or (named and column.type.kind == "text")
