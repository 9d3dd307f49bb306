"""The whole way: rows loaded, types and times found out, keys checked, tables made, folder written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import msgspec

from plurel_sql.export import axis
from plurel_sql.export.build import finished
from plurel_sql.export.convert import convert, loaded
from plurel_sql.export.design import design
from plurel_sql.export.folder import Task
from plurel_sql.export.layout import Layout
from plurel_sql.importing import keys, own
from plurel_sql.importing.source import Opened, opened
from plurel_sql.importing.typed import typed
from plurel_sql.plan.types import micros
from plurel_sql.sinks.base import Loaded, Progress, Silent
from plurel_sql.sinks.relbench import RelbenchFolder, Rows
from plurel_sql.sinks.targets import Tasks


def import_dataset(
    source: str,
    target: str | Path,
    *,
    ddl: Sequence[str | Path] = (),
    dialect: str | None = None,
    overwrite: bool = False,
    tasks: Tasks = "auto",
    progress: Progress | None = None,
) -> Loaded:
    """Makes a relbench dataset folder of a database. Nothing is written to the source.

    Rows are held by DuckDB, which spills beside the target where they are many.

    Args:
        source: a DuckDB or SQLite file, a database's URL, a relbench folder, or a folder of Parquet or CSV files.
        target: the folder to be made.
        ddl: the schema of a folder of files, as ``inputs.read`` takes it; none: the ``.sql`` files in it.
        dialect: of the DDL; None finds it out.
        overwrite: replace a dataset that is there.
        tasks: that are made: at most so many (0: none), or as many as are worth it. Those of a relbench folder are
            copied in any case.
        progress: told about the rows as they go.

    Raises:
        InputError: the source can't be read, files and schema don't agree, or a key is not unique.
        TargetError: the target can't or may not be written.
        RunError: reading or writing failed; the target is as it was.
    """
    sink = RelbenchFolder(target, overwrite=overwrite, tasks=tasks)
    sink.check()
    with opened(source, ddl, dialect) as found:
        rows = Rows(found.stream, progress or Silent())
        made = sink.fill(
            rows,
            lambda connection: _made(found, rows, sink.path.name, connection),
            f"The database {Path(found.place).name}, {len(found.schema.tables)} tables, imported by plurel-sql.",
        )
    return msgspec.structs.replace(made, notes=(*found.schema.notes, *made.notes))


def _made(
    found: Opened, rows: Rows, name: str, connection: duckdb.DuckDBPyConnection
) -> tuple[Layout, tuple[Task, ...]]:
    """The dataset's layout, and the tasks that its source had."""
    connection.execute("SET TimeZone = 'UTC'")
    relations = loaded(connection, found.schema, rows.stream)
    schema, unread = typed(connection, found.schema, relations)
    keys.refuse_duplicates(connection, schema, relations, found.place)
    lost = keys.orphans(connection, schema, relations)
    times = found.times if found.times is not None else axis.times(connection, schema, relations)
    tables, notes = design(schema, times)
    convert(connection, schema, tables, relations)
    tasks, left = own.tasks(found.folder, connection, relations, tables) if found.folder else ((), ())
    connection.execute("DROP SCHEMA plurel_source CASCADE")
    layout = finished(name, connection, tables, (*notes, *unread, *lost, *left))
    if found.cuts is not None:
        val, test = (micros(cut, "timestamp") for cut in found.cuts)
        layout = msgspec.structs.replace(layout, val_timestamp=val, test_timestamp=test)
    return layout, tasks
