"""Making a foreign table in a target that decides by itself which expressions it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropTable, ExecutableDDLElement

from plurel_sql.schema.model import Note
from plurel_sql.sinks.metadata import ForeignTable

TRANSACTIONAL = ("postgresql", "sqlite", "mssql")
"""Dialects of engines that take back definitions when a transaction is rolled back."""


def create(connection: sa.Connection, table: ForeignTable) -> list[Note]:
    """Makes the table; what the target refuses of its CHECKs, defaults and generated columns is taken out of
    ``table.table`` and noted.

    A refused statement is rolled back to a savepoint first, where the engine has them for definitions.

    Raises:
        sqlalchemy.exc.DBAPIError: the target refuses the table's columns or keys themselves.
    """
    notes = list(_unusable_defaults(connection, table)) if connection.dialect.name == "sqlite" else []
    try:
        execute(connection, table.create)
        return notes
    except DBAPIError:
        doubtful = list(_doubtful(table.table))
        if not doubtful:
            raise
    for part in doubtful:
        part.remove()
    execute(connection, table.create)  # whatever is wrong now is wrong with the table
    execute(connection, DropTable(table.table))
    for part in doubtful:
        part.restore()
        try:
            execute(connection, table.create)
        except DBAPIError as error:
            part.remove()
            reason = " ".join(str(error.orig).split())
            level: Literal["error", "info"] = "error" if part.constrains else "info"
            notes.append(Note(f"{part.label} is not declared: {reason}", table.id, level=level))
        else:
            execute(connection, DropTable(table.table))
    execute(connection, table.create)
    return notes


def _unusable_defaults(connection: sa.Connection, table: ForeignTable) -> Iterator[Note]:
    """Takes out defaults that SQLite, which looks at them only when it needs them, can't evaluate."""
    for column in table.table.columns:
        default = column.server_default
        if isinstance(default, sa.DefaultClause):
            try:
                connection.execute(sa.text(f"SELECT {default.arg}".replace(":", "\\:")))
            except DBAPIError as error:
                column.server_default = None
                yield Note(f"{column.name} DEFAULT {default.arg} is not declared: {error.orig}", table.id, level="info")


@dataclass(frozen=True)
class _Part:
    """Something of a table that can be left out and put back."""

    label: str
    remove: Callable[[], object]
    restore: Callable[[], object]
    constrains: bool = False


def _doubtful(table: sa.Table) -> Iterator[_Part]:
    """The parts of a table that hold expressions."""
    for check in [one for one in table.constraints if isinstance(one, sa.CheckConstraint)]:
        label = f"CHECK ({check.sqltext})"
        yield _Part(label, partial(table.constraints.discard, check), partial(table.constraints.add, check), True)
    for column in table.columns:
        default, computed = column.server_default, column.computed
        if computed is not None:
            label = f"{column.name} GENERATED AS ({computed.sqltext})"
            yield _Part(label, partial(_set, column, None, None), partial(_set, column, computed, computed), True)
        elif isinstance(default, sa.DefaultClause):
            label = f"{column.name} DEFAULT {default.arg}"
            yield _Part(label, partial(_set, column, None, None), partial(_set, column, default, None))


def _set(column: sa.Column[Any], default: sa.FetchedValue | None, computed: sa.Computed | None) -> None:
    column.server_default = default
    column.computed = computed


@contextmanager
def savepoint(connection: sa.Connection) -> Iterator[None]:
    """What fails inside doesn't end the transaction.

    SQLAlchemy's own savepoint stays open when it is rolled back: what comes later would belong to it, and PostgreSQL
    freezes only rows of tables that were made at the same level.
    """
    if connection.dialect.name not in ("postgresql", "sqlite"):  # SQL Server's can't be released
        with connection.begin_nested():
            yield
        return
    connection.exec_driver_sql("SAVEPOINT plurel_sql_part")
    try:
        yield
    except DBAPIError:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT plurel_sql_part")
        connection.exec_driver_sql("RELEASE SAVEPOINT plurel_sql_part")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT plurel_sql_part")


def execute(connection: sa.Connection, statement: ExecutableDDLElement) -> None:
    """Runs a definition; where it fails and the engine takes definitions back, the transaction goes on."""
    if connection.dialect.name in TRANSACTIONAL:
        with savepoint(connection):
            connection.execute(statement)
    else:
        connection.execute(statement)
