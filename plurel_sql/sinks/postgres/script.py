"""The user's own statements, run in order, each under a savepoint.

What fails has done nothing and becomes a note. Never run: what reaches beyond this database (roles, tablespaces, other
databases, server settings). Nothing that was there before may be changed: a statement that does is undone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import msgspec
import psycopg

from plurel_sql.schema.model import Note, Statement
from plurel_sql.sinks.postgres.session import Session, reason

_T = TypeVar("_T")
_MODIFIERS = (
    r"(?:OR\s+REPLACE|GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|MATERIALIZED|RECURSIVE|UNIQUE|TRUSTED|PROCEDURAL|FOREIGN"
    r"|EVENT|CONSTRAINT|ON)\s+"
)
_HEAD = re.compile(rf"(\w+)\s+(?:{_MODIFIERS})*(\w+)", re.IGNORECASE)
_BEYOND = {"DATABASE", "ROLE", "USER", "GROUP", "TABLESPACE", "SYSTEM", "SUBSCRIPTION"}
_SETTINGS = re.compile(
    r"SET\s+(?:SESSION\s+|LOCAL\s+)?(?:search_path|check_function_bodies|default_table_access_method|xmloption|"
    r"standard_conforming_strings|escape_string_warning|backslash_quote|datestyle|intervalstyle|time\s*zone)\b",
    re.IGNORECASE,
)
"""Settings that change what later statements mean; no other setting of a script outlives it, so none is made."""
_CONCURRENTLY = re.compile(r"^(CREATE\s+(?:UNIQUE\s+)?INDEX|DROP\s+INDEX)\s+CONCURRENTLY\b", re.IGNORECASE)
_OWNER = re.compile(r"\bOWNER\s+TO\s+(?:\"(?:[^\"]|\"\")*\"|\w+)\s*$", re.IGNORECASE)
_NEW_LABEL = re.compile(r"(?:ALTER\s+TYPE|DO)\b.*\bADD\s+VALUE\b", re.IGNORECASE | re.DOTALL)
"""Gives an enum a label, which PostgreSQL before 17 lets nobody use in the transaction that made it."""
_TOGETHER = 25  # statements in one round trip
_ASIDE = {"COMMENT", "DROP", "SET"}
_THERE_ALREADY = (psycopg.errors.DuplicateSchema, psycopg.errors.DuplicateObject)

_BEFORE = """
SELECT ARRAY(SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind <> 'i'
             AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%%'
             AND n.nspname NOT LIKE 'plurel\\_sql\\_aside\\_%%' AND c.relname <> 'plurel_sql_replaced'),
       ARRAY(SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%%'
             AND n.nspname NOT LIKE 'plurel\\_sql\\_aside\\_%%'),
       ARRAY(SELECT t.oid FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
             WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%%'
             AND n.nspname NOT LIKE 'plurel\\_sql\\_aside\\_%%'),
       ARRAY(SELECT oid FROM pg_namespace)
