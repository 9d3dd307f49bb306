"""SQLAlchemy MetaData (the tables of ORM models), and every database that SQLAlchemy alone can read."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import URL, Connection
from sqlalchemy.exc import CompileError, SAWarning, UnsupportedCompilationError
from sqlalchemy.schema import CreateSchema

from plurel_sql.errors import InputError, SchemaError
from plurel_sql.reflect.pieces import Piece, schema_of
from plurel_sql.schema.model import Schema

_DIALECTS = {"postgresql": "postgres", "cockroachdb": "postgres", "mariadb": "mysql", "mssql": "tsql"}
"""SQLAlchemy's name of a dialect -> ours, where they differ."""
_KNOWN = ("postgresql", "mysql", "sqlite", "oracle", "mssql")
"""Dialects whose types and options a model may use; the first says most of what a model can say (enums, identity)."""


def of_metadata(metadata: sa.MetaData) -> Schema:
    """The schema that ``metadata.create_all`` would make, in the dialect whose types it uses, else PostgreSQL's.

    Raises:
        SchemaError: it holds no table.
        InputError: it is something else, or a type or default can't be written as SQL.
    """
    if not isinstance(metadata, sa.MetaData):
        raise InputError(
            f"{type(metadata).__name__} is no schema",
            place="SCHEMA",
            hint="expected a path, a URL, a Schema or MetaData",
        )
    if not metadata.tables:
        raise SchemaError("holds no table", place="MetaData", hint="import the modules that define the models first")
    name = _dialect_of(metadata)
    return schema_of(_created(metadata, f"{name}://"), _DIALECTS.get(name, name), "MetaData")


def pieces(connection: Connection) -> list[Piece]:
    """The tables of the connected database's default namespace, as SQLAlchemy's reflection finds them."""
    import warnings

    metadata = sa.MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of types it does not know: such a column is told of by the reader
        metadata.reflect(connection)
    return _created(metadata, connection.engine.url)


def dialect(connection: Connection) -> str:
    """The dialect of those statements, as ``ddl.read`` has it; standard SQL where we have none of that name."""
    from plurel_sql.ddl import dialects

    name = _DIALECTS.get(connection.dialect.name, connection.dialect.name)
    return name if name in dialects.DIALECTS else ""


def _dialect_of(metadata: sa.MetaData) -> str:
    """The known dialect that most types and options of the models belong to; the first one where none is met."""
    votes: Counter[str] = Counter()
    for table in metadata.tables.values():
        for column in table.columns:
            votes.update(_vendors(column.type))
        items: list[Any] = [table, *table.indexes, *table.constraints]
        votes.update(str(key).split("_")[0] for item in items for key in item.dialect_kwargs)
    known = [(votes[name], -k) for k, name in enumerate(_KNOWN) if votes[name]]
    return _KNOWN[-max(known)[1]] if known else _KNOWN[0]


def _vendors(type_: Any) -> set[str]:
    """The dialects that a type, or what it holds, comes from."""
    item = getattr(type_, "item_type", None)
    inner = _vendors(item) if item is not None else set()
    parts = type(type_).__module__.split(".")
    return inner | ({parts[2]} if parts[:2] == ["sqlalchemy", "dialects"] else set())


def _created(metadata: sa.MetaData, url: str | URL) -> list[Piece]:
    """What ``create_all`` would send, in its order."""
    found: list[Piece] = []

    def keep(element: Any, *_: Any, **__: Any) -> None:
        found.append(Piece(str(element.compile(dialect=engine.dialect)).strip()))

    # Any other style of parameters would double each % of a CHECK.
    engine = sa.create_mock_engine(url, keep, paramstyle="named")
    try:
        for name in sorted({table.schema for table in metadata.tables.values() if table.schema}):
            keep(CreateSchema(name))
        metadata.create_all(engine, checkfirst=False)
    except (CompileError, UnsupportedCompilationError) as error:
        raise InputError(f"can't be written as SQL: {' '.join(str(error).split())}", place="MetaData") from error
    return found
