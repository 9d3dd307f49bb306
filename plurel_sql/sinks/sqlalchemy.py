"""Any database that SQLAlchemy reaches: tables from ``metadata``, rows by multi-row INSERTs.

Where the engine takes definitions back with a transaction (``create.TRANSACTIONAL``) all is one transaction. Elsewhere
a table ``plurel_sql_unfinished`` lists what the run makes, each entry before the thing; a run that finds it removes
what it lists, and only that, before it begins. Foreign keys, indexes, and CHECKs that may mean something else in the
target come after the rows: one that these break is noted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.schema import AddConstraint, CreateTable, DropConstraint, DropTable

from plurel_sql import urls
from plurel_sql.errors import PlurelError, RunError, TargetError
from plurel_sql.schema.model import Note
from plurel_sql.sinks.base import Constraints, Counted, Loaded, Progress, Silent, Source, TableLoad
from plurel_sql.sinks.create import TRANSACTIONAL, create, execute, savepoint
from plurel_sql.sinks.interrupts import Interrupts
from plurel_sql.sinks.metadata import Foreign, ForeignTable, foreign
from plurel_sql.sinks.sqltypes import native_uuid
from plurel_sql.sinks.values import cast, python_values

_ROWS = 5_000  # of one executemany
_TYPED = (sa.Date, sa.DateTime, sa.Time, sa.Numeric, sa.Boolean, sa.LargeBinary)
"""Types whose values the driver has to be told about; others are text or numbers, or lists for ARRAY."""

_MARK = sa.Table(
    "plurel_sql_unfinished",
    sa.MetaData(),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("space", sa.Unicode(255)),
    sa.Column("name", sa.Unicode(255), nullable=False),
)


class AnyDatabase:
    """The sink: see the module's text. ``existing`` fills tables that are there."""

    def __init__(self, target: str, *, overwrite: bool = False, existing: bool = False) -> None:
        self.url = urls.parse(target)
        self.shown = urls.hidden(target)
        self.overwrite = overwrite
        self.existing = existing

    def check(self) -> None:
        with self._engine() as engine, self._connected(engine):
            pass

    def undeclared(self, source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
        return () if self.existing else foreign(source, self.url.get_dialect()(), constraints).notes

    def write(self, source: Source, *, constraints: Constraints = "all", progress: Progress | None = None) -> Loaded:
        began = time.perf_counter()
        with self._engine() as engine, self._connected(engine) as connection, Interrupts() as interrupts:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys = ON")
                connection.exec_driver_sql("BEGIN")  # its driver begins with the first INSERT only
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            run = _Run(self, connection, source, constraints, progress or Silent(), interrupts)
            try:
                tables = run.fill() if self.existing else run.make()
                connection.commit()
            except BaseException as error:
                with suppress(SQLAlchemyError):
                    connection.rollback()
                if run.marked:
                    interrupts.state = run.undo()
                if isinstance(error, DBAPIError):
                    raise RunError(self.reason(error), place=self.shown) from error
                raise
        made = sum(table.bytes for table in tables)
        return Loaded(self.shown, tuple(tables), made, time.perf_counter() - began, tuple(dict.fromkeys(run.notes)))

    def reason(self, error: DBAPIError) -> str:
        """The driver's message without the statement, its values and the password."""
        return urls.scrubbed(str(error.orig), self.url)

    @contextmanager
    def _engine(self) -> Iterator[sa.Engine]:
        engine = sa.create_engine(self.url, poolclass=sa.pool.NullPool)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def _connected(self, engine: sa.Engine) -> Iterator[sa.Connection]:
        try:
            connection = engine.connect()
        except DBAPIError as error:
            raise TargetError(f"can't be reached: {self.reason(error)}", place=self.shown) from error
        try:
            yield connection
        finally:
            with suppress(SQLAlchemyError):
                connection.close()


class _Run:
    def __init__(
        self,
        sink: AnyDatabase,
        connection: sa.Connection,
        source: Source,
        constraints: Constraints,
        progress: Progress,
        interrupts: Interrupts,
    ) -> None:
        self.sink = sink
        self.connection = connection
        self.progress = progress
        self.interrupts = interrupts
        self.notes: list[Note] = []
        self.marked = False
        self.replaced = False
        self.designed: Foreign = foreign(source, connection.dialect, constraints)

    def make(self) -> list[TableLoad]:
        """Makes and fills all tables."""
        self.notes += self.designed.notes
        if self._there([_MARK]):
            columns = {column["name"].lower() for column in sa.inspect(self.connection).get_columns(_MARK.name)}
            if columns != {column.name for column in _MARK.columns}:
                raise TargetError(
                    f"holds {_MARK.name}, which another kind of run has left",
                    place=self.sink.shown,
                    hint="a run with mysql+pymysql:// or postgresql+psycopg:// removes what it lists",
                )
            self.clean()
            self.notes.append(Note("what an unfinished run had left was removed", self.sink.shown, level="info"))
        old = self._there([table.table for table in self.designed.tables])
        if old and not self.sink.overwrite:
            listed = ", ".join(sorted(table.name for table in old)[:3]) + (", ..." if len(old) > 3 else "")
            raise TargetError(f"has {listed} already", place=self.sink.shown, hint="--overwrite replaces them")
        if self.connection.dialect.name not in TRANSACTIONAL:
            self.connection.execute(CreateTable(_MARK))
            self.marked = True
            self.replaced = bool(old)
        self._drop(old)
        for definition in self.designed.before:
            self._optional(definition)
        checks: list[tuple[str, AddConstraint]] = []
        for k, table in enumerate(self.designed.tables):
            if self.marked:
                entry = {"position": k, "space": table.table.schema, "name": table.table.name}
                self.connection.execute(sa.insert(_MARK).values(entry))
                self.connection.commit()
            late = self._doubted(table.table)
            checks += [(table.id, check) for check in late]
            self.notes += create(self.connection, table)
        loads = [self._table(table) for table in self.designed.tables]
        for table in self.designed.tables:
            for definition in (*table.after, *table.foreign_keys):
                self.interrupts.check()
                self.connection.execute(definition)
            self._counter(table.table)
        for id, check in checks:
            self._declare(id, check)
        for definition in self.designed.comments:
            self.connection.execute(definition)
        self.interrupts.check()
        if self.marked:
            self.connection.execute(DropTable(_MARK))
            self.marked = False
        return loads

    def _doubted(self, table: sa.Table) -> list[AddConstraint]:
        """The CHECKs that were met by trying, as they are read elsewhere: taken out of the CREATE TABLE statement,
        where they can be added to the table later."""
        if not self.connection.dialect.supports_alter or self.connection.dialect.name == "duckdb":
            return []
        checks = [one for one in table.constraints if isinstance(one, sa.CheckConstraint) and "check" in one.info]
        doubted = sorted((one for one in checks if not one.info["check"].exact), key=lambda one: str(one.sqltext))
        for one in doubted:
            table.constraints.discard(one)
        return [AddConstraint(one) for one in doubted]

    def _declare(self, id: str, check: AddConstraint) -> None:
        self.interrupts.check()
        try:
            execute(self.connection, check)
        except DBAPIError as error:
            expression = check.element.info["check"].expression
            message = f"CHECK ({expression}) is not declared: {self.sink.reason(error)}"
            self.notes.append(Note(" ".join(message.split()), id))

    def fill(self) -> list[TableLoad]:
        """Fills tables that are there."""
        loads = [self._table(table) for table in self.designed.tables]
        for table in self.designed.tables:
            self._counter(table.table)
        return loads

    def undo(self) -> str:
        """Removes what was made; says in which state the database is then."""
        try:
            self.clean()
        except SQLAlchemyError:
            return "what was made is marked, and the next run removes it"
        return "what was made has been removed" + (", what it replaced is gone" if self.replaced else "")

    def clean(self) -> None:
        """Removes what the mark lists, then the mark."""
        listed = sa.MetaData()
        rows = self.connection.execute(sa.select(_MARK).order_by(_MARK.c.position.desc())).all()
        self._drop([sa.Table(row.name, listed, schema=row.space) for row in rows])
        self.connection.execute(DropTable(_MARK))
        self.connection.commit()

    def _drop(self, tables: list[sa.Table]) -> None:
        """Drops those of the tables that are there; before that the foreign keys among them."""
        there = sa.MetaData()
        for table in self._there(tables):
            sa.Table(table.name, there, schema=table.schema, autoload_with=self.connection, resolve_fks=False)
        if self.connection.dialect.supports_alter:
            for table in there.tables.values():
                for key in table.foreign_key_constraints:
                    self.connection.execute(DropConstraint(key))
        for table in there.tables.values():
            self.connection.execute(DropTable(table))

    def _there(self, tables: list[sa.Table]) -> list[sa.Table]:
        """Those of the tables that the database has."""
        inspector = sa.inspect(self.connection)
        names = {schema: set(inspector.get_table_names(schema)) for schema in self._schemas(tables, inspector)}
        return [table for table in tables if table.name in names.get(table.schema, ())]

    def _schemas(self, tables: list[sa.Table], inspector: sa.Inspector) -> set[str | None]:
        there = set(inspector.get_schema_names())
        return {table.schema for table in tables if table.schema is None or table.schema in there}

    def _optional(self, definition: Any) -> None:
        """A namespace or a type: it may be there."""
        if self.connection.dialect.name not in TRANSACTIONAL:
            self.connection.execute(definition)
            return
        try:
            with savepoint(self.connection):
                self.connection.execute(definition)
        except DBAPIError:
            if not self.sink.overwrite:
                raise

    def _table(self, table: ForeignTable) -> TableLoad:
        began = time.perf_counter()
        self.progress.table(table.id)
        counted = Counted(self.designed.source.stream(table.id), self.progress, self.interrupts.check)
        columns = [column for column in table.table.columns if column.computed is None]
        columns = [column for column in columns if column.name in counted.reader.schema.names]
        there = sa.table(
            table.table.name,
            *(sa.column(c.name, c.type if isinstance(c.type, _TYPED) else sa.types.NullType()) for c in columns),
            schema=table.table.schema,
        )
        bound = {there.c[c.name]: sa.bindparam(f"p{k}", type_=there.c[c.name].type) for k, c in enumerate(columns)}
        statement = sa.insert(there).values(bound)
        keys = [f"p{k}" for k in range(len(columns))]
        native = native_uuid(self.connection.dialect)
        try:
            for batch in counted.reader:
                for start in range(0, batch.num_rows, _ROWS):
                    self.interrupts.check()
                    part = batch.slice(start, _ROWS)
                    values = [
                        python_values(cast(part.column(c.name), c.info.get("arrow")), c.type, native) for c in columns
                    ]
                    rows = [dict(zip(keys, row, strict=True)) for row in zip(*values, strict=True)]
                    self.connection.execute(statement, rows)
                if self.marked:
                    self.connection.commit()
        except DBAPIError as error:
            raise RunError(self.sink.reason(error), place=table.id) from error
        except PlurelError:
            raise
        except Exception:
            if counted.error is not None:
                raise counted.error from None
            raise
        return TableLoad(table.id, counted.rows, time.perf_counter() - began, counted.bytes)

    def _counter(self, table: sa.Table) -> None:
        """Lets PostgreSQL's identity go on after the rows; other engines' counters follow them by themselves."""
        if self.connection.dialect.name != "postgresql":
            return
        preparer = self.connection.dialect.identifier_preparer
        for column in table.columns:
            if column.identity is not None:
                last = self.connection.execute(sa.select(sa.func.max(column))).scalar()
                name, quoted = preparer.format_table(table), preparer.format_column(column)
                restart = f"ALTER TABLE {name} ALTER COLUMN {quoted} RESTART WITH {(last or 0) + 1}"
                self.connection.exec_driver_sql(restart)