"""
_MARKS = """
SELECT md5(string_agg(mark, ',' ORDER BY mark)) FROM (
  SELECT format('%%s %%s %%s', oid, xmin, relfilenode) FROM pg_class WHERE oid = ANY(%(relations)s)
  UNION ALL SELECT format('f%%s %%s', oid, xmin) FROM pg_proc WHERE oid = ANY(%(routines)s)
  UNION ALL SELECT format('t%%s %%s', oid, xmin) FROM pg_type WHERE oid = ANY(%(types)s)
  UNION ALL SELECT format('e%%s %%s', oid, xmin) FROM pg_enum WHERE enumtypid = ANY(%(types)s)
  UNION ALL SELECT format('n%%s', oid) FROM pg_namespace WHERE oid = ANY(%(namespaces)s)
  UNION ALL SELECT format('r%%s %%s', relid, n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables
            WHERE relid = ANY(%(relations)s)
) found (mark)
"""


class Guard:
    """Watches over what was there before; not ``needed`` in an empty database."""

    def __init__(self, session: Session) -> None:
        self.session = session
        relations, routines, types, namespaces = session.rows(_BEFORE.replace("%%", "%"))[0]
        self._there = {"relations": relations, "routines": routines, "types": types, "namespaces": namespaces}
        self.needed = bool(relations or routines or types)
        self._marks = self._read()

    def touched(self) -> bool:
        """Whether something was changed since the last ``settle``."""
        return self.needed and self._read() != self._marks

    def settle(self) -> None:
        """Takes what is there now as it should be: counts of changed rows stay when a change is undone."""
        self._marks = self._read()

    def _read(self) -> object:
        if not self.needed:
            return None
        found = self.session.connection.execute(_MARKS.encode(), self._there).fetchone()
        return found and found[0]


def batched(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """``items`` in lists of at most ``size``."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


class Failed(msgspec.Struct, frozen=True):
    """A statement that was not run, or was undone."""

    statement: Statement
    message: str
    level: str


def run(
    session: Session,
    statements: Iterable[Statement],
    guard: Guard,
    instead: Callable[[Statement], bool],
    point: Callable[[int], None],
    end: Callable[[], None],
) -> list[Note]:
    """Runs the statements; notes on those that failed.

    ``instead`` may do what a failed statement was to do, and says so; ``point`` is told how many were run; ``end`` ends
    the transaction where what was made can be used only then.
    """
    failed: list[Failed] = []
    owners: list[Statement] = []
    for chunk in batched(statements, _TOGETHER):
        texts = [_CONCURRENTLY.sub(r"\1", statement.text) for statement in chunk]
        if guard.needed or any(map(_special, texts)) or not session.together(texts):
            _one_by_one(session, chunk, guard, instead, end, failed, owners)
        point(len(chunk))
    for statement in owners:  # at the end, as what is given away can't be altered any more
        error = _attempt(session, statement.text, guard)
        if error is not None:
            failed.append(Failed(statement, _said(error), "info"))
    return _notes(failed)


def _special(text: str) -> bool:
    """Whether a statement is not simply run where it stands."""
    verb, kind = _head(text)
    if _NEW_LABEL.match(text):
        return True
    return kind in _BEYOND or (verb == "SET" and not _SETTINGS.match(text)) or bool(_OWNER.search(text))


def _one_by_one(
    session: Session,
    statements: Iterable[Statement],
    guard: Guard,
    instead: Callable[[Statement], bool],
    end: Callable[[], None],
    failed: list[Failed],
    owners: list[Statement],
) -> None:
    for statement in statements:
        verb, kind = _head(statement.text)
        if kind in _BEYOND and verb in ("CREATE", "ALTER", "DROP", "COMMENT"):
            failed.append(Failed(statement, "is not run: it reaches beyond the database", "info"))
        elif verb == "SET" and not _SETTINGS.match(statement.text):
            continue
        elif _OWNER.search(statement.text):
            owners.append(statement)
        else:
            text = _CONCURRENTLY.sub(r"\1", statement.text)
            error = _attempt(session, text, guard)
            if isinstance(error, psycopg.errors.DuplicateSchema):
                continue
            if error is not None:
                done = ", so what was understood of it is made" if instead(statement) else ""
                aside = verb in _ASIDE or kind == "EXTENSION" or isinstance(error, _THERE_ALREADY)
                failed.append(Failed(statement, _said(error) + done, "info" if aside else "error"))
            elif _NEW_LABEL.match(text):
                end()


def _attempt(session: Session, text: str, guard: Guard) -> psycopg.Error | str | None:
    session.run("SAVEPOINT plurel_guard")
    error: psycopg.Error | str | None = session.attempt(text)
    if error is None and guard.touched():
        session.run("ROLLBACK TO SAVEPOINT plurel_guard")
        guard.settle()
        error = "is undone: it changes what was there before"
    session.run("RELEASE SAVEPOINT plurel_guard")
    return error


def _head(text: str) -> tuple[str, str]:
    found = _HEAD.match(text)
    return (found[1].upper(), found[2].upper()) if found else ("", "")


def _said(error: psycopg.Error | str) -> str:
    return error if isinstance(error, str) else reason(error)


def _notes(failed: list[Failed]) -> list[Note]:
    """One note for each way to fail, at the first statement that failed so."""
    alike: dict[tuple[str, str], list[Failed]] = {}
    for failure in failed:
        alike.setdefault((failure.message, failure.level), []).append(failure)
    notes = []
    for (message, level), group in alike.items():
        first = group[0].statement
        more = f" (and {len(group) - 1} more)" if len(group) > 1 else ""
        notes.append(
            Note(f"{shortened(first.text)}{more}: {message}", source=first.source, level=level)  # type: ignore[arg-type]
        )
    return notes


def shortened(text: str, most: int = 60) -> str:
    """A statement's beginning in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
