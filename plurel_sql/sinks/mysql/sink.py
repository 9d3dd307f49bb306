"""A MySQL or MariaDB database.

Definitions commit at once there, so new tables can't be made in one transaction: a mark (``mark``) stands in the
database from before the first statement until all is done. A failure removes what was made and puts back what it was to
replace (``aside``); after a kill the next run finds the mark, does so and goes on. Tables that were there before are
filled in one transaction without any definition, which a kill undoes; only their triggers are taken off before, kept in
the mark.
"""

from __future__ import annotations

import time
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import pymysql
from sqlalchemy.exc import SQLAlchemyError

from plurel_sql import urls
from plurel_sql.errors import PlurelError, RunError, TargetError
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Note, Schema, Statement, Table
from plurel_sql.sinks.base import Constraints, Counted, Loaded, Progress, Silent, Source, TableLoad
from plurel_sql.sinks.interrupts import Interrupts
from plurel_sql.sinks.metadata import foreign, rules
from plurel_sql.sinks.mysql import aside, mark, verify
from plurel_sql.sinks.mysql.generated import make, substitute
from plurel_sql.sinks.mysql.load import Duplicate, Field, Loader
from plurel_sql.sinks.mysql.script import CREATES, Script
from plurel_sql.sinks.mysql.session import Session, driver, opened, quoted, reason, shown
from plurel_sql.sinks.mysql.verify import Rule
from plurel_sql.sinks.names import ToldApart

_MARKED = "what was made is marked, and the next run cleans up"
_COMPLETE = "the target is complete"
_DRIVERS = (pymysql.Error, SQLAlchemyError, OSError)
_NAMED = 5  # tables named in a message


