"""Rows for tables that a DuckDB file holds already: one transaction in the file itself.

DuckDB writes a commit to its log at once, so a stop at any moment leaves the file as it was or complete. Its sequences
can't be set; they are drawn from until they stand after the highest value.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path

import duckdb

from plurel_sql.errors import RunError, TargetError
from plurel_sql.schema.graph import components
from plurel_sql.schema.model import Note, Table
from plurel_sql.sinks.base import Constraints, Loaded, Progress, Silent, Source
from plurel_sql.sinks.duckdb import Load, translated
from plurel_sql.sinks.duckdb_ddl import TableDesign, quoted, sql_name
from plurel_sql.sinks.interrupts import Interrupts

_MOST = 100_000_000
"""How many numbers of a sequence are drawn to bring it up."""
_NEXTVAL = re.compile(r"nextval\('((?:[^']|'')+)'")


class ExistingDuckDB:
    """The sink."""

    def __init__(self, target: str | Path) -> None:
        self.target = target

    def check(self) -> None:
        path = self._path()
        if not path.is_file():
            raise TargetError("there is no such file", place=str(self.target), hint="--existing fills what is there")
        if not os.access(path, os.W_OK):
            raise TargetError("can't be written: Permission denied", place=str(self.target))

    def undeclared(self, source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
        return ()

    def write(self, source: Source, *, constraints: Constraints = "all", progress: Progress | None = None) -> Loaded:
        self.check()
        began = time.perf_counter()
        path = self._path()
        with Interrupts() as interrupts, translated(str(self.target)):
            connection = duckdb.connect(str(path))
            try:
                interrupts.stop = connection.interrupt
                connection.execute("SET enable_progress_bar = false")
                connection.execute("BEGIN TRANSACTION")
                load = _Additions(connection, source, progress or Silent(), interrupts)
                tables, notes = load.fill(source)
                interrupts.check()
                connection.execute("COMMIT")
            finally:
                with suppress(duckdb.Error):
                    connection.execute("ROLLBACK")
                connection.close()
        return Loaded(str(self.target), tuple(tables), path.stat().st_size, time.perf_counter() - began, tuple(notes))

    def _path(self) -> Path:
        return Path(os.path.realpath(str(self.target).removeprefix("duckdb:///")))


class _Additions(Load):
    """A load without any data definition."""

    def fill(self, source: Source):  # type: ignore[no-untyped-def]
        order = [id for group in components(source.schema) for id in group]
        loads = [self._table(_design(source.schema.table(id))) for id in order]
        for id in order:
            self._advance(source.schema.table(id))
        return loads, self.notes

    def _create(self, table: TableDesign, self_reference: bool = True) -> None:
        if not self_reference:
            raise RunError("rows that point to themselves can't be put into a table of DuckDB's", place=table.id)

    def _advance(self, table: Table) -> None:
        """Brings the sequences behind the table's defaults after the highest value."""
        rows = self.connection.execute(
            "SELECT column_name, column_default FROM duckdb_columns() WHERE database_name = current_database()"
            " AND table_name = ? AND schema_name = ? AND column_default LIKE '%nextval(%'",
            [table.name, table.namespace or "main"],
        ).fetchall()
        for column, default in rows:
            if (found := _NEXTVAL.search(default)) is None:
                continue
            name = found[1].replace("''", "'")
            bare = name.rpartition(".")[2].strip('"')
            at = self.connection.execute(
                "SELECT coalesce(last_value, start_value - increment_by), increment_by FROM duckdb_sequences()"
                " WHERE sequence_name = ?",
                [bare],
            ).fetchone()
            top = self.connection.execute(f"SELECT max({quoted(column)}) FROM {sql_name(table)}").fetchone()
            if at is None or top is None or top[0] is None or at[1] <= 0:
                continue
            missing = -((int(at[0]) - int(top[0])) // int(at[1]))
            if missing > _MOST:
                self.notes.append(Note(f"sequence {bare} is not brought up to {top[0]}", f"{table.id}.{column}"))
            elif missing > 0:
                text = found[1]
                self._execute(f"SELECT max(nextval('{text}')) FROM range({missing})")


def _design(table: Table) -> TableDesign:
    """The table as it is: what takes data, and its keys to itself."""
    return TableDesign(
        id=table.id,
        name=sql_name(table),
        lines=(),
        loaded=tuple(column.name for column in table.columns if column.generated is None),
        self_keys=tuple(key for key in table.foreign_keys if key.parent == table.id),
    )
