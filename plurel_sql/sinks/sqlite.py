"""A SQLite file with the user's own tables.

The file is made under a temporary name in the target's folder and renamed when it is whole, as DuckDB's. Where the
schema is SQLite's own, the user's statements make the tables, and what is defined besides them (indexes, triggers,
views) is made when the rows are there, so that no trigger fires; else the tables come from ``metadata``. SQLite itself
is the judge at the end: ``foreign_key_check`` and ``integrity_check``, which also looks at CHECKs.

A table whose own definition refuses the planned rows (a CHECK that the plan doesn't guarantee, say) is made from what
the plan guarantees, with a note. An AUTOINCREMENT's counter follows the rows by itself. ``values`` says in which form
values are kept. Columns with more than 15 decimal digits lose the rest: SQLite has no exact decimals.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.pool import StaticPool

from plurel_sql.errors import RunError, TargetError
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Note, Table
from plurel_sql.sinks import paths
from plurel_sql.sinks.base import Constraints, Counted, Loaded, Progress, Silent, Source, TableLoad
from plurel_sql.sinks.create import create
from plurel_sql.sinks.interrupts import Interrupts
from plurel_sql.sinks.metadata import ForeignTable, foreign
from plurel_sql.sinks.sqlite_own import Own, Trigger, own, quoted, triggers
from plurel_sql.sinks.values import cast, sqlite_values

_LITERAL = {"literal_binds": True}
_MAGIC = b"SQLite format 3\0"


class SQLiteFile:
    """The sink: see the module's text. With ``existing`` the tables of a file that is there are filled."""

    def __init__(self, target: str | Path, *, overwrite: bool = False, existing: bool = False) -> None:
        self.target = str(target)
        self.overwrite = overwrite
        self.existing = existing

    def check(self) -> None:
        self._path()

    def undeclared(self, source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
        if self.existing or (source.schema.dialect == "sqlite" and constraints == "all"):
            return ()
        return foreign(source, sqlite_dialect(), constraints).notes

    def write(self, source: Source, *, constraints: Constraints = "all", progress: Progress | None = None) -> Loaded:
        began = time.perf_counter()
        path = self._path()
        part = path if self.existing else paths.unfinished(path)
        with Interrupts() as interrupts, _translated(self.target):
            try:
                if not self.existing:
                    _fold_logs(path)
                connection = sqlite3.connect(part, isolation_level=None, factory=_Plain)
                try:
                    interrupts.stop = connection.interrupt
                    load = _Load(connection, source, progress or Silent(), interrupts, constraints)
                    tables = load.existing() if self.existing else load.new()
                finally:
                    connection.close()
                if not self.existing:
                    interrupts.check()
                    paths.sync(part)
                    _fold_logs(path)
                    os.replace(part, path)
                    paths.sync_folder(path.parent)
            finally:
                if not self.existing:
                    for leftover in (part, Path(f"{part}-journal")):
                        leftover.unlink(missing_ok=True)
        seconds = time.perf_counter() - began
        return Loaded(self.target, tuple(tables), path.stat().st_size, seconds, tuple(dict.fromkeys(load.notes)))

    def _path(self) -> Path:
        path = self.target.removeprefix("sqlite:///")
        if "://" in path or not path:
            raise TargetError("names no file", place=self.target, hint="expected sqlite:///path/to/file.sqlite")
        if not self.existing:
            return paths.replaceable(self.target, path, overwrite=self.overwrite, kind="SQLite", is_kind=_MAGIC.__eq__)
        try:
            with open(path, "rb") as file:
                if file.read(16) not in (_MAGIC, b""):
                    raise TargetError("is not a SQLite file", place=self.target)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise TargetError(f"can't be opened: {reason}", place=self.target) from error
        return Path(os.path.realpath(path))


def _fold_logs(path: Path) -> None:
    """Brings what logs beside the old file hold into that file: beside another one they would be read into that.

    Raises:
        TargetError: another process has the old file open.
    """
    logs = [log for log in (Path(f"{path}-wal"), Path(f"{path}-journal")) if log.exists()]
    if not logs:
        return
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=1)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a journal is rolled back
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise TargetError("is open in another process", place=str(path), hint="end that one first") from error
        for log in logs:  # of a file that can't be read any more
            log.unlink(missing_ok=True)
    if any(log.exists() for log in logs):  # the last connection removes them
        raise TargetError("is open in another process", place=str(path), hint="end that one first")


class _Plain(sqlite3.Connection):
    """Without the functions that SQLAlchemy adds (REGEXP): others who open the file lack them."""

    def create_function(self, *_: object, **__: object) -> None:
        pass


