"""Tables by definitions of our own: for schemas of another dialect, and where the user's own CREATE TABLE fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from sqlalchemy.dialects.postgresql import ENUM, CreateEnumType
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import ExecutableDDLElement

from plurel_sql.errors import TargetError
from plurel_sql.schema.model import ForeignKey, Note, Schema, Table, Unique
from plurel_sql.sinks.base import Source
from plurel_sql.sinks.create import create, savepoint
from plurel_sql.sinks.metadata import Foreign, foreign
from plurel_sql.sinks.postgres.catalogue import place, places
from plurel_sql.sinks.postgres.session import Session, quoted, reason, shown


def make(session: Session, found: Foreign, point: Callable[[], None]) -> list[Note]:
    """Makes everything that is carried over; notes on the rest. ``point`` is called after each table.

    Raises:
        TargetError: the server refuses a table's columns or keys.
    """
    notes = list(found.notes)
    for definition in found.before:
        session.engine.execute(definition)
    for table in found.tables:
        try:
            notes += create(session.engine, table)
        except DBAPIError as error:
            message = f"can't be made: {reason(error, session.url)}"
            raise TargetError(f"{table.id} {message}", place=shown(session.url)) from error
        point()
    for table in found.tables:
        for definition in (*table.after, *table.foreign_keys):
            if (failed := _try(session, definition)) is not None:
                notes.append(Note(f"{_line(definition)} is left out: {failed}", table.id))
        point()
    for definition in found.comments:
        session.engine.execute(definition)
    return notes


def _try(session: Session, definition: ExecutableDDLElement) -> str | None:
    try:
        with savepoint(session.engine):
            session.engine.execute(definition)
    except DBAPIError as error:
        return reason(error, session.url)
    return None


def _line(definition: ExecutableDDLElement) -> str:
    return " ".join(str(definition).split())


class Substitute:
    """Stands in for statements of the user's that failed: the bare table at once, its constraints after the script,
    which may have added them itself."""

    def __init__(self, session: Session, source: Source) -> None:
        self.session = session
        self.source = source
        self.notes: list[Note] = []
        self.made: list[Table] = []

    @cached_property
    def _bare(self) -> Foreign:
        return foreign(self.source, self.session.engine.dialect, "none")

    def table(self, table: Table) -> bool:
        """Makes the table's columns; False where the server refuses them too."""
        found = next((one for one in self._bare.tables if one.id == table.id), None)
        if found is None:
            return False
        kinds = [getattr(column.type, "item_type", column.type) for column in found.table.columns]
        for kind in {kind.name: kind for kind in kinds if isinstance(kind, ENUM)}.values():
            _try(self.session, CreateEnumType(kind))
        try:
            self.notes += create(self.session.engine, found)
        except DBAPIError:
            return False
        self.made.append(table)
        return True

    def complete(self, default: str) -> None:
        """Adds the keys that the tables still lack."""
        there = places(self.session)
        for kind in ("unique", "foreign key"):
            for table in self.made:
                oid, _ = there[place(table, default)]
                for statement in self._lacking(table, oid, default, kind):
                    error = self.session.attempt(statement)
                    if error is not None:
                        self.notes.append(
                            Note(f"{statement}: {reason(error, self.session.url)}", table.id, table.source)
                        )

    def _lacking(self, table: Table, oid: int, default: str, kind: str) -> list[str]:
        has = {
            (type, tuple(columns))
            for type, columns in self.session.rows(
                "SELECT contype::text, ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY k (n, o)"
                " JOIN pg_attribute ON attrelid = conrelid AND attnum = k.n ORDER BY k.o)"
                " FROM pg_constraint WHERE conrelid = %s",
                [oid],
            )
        }
        head = f"ALTER TABLE {_name(table, default)} ADD"
        if kind == "unique":
            return [
                f"{head} {'PRIMARY KEY' if unique.primary else 'UNIQUE'} ({_list(unique.columns)})"
                for unique in table.uniques
                if unique.plain and not unique.index and (_type(unique), unique.columns) not in has
            ]
        return [
            f"{head} FOREIGN KEY ({_list(key.columns)}) REFERENCES {self._parent(key, default)}"
            for key in table.foreign_keys
            if ("f", key.columns) not in has
        ]

    def _parent(self, key: ForeignKey, default: str) -> str:
        schema: Schema = self.source.schema
        return f"{_name(schema.table(key.parent), default)} ({_list(key.parent_columns)})"


def _type(unique: Unique) -> str:
    return "p" if unique.primary else "u"


def _name(table: Table, default: str) -> str:
    return ".".join(map(quoted, place(table, default)))


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, names))
