"""Writers of one part of a table: Parquet, CSV, SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from plurel_sql.schema.model import Table
from plurel_sql.sinks.literals import identifier, literals
from plurel_sql.sinks.script import Script
from plurel_sql.sinks.values import duration, sqlite_values

_STATEMENT_ROWS = 500
_STATEMENT_BYTES = 500_000  # MySQL's max_allowed_packet is 16 MB by default, older ones' 1 MB

_BEGIN = {"oracle": "", "tsql": "BEGIN TRANSACTION;\n"}


class Writer(Protocol):
    """Writes the batches of a part into a new file."""

    suffix: str

    def write(self, path: Path, table: Table, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None: ...


class Parquet:
    """Parquet, ZSTD; a row group for each batch (122,880 rows)."""

    suffix = "parquet"

    def write(self, path: Path, table: Table, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        fields = [pa.field(f.name, pa.string()) if pa.types.is_interval(f.type) else f for f in schema]
        schema = pa.schema(fields)
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in batches:
                columns = [_durations(column) for column in batch.columns]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


class Csv:
    """CSV as in RFC 4180 with a header, UTF-8, lines ended by LF.

    NULL is an empty field, empty text ``""``; text is always quoted. Times, dates and nested values are written as in a
    SQLite file (``values.sqlite_values``), booleans as true and false, binary as ``\\x`` and hexadecimal digits.
    """

    suffix = "csv"

    def write(self, path: Path, table: Table, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        with path.open("wb") as file:
            file.write((",".join('"' + name.replace('"', '""') + '"' for name in schema.names) + "\n").encode())
            options = pacsv.WriteOptions(include_header=False)
            for batch in batches:
                columns = [_csv(column) for column in batch.columns]
                pacsv.write_csv(pa.table(columns, names=[str(k) for k in range(len(columns))]), file, options)


class Sql:
    """INSERT statements in the dialect of the schema."""

    suffix = "sql"

    def __init__(self, dialect: str, script: Script) -> None:
        self.dialect = dialect
        self.script = script
        self.rows = 1 if dialect == "oracle" else _STATEMENT_ROWS

    def write(self, path: Path, table: Table, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        name = ".".join(identifier(part, self.dialect) for part in (table.namespace, table.name) if part)
        names = ", ".join(identifier(column, self.dialect) for column in schema.names)
        numbered = any(column.identity and column.name in schema.names for column in table.columns)
        overriding = " OVERRIDING SYSTEM VALUE" if numbered and self.dialect == "postgres" else ""
        head = f"INSERT INTO {name} ({names}){overriding} VALUES\n"
        switch = f"SET IDENTITY_INSERT {name} {{}};\n" if numbered and self.dialect == "tsql" else ""
        kinds = [table.column(column).type for column in schema.names]
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(self.script.header + switch.format("ON") + _BEGIN.get(self.dialect, "BEGIN;\n"))
            for batch in batches:
                cells = [literals(c, kind, self.dialect) for c, kind in zip(batch.columns, kinds, strict=True)]
                rows = [f"({', '.join(row)})" for row in zip(*cells, strict=True)]
                for chunk in _chunks(rows, self.rows):
                    file.write(head + ",\n".join(chunk) + ";\n")
            file.write("COMMIT;\n" + switch.format("OFF") + self.script.footer)


def _chunks(rows: Sequence[str], most: int) -> Iterable[list[str]]:
    """Runs of rows of at most ``most`` and about half a megabyte."""
    chunk: list[str] = []
    size = 0
    for row in rows:
        if chunk and (len(chunk) == most or size + len(row) > _STATEMENT_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += len(row)
    if chunk:
        yield chunk


def _durations(array: pa.Array) -> pa.Array:
    """Intervals as ISO 8601 text: Parquet has no month-day-nanosecond type."""
    if not pa.types.is_interval(array.type):
        return array
    return pa.array([None if value is None else duration(value) for value in array.to_pylist()], pa.string())


def _csv(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if value is None else "\\x" + value.hex() for value in array.to_pylist()], pa.string())
    if pa.types.is_temporal(kind) or pa.types.is_nested(kind):
        return pa.array(sqlite_values(array), pa.string())
    return array