class _Load:
    def __init__(
        self,
        connection: sqlite3.Connection,
        source: Source,
        progress: Progress,
        interrupts: Interrupts,
        constraints: Constraints,
    ) -> None:
        self.connection = connection
        self.source = source
        self.progress = progress
        self.interrupts = interrupts
        self.constraints = constraints
        self.notes: list[Note] = []

    def new(self) -> list[TableLoad]:
        """Makes and fills all tables of a new file."""
        self._execute("PRAGMA journal_mode = MEMORY", "PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF")
        self._execute("PRAGMA cache_size = -65536")
        with self._engine() as made:  # which rolls back when it comes and when it goes
            self._execute("BEGIN")
            tables = self._all(made)
            self._judge(None)
            self._execute("COMMIT")
        return tables

    def _all(self, made: sa.Connection) -> list[TableLoad]:
        speaks = self.source.schema.dialect == "sqlite" and self.constraints == "all"
        mine = own(self.source.schema) if speaks else Own()
        designed = foreign(self.source, sqlite_dialect(), self.constraints)
        for statement in mine.tables:
            self._try(statement)
        named = self._rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        there = {str(name).lower() for (name,) in named} if speaks else set()
        tables = []
        for table in designed.tables:
            given = designed.source.schema.table(table.id)
            if given.name.lower() in there:
                try:
                    tables.append(self._table(designed.source, given))
                    continue
                except sqlite3.IntegrityError as error:
                    self._note(given, f"is not made as it is written, its rows don't fit: {error}")
                    self._execute(f"DROP TABLE {quoted(given.name)}")
            self.notes += create(made, table)
            tables.append(self._translation(made, designed.source, given, table))
        self.notes += designed.source.notes if speaks else designed.notes
        for statement in mine.after:
            self._try(statement)
        return tables

    def _translation(self, made: sa.Connection, source: Source, given: Table, table: ForeignTable) -> TableLoad:
        """Fills a table that was made here. A CHECK or key that the rows break has another meaning in SQLite (no
        decimals, no intervals) than in the schema's dialect: it is left out."""
        while True:
            try:
                load = self._table(source, given, table.table)
                break
            except sqlite3.DatabaseError as error:
                self.interrupts.check()
                with _translated(given.id):
                    lost = self._blamed(source, given, table.table, error)
                    if not lost:
                        raise
                    for constraint, label in lost:
                        table.table.constraints.discard(constraint)
                        self._note(given, f"{label} is not declared: the rows break it as SQLite reads it")
                    self._execute(f"DROP TABLE {quoted(given.name)}")
                    made.execute(table.create)
        for index in table.after:
            try:
                made.execute(index)
            except sa.exc.DBAPIError as error:
                self.interrupts.check()
                line = " ".join(str(index.compile(dialect=sqlite_dialect())).split())
                self._note(given, f"{line} is left out: {error.orig}")
        return load

    def _blamed(
        self, source: Source, given: Table, made: sa.Table, error: sqlite3.DatabaseError
    ) -> list[tuple[sa.Constraint, str]]:
        """The constraints that the rows break."""
        prefix = f"UNIQUE constraint failed: {given.name}."
        if str(error).startswith(prefix):
            names = set(str(error).removeprefix(prefix).split(f", {given.name}."))
            uniques = (one for one in made.constraints if isinstance(one, sa.UniqueConstraint))
            return [(one, f"UNIQUE ({', '.join(names)})") for one in uniques if {c.name for c in one.columns} == names]
        self._execute("PRAGMA ignore_check_constraints = ON")
        try:
            self._table(source, given, made)
        finally:
            self._execute("PRAGMA ignore_check_constraints = OFF")
        checks = [one for one in made.constraints if isinstance(one, sa.CheckConstraint)]
        written = {one: str(one.sqltext.compile(dialect=sqlite_dialect(), compile_kwargs=_LITERAL)) for one in checks}
        return [(one, f"CHECK ({text})") for one, text in written.items() if self._breaks(given, text)]

    def _breaks(self, table: Table, condition: str) -> bool:
        try:
            return bool(self._rows(f"SELECT 1 FROM {quoted(table.name)} WHERE NOT ({condition}) LIMIT 1"))
        except sqlite3.OperationalError:  # it can't be evaluated on these rows
            self.interrupts.check()
            return True

    def existing(self) -> list[TableLoad]:
        """Fills tables that are there, in one transaction; triggers are taken out meanwhile."""
        self._execute("PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE")
        try:
            order = load_order(self.source.schema)
            names = {self.source.schema.table(id).name for id in order}
            held: list[Trigger] = triggers(self.connection, names)
            for trigger in held:
                self._execute(f"DROP TRIGGER {quoted(trigger.name)}")
            tables = [self._table(self.source, self.source.schema.table(id)) for id in order]
            for trigger in held:
                self._execute(trigger.sql)
            self._judge(names)
            self._execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            raise
        return tables

    @contextmanager
    def _engine(self) -> Iterator[sa.Connection]:
        """SQLAlchemy's view of the same connection, in the same transaction."""
        engine = sa.create_engine(
            "sqlite://", creator=lambda: self.connection, poolclass=StaticPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            yield connection

    def _table(self, source: Source, table: Table, made: sa.Table | None = None) -> TableLoad:
        began = time.perf_counter()
        self.progress.table(table.id)
        passing = sqlite3.IntegrityError if made is None else sqlite3.DatabaseError
        with _translated(table.id, passing):
            # hidden 2 and 3 are generated columns
            info = self._rows(f"PRAGMA table_xinfo({quoted(table.name)})")
            takes = {str(name).lower() for _, name, *_, hidden in info if hidden == 0}
            columns = [column for column in table.columns if column.name.lower() in takes]
            compact = {c.name for c in columns if made is not None and isinstance(made.c[c.name].type, sa.Uuid)}
            arrow = {c.name: made.c[c.name].info["arrow"] for c in columns} if made is not None else {}
            self._execute("SAVEPOINT plurel")
            try:
                counted = self._insert(source, table, [c.name for c in columns], arrow, compact)
            except sqlite3.DatabaseError:
                with suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK TO plurel")
                raise
            finally:
                with suppress(sqlite3.Error):
                    self.connection.execute("RELEASE plurel")
        return TableLoad(table.id, counted.rows, time.perf_counter() - began, counted.bytes)

    def _insert(
        self, source: Source, table: Table, columns: list[str], arrow: dict[str, str], compact: set[str]
    ) -> Counted:
        """Adds all rows; what breaks the stream is raised as it was."""
        counted = Counted(source.stream(table.id), self.progress, self.interrupts.check)
        places = ", ".join("?" * len(columns))
        into = f"INSERT INTO {quoted(table.name)}"
        statement = f"{into} ({', '.join(map(quoted, columns))}) VALUES ({places})" if columns else ""
        try:
            for batch in counted.reader:
                if not columns:
                    for _ in range(batch.num_rows):
                        self._execute(f"{into} DEFAULT VALUES")
                    continue
                values = [
                    sqlite_values(cast(batch.column(name), arrow.get(name)), compact_uuid=name in compact)
                    for name in columns
                ]
                self.connection.executemany(statement, zip(*values, strict=True))
        except Exception:
            if counted.error is not None:
                raise counted.error from None
            raise
        return counted

    def _judge(self, tables: set[str] | None) -> None:
        """Lets SQLite look at everything; RunError for what breaks a guaranteed constraint."""
        named = self._rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        checked = [str(name) for (name,) in named if tables is None or name in tables]
        for name in checked:
            broken = self._rows(f"PRAGMA foreign_key_check({quoted(name)})")
            if not broken:
                continue
            keys = {row[0]: row for row in self._rows(f"PRAGMA foreign_key_list({quoted(name)})") if row[1] == 0}
            for number in {row[3] for row in broken}:
                parent, column = str(keys[number][2]), str(keys[number][3])
                count = sum(row[3] == number for row in broken)
                message = f"{count} rows refer by {column} to no row of {parent}"
                if self._guaranteed(name, column, parent):
                    raise RunError(message, place=name)
                self.notes.append(Note(message, name))
        if tables is None:
            for (found,) in self._rows("PRAGMA integrity_check(5)"):
                if found != "ok":
                    raise RunError(f"SQLite finds: {found}", place="integrity_check")

    def _guaranteed(self, name: str, column: str, parent: str) -> bool:
        """Whether the plan guarantees the foreign key."""
        schema = self.source.schema
        named = [table for table in schema.tables if table.name.lower() == name.lower()]
        keys = {
            (key.columns[0].lower(), schema.table(key.parent).name.lower()) for t in named for key in t.foreign_keys
        }
        return (column.lower(), parent.lower()) in keys

    def _try(self, statement: str) -> None:
        try:
            self._execute(statement)
        except sqlite3.Error as error:
            first = " ".join(statement.split())[:80]
            self.notes.append(Note(f"{first} ...: refused by SQLite: {error}"))

    def _rows(self, statement: str) -> list[tuple[object, ...]]:
        return self.connection.execute(statement).fetchall()

    def _execute(self, *statements: str) -> None:
        for statement in statements:
            self.interrupts.check()
            self.connection.execute(statement)

    def _note(self, table: Table, message: str) -> None:
        self.notes.append(Note(message, table.id, table.source))


@contextmanager
def _translated(place: str, passing: type[sqlite3.Error] | None = None) -> Iterator[None]:
    """SQLite's and the system's errors as errors of ours that name the place; ``passing`` are the caller's affair."""
    try:
        yield
    except (sqlite3.Error, sa.exc.DBAPIError) as error:
        if passing is not None and isinstance(error, passing):
            raise
        reason = getattr(error, "orig", None) or error
        raise RunError(" ".join(str(reason).split()), place=place) from error
    except OverflowError as error:
        raise RunError(f"a number is too large for SQLite: {error}", place=place) from error
    except OSError as error:
        raise RunError(f"can't be written: {error.strerror or error}", place=place) from error
