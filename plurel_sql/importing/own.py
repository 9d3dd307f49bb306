"""The tasks that a relbench folder has already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from plurel_sql.attempts.judge import quoted
from plurel_sql.errors import InputError
from plurel_sql.export.convert import Relation
from plurel_sql.export.folder import Split, Task
from plurel_sql.export.layout import OutTable
from plurel_sql.schema.model import Note

_SPLITS: tuple[Split, ...] = ("train", "val", "test")


def tasks(
    folder: Path,
    connection: duckdb.DuckDBPyConnection,
    relations: Mapping[str, Relation],
    tables: Sequence[OutTable],
) -> tuple[tuple[Task, ...], tuple[Note, ...]]:
    """The tasks of the dataset in ``folder``, as they stand there; none, and a note, where its keys or names became
    others on the way, because labels and SQL speak of those.

    Args:
        connection: holds the source's rows in ``relations``.
        tables: what they become.

    Raises:
        InputError: a task can't be read.
    """
    places = sorted(path.parent for path in folder.glob("tasks/*/manifest.yaml"))
    changed = next((table.source for table in tables if not _same(connection, relations[table.source], table)), None)
    if places and changed is not None:
        said = f"the tasks in {folder} are left out: the keys or names of {changed} are others here"
        return (), (Note(said, changed, level="info"),)
    return tuple(map(_task, places)), ()


def _same(connection: duckdb.DuckDBPyConnection, relation: Relation, table: OutTable) -> bool:
    """Whether the table has its names here, and rows the numbers that they have there."""
    if table.name != table.source or any(column.source != (column.name,) for column in table.columns):
        return False
    if table.key is None:
        return True
    order = f"{relation.columns[table.time]} NULLS LAST, rowid" if table.time else "rowid"
    numbered = f"SELECT {relation.columns[table.key]} AS key, row_number() OVER (ORDER BY {order}) - 1 AS row"
    found = connection.execute(
        f"SELECT count(*) FROM ({numbered} FROM {relation.sql}) WHERE key IS DISTINCT FROM {quoted('row')}"
    ).fetchall()
    return bool(found == [(0,)])


def _task(place: Path) -> Task:
    try:
        manifest = yaml.safe_load((place / "manifest.yaml").read_text(encoding="utf-8"))
        held = {split: path for split in _SPLITS if (path := place / f"{split}.parquet").is_file()}
        return Task(place.name, manifest, {split: pq.read_table(path) for split, path in held.items()})
    except (OSError, pa.ArrowException, yaml.YAMLError) as error:
        raise InputError(f"is no task of a relbench dataset: {error}", place=str(place)) from error