class MySQL:
    """The sink: see the module's text."""

    def __init__(self, target: str, *, overwrite: bool = False, existing: bool = False) -> None:
        self.url = urls.parse(target)
        self.overwrite = overwrite
        self.existing = existing
        self.cleaned: list[Note] = []
        if self.url.get_driver_name() != "pymysql":
            raise TargetError(
                f"rows can't be loaded through {self.url.get_driver_name()}",
                place=shown(self.url),
                hint="expected mysql+pymysql://",
            )

    def check(self) -> None:
        with opened(self.url) as connection, driver(connection).cursor() as cursor:
            cursor.execute("SELECT @@read_only")
            if cursor.fetchone() == (1,):
                raise TargetError("is read-only", place=shown(self.url))
            if self.existing:  # before anybody reads the database as it stands
                session = Session(connection, self.url, Interrupts())
                mark.lock(session)
                self.cleaned = _cleaned(session)

    def undeclared(self, source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
        """What is not carried over to this dialect; what the server refuses of its own shows only when it is run."""
        if self.existing or _own(source.schema):
            return ()
        return foreign(source, self.url.get_dialect()(), constraints).notes

    def write(self, source: Source, *, constraints: Constraints = "all", progress: Progress | None = None) -> Loaded:
        began = time.perf_counter()
        with Interrupts() as interrupts, opened(self.url) as connection:
            session = Session(connection, self.url, interrupts)
            interrupts.stop = session.stop
            load = _Load(session, source, progress or Silent())
            with self._kept(session, load):
                load.notes += self.cleaned
                load.prepare(self.overwrite, self.existing, constraints)
                tables = load.fill(constraints)
                size = load.size()
                interrupts.check()
                load.finish()
        return Loaded(shown(self.url), tuple(tables), size, time.perf_counter() - began, tuple(load.notes))

    @contextmanager
    def _kept(self, session: Session, load: _Load) -> Iterator[None]:
        """Whatever happens, the database is as before, or marked."""
        interrupts = session.interrupts
        try:
            yield
        except BaseException as error:
            interrupts.state = self._undo(session, load) or interrupts.state
            if isinstance(error, _DRIVERS):
                raise RunError(reason(error, self.url), place=load.at or shown(self.url)) from error
            if isinstance(error, RunError) and not error.place:
                raise RunError(error.message, place=load.at or shown(self.url)) from error
            raise

    def _undo(self, session: Session, load: _Load) -> str | None:
        """The state of the database where it is another than before."""
        with suppress(Exception):
            session.connection.rollback()
        if not load.marked:
            return None
        session.interrupts.stop = lambda: None
        calm = Interrupts()  # what is undone is undone to the end
        try:
            with suppress(pymysql.Error, OSError):
                done = mark.clean(Session(session.engine, self.url, calm))
                return _COMPLETE if done == mark.ENDED else None
            with opened(self.url) as connection:  # the old connection is gone, or out of step
                again = Session(connection, self.url, calm)
                mark.lock(again)
                return _COMPLETE if mark.stands(again) and mark.clean(again) == mark.ENDED else None
        except (PlurelError, pymysql.Error, OSError):
            return _MARKED


class _Load:
    def __init__(self, session: Session, source: Source, progress: Progress) -> None:
        self.session = session
        self.source = source
        self.progress = progress
        self.notes: list[Note] = []
        self.marked = False
        self.existing = False
        self.at = ""
        self.script: Script | None = None
        self.loader = Loader(session)
        self.tables: dict[str, str] = {}  # id -> name in the database
        self.fields: dict[str, list[Field]] = {}  # name in the database -> columns that take data
        self.triggers: list[str] = []

    @property
    def schema(self) -> Schema:
        return self.source.schema

    def prepare(self, overwrite: bool, existing: bool, constraints: Constraints) -> None:
        """Sees to it that the tables are there and ready to be filled."""
        session = self.session
        self.existing = existing
        mark.lock(session)
        self.notes += _cleaned(session)
        session.settle()
        if not existing and not _own(self.schema):
            self.source = ToldApart(self.source, rules(session.engine.dialect))  # the names that it will have here
        there = mark.tables(session)
        taken = self._taken(there)
        if existing:
            self._prepare_existing(taken)
        else:
            if taken and not overwrite:
                verb = "exist" if len(taken) > 1 else "exists"
                raise TargetError(
                    "; ".join([f"{_some([*taken])} {verb} already", *(note.message for note in self.notes)]),
                    place=shown(session.url),
                    hint="--overwrite drops and makes them anew, --existing fills them as they are",
                )
            old = {name: there[name] for name in taken.values()}
            self._refuse_holders(old)
            mark.begin(session)
            self.marked = True
            aside.take(session, old)
            self._define([name for name in there if name not in old], constraints)
            session.settle()
        self._find()

    def _taken(self, there: dict[str, str]) -> dict[str, str]:
        """Tables of the schema that are there: their names in the schema -> in the database."""
        folded = {name.lower(): name for name in there} if self._folds() else {}
        names = ((t.name, t.name if t.name in there else folded.get(t.name.lower())) for t in self.schema.tables)
        return {name: found for name, found in names if found is not None}

    def _folds(self) -> bool:
        return bool(self.session.rows("SELECT @@lower_case_table_names")[0][0])

    def _refuse_holders(self, taken: Container[str]) -> None:
        """Tables of the user's that refer to those which are to be dropped."""
        for rule_table, parent in self.session.rows(
            "SELECT DISTINCT table_name, referenced_table_name FROM information_schema.key_column_usage"
            " WHERE referenced_table_schema = database() AND referenced_table_name IS NOT NULL"
        ):
            if parent in taken and rule_table not in taken:
                raise TargetError(
                    f"can't be overwritten: {rule_table} refers to {parent}",
                    place=shown(self.session.url),
                    hint="nothing was dropped; drop that foreign key yourself",
                )

    def _define(self, there: list[str], constraints: Constraints) -> None:
        if not _own(self.schema):
            self.notes += make(self.session, foreign(self.source, self.session.engine.dialect, constraints))
            return
        tables = {table.source: table for table in self.schema.tables if table.source is not None}

        def instead(statement: Statement) -> bool:
            table = tables.get(statement.source) if statement.source and CREATES.match(statement.bare) else None
            return table is not None and substitute(self.session, self.source, table)

        routines = [
            name
            for (name,) in self.session.rows(
                "SELECT routine_name FROM information_schema.routines WHERE routine_schema = database()"
            )
        ]
        before = mark.tables(self.session)
        self.script = Script(self.session, self.schema.statements, [*there, *routines])
        self.script.before(instead)
        known = {name for (name,) in self.session.rows(f"SELECT name FROM {mark.TABLE}")}
        for name, kind in mark.tables(self.session).items():
            if name not in before and name not in known:  # renamed
                mark.add(self.session, kind, name)
        self._unpartition()

    def _unpartition(self) -> None:
        """Tables whose rows may fall outside the partitions there are become whole."""
        parted = {
            name
            for (name,) in self.session.rows(
                "SELECT DISTINCT table_name FROM information_schema.partitions WHERE table_schema = database()"
                " AND (partition_method LIKE 'RANGE%%' OR partition_method LIKE 'LIST%%')"
            )
        }
        names = self._taken(mark.tables(self.session))
        for table in self.schema.tables:
            if table.partitioning is None and names.get(table.name) in parted:
                self.session.run(f"ALTER TABLE {quoted(names[table.name])} REMOVE PARTITIONING")
                message = "is one table: rows may fall outside its partitions"
                self.notes.append(Note(message, table.id, table.source, "info"))

    def _prepare_existing(self, taken: dict[str, str]) -> None:
        session = self.session
        missing = [table.id for table in self.schema.tables if table.name not in taken]
        if missing:
            raise TargetError(f"has no table {_some(missing)}", place=shown(session.url))
        engines = dict(
            session.rows("SELECT table_name, engine FROM information_schema.tables WHERE table_schema = database()")
        )
        fixed = [name for name in taken.values() if str(engines.get(name)).lower() != "innodb"]
        if fixed:
            raise TargetError(
                f"{_some(fixed)}: {engines[fixed[0]]} tables can't be filled so that a failure is undone",
                place=shown(session.url),
                hint="ALTER TABLE ... ENGINE = InnoDB, or name the other tables with --tables",
            )
        if session.rows("SELECT 1 FROM information_schema.triggers WHERE trigger_schema = database() LIMIT 1"):
            mark.begin(session)
            self.marked = True
            self.triggers = aside.triggers(session, list(taken.values()), "INSERT")
        session.run("SET autocommit = 0")
        session.run("START TRANSACTION")

    def _find(self) -> None:
        """Each table of the schema in the database; notes on what is not there to be filled."""
        there = mark.tables(self.session)
        names = self._taken(there)
        for table in self.schema.tables:
            name = names.get(table.name)
            if name is None or there[name] != "TABLE":
                self.notes.append(Note("is left out: there is no such table in the database", table.id, table.source))
            else:
                self.tables[table.id] = name
        columns: dict[str, dict[str, Field | None]] = {}
        for relation, name, type, extra in self.session.rows(
            "SELECT table_name, column_name, lower(data_type), upper(extra) FROM information_schema.columns"
            " WHERE table_schema = database() ORDER BY table_name, ordinal_position"
        ):
            generated = "GENERATED" in extra.replace("DEFAULT_GENERATED", "")
            columns.setdefault(relation, {})[name.lower()] = (
                None if generated else Field(name, type, "AUTO_INCREMENT" in extra)
            )
        for table in self.schema.tables:
            if table.id in self.tables:
                self.fields[table.id] = self._fields(table, columns[self.tables[table.id]])

    def _fields(self, table: Table, there: dict[str, Field | None]) -> list[Field]:
        fields = []
        for column in table.columns:
            if column.name.lower() not in there:
                message = "is left out: there is no such column in the database"
                self.notes.append(Note(message, f"{table.id}.{column.name}", column.source))
            elif (field := there[column.name.lower()]) is not None:
                fields.append(msgspec.structs.replace(field, name=column.name))
        return fields

    def fill(self, constraints: Constraints) -> list[TableLoad]:
        session = self.session
        if not self.existing and session.is_mariadb:
            session.run("SET SESSION check_constraint_checks = 0")
        names = {name: id for id, name in self.tables.items()}
        eased = [] if self.existing or session.is_mariadb else self._ease(names, constraints)
        loads = [self._table(id) for id in load_order(self.schema) if id in self.tables]
        for table, check in eased:
            self._enforce(table, check, names[table])
        rules = [rule for rule in verify.foreign_keys(session) if rule.table in names]
        if not self.existing and session.is_mariadb:
            rules += [rule for rule in verify.checks(session) if rule.table in names]
        for rule in rules:
            if constraints != "all" and not self.existing:
                session.run(rule.drop)
            elif session.rows(rule.broken):
                self._broken(rule, names[rule.table])
        if constraints == "none" and not self.existing:
            self._drop_keys()
        if self.script is not None:
            self.script.after()
            self.notes += self.script.notes
        return loads

    def _ease(self, names: dict[str, str], constraints: Constraints) -> list[tuple[str, str]]:
        """MySQL 8: the CHECKs that the plan doesn't guarantee are not enforced while rows come; none where none is
        asked for."""
        eased = []
        for table, name in verify.enforced(self.session):
            if table not in names:
                continue
            head = f"ALTER TABLE {quoted(table)}"
            if constraints != "all":
                self.session.run(f"{head} DROP CHECK {quoted(name)}")
                continue
            written = self.schema.table(names[table]).checks
            if not _own(self.schema) or not any(check.name == name and check.exact for check in written):
                self.session.run(f"{head} ALTER CHECK {quoted(name)} NOT ENFORCED")
                eased.append((table, name))
        return eased

    def _enforce(self, table: str, name: str, id: str) -> None:
        """Lets the server look at all rows; a CHECK that they break is dropped."""
        head = f"ALTER TABLE {quoted(table)}"
        error = self.session.attempt(f"{head} ALTER CHECK {quoted(name)} ENFORCED")
        if error is not None:
            self.session.run(f"{head} DROP CHECK {quoted(name)}")
            self.notes.append(Note(f"CHECK {name} is left out: {reason(error)}", id, self.schema.table(id).source))

    def _drop_keys(self) -> None:
        """Takes off PRIMARY KEY and UNIQUE, but for what AUTO_INCREMENT needs."""
        names = {name: id for id, name in self.tables.items()}
        for table, key in self.session.rows(
            "SELECT DISTINCT table_name, index_name FROM information_schema.statistics"
            " WHERE table_schema = database() AND non_unique = 0"
        ):
            if table in names:
                what = "PRIMARY KEY" if key == "PRIMARY" else f"INDEX {quoted(key)}"
                error = self.session.attempt(f"ALTER TABLE {quoted(table)} DROP {what}")
                if error is not None:
                    self.notes.append(Note(f"{key} stays: {reason(error)}", names[table], level="info"))

    def _broken(self, rule: Rule, id: str) -> None:
        table = self.schema.table(id)
        meant = rule.kind != "check" or _own(self.schema)  # a translation may mean something else here
        if self.existing or (meant and _guaranteed(table, rule)):
            raise RunError(f"rows break {rule.what}", place=id)
        self.session.run(rule.drop)
        self.notes.append(Note(f"{rule.what} is left out: rows break it", id, table.source))

    def _table(self, id: str) -> TableLoad:
        began = time.perf_counter()
        self.at = id
        self.progress.table(id)
        name = quoted(self.tables[id])
        while True:
            counted = Counted(self.source.stream(id), self.progress, self.session.interrupts.check)
            try:
                rows = self.loader.load(name, self.fields[id], counted, commit=not self.existing)
                break
            except Duplicate as error:
                self._give_up(id, error)
            except RunError as error:
                raise RunError(error.message, place=error.place or id) from error
        if rows != self.source.rows(id):
            raise RunError(f"{rows} of {self.source.rows(id)} rows arrived", place=id)
        self.at = ""
        return TableLoad(id, rows, time.perf_counter() - began, counted.bytes)

    def _give_up(self, id: str, error: Duplicate) -> None:
        """Takes off a key that the plan doesn't guarantee and empties the table for another attempt."""
        table, name = self.schema.table(id), quoted(self.tables[id])
        key = error.key.rpartition(".")[2]
        columns = {
            column.lower()
            for (column,) in self.session.rows(
                "SELECT column_name FROM information_schema.statistics WHERE table_schema = database()"
                " AND table_name = %s AND index_name = %s",
                [self.tables[id], key],
            )
            if column is not None
        }
        promised = any({c.lower() for c in unique.columns} == columns and unique.plain for unique in table.uniques)
        if self.existing or promised or key == "PRIMARY" or not columns:
            raise RunError(str(error), place=id)
        self.session.run(f"TRUNCATE TABLE {name}")
        self.session.run(f"ALTER TABLE {name} DROP INDEX {quoted(key)}")
        message = f"UNIQUE {key} ({', '.join(sorted(columns))}) is left out: {error}"
        self.notes.append(Note(message, id, table.source))

    def finish(self) -> None:
        """From here on the database is complete."""
        session = self.session
        session.interrupts.stop = lambda: None
        if self.existing:
            session.interrupts.state = "it may be complete"
        session.interrupts = Interrupts()  # what is complete is ended to the end
        session.connection.commit()
        for statement in self.triggers:
            session.run(statement)
        if self.marked:
            mark.add(session, mark.COMPLETE, "")
            mark.clean(session)

    def size(self) -> int:
        """Bytes of the filled tables with indexes, as the server estimates them."""
        found: list[tuple[Any, ...]] = self.session.rows(
            "SELECT table_name, coalesce(data_length, 0) + coalesce(index_length, 0) FROM information_schema.tables"
            " WHERE table_schema = database()"
        )
        return sum(int(size) for name, size in found if name in self.tables.values())


def _cleaned(session: Session) -> list[Note]:
    """Removes what an earlier run has left, and says so."""
    if not mark.stands(session):
        return []
    return [Note(f"an earlier run was stopped here: {mark.clean(session)}", shown(session.url), level="info")]


def _own(schema: Schema) -> bool:
    """Whether the schema's own statements can make the tables."""
    return schema.dialect == "mysql" and bool(schema.statements)


def _guaranteed(table: Table, rule: Rule) -> bool:
    """Whether the plan promises what this constraint asks."""
    if rule.kind == "check":
        return any(check.name is not None and check.name == rule.name and check.exact for check in table.checks)
    return any(
        [c.lower() for c in key.columns] == [c.lower() for c in rule.columns] and key.name in (None, rule.name)
        for key in table.foreign_keys
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
