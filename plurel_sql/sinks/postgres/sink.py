"""A PostgreSQL database, filled in one transaction: whatever stops the load, the database is as it was before.

Where the schema is in PostgreSQL's dialect its own statements make the tables (``script``); the statements' keys,
checks, indexes and triggers are taken off from the catalogue (``lift``), rows come by COPY, parents first (``copy``),
and everything is put back, so that the engine validates it. A constraint that the plan doesn't guarantee and that the
rows don't meet is left out with a note; in tables that were there before, the load fails instead.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from plurel_sql import urls
from plurel_sql.errors import PlurelError, RunError, TargetError
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Note, Schema, Statement, Table
from plurel_sql.sinks.base import Constraints, Counted, Loaded, Progress, Silent, Source, TableLoad
from plurel_sql.sinks.interrupts import Interrupts
from plurel_sql.sinks.metadata import foreign
from plurel_sql.sinks.postgres import aside, overwrite, script, sequences
from plurel_sql.sinks.postgres.catalogue import Relation, place, places, relations
from plurel_sql.sinks.postgres.copy import copy
from plurel_sql.sinks.postgres.generated import Substitute, make
from plurel_sql.sinks.postgres.lift import Lift, Thing
from plurel_sql.sinks.postgres.session import Session, driver, opened, reason, shown
from plurel_sql.sinks.postgres.stages import Stages, busy, clean, lock
from plurel_sql.sinks.postgres.strays import shelter

_CREATES = re.compile(r"CREATE\s+(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|FOREIGN)\s+)*TABLE\b", re.IGNORECASE)
_SMALL = 200_000  # rows in all up to which building an index twice costs less than a round trip for each
_LOCKS = 5  # that a COPY takes, for the table and its indexes
_PATIENCE = 10.0  # seconds that the server may need to notice a lost connection
_NAMED = 5  # tables named in a message


class Postgres:
    """The sink: see the module's text."""

    def __init__(self, target: str, *, overwrite: bool = False, existing: bool = False) -> None:
        self.url = urls.parse(target)
        self.overwrite = overwrite
        self.existing = existing
        if self.url.get_driver_name() != "psycopg":
            raise TargetError(
                f"rows can't be copied through {self.url.get_driver_name()}",
                place=shown(self.url),
                hint="expected postgresql+psycopg://",
            )

    def check(self) -> None:
        with opened(self.url) as connection:
            if driver(connection).execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                raise TargetError("is a standby, which can't be written", place=shown(self.url))

    def undeclared(self, source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
        """What the server refuses of the schema: its statements are run and undone."""
        with self._load(source, Silent()) as load:
            load.stages.allowed = False
            load.make()
            return tuple(load.notes)

    def write(self, source: Source, *, constraints: Constraints = "all", progress: Progress | None = None) -> Loaded:
        began = time.perf_counter()
        try:
            return self._write(source, constraints, progress or Silent(), began)
        except aside.Needed:
            return self._write(source, constraints, progress or Silent(), began, beside=True)

    def _write(
        self, source: Source, constraints: Constraints, progress: Progress, began: float, beside: bool = False
    ) -> Loaded:
        """``beside``: what is replaced stands aside until all is complete, instead of being dropped at first."""
        with self._load(source, progress, beside) as load:
            load.make()
            tables = load.fill(constraints)
            size = load.size()
            load.session.interrupts.check()
            load.stages.finish()
            if beside:
                aside.complete(load.session)
            load.committing = True
            load.session.interrupts.state = "it may be complete"
            with load.session.translated(shown(self.url)):
                load.session.connection.commit()
                if beside:
                    load.session.interrupts.state = "it is complete, and the next run removes what it replaced"
                    _, left = aside.end(load.session)
                    load.notes += [Note(left, shown(self.url))] if left else []
        return Loaded(shown(self.url), tuple(tables), size, time.perf_counter() - began, tuple(load.notes))

    @contextmanager
    def _load(self, source: Source, progress: Progress, beside: bool = False) -> Iterator[_Load]:
        with Interrupts() as interrupts, opened(self.url) as connection:
            session = Session(connection, self.url, interrupts)
            interrupts.stop = session.connection.cancel
            with session.translated(shown(self.url)):
                left = clean(session)
                if beside:
                    if not lock(session):
                        raise busy(session)
                    aside.take(session, source.schema)
                load = _Load(session, source, progress, self.overwrite, self.existing)
                load.notes += [left] if left else []
                try:
                    yield load
                except BaseException:
                    if (load.stages.staged or beside) and not load.committing:
                        interrupts.state = self._undo(session)
                    raise

    def _undo(self, session: Session) -> str:
        """Removes what the stages before this one have made."""
        session.interrupts.stop = lambda: None
        calm = Interrupts()  # what is undone is undone to the end
        try:
            if not session.connection.closed:
                session.connection.rollback()
                session.interrupts = calm
                clean(session)
            else:
                with opened(self.url) as connection:
                    clean(Session(connection, self.url, calm), patience=_PATIENCE)
        except (PlurelError, psycopg.Error, SQLAlchemyError):
            return "what was made is marked, and the next run removes it"
        return "what was made has been removed"


class _Load:
    def __init__(self, session: Session, source: Source, progress: Progress, overwrite: bool, existing: bool) -> None:
        self.session = session
        self.source = source
        self.progress = progress
        self.overwrite = overwrite
        self.existing = existing
        self.notes: list[Note] = []
        self.tables: dict[str, Relation] = {}
        self.committing = False
        self.stages = Stages(session, allowed=not existing)
        self.before: set[int] = set()  # oids of relations
        self.path: list[str] = []  # namespaces where bare names are looked up

    @property
    def schema(self) -> Schema:
        return self.source.schema

    def make(self) -> None:
        """Sees to it that the tables are there, empty and without what hinders a load."""
        default, spaces = self.session.rows("SELECT coalesce(current_schema(), 'public'), current_schemas(false)")[0]
        spaces += [default, *(table.namespace for table in self.schema.tables if table.namespace), "public"]
        self.path = list(dict.fromkeys(spaces))
        there = places(self.session)
        self.before = {oid for oid, _ in there.values()}
        taken = [table for table in self.schema.tables if place(table, default) in there]
        if self.existing:
            missing = [table.id for table in self.schema.tables if table not in taken]
            if missing:
                raise TargetError(f"has no table {_some(missing)}", place=shown(self.session.url))
        else:
            if taken and not self.overwrite:
                verb = "exist" if len(taken) > 1 else "exists"
                raise TargetError(
                    f"{_some([table.id for table in taken])} {verb} already",
                    place=shown(self.session.url),
                    hint="--overwrite drops and makes them anew, --existing fills them as they are",
                )
            if self.overwrite:
                overwrite.drop(self.session, self.schema, default)
                self.stages.dropped = bool(taken)
            self._define(default)
            self.notes += shelter(self.session, self.schema, places(self.session), default)
        self.session.settle()
        self._find(default)

    def _define(self, default: str) -> None:
        if self.schema.dialect != "postgres" or not self.schema.statements:
            found = foreign(self.source, self.session.engine.dialect)
            self.source = found.source
            self.notes += make(self.session, found, self.stages.point)
            return
        substitute = Substitute(self.session, self.source)
        tables = {table.source: table for table in self.schema.tables if table.source is not None}

        def instead(statement: Statement) -> bool:
            table = tables.get(statement.source) if statement.source and _CREATES.match(statement.text) else None
            return table is not None and substitute.table(table)

        guard = script.Guard(self.session)
        self.notes += script.run(
            self.session, self.schema.statements, guard, instead, self.stages.point, self.stages.commit
        )
        substitute.complete(default)
        self.notes += substitute.notes

    def _find(self, default: str) -> None:
        """Each table of the schema in the catalogue; notes on what is not there to be filled."""
        there = places(self.session)
        oids: dict[int, Table] = {}
        for table in self.schema.tables:
            oid, kind = there.get(place(table, default)) or there.get(place(table, "public")) or (0, "")
            if kind in ("r", "p"):
                oids[oid] = table
            else:
                self.notes.append(Note("is left out: there is no such table in the database", table.id, table.source))
        for oid, relation in relations(self.session, oids).items():
            self.tables[oids[oid].id] = relation
        for table in self.schema.tables:
            if table.id in self.tables:
                names = {field.name for field in self.tables[table.id].fields}
                for column in table.columns:
                    if column.name not in names:
                        message = "is left out: there is no such column in the database"
                        self.notes.append(Note(message, f"{table.id}.{column.name}", column.source))

    def fill(self, constraints: Constraints) -> list[TableLoad]:
        session = self.session
        trees = [oid for relation in self.tables.values() for oid in relation.tree]
        rows = sum(self.source.rows(id) for id in self.tables)
        lift = Lift(session, self.stages.point, rows < _SMALL, self._doubtful)
        lift.off(trees, [] if self.existing else self._domains(trees), indexes=self._empty())
        session.search(self.path)  # functions of the schema's own may speak of others by their bare names
        loads = [self._table(id) for id in load_order(self.schema) if id in self.tables]
        lift.back("all" if self.existing else constraints, None if self.existing else self._lost)
        sequences.advance(session, trees, self.stages.point)
        lift.enable()
        if not self.existing:
            self._refresh()
        return loads

    def _empty(self) -> bool:
        """Whether all tables are, so that making their indexes anew costs no more than the load itself."""
        if not self.existing:
            return True
        probes = [f"EXISTS (SELECT FROM {relation.name})" for relation in self.tables.values()]
        return all(
            not any(self.session.rows(f"SELECT {', '.join(probes[k : k + 500])}")[0])
            for k in range(0, len(probes), 500)
        )

    def _domains(self, trees: list[int]) -> list[int]:
        """Domains that these tables alone use: their checks are put back like those of tables."""
        return [
            oid
            for (oid,) in self.session.rows(
                "SELECT t.oid FROM pg_type t WHERE t.typtype = 'd' AND EXISTS (SELECT FROM pg_attribute a WHERE"
                " a.atttypid = t.oid AND a.attrelid = ANY(%s)) AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_class"
                " c ON c.oid = a.attrelid WHERE a.atttypid = t.oid AND c.relkind IN ('r', 'p') AND a.attrelid <> ALL"
                "(%s))",
                [trees, trees],
            )
        ]

    def _table(self, id: str) -> TableLoad:
        began = time.perf_counter()
        self.progress.table(id)
        relation = self.tables[id]
        counted = Counted(self.source.stream(id), self.progress, self.session.interrupts.check)
        # Rows may be marked as old only where the table was made by the same transaction.
        freeze = relation.kind == "r" and not self.existing and not self.stages.staged
        with self.session.translated(id):
            try:
                rows = copy(self.session, relation, counted, freeze)
            except RunError as error:
                raise RunError(error.message, place=error.place or id) from error
        if rows != self.source.rows(id):
            raise RunError(f"{rows} of {self.source.rows(id)} rows arrived", place=id)
        self.stages.point(_LOCKS)
        return TableLoad(id, rows, time.perf_counter() - began, counted.bytes)

    def _doubtful(self, thing: Thing) -> bool:
        """Whether the rows may break a key: the plan doesn't guarantee it. What was there before is kept."""
        id = next((id for id, relation in self.tables.items() if thing.table in relation.tree), "")
        return not self.existing and id != "" and not _guaranteed(self.schema, self.schema.table(id), thing)

    def _lost(self, thing: Thing, error: psycopg.Error) -> None:
        """A constraint that the rows don't meet: noted where the plan doesn't guarantee it, else a fault."""
        id = next((id for id, relation in self.tables.items() if thing.table in relation.tree), "")
        meant = thing.kind != "c" or self.schema.dialect == "postgres"  # a translation may mean something else here
        if id and meant and _guaranteed(self.schema, self.schema.table(id), thing):
            raise RunError(f"{thing.what}: {reason(error, self.session.url)}", place=id) from error
        source = self.schema.table(id).source if id else None
        self.notes.append(Note(f"{thing.what} is left out: {reason(error, self.session.url)}", id, source))

    def _refresh(self) -> None:
        """Materialized views of the schema's own, which were made when the tables were empty."""
        for oid, name in self.session.rows(
            "SELECT c.oid, c.oid::regclass::text FROM pg_class c WHERE relkind = 'm' AND relispopulated ORDER BY c.oid"
        ):
            if oid in self.before:
                continue
            error = self.session.attempt(f"REFRESH MATERIALIZED VIEW {name}")
            if error is not None:
                self.notes.append(Note(f"stays empty: {reason(error, self.session.url)}", name))

    def size(self) -> int:
        """Bytes of the filled tables with indexes."""
        trees = [oid for relation in self.tables.values() for oid in relation.tree]
        return int(
            self.session.rows(
                "SELECT coalesce(sum(pg_total_relation_size(t.oid)), 0)::bigint FROM unnest(%s::oid[]) t (oid)", [trees]
            )[0][0]
        )


def _guaranteed(schema: Schema, table: Table, thing: Thing) -> bool:
    """Whether the plan promises what this constraint or index asks."""
    columns = set(thing.columns)
    match thing.kind:
        case "f":
            return any(set(key.columns) == columns and key.name in (None, thing.name) for key in table.foreign_keys)
        case "p" | "u":
            return any(set(unique.columns) == columns and unique.plain for unique in table.uniques)
        case "c" | "x" | "iu":
            named = (
                constraint.name for group in (table.checks, table.exclusions, table.uniques) for constraint in group
            )
            return thing.name in named
        case _:
            return False


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
