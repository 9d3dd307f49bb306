"""A relbench dataset folder (see ``export``).

Rows are loaded into a DuckDB database in memory, which spills beside the target where they are many; the folder is made
under a temporary name and renamed when it is whole.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from plurel_sql import tasks as tasks_of
from plurel_sql.errors import RunError, TargetError
from plurel_sql.export import folder
from plurel_sql.export.build import build
from plurel_sql.export.design import design
from plurel_sql.export.layout import Layout
from plurel_sql.export.times import Times, named, planned
from plurel_sql.plan.model import Plan
from plurel_sql.schema.model import Note
from plurel_sql.sinks import folders
from plurel_sql.sinks.base import Constraints, Counted, Loaded, Progress, Silent, Source, TableLoad
from plurel_sql.sinks.computed import Computed
from plurel_sql.sinks.interrupts import Interrupts
from plurel_sql.sinks.targets import Tasks

Streams = Callable[[str], pa.RecordBatchReader]
"""The rows of a table, by its id."""

_OURS = {"manifest.yaml", "mapping.json"}


class RelbenchFolder:
    """The sink: see the module's text."""

    def __init__(self, target: str | Path, *, overwrite: bool = False, tasks: Tasks = "auto") -> None:
        self.target = str(target)
        self.path = Path(os.path.realpath(self.target))
        self.overwrite = overwrite
        self.tasks = tasks
        self._notes: list[Note] = []

    def check(self) -> None:
        if self.tasks != 0 and not _measurable():
            if self.tasks != "auto":
                refuse_unmeasurable()
            self.tasks = 0
            said = f"the dataset has no tasks: they can't be measured here ({_INSTALL})"
            self._notes.append(Note(said, self.target, level="info"))
        held, notes = folders.held(self.target, self.path, lambda names: names >= _OURS)
        self._notes += notes
        if held and not self.overwrite:
            folders.refuse(self.target, "exists already", "--overwrite replaces it", notes)

    def undeclared(self, source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
        return design(source.schema, times(source))[1]

    def write(self, source: Source, *, constraints: Constraints = "all", progress: Progress | None = None) -> Loaded:
        notes: list[Note] = []
        rows = Rows(streams(source, notes), progress or Silent())
        loaded = self.fill(
            rows,
            lambda connection: (build(self.path.name, source.schema, times(source), rows.stream, connection), ()),
            description(source),
            plan=_plan(source),
        )
        return msgspec.structs.replace(loaded, notes=(*loaded.notes, *notes))

    def fill(
        self,
        rows: Rows,
        make: Callable[[duckdb.DuckDBPyConnection], tuple[Layout, tuple[folder.Task, ...]]],
        description: str,
        plan: Plan | None = None,
    ) -> Loaded:
        """Fills the folder with the dataset that ``make`` makes in a connection, of ``rows``, with tasks that are
        there already. ``plan``: that the rows come of."""
        self.check()
        began = time.perf_counter()
        with Interrupts() as interrupts, folders.filled(self.target, self.path) as work:
            with duckdb.connect(":memory:", config={"temp_directory": f"{work}.spill"}) as connection:
                interrupts.stop, rows.check = connection.interrupt, interrupts.check
                connection.execute("SET enable_progress_bar = false")
                with rows.errors(self.target):
                    layout, own = make(connection)
                    rows.end()
                    made = self._tasks(layout, connection, plan, rows.turn)
                    names = {task.name for task in own}
                    every = (*own, *(task for task in made.tasks if task.name not in names))
                    for _ in folder.write(layout, connection, work, tasks=every, description=description):
                        interrupts.check()
                    if made.kept or made.dropped:
                        (work / "tasks.json").write_bytes(made.report())
            interrupts.check()
        size = sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())
        return Loaded(self.target, rows.loads(), size, time.perf_counter() - began, (*self._notes, *layout.notes))

    def _tasks(
        self, layout: Layout, connection: duckdb.DuckDBPyConnection, plan: Plan | None, watch: Callable[[str], None]
    ) -> tasks_of.Made:
        if self.tasks == 0:
            return tasks_of.Made((), (), ())
        wanted = None if self.tasks == "auto" else self.tasks
        return tasks_of.make(connection, layout, wanted, plan=plan, watch=watch)


def refuse_unmeasurable() -> None:
    """TargetError where tasks can't be measured."""
    if not _measurable():
        raise TargetError("tasks can't be measured here", place="--tasks", hint=_INSTALL)


def _measurable() -> bool:
    return find_spec("sklearn") is not None


_INSTALL = "pip install 'plurel-sql[relbench]', which brings scikit-learn, or --tasks none"


def times(source: Source) -> Times:
    """The time columns of a source: by its plan where it has one, else by their names."""
    plan = _plan(source)
    return planned(plan) if plan is not None else {table.id: named(table) for table in source.schema.tables}


def _plan(source: Source) -> Plan | None:
    return getattr(source, "plan", None)


def description(source: Source) -> str:
    """A sentence for manifest and card."""
    plan = _plan(source)
    made = f" with seed {plan.seed}" if plan is not None else ""
    return f"A synthetic database of {len(source.schema.tables)} tables, made by plurel-sql{made}."


def streams(source: Source, notes: list[Note]) -> Streams:
    """The source's rows with their generated columns computed; what can't be computed is added to ``notes``."""

    def stream(id: str) -> pa.RecordBatchReader:
        reader, table = source.stream(id), source.schema.table(id)
        if not any(column.generated for column in table.columns):
            return reader
        computed = Computed(source.schema, table, reader.schema)
        notes.extend(computed.notes)
        return pa.RecordBatchReader.from_batches(reader.schema, map(computed.apply, reader))

    return stream


class Rows:
    """Rows on their way into a dataset: counted, and what breaks a stream is kept."""

    def __init__(self, stream: Streams, progress: Progress) -> None:
        self.check: Callable[[], None] = lambda: None
        self._stream = stream
        self._progress = progress
        self._streams: list[tuple[str, float, Counted]] = []
        self._ended = 0.0

    def stream(self, id: str) -> pa.RecordBatchReader:
        """The rows of a table."""
        self._progress.table(id)
        counted = Counted(self._stream(id), self._progress, self.check)
        self._streams.append((id, time.perf_counter(), counted))
        return counted.reader

    @contextmanager
    def errors(self, place: str) -> Iterator[None]:
        """What broke the last stream is raised as it was, an error of DuckDB as a RunError."""
        try:
            yield
        except (duckdb.Error, pa.ArrowException, RuntimeError) as error:
            if self._streams and (cause := self._streams[-1][2].error) is not None:
                raise cause from None
            raise RunError(" ".join(str(error).split()), place=place) from error

    def end(self) -> None:
        """No more rows come."""
        self._ended = time.perf_counter()

    def turn(self, task: str) -> None:
        """The work turns to this task; raises what asks it to stop."""
        self.check()
        self._progress.table(f"task {task}")

    def loads(self) -> tuple[TableLoad, ...]:
        """The tables in the order in which they were loaded; the last one's seconds go to ``end``."""
        ends = [*(began for _, began, _ in self._streams[1:]), self._ended]
        return tuple(
            TableLoad(id, counted.rows, end - began, counted.bytes)
            for (id, began, counted), end in zip(self._streams, ends, strict=True)
        )
