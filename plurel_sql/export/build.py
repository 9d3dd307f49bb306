"""Rows and times -> a dataset in DuckDB, ready to be asked and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb
import pyarrow as pa

from plurel_sql.export import axis
from plurel_sql.export.convert import convert, loaded
from plurel_sql.export.cuts import cuts, timeless
from plurel_sql.export.design import design
from plurel_sql.export.layout import Layout, OutTable
from plurel_sql.export.moments import recognised
from plurel_sql.schema.model import Note, Schema


def build(
    name: str,
    schema: Schema,
    times: Mapping[str, str | None],
    stream: Callable[[str], pa.RecordBatchReader],
    connection: duckdb.DuckDBPyConnection,
    by_time: bool = True,
) -> Layout:
    """Makes the dataset's tables in ``connection``, in ``main`` under their own names, and gives their layout.

    Args:
        name: of the dataset.
        schema: of the source; the rows meet its keys.
        times: table id -> the column that says when a row came about (see ``times``); for a table without one a
            number or text that holds times is looked for.
        stream: the rows of a table, by its id.
        connection: an empty database, in memory or a file. What is needed on the way is gone at the end.
        by_time: rows are numbered by time, as in a dataset's folder; else as in the source.
    """
    relations = loaded(connection, schema, stream)
    connection.execute("SET TimeZone = 'UTC'")
    read = recognised(connection, schema, relations)
    if read.tables != schema.tables:
        found = axis.times(connection, read, relations)
        schema, times = read, {id: own or found[id] for id, own in times.items()}
    tables, notes = design(schema, times)
    convert(connection, schema, tables, relations, by_time)
    connection.execute("DROP SCHEMA plurel_source CASCADE")
    return finished(name, connection, tables, notes)


def finished(
    name: str, connection: duckdb.DuckDBPyConnection, tables: tuple[OutTable, ...], notes: tuple[Note, ...]
) -> Layout:
    """The layout of converted tables, with what is measured on them."""
    found = cuts(connection, tables)
    return Layout(name, tables, found and found[0], found and found[1], (*notes, *timeless(connection, tables)))
