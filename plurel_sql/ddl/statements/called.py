"""Routines that define tables and keys when they are called: ``SELECT add_keys()``, ``CALL add_keys()``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from plurel_sql.ddl.cursor import Cursor
from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.draft import Catalogue
from plurel_sql.ddl.splitter import Statement, split
from plurel_sql.ddl.tokens import Token, string_value

_KINDS = {"FUNCTION", "PROCEDURE", "PROC"}
_HEAD = 10  # tokens before a routine's kind: OR REPLACE, DEFINER = `user`@`host`
_STARTS = {"CREATE", "ALTER", "DROP"}
_CONTROL = {"BEGIN", "THEN", "ELSE", "LOOP", "AS"}
_KNOWN = {"setval", "set_config", "nextval", "pg_catalog"}
"""Functions and namespaces of dumps whose effect is no part of a schema."""


def remember(tokens: Sequence[Token], catalogue: Catalogue) -> None:
    """Keeps the definitions in the body of the routine that these tokens create."""
    cursor = Cursor(tokens, catalogue.dialect)
    cursor.at = next((k for k, token in enumerate(tokens[:_HEAD]) if token.word in _KINDS), len(tokens)) + 1
    cursor.take("IF", "NOT", "EXISTS")
    path = cursor.path()
    cursor.group()
    if path is not None:
        catalogue.routines[path.name.key.lower()] = list(_definitions(cursor.rest(), catalogue.dialect))


def called(cursor: Cursor, catalogue: Catalogue) -> list[str]:
    """The names of the file's routines that a SELECT, CALL or EXEC calls, its first word being at the cursor."""
    if cursor.take("SELECT"):
        tokens = cursor.rest()
        calls = [token for token, after in pairwise(tokens) if after.word == "("]
        names = [Cursor([token], catalogue.dialect).name() for token in calls if token.kind != "string"]
    else:
        cursor.skip()
        path = cursor.path()
        names = [path.name] if path is not None else []
    return [name.key.lower() for name in names if name is not None and name.key.lower() in catalogue.routines]


def unknown(cursor: Cursor, catalogue: Catalogue) -> str | None:
    """The routine that a statement which does nothing else calls, and that the file does not define."""
    verb = cursor.take_any(("SELECT", "CALL"))
    path = cursor.path() if verb and cursor.token() is not None and cursor.token(1) is not None else None
    if path is None or (cursor.group() is None and verb == "SELECT") or cursor:
        return None
    namespace = path.namespace.key.lower() if path.namespace else ""
    return None if {namespace, path.name.key.lower()} & _KNOWN else str(path)


def definition(tokens: Sequence[Token]) -> Sequence[Token]:
    """The data definition after BEGIN, IF ... THEN, ELSE or AS; empty where the statement holds none."""
    for k, token in enumerate(tokens):
        if token.word in _STARTS and (k == 0 or tokens[k - 1].word in _CONTROL):
            return tokens[k:]
    return ()


def _definitions(body: Sequence[Token], dialect: Dialect) -> Iterator[Statement]:
    """Those that a body, in a string after AS or as it stands, runs without composing them."""
    parts: list[Sequence[Token]] = []
    for k, token in enumerate(body):
        if token.kind == "string" and k and body[k - 1].word == "AS":
            parts += [statement.tokens for statement in split(string_value(token, dialect), dialect, token.line)]
    if not parts:
        ends = [k for k, token in enumerate(body) if token.word == ";"]
        parts = [body[start:end] for start, end in zip([0, *(k + 1 for k in ends)], [*ends, len(body)], strict=True)]
    for part in parts:
        found = tuple(definition(part))
        if found:
            yield Statement(found, found[0].line)
