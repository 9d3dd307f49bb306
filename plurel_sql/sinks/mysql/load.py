"""Rows into a table by LOAD DATA LOCAL, a batch at a time, or by INSERT where the server takes no local data.

LOCAL turns the server's errors into warnings: a row that it skips or a value that it changes is found in the warnings
and in the count, and fails the load.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

import msgspec
import pyarrow as pa
import pymysql

from plurel_sql import _sampler
from plurel_sql.errors import RunError
from plurel_sql.sinks.base import Counted
from plurel_sql.sinks.mysql.session import Session, code, quoted
from plurel_sql.sinks.values import duration

_NO_LOCAL_DATA = (1148, 3948, 4166)  # refused by the server, or by its local_infile
_DUPLICATE = 1062
_ROWS = 500  # of one INSERT


class Field(msgspec.Struct, frozen=True):
    """A column that takes data, with its type as information_schema has it (``data_type``); ``counts`` marks
    AUTO_INCREMENT."""

    name: str
    type: str
    counts: bool = False


class Duplicate(Exception):
    """Rows break the key with this name."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


class Loader:
    """Loads tables over one connection."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.local = True

    def load(self, table: str, fields: Sequence[Field], counted: Counted, commit: bool) -> int:
        """The number of rows that arrived; ``commit`` after each batch.

        Raises:
            Duplicate: a key is broken.
            RunError: the server changed or left out a row.
        """
        names = set(counted.reader.schema.names)
        fields = [field for field in fields if field.name in names]
        encoder = _sampler.Encoder.text(True, [field.type for field in fields])
        rows = 0
        with tempfile.NamedTemporaryFile(prefix="plurel-sql-") as file:
            for batch in counted.reader:
                chosen = _textual(batch.select([field.name for field in fields]))
                rows += self._batch(table, fields, chosen, encoder, file) if batch.num_rows else 0
                if commit:
                    self.session.connection.commit()
        return rows

    def _batch(
        self,
        table: str,
        fields: Sequence[Field],
        batch: pa.RecordBatch,
        encoder: _sampler.Encoder,
        file: tempfile._TemporaryFileWrapper[bytes],
    ) -> int:
        if not fields:
            return self._insert(f"INSERT INTO {table} () VALUES ()", [()] * batch.num_rows)
        if self.local:
            file.seek(0)
            file.truncate()
            file.write(encoder.encode(batch))
            file.flush()
            try:
                return self._local(table, fields, batch.schema, file.name)
            except pymysql.Error as error:
                if code(error) not in _NO_LOCAL_DATA:
                    raise
                self.local = False
        values = ", ".join(value(field, batch.schema.field(field.name).type, "%s") for field in fields)
        columns = ", ".join(quoted(field.name).replace("%", "%%") for field in fields)
        statement = f"INSERT INTO {table.replace('%', '%%')} ({columns}) VALUES ({values})"
        return self._insert(statement, list(zip(*(column.to_pylist() for column in batch.columns), strict=True)))

    def _local(self, table: str, fields: Sequence[Field], schema: pa.Schema, path: str) -> int:
        targets, sets = [], []
        values = [value(f, schema.field(f.name).type, f"@v{k}", hexed=True) for k, f in enumerate(fields)]
        through = any(one != f"@v{k}" for k, one in enumerate(values))
        for k, field in enumerate(fields):
            # Beside a SET clause a 0 for AUTO_INCREMENT is taken as it is only if it stands in the clause itself.
            plain = values[k] == f"@v{k}" and not (through and field.counts)
            targets.append(quoted(field.name) if plain else f"@v{k}")
            if not plain:
                sets.append(f"{quoted(field.name)} = {values[k]}")
        rows = self.session.run(
            f"LOAD DATA LOCAL INFILE {self.session.connection.escape(path)} INTO TABLE {table} CHARACTER SET utf8mb4"
            f" FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ({', '.join(targets)})"
            + (f" SET {', '.join(sets)}" if sets else "")
        )
        self._judge()
        return rows

    def _judge(self) -> None:
        """Fails on what the server did to rows on its own."""
        for level, number, message in self.session.rows("SHOW WARNINGS LIMIT 1000"):
            if level == "Note":
                continue
            if number == _DUPLICATE:
                raise Duplicate(str(message).rpartition(" for key ")[2].strip("'"), str(message))
            raise RunError(str(message))

    def _insert(self, statement: str, rows: list[tuple[object, ...]]) -> int:
        done = 0
        try:
            with self.session.connection.cursor() as cursor:
                for start in range(0, len(rows), _ROWS):
                    self.session.interrupts.check()
                    done += cursor.executemany(statement, rows[start : start + _ROWS]) or 0
        except pymysql.err.IntegrityError as error:
            if code(error) != _DUPLICATE:
                raise
            raise Duplicate(str(error.args[1]).rpartition(" for key ")[2].strip("'"), str(error.args[1])) from error
        return done


def _textual(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with intervals, which have no type here, as ISO 8601 durations."""
    for k, column in enumerate(batch.columns):
        if pa.types.is_interval(column.type):
            texts = [None if item is None else duration(item) for item in column.to_pylist()]
            batch = batch.set_column(k, batch.schema.names[k], pa.array(texts, pa.string()))
    return batch


def value(field: Field, type: pa.DataType, written: str, hexed: bool = False) -> str:
    """The expression that makes the column's value of ``written``; ``hexed`` where bytes come as hexadecimal digits."""
    if pa.types.is_binary(type) or pa.types.is_large_binary(type):
        return f"UNHEX({written})" if hexed else written
    if field.type == "bit":
        return f"CAST(CONV({written}, {2 if pa.types.is_string(type) else 10}, 10) AS UNSIGNED)"
    if field.type in _GEOMETRY and pa.types.is_string(type):
        return f"ST_GeomFromText({written})"
    return written


_GEOMETRY = {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"}
_GEOMETRY |= {"geometrycollection", "geomcollection"}
