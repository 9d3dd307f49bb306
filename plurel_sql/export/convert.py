"""Source tables in DuckDB -> the tables of a relbench dataset in the same connection.

The source lies in a schema (or attached database) of its own; the dataset's tables are made in ``main``, each under
its own name, sorted by time, with its key 0, 1, ... in row order. In between, ``plurel_rows`` has a table for each
source table: where each of its rows goes, when it is, and what foreign keys refer to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb
import msgspec
import pyarrow as pa

from plurel_sql.attempts.judge import quoted
from plurel_sql.export.layout import Kind, OutColumn, OutTable
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Schema, SqlType, Table

_TYPES: dict[Kind, str] = {
    "integer": "BIGINT", "float": "DOUBLE", "boolean": "BOOLEAN", "text": "VARCHAR", "timestamp": "TIMESTAMP_NS",
}  # fmt: skip


class Relation(msgspec.Struct, frozen=True):
    """A source table in DuckDB: ``sql`` is its quoted name (it must have a rowid), ``columns`` the quoted name of each
    of the schema's columns."""

    sql: str
    columns: Mapping[str, str]


def loaded(
    connection: duckdb.DuckDBPyConnection, schema: Schema, stream: Callable[[str], pa.RecordBatchReader]
) -> dict[str, Relation]:
    """Loads every table's stream into a schema ``plurel_source``; names there are numbers, so that any name will do."""
    connection.execute("CREATE SCHEMA plurel_source")
    found = {}
    for k, table in enumerate(schema.tables):
        if not table.columns:  # DuckDB has no such tables, and `design` leaves them out
            connection.execute(f"CREATE TABLE plurel_source.t{k} (c0 INTEGER)")
            found[table.id] = Relation(f"plurel_source.t{k}", {})
            continue
        reader = stream(table.id)
        columns = {name: f"c{n}" for n, name in enumerate(reader.schema.names)}
        fields = [field.with_name(columns[field.name]) for field in reader.schema]
        renamed = (pa.RecordBatch.from_arrays(batch.columns, schema=pa.schema(fields)) for batch in reader)
        connection.register("plurel_stream", pa.RecordBatchReader.from_batches(pa.schema(fields), renamed))
        connection.execute(f"CREATE TABLE plurel_source.t{k} AS SELECT * FROM plurel_stream")
        connection.unregister("plurel_stream")
        found[table.id] = Relation(f"plurel_source.t{k}", columns)
    return found


def convert(
    connection: duckdb.DuckDBPyConnection,
    schema: Schema,
    tables: tuple[OutTable, ...],
    relations: Mapping[str, Relation],
    by_time: bool = True,
) -> None:
    """Makes the dataset's tables.

    Args:
        connection: in which nothing else is called as they are.
        schema: of the source; keys that are referred to are unique, or the first row that has one is meant.
        tables: what ``design`` made of the schema.
        relations: table id -> where its rows are.
        by_time: rows are sorted by time; else they stay in the source's order.
    """
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE SCHEMA plurel_rows")
    rows = _Rows(schema, tables, relations, by_time)
    for id in load_order(schema):
        if id in rows.out:
            connection.execute(rows.places(id))
    for table in tables:
        connection.execute(rows.table(table))
    connection.execute("DROP SCHEMA plurel_rows CASCADE")


