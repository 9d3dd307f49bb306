"""A schema as a script for its own dialect's client: the definitions before the rows and those after them."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite
from sqlalchemy.engine import Dialect

from plurel_sql.schema.model import Note, Schema, Table
from plurel_sql.sinks.base import Source
from plurel_sql.sinks.literals import identifier, quoter
from plurel_sql.sinks.metadata import foreign
from plurel_sql.sinks.unmet import cleared

_LATE = re.compile(
    r"\s*(?:ALTER\s+TABLE\b.*\bFOREIGN\s+KEY\b|CREATE\s+(?:OR\s+REPLACE\s+|CONSTRAINT\s+|DEFINER\s*=\s*\S+\s+)*(?:TRIGGER|RULE|EVENT)\b"
    r"|ALTER\s+TABLE\b.*\b(?:ENABLE|DISABLE)\s+(?:TRIGGER|RULE)\b)",
    re.IGNORECASE | re.DOTALL,
)
_SPOKEN: dict[str, type[Dialect]] = {
    "mysql": mysql.dialect,
    "oracle": oracle.dialect,
    "postgres": postgresql.dialect,
    "sqlite": sqlite.dialect,
    "tsql": mssql.dialect,
}
_BEGIN = {
    "mysql": "SET NAMES utf8mb4;\nSET FOREIGN_KEY_CHECKS = 0;\n"
    "SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '');\n",
    "oracle": "SET DEFINE OFF\nSET SQLBLANKLINES ON\n",
    "postgres": "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n",
    "sqlite": "PRAGMA foreign_keys = OFF;\n",
}
_END = {"mysql": "SET FOREIGN_KEY_CHECKS = 1;\n"}


class Script(NamedTuple):
    """``before`` and ``after`` the rows; ``header`` and ``footer`` stand around the rows of each file."""

    before: str
    after: str
    header: str
    footer: str
    notes: tuple[Note, ...]


def script(source: Source) -> Script:
    """The user's own statements, or the tables as they can be made of the schema where it has none."""
    schema = source.schema
    notes: tuple[Note, ...] = ()
    if schema.statements:
        texts, drops, notes = cleared(schema)
        before = [text for text in texts if not _LATE.match(text)] + list(drops)
        after = [text for text in texts if _LATE.match(text)]
    else:
        dialect = _SPOKEN.get(schema.dialect, postgresql.dialect)()
        made = foreign(source, dialect)
        notes = made.notes
        before = [str(one.compile(dialect=dialect)) for one in (*made.before, *(t.create for t in made.tables))]
        late = [one for table in made.tables for one in (*table.after, *table.foreign_keys)]
        after = [str(one.compile(dialect=dialect)) for one in (*late, *made.comments)]
    after += [text for table in schema.tables for text in _counters(table, schema)]
    begin = _BEGIN.get(schema.dialect, "")
    return Script(
        begin + "".join(_ended(text, schema.dialect) for text in before),
        begin + "".join(_ended(text, schema.dialect) for text in after),
        begin,
        _END.get(schema.dialect, ""),
        notes,
    )


def _counters(table: Table, schema: Schema) -> list[str]:
    """PostgreSQL's sequences stand after the rows; other engines' counters follow them by themselves."""
    if schema.dialect != "postgres":
        return []
    quote = quoter("postgres")
    parts = [identifier(part, "postgres") for part in (table.namespace, table.name) if part]
    name = ".".join(parts)
    return [
        f"SELECT setval(pg_get_serial_sequence({quote(name)}, {quote(column.name)}), max({term}))"
        f" FROM {name} HAVING max({term}) IS NOT NULL"
        for column in table.columns
        if column.identity
        for term in [identifier(column.name, "postgres")]
    ]


def _ended(text: str, dialect: str) -> str:
    """The statement with what its client ends it by."""
    text = text.strip().rstrip(";").rstrip()
    if text.startswith("-- left out"):
        return f"{text}\n\n"
    body = re.match(r"(?is)\s*CREATE\b.*\b(BEGIN|DECLARE)\b", text) is not None
    if dialect == "mysql" and ";" in text:
        return f"DELIMITER $$\n{text}\n$$\nDELIMITER ;\n\n"
    if dialect == "tsql":
        return f"{text}\nGO\n\n"
    if dialect == "oracle" and body:
        return f"{text};\n/\n\n"
    return f"{text}\n;\n\n"
