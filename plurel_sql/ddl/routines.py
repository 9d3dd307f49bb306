"""The schema's own functions in SQL whose body is one expression: CHECKs read as if it stood where they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.schema.model import Statement

_HEAD = re.compile(r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+([\w.\"]+)\s*\(", re.IGNORECASE)
_LANGUAGE = re.compile(r"\bLANGUAGE\s+'?sql'?(?!\w)", re.IGNORECASE)
_QUOTED = re.compile(r"\bAS\s+(?:\$(\w*)\$(?P<dollar>.*?)\$\1\$|'(?P<plain>(?:[^']|'')*)')", re.IGNORECASE | re.DOTALL)
_RETURN = re.compile(r"\bRETURN\s+(.*?);?\s*$", re.IGNORECASE | re.DOTALL)
_STRICT = re.compile(r"\bSTRICT\b|\bRETURNS\s+NULL\s+ON\s+NULL\s+INPUT\b", re.IGNORECASE)
_MODES = ("in", "inout", "variadic")
_TWO_WORDS = ("character", "double", "timestamp", "time", "bit", "national", "interval")
"""Types of several words, which else would read as a name and a type."""
_DEEPEST = 8
"""Functions that call each other."""


class Routine(NamedTuple):
    """``parameters`` are names, "" where there is none; a ``strict`` one is NULL where an argument is."""

    parameters: tuple[str, ...]
    body: exp.Expr
    strict: bool


def routines(statements: Iterable[Statement], dialect: Dialect) -> dict[str, Routine]:
    """The functions among the statements that can be read so, by name without namespace."""
    found = {}
    for statement in statements:
        head = _HEAD.match(statement.text)
        if head is None or not _LANGUAGE.search(statement.text):
            continue
        end = _closing(statement.text, head.end())
        body = _body(statement.text[end:], dialect)
        if body is not None:
            name = head[1].rpartition(".")[2].strip('"').lower()
            parameters = tuple(map(_name, _split(statement.text[head.end() : end - 1])))
            found[name] = Routine(parameters, body, bool(_STRICT.search(statement.text[end:])))
    return found


def inlined(tree: exp.Expr, known: Mapping[str, Routine], depth: int = 0) -> exp.Expr:
    """The tree, calls of ``known`` functions replaced by what they return."""
    if not known or depth > _DEEPEST:
        return tree

    def replaced(node: exp.Expr) -> exp.Expr:
        call = node.expression if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous) else node
        routine = known.get(str(call.this).lower()) if isinstance(call, exp.Anonymous) else None
        if routine is None or len(routine.parameters) != len(call.expressions):
            return node
        return exp.paren(inlined(_with(routine, call.expressions), known, depth + 1))

    return tree.transform(replaced)


def _with(routine: Routine, arguments: list[exp.Expr]) -> exp.Expr:
    """The body with arguments for its parameters."""
    named = {name.lower(): k for k, name in enumerate(routine.parameters) if name}

    def replaced(node: exp.Expr) -> exp.Expr:
        place = None
        if isinstance(node, exp.Parameter) and str(node.name).isdigit():
            place = int(node.name) - 1
        elif isinstance(node, exp.Column):
            place = named.get(node.name.lower())
        return node if place is None or place >= len(arguments) else exp.paren(arguments[place].copy())

    body = routine.body.copy().transform(replaced)
    if not routine.strict or not arguments:
        return body
    absent = exp.or_(*(exp.Is(this=each.copy(), expression=exp.Null()) for each in arguments))
    return exp.Case(ifs=[exp.If(this=absent, true=exp.Null())], default=body)


def _body(rest: str, dialect: Dialect) -> exp.Expr | None:
    """The expression that a function returns; None where it does more."""
    quoted, returned = _QUOTED.search(rest), _RETURN.search(rest)
    if quoted is not None:
        text = quoted["dollar"] if quoted["dollar"] is not None else quoted["plain"].replace("''", "'")
    elif returned is not None:
        text = f"SELECT {returned[1]}"
    else:
        return None
    try:
        tree = parse_one(text.strip().rstrip(";"), read=dialect.sqlglot or None)
    except (SqlglotError, ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
        return None
    plain = isinstance(tree, exp.Select) and len(tree.expressions) == 1 and not tree.find(exp.Subquery, exp.Star)
    if not plain or any(value for name, value in tree.args.items() if name != "expressions"):
        return None
    expression: exp.Expr = tree.expressions[0].unalias()
    return expression


def _closing(text: str, start: int) -> int:
    """Behind the parenthesis that closes the one before ``start``."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return len(text)


def _split(parameters: str) -> list[str]:
    """A list of parameters at its commas; those in parentheses are part of a type."""
    parts = re.split(r",(?![^(]*\))", parameters)
    return [part.strip() for part in parts if part.strip()]


def _name(parameter: str) -> str:
    words = parameter.split()
    if words and words[0].lower() in _MODES:
        words = words[1:]
    return words[0].strip('"') if len(words) > 1 and words[0].lower() not in _TWO_WORDS else ""
