"""Generated columns for targets that compute nothing: DuckDB evaluates their expressions on each batch."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from plurel_sql import ddl
from plurel_sql.schema.model import Note, Schema, Table
from plurel_sql.sinks.duckdb_ddl import quoted, reason


class Computed:
    """The generated columns of a table that DuckDB can compute, tried on a batch without rows.

    A row for which the expression fails (an overflow, say) gets NULL. What can't be computed keeps the values of the
    stream, which are of the column's type and no more, and is in ``notes``.
    """

    def __init__(self, schema: Schema, table: Table, arrow: pa.Schema) -> None:
        self.notes: list[Note] = []
        self._expressions: dict[str, str] = {}
        names = [column.name for column in table.columns]
        empty = pa.RecordBatch.from_pylist([], schema=arrow)
        for column in table.columns:
            if column.generated is None or column.name not in arrow.names:
                continue
            text = (
                None if column.versioned else ddl.transpile(column.generated, schema.dialect, "duckdb", columns=names)
            )
            failure = "it can't be translated"
            if text is not None:
                self._expressions[column.name] = text
                try:
                    self.apply(empty)
                    continue
                except (duckdb.Error, pa.ArrowException) as error:
                    del self._expressions[column.name]
                    failure = reason(error) if isinstance(error, duckdb.Error) else str(error)
            message = f"holds plain values, not those of ({column.generated}): {failure}"
            where = f"{table.id}.{column.name}"
            self.notes.append(
                Note(message, where, column.source or table.source, "info" if column.versioned else "error")
            )

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its computed columns."""
        for name, text in self._expressions.items():  # in their order: one may use another
            with duckdb.connect(":memory:") as connection:
                connection.register("plurel_batch", pa.Table.from_batches([batch]))
                statement = f"SELECT TRY({text}) AS {quoted(name)} FROM plurel_batch"
                table: pa.Table = connection.sql(statement).to_arrow_table()
            position = batch.schema.get_field_index(name)
            field = batch.schema.field(position)
            values = table.column(0).combine_chunks().cast(field.type, safe=False)
            batch = batch.set_column(position, field.with_nullable(True), values)
        return batch
