"""Dropping what an earlier run of the same schema has made, inside the transaction of the new one."""

from __future__ import annotations

import re

import psycopg

from plurel_sql.errors import TargetError
from plurel_sql.schema.model import Schema
from plurel_sql.sinks.postgres.catalogue import place, places
from plurel_sql.sinks.postgres.session import Session, quoted, reason, shown

_NAME = r"(?:\"(?:[^\"]|\"\")+\"|[\w$]+)"
_MADE = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:TRUSTED\s+|RECURSIVE\s+)?"
    r"(?P<kind>(?:MATERIALIZED\s+)?VIEW|TYPE|DOMAIN|SEQUENCE|FUNCTION|PROCEDURE|AGGREGATE)\s+"
    rf"(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>{_NAME}(?:\s*\.\s*{_NAME})?)",
    re.IGNORECASE,
)
_VIEWS = ("VIEW", "MATERIALIZED VIEW")


def made_by(schema: Schema) -> list[tuple[str, str]]:
    """Kind and name, as written, of what the statements make besides tables."""
    return [(found["kind"].upper(), found["name"]) for s in schema.statements if (found := _MADE.match(s.text))]


def drop(session: Session, schema: Schema, default: str) -> None:
    """Drops the schema's tables, and views, types, domains, sequences and routines that its statements make.

    Raises:
        TargetError: something of the user's depends on one of the tables.
    """
    made = made_by(schema)
    views = [name for kind, name in reversed(made) if " ".join(kind.split()) in _VIEWS]
    there = places(session)
    taken = {place(table, default) for table in schema.tables} & there.keys()
    tables = [f"{quoted(space)}.{quoted(name)}" for space, name in sorted(taken) if there[space, name][1] in "rp"]
    for name in views:
        for kind in _VIEWS:
            session.attempt(f"DROP {kind} IF EXISTS {name}")  # what it is not, or what hangs on it, says no
    if tables:
        error = session.attempt(f"DROP TABLE {', '.join(tables)}")
        if error is not None:
            hint = "nothing was dropped; drop what depends on the tables yourself"
            if not isinstance(error, psycopg.errors.DependentObjectsStillExist):
                hint = "nothing was dropped"
            raise TargetError(
                f"can't be overwritten: {reason(error, session.url)}", place=shown(session.url), hint=hint
            )
    for kind, name in reversed(made):
        if kind not in _VIEWS:
            session.attempt(f"DROP {kind} IF EXISTS {name}")
