"""Tables by definitions of our own: for schemas of another dialect, and where the user's own CREATE TABLE fails."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from plurel_sql.errors import TargetError
from plurel_sql.schema.model import Note, Table
from plurel_sql.sinks.base import Source
from plurel_sql.sinks.create import create
from plurel_sql.sinks.metadata import Foreign, ForeignTable, foreign
from plurel_sql.sinks.mysql import mark
from plurel_sql.sinks.mysql.session import Session, reason, shown


def make(session: Session, found: Foreign) -> list[Note]:
    """Makes everything that is carried over, each table after it is marked; notes on the rest.

    Raises:
        TargetError: the server refuses a table's columns or keys.
    """
    notes = list(found.notes)
    for table in found.tables:
        mark.add(session, "TABLE", str(table.table.name))
        try:
            notes += create(session.engine, table)
        except DBAPIError as error:
            message = f"{table.id} can't be made: {reason(error, session.url)}"
            raise TargetError(message, place=shown(session.url)) from error
    for table in found.tables:
        notes += _complete(session, table)
    return notes


def substitute(session: Session, source: Source, table: Table) -> bool:
    """Makes a table whose own statement failed, without foreign keys; False where the server refuses it again."""
    found = next((one for one in foreign(source, session.engine.dialect, "keys").tables if one.id == table.id), None)
    if found is None:
        return False
    try:
        create(session.engine, found)
    except DBAPIError:
        return False
    return True


def _complete(session: Session, table: ForeignTable) -> list[Note]:
    notes = []
    for definition in (*table.after, *table.foreign_keys):
        try:
            session.engine.execute(definition)
        except DBAPIError as error:
            line = " ".join(str(definition).split())
            notes.append(Note(f"{line} is left out: {reason(error, session.url)}", table.id))
    return notes
