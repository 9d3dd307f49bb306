"""The user's own statements for a SQLite file, in the order in which a load needs them."""

from __future__ import annotations

import re
import sqlite3
from typing import NamedTuple

from plurel_sql.schema.model import Schema

_COMMENT = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_KIND = re.compile(
    rf"{_COMMENT}(CREATE|ALTER|DROP){_COMMENT}(?:(?:TEMP|TEMPORARY|UNIQUE|VIRTUAL){_COMMENT})*(TABLE|INDEX|TRIGGER|VIEW)\b",
    re.IGNORECASE | re.DOTALL,
)


class Own(NamedTuple):
    """``tables`` make the tables, ``after`` what comes when they are full."""

    tables: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class Trigger(NamedTuple):
    name: str
    sql: str


def own(schema: Schema) -> Own:
    """The definitions of tables, indexes, triggers and views; no other statement is run (ATTACH reaches other files).

    What is dropped or altered after it was made stays in its place among statements of its kind.
    """
    tables: list[str] = []
    after: list[str] = []
    for statement in schema.statements:
        found = _KIND.match(statement.text)
        if found is None:
            continue
        table = found[2].upper() == "TABLE"
        if table and not (found[1].upper() == "DROP" and not tables):  # nothing to drop in a new file
            tables.append(statement.text)
        elif not table and found[1].upper() != "DROP":
            after.append(statement.text)
    return Own(tuple(tables), tuple(after))


def triggers(connection: sqlite3.Connection, tables: set[str]) -> list[Trigger]:
    """The triggers on these tables, as they were written."""
    found = connection.execute("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    folded = {name.lower() for name in tables}
    return [Trigger(name, sql) for name, sql, table in found if table.lower() in folded]


def quoted(name: str) -> str:
    """``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'
