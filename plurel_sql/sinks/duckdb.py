"""A DuckDB file with the user's own tables.

The file is made under a temporary name in the target's folder and renamed when it is whole, so a failure or Ctrl-C
leaves what was there before. Tables are made and loaded one after another, parents first, each by one
``INSERT ... SELECT`` from an Arrow stream; PRIMARY KEY and UNIQUE are added to a table when it is full, which comes
before the tables that refer to it are made. Nothing holds a whole table in Python; DuckDB spills beside the target.

A table that refers to itself is loaded level by level of its tree, because DuckDB checks a foreign key against the rows
of earlier statements alone: its rows stand by level, then in row order. Rows in a circle (or pointing to themselves)
can't be held that way; such a foreign key is not declared.

Whether DuckDB can compute a generated column for every row (without an overflow, say) shows with the data alone: all of
it is read once after the load, and a table that fails is loaded again with plain columns in their place.

Measured (``benchmarks/duckdb_load.py``; 1e6 rows of 8 columns, 100,000 parents, two cores, seconds for the load and
the checkpoint): no constraint 0.17; PRIMARY KEY declared before 0.37, added after 0.25; one FOREIGN KEY 0.91, with the
PRIMARY KEY before 1.12, after 0.93; a CHECK, an ENUM or ``preserve_insertion_order = false`` change nothing; eight
statements instead of one cost 10 to 30 % more and a file larger by 39 %. Hence one statement and keys after.
A table costs 1 MB at least in blocks of 256 KiB (the default) and 70 KB in blocks of 16 KiB, which take almost twice
the time at 1e6 rows: small databases get the small blocks. DuckDB's memory limit is 80 % of the machine's by default,
which its indexes may need; without them it stands at 512 MB (retail, 1e7 rows: 815 MiB for the whole process).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from plurel_sql.errors import RunError, TargetError
from plurel_sql.schema.model import ForeignKey, Note
from plurel_sql.sinks import paths
from plurel_sql.sinks.base import Constraints, Counted, Loaded, Progress, Silent, Source, TableLoad
from plurel_sql.sinks.duckdb_ddl import Design, TableDesign, design, quoted, reason
from plurel_sql.sinks.interrupts import Interrupts
from plurel_sql.sinks.names import ToldApart

_SMALL = 200_000  # rows in all below which small blocks pay
_MAGIC = slice(8, 12)  # of a DuckDB file: b"DUCK"


def check(target: str | Path, overwrite: bool = False) -> Path:
    """The path of the file to be made, links followed.

    Only a DuckDB file or an empty file is ever replaced, whatever ``overwrite`` says.

    Raises:
        TargetError: it can't or may not be written.
    """
    written = str(target)
    if "://" in written and not written.startswith("duckdb:///"):
        raise TargetError("is not a kind of target that can be filled", place=written, hint="expected a DuckDB file")
    return paths.replaceable(
        written,
        written.removeprefix("duckdb:///"),
        overwrite=overwrite,
        kind="DuckDB",
        is_kind=lambda head: head[_MAGIC] == b"DUCK",
    )


def write(
    source: Source,
    target: str | Path,
    *,
    constraints: Constraints = "all",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Fills a new DuckDB file with all tables of ``source``.

    Raises:
        TargetError: the target can't or may not be written, or DuckDB can't hold a table at all.
        RunError: the load failed (a violated constraint, a full disk); the target is as it was.
    """
    began = time.perf_counter()
    path = check(target, overwrite)
    with Interrupts() as interrupts, translated(str(target)):
        _fold_log(path)
        named = ToldApart(source)
        plan = design(named.schema, constraints=constraints, rows=named.rows, types=named.types)
        part = paths.unfinished(path)
        spill = part.with_name(f"{part.name}.spill")
        try:
            connection = duckdb.connect(
                str(part), config={"temp_directory": str(spill), **_settings(named, constraints)}
            )
            try:
                interrupts.stop = connection.interrupt
                connection.execute("SET enable_progress_bar = false")  # it would write into ours after two seconds
                tables, notes = Load(connection, named, progress or Silent(), interrupts).run(plan)
                connection.execute("CHECKPOINT")
            finally:
                connection.close()
            interrupts.check()
            paths.sync(part)
            _fold_log(path)
            os.replace(part, path)
            paths.sync_folder(path.parent)
        finally:
            for leftover in (part, Path(f"{part}.wal")):
                leftover.unlink(missing_ok=True)
            shutil.rmtree(spill, ignore_errors=True)
    seconds = time.perf_counter() - began
    return Loaded(str(target), tuple(tables), path.stat().st_size, seconds, (*named.notes, *plan.notes, *notes))


