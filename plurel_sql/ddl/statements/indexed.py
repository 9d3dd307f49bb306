"""The terms of an index: plain columns and expressions."""

from __future__ import annotations

from collections.abc import Sequence

from plurel_sql.ddl.cursor import Cursor, Name
from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.tokens import Token

_AFTER_TERM = ("ASC", "DESC", "NULLS", "COLLATE")
_JOINS = (
    *("(", ".", "::", "-", "||", "->", "->>", "+", "*", "/", "=", "[", "<", ">", "<=", ">=", "<>", "!=", "%"),
    *("IS", "IN", "AND", "OR", "NOT", "LIKE", "BETWEEN", "AT"),
)
"""What makes an expression of a name that it follows; any other word is an operator class."""

_NO_NAMES = ("CASE", "TRUE", "FALSE", "NULL", "NOT")


def index_terms(cursor: Cursor) -> tuple[list[Name], list[Sequence[Token]]]:
    """(columns, expressions) of a list in parentheses; both empty where there is none."""
    columns: list[Name] = []
    terms: list[Sequence[Token]] = []
    inside = cursor.group()
    for part in inside.parts() if inside else ():
        name, term = index_term(part)
        if name is not None:
            columns.append(name)
        elif term:
            terms.append(term)
    return columns, terms


def index_term(part: Cursor) -> tuple[Name | None, Sequence[Token]]:
    """The column that one element of an index names, or the tokens of its expression."""
    term = bare_term(part.until(_AFTER_TERM))
    probe = Cursor(term, part.dialect)
    name = probe.name() if probe.token() is not None and term[0].kind != "string" else None
    if name is None or term[0].word in _NO_NAMES:
        return None, term
    if probe.word() == "(" and _is_prefix(probe):
        return None, _left(term, probe)
    return (None, term) if probe.word() in _JOINS else (name, ())


def bare_term(tokens: Sequence[Token]) -> Sequence[Token]:
    """An expression without parentheses around it and without the operator class behind it."""
    while tokens and tokens[0].word == "(":
        probe = Cursor(tokens, _ANY)
        inside = probe.group()
        if inside is None or (probe and probe.word() in _JOINS):
            return tokens
        tokens = inside.tokens
    if len(tokens) > 2 and tokens[0].kind in ("word", "name") and tokens[1].word == "(":
        probe = Cursor(tokens, _ANY)
        probe.at = 1
        probe.group()
        if probe and probe.token() is not None and tokens[probe.at].kind in ("word", "name"):
            return tokens[: probe.at]  # lower(name) text_pattern_ops
    return tokens


def prefixed(terms: Sequence[Sequence[Token]], dialect: Dialect) -> list[Name]:
    """The columns of prefix terms."""
    names = (Cursor(term[2:], dialect).name() for term in terms if len(term) == 6 and term[0].word == "LEFT")
    return [name for name in names if name is not None]


def _is_prefix(cursor: Cursor) -> bool:
    """MySQL's key prefix: name(191)."""
    token = cursor.token(1)
    return token is not None and token.kind == "number" and cursor.word(2) == ")"


def _left(term: Sequence[Token], probe: Cursor) -> Sequence[Token]:
    """name(10) as left(name, 10)."""
    column, opening, number, closing = term[0], term[probe.at], term[probe.at + 1], term[probe.at + 2]
    function = opening._replace(kind="word", text="left", word="LEFT", start=column.start, end=column.start)
    opening = opening._replace(start=column.start, end=column.start)
    comma = opening._replace(text=",", word=",", start=column.end, end=column.end)
    return [function, opening, column, comma, number, closing]


_ANY = Dialect("", "")
