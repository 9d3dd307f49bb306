"""The rows of a database, table after table, without holding a whole one."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv
from sqlalchemy import URL, Connection, make_url

from plurel_sql import reflect, urls
from plurel_sql.attempts.judge import quoted
from plurel_sql.errors import InputError
from plurel_sql.reflect.connect import connected, file_of
from plurel_sql.schema.model import Column, Schema, Table

Stream = Callable[[str], pa.RecordBatchReader]

_ROWS = 20_000  # of one batch
_BLOCK = 4 << 20  # bytes of CSV that are parsed at a time
_QUOTES = {"mysql": "`", "mariadb": "`"}


@contextmanager
def opened(url: str) -> Iterator[tuple[Schema, Stream]]:
    """The schema of the database behind a URL, and its rows.

    Raises:
        InputError: it can't be reached or read.
    """
    schema = reflect.of_url(url)
    if urls.scheme(url) == "duckdb":
        path = file_of(make_url(url))
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                yield schema, lambda id: of_duckdb(connection, schema.table(id), _qualified(schema.table(id), '"'))
        except duckdb.Error as error:
            raise InputError(f"can't be read: {' '.join(str(error).split())}", place=str(path)) from error
        return
    parsed = urls.parse(url)
    with connected(parsed) as connection:
        if parsed.get_backend_name() == "postgresql" and parsed.get_driver_name() == "psycopg":
            yield schema, lambda id: _copied(connection, schema, schema.table(id))
        else:
            yield schema, lambda id: _fetched(connection, parsed, schema.table(id))


def of_duckdb(connection: duckdb.DuckDBPyConnection, table: Table, relation: str) -> pa.RecordBatchReader:
    """The table's columns out of what DuckDB reads as ``relation``: numbers, booleans, times and bytes as they are,
    arrays as JSON, everything else as text."""
    values = ", ".join(f"{_plain(column)} AS {quoted(column.name)}" for column in table.columns)
    return connection.sql(f"SELECT {values} FROM {relation}").to_arrow_reader(_ROWS)


def _plain(column: Column) -> str:
    name = quoted(column.name)
    if column.type.kind == "array":
        return f"to_json({name})::VARCHAR"
    kept = column.type.kind in ("integer", "float", "boolean", "date", "timestamp", "interval", "binary")
    return name if kept else f"{name}::VARCHAR"


def _copied(connection: Connection, schema: Schema, table: Table) -> pa.RecordBatchReader:
    """By PostgreSQL's COPY, all as text; arrays as JSON, intervals as seconds."""
    values = ", ".join(_text(column) for column in table.columns)
    only = "ONLY " if any(table.id in other.inherits for other in schema.tables) else ""
    relation = _qualified(table, '"', "public")
    copy = f"COPY (SELECT {values} FROM {only}{relation}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
    names = [column.name for column in table.columns]
    connection.exec_driver_sql("SET TimeZone = 'UTC'")
    connection.exec_driver_sql("SET DateStyle = 'ISO'")
    raw: Any = connection.connection.driver_connection

    def batches() -> Iterator[pa.RecordBatch]:
        with raw.cursor() as cursor, cursor.copy(copy) as blocks:
            reader = pacsv.open_csv(
                io.BufferedReader(_Blocks(iter(blocks)), _BLOCK),
                read_options=pacsv.ReadOptions(column_names=names, block_size=_BLOCK),
                parse_options=pacsv.ParseOptions(newlines_in_values=True),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
            yield from reader

    return pa.RecordBatchReader.from_batches(pa.schema([(name, pa.string()) for name in names]), _nonempty(batches()))


def _text(column: Column) -> str:
    name = quoted(column.name)
    match column.type.kind:
        case "array":
            return f"array_to_json({name})"
        case "interval":
            return f"extract(epoch FROM {name})"
        case _:
            return name


def _nonempty(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches; none for a table without rows, which Arrow's reader calls an error."""
    try:
        yield from batches
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise


class _Blocks(io.RawIOBase):
    """Blocks of bytes as a file."""

    def __init__(self, blocks: Iterator[Any]) -> None:
        self._blocks = blocks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = bytes(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _fetched(connection: Connection, url: URL, table: Table) -> pa.RecordBatchReader:
    """By the driver's own rows, all as text."""
    mark = _QUOTES.get(url.get_backend_name(), '"')
    values = []
    for column in table.columns:
        name = mark + column.name.replace(mark, 2 * mark) + mark
        values.append(f"{name} + 0" if column.type.kind == "bit" and mark == "`" else name)  # else it comes as bytes
    schema = pa.schema([(column.name, pa.string()) for column in table.columns])
    statement = f"SELECT {', '.join(values)} FROM {_qualified(table, mark)}"
    if connection.dialect.paramstyle in ("format", "pyformat"):  # a driver that fills in % itself
        statement = statement.replace("%", "%%")

    def batches() -> Iterator[pa.RecordBatch]:
        streaming = connection.execution_options(stream_results=True)
        for rows in streaming.exec_driver_sql(statement).partitions(_ROWS):
            columns = zip(*rows, strict=True)
            arrays = [pa.array([None if v is None else _shown(v) for v in column], pa.string()) for column in columns]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _shown(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat(" ")
        case date():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case list() | dict() | tuple():
            return json.dumps(value, default=str, separators=(",", ":"))
        case _:
            return str(value)


def _qualified(table: Table, mark: str, default: str | None = None) -> str:
    parts = filter(None, (table.namespace or default, table.name))
    return ".".join(mark + part.replace(mark, 2 * mark) + mark for part in parts)