def _fold_log(path: Path) -> None:
    """Brings what a log beside the old file holds into that file, which removes the log: beside another file it makes
    that one unreadable, and an old file without its log would not be as before.

    Raises:
        TargetError: another process has the old file open.
    """
    log = Path(f"{path}.wal")
    if not log.exists():
        return
    try:
        duckdb.connect(str(path)).close()
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            raise TargetError("is open in another process", place=str(path), hint="end that one first") from error
        log.unlink(missing_ok=True)  # of a file that can't be read any more


def undeclared(source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
    """What a file filled from ``source`` will not declare, as far as it shows before a row is made."""
    named = ToldApart(source)
    return (*named.notes, *design(named.schema, constraints=constraints, rows=named.rows, types=named.types).notes)


class DuckDBFile:
    """The sink: see the module's text."""

    def __init__(self, target: str | Path, *, overwrite: bool = False) -> None:
        self.target = target
        self.overwrite = overwrite

    def check(self) -> None:
        check(self.target, self.overwrite)

    def undeclared(self, source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
        return undeclared(source, constraints)

    def write(self, source: Source, *, constraints: Constraints = "all", progress: Progress | None = None) -> Loaded:
        return write(source, self.target, constraints=constraints, overwrite=self.overwrite, progress=progress)


class Load:
    """Makes and fills the tables of one source, over one connection."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, source: Source, progress: Progress, interrupts: Interrupts
    ) -> None:
        self.connection = connection
        self.interrupts = interrupts
        self.source = source
        self.progress = progress
        self.notes: list[Note] = []

    def run(self, plan: Design) -> tuple[list[TableLoad], list[Note]]:
        self._execute(*plan.before)
        tables = [self._table(table) for table in plan.tables]
        self._execute(*plan.after)
        return tables, self.notes

    def _table(self, table: TableDesign) -> TableLoad:
        began = time.perf_counter()
        self.progress.table(table.id)
        with translated(table.id):
            try:
                counted = self._rows(table)
            except duckdb.Error as error:
                if isinstance(error, duckdb.ConstraintException) and "CHECK constraint" in str(error):
                    self._forget(table)
                    counted = self._rows(self._met(table, error))
                elif table.computed:
                    self._forget(table)
                    counted = self._rows(table.plain())
                    names = ", ".join(name for name, _, _ in table.computed)
                    self.notes.append(Note(f"{names}: plain, not GENERATED: {reason(error)}", table.id))
                else:
                    raise
            self._execute(*table.keys)
        return TableLoad(table.id, counted.rows, time.perf_counter() - began, counted.bytes)

    def _rows(self, table: TableDesign) -> Counted:
        """Makes the table and fills it."""
        if table.self_keys:
            counted = self._by_levels(table)
        else:
            self._create(table)
            counted = self._insert(table, f"INSERT INTO {table.name} ({_names(table)}) SELECT {_values(table)} FROM")
        if table.computed:
            read = ", ".join(f"max(hash({quoted(name)}))" for name, _, _ in table.computed)
            self._execute(f"SELECT {read} FROM {table.name}")
        return counted

    def _met(self, table: TableDesign, error: duckdb.Error) -> TableDesign:
        """The table without the CHECKs that its rows break: what another dialect says need not mean the same here."""
        self._rows(table.without(table.checks))
        broken = [check for check in table.checks if self._breaks(table, check[1])]
        self._forget(table)
        if not broken:
            raise error
        for line, _ in broken:
            self.notes.append(Note(f"{line} is not declared: rows break it as DuckDB reads it", table.id))
        return table.without(broken)

    def _breaks(self, table: TableDesign, condition: str) -> bool:
        try:
            found = self.connection.execute(f"SELECT 1 FROM {table.name} WHERE NOT ({condition}) LIMIT 1").fetchone()
        except duckdb.Error:
            return True
        return found is not None

    def _create(self, table: TableDesign, self_reference: bool = True) -> None:
        self._execute(table.create(self_reference))

    def _forget(self, table: TableDesign) -> None:
        """Undoes what a failed ``_rows`` has left."""
        self._execute(f"DROP TABLE IF EXISTS {table.name}")
        self._drop_temporary()

    def _insert(self, table: TableDesign, statement: str) -> Counted:
        """Runs ``statement`` on the table's stream; what breaks the stream is raised as it was."""
        self.interrupts.check()
        counted = Counted(self.source.stream(table.id), self.progress, self.interrupts.check)
        self.connection.register("plurel_stream", counted.reader)
        try:
            self.connection.execute(f"{statement} plurel_stream")
        except (duckdb.Error, RuntimeError):
            if counted.error is not None:
                raise counted.error from None
            raise
        finally:
            with suppress(duckdb.Error):  # which a transaction that has failed refuses as well
                self.connection.unregister("plurel_stream")
        return counted

    def _by_levels(self, table: TableDesign) -> Counted:
        """Loads a table with foreign keys to itself: all rows into a bare temporary table, then level by level."""
        counted = self._insert(
            table, f"CREATE TEMP TABLE plurel_stage AS SELECT row_number() OVER () AS plurel_row, {_names(table)} FROM"
        )
        edges = " UNION ALL ".join(_edges(key) for key in table.self_keys)
        self._execute(
            f"CREATE TEMP TABLE plurel_edge AS {edges}",
            "CREATE TEMP TABLE plurel_pending AS SELECT plurel_row FROM plurel_stage",
            "CREATE TEMP TABLE plurel_level (plurel_row BIGINT, level INTEGER)",
        )
        levels = 0
        while self._count("plurel_pending"):
            self._execute(
                "CREATE OR REPLACE TEMP TABLE plurel_ready AS SELECT plurel_row FROM plurel_pending"
                " ANTI JOIN plurel_edge ON plurel_row = child"
            )
            if not self._count("plurel_ready"):
                break
            self._execute(
                f"INSERT INTO plurel_level SELECT plurel_row, {levels} FROM plurel_ready",
                "CREATE OR REPLACE TEMP TABLE plurel_pending AS"
                " SELECT plurel_row FROM plurel_pending ANTI JOIN plurel_ready USING (plurel_row)",
                "CREATE OR REPLACE TEMP TABLE plurel_edge AS"
                " SELECT child, parent FROM plurel_edge ANTI JOIN plurel_ready ON parent = plurel_row",
            )
            levels += 1
        circular = self._count("plurel_pending") > 0
        into = f"INSERT INTO {table.name} ({_names(table)}) SELECT {_values(table)} FROM"
        if circular:
            labels = " and ".join(key.label for key in table.self_keys)
            self.notes.append(
                Note(f"foreign key {labels} is not declared: rows point to themselves", table.id, level="info")
            )
            self._create(table, self_reference=False)
            self._execute(f"{into} plurel_stage ORDER BY plurel_row")
            self._execute(*(f"ALTER TABLE {table.name} ADD {line}" for line in table.self_lines if _is_key(line)))
        else:
            self._create(table)
            self._execute(
                "CREATE TEMP TABLE plurel_sorted AS SELECT * FROM plurel_stage JOIN plurel_level USING (plurel_row)"
                " ORDER BY level, plurel_row",
            )
            for level in range(levels):
                self._execute(f"{into} plurel_sorted WHERE level = {level} ORDER BY plurel_row")
        self._drop_temporary()
        return counted

    def _drop_temporary(self) -> None:
        for name in ("stage", "edge", "pending", "level", "ready", "sorted"):
            self._execute(f"DROP TABLE IF EXISTS temp.plurel_{name}")

    def _count(self, table: str) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(row[0]) if row else 0

    def _execute(self, *statements: str) -> None:
        for statement in statements:
            self.interrupts.check()
            self.connection.execute(statement)


def _settings(source: Source, constraints: Constraints) -> dict[str, str]:
    """Of the connection: block size and memory limit, see above."""
    settings = {}
    if sum(source.rows(table.id) for table in source.schema.tables) < _SMALL:
        settings["default_block_size"] = "16384"
    if constraints == "none":
        settings["memory_limit"] = f"{max(512, 64 * (os.cpu_count() or 1))}MB"
    return settings


def _names(table: TableDesign) -> str:
    return ", ".join(map(quoted, table.loaded))


def _values(table: TableDesign) -> str:
    """The columns as they are inserted: what DuckDB doesn't cast by itself is cast."""
    casts = dict(table.casts)
    return ", ".join(casts.get(name, quoted(name)) for name in table.loaded)


def _is_key(line: str) -> bool:
    return line.startswith(("PRIMARY KEY", "UNIQUE"))


def _edges(key: ForeignKey) -> str:
    """Pairs (child, parent) of row numbers along a foreign key of the staged table to itself."""
    same = " AND ".join(
        f"c.{quoted(child)} = p.{quoted(parent)}" for child, parent in zip(key.columns, key.parent_columns, strict=True)
    )
    return f"SELECT c.plurel_row AS child, p.plurel_row AS parent FROM plurel_stage c JOIN plurel_stage p ON {same}"


@contextmanager
def translated(place: str) -> Iterator[None]:
    """DuckDB's and the system's errors as errors of ours that name the place."""
    try:
        yield
    except duckdb.Error as error:
        raise RunError(" ".join(str(error).split()), place=place) from error
    except OSError as error:
        raise RunError(f"can't be written: {error.strerror or error}", place=place) from error