class _Rows:
    """The statements."""

    def __init__(
        self, schema: Schema, tables: tuple[OutTable, ...], relations: Mapping[str, Relation], by_time: bool
    ) -> None:
        self.schema = schema
        self.by_time = by_time
        self.relations = relations
        self.out = {table.source: table for table in tables}
        self.named = {table.name: table for table in tables}
        self.number = {table.source: k for k, table in enumerate(tables)}
        self.referred: dict[str, dict[str, str]] = {table.source: {} for table in tables}
        for table in tables:
            for link in table.links:
                seen = self.referred[self.named[link.parent].source]
                for name in link.parent_source:
                    seen.setdefault(name, f"c{len(seen)}")

    def places(self, id: str) -> str:
        """Where the rows of a source table go: r (rowid there), k (row here), t (time), and referred columns."""
        table, relation = self.out[id], self.relations[id]
        joins = ""
        time = "NULL::TIMESTAMP_NS"
        if table.lenders:
            lent = [link for link in table.links if link.column in table.lenders]
            joins = "".join(self._join(table, link.column, f"p{k}") for k, link in enumerate(lent))
            time = f"greatest({', '.join(f'p{k}.t' for k in range(len(lent)))})"
        elif table.time is not None:
            time = self._value(table, table.column(table.time))
        order = "t NULLS LAST, r" if self.by_time and table.time is not None else "r"
        referred = "".join(f", s.{relation.columns[name]} AS {short}" for name, short in self.referred[id].items())
        return (
            f"CREATE TABLE plurel_rows.m{self.number[id]} AS SELECT row_number() OVER (ORDER BY {order}) - 1 AS k, *"
            f" FROM (SELECT s.rowid AS r, {time} AS t{referred} FROM {relation.sql} s{joins})"
        )

    def table(self, table: OutTable) -> str:
        """The dataset's table."""
        joins, values = "", []
        for k, link in enumerate(table.links):
            joins += self._join(table, link.column, f"p{k}")
        number = {link.column: k for k, link in enumerate(table.links)}
        for column in table.columns:
            match column.role:
                case "key":
                    value = "m.k"
                case "link":
                    value = f"p{number[column.name]}.k"
                case "time":
                    value = "m.t"
                case _:
                    value = self._value(table, column)
            values.append(f"{value} AS {quoted(column.name)}")
        source = self.relations[table.source].sql
        return (
            f"CREATE TABLE main.{quoted(table.name)} AS SELECT {', '.join(values) or 'm.k AS row'} FROM {source} s"
            f" JOIN plurel_rows.m{self.number[table.source]} m ON m.r = s.rowid{joins} ORDER BY m.k"
        )

    def _join(self, table: OutTable, column: str, alias: str) -> str:
        """The rows of the table that a link leads to, joined as ``alias``."""
        link = next(link for link in table.links if link.column == column)
        parent = self.named[link.parent]
        child, held = self.schema.table(table.source), self.schema.table(parent.source)
        relation, short = self.relations[table.source], self.referred[parent.source]
        places = f"plurel_rows.m{self.number[parent.source]}"
        columns = ", ".join(short[name] for name in link.parent_source)
        if not unique(held, link.parent_source):
            places = f"(SELECT min(k) AS k, arg_min(t, k) AS t, {columns} FROM {places} GROUP BY {columns})"
        pairs = []
        for own, other in zip(link.source, link.parent_source, strict=True):
            left, right = f"s.{relation.columns[own]}", f"{alias}.{short[other]}"
            if child.column(own).type.kind != held.column(other).type.kind:
                left, right = f"{left}::VARCHAR", f"{right}::VARCHAR"
            pairs.append(f"{left} = {right}")
        return f" LEFT JOIN {places} {alias} ON {' AND '.join(pairs)}"

    def _value(self, table: OutTable, column: OutColumn) -> str:
        """A source column as the dataset has it."""
        (name,) = column.source
        return cast(f"s.{self.relations[table.source].columns[name]}", self._type(table, name), column.kind)

    def _type(self, table: OutTable, name: str) -> SqlType:
        return self.schema.table(table.source).column(name).type


def cast(value: str, type_: SqlType, kind: Kind) -> str:
    """A value of the type as one of the kind; a time that nanoseconds since 1970 can't hold is NULL."""
    if type_.kind == "interval":
        return f"epoch({value})"
    if type_.kind == "array":
        return f"to_json({value})::VARCHAR"
    if kind == "timestamp":
        return f"TRY_CAST({value}::TIMESTAMP AS TIMESTAMP_NS)"
    if kind == "integer" and type_.kind == "integer" and not type_.signed and (type_.bits or 64) == 64:
        return f"{value}::UBIGINT"
    return f"{value}::{_TYPES[kind]}"


def unique(table: Table, columns: tuple[str, ...]) -> bool:
    """Whether the schema says that no two rows have the same values in these columns."""
    return any(unique.plain and set(unique.columns) <= set(columns) for unique in table.uniques)
