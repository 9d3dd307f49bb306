"""Expressions from one dialect to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plurel_sql.ddl import dialects

if TYPE_CHECKING:
    from sqlglot import exp

_BACKSLASH_ESCAPES = ("bigquery", "mysql", "postgres", "redshift")
"""Dialects whose LIKE takes a backslash for its escape character without being told."""


def transpile(
    expression: str, source: str, target: str, *, columns: Sequence[str] | None = None, portable: bool = False
) -> str | None:
    """A CHECK, default or generated expression of dialect ``source`` in the words of ``target`` (DuckDB above all).

    None where it can't be read, ``target`` has no form for it, or the same words mean something else there (SIMILAR TO
    is a regular expression in DuckDB, a quotient of whole numbers keeps its fraction). A function that is not known is
    kept by its name: only the target itself can tell whether it has such a function; with ``portable`` it gives None.
    ``columns`` are the names in the target of the table's columns: what refers to them is written as they are, quoted.

    Raises:
        InputError: no dialect has one of these names.
    """
    from sqlglot import ErrorLevel, exp
    from sqlglot.errors import SqlglotError

    from plurel_sql.ddl.checks import parse

    parsed = parse(expression, dialects.get(source))
    if parsed is None or parsed.find(exp.Command):
        return None
    if source != target:
        if parsed.find(exp.SimilarTo) or any(map(_whole, parsed.find_all(exp.Div))):
            return None
        for node in reversed(list(parsed.bfs())):  # parts first: what they become decides on the whole
            meant = same_everywhere(node, source)
            if node is parsed:
                parsed = meant
            elif meant is not node:
                node.replace(meant)
    if portable:
        if parsed.find(exp.Anonymous, exp.AnonymousAggFunc, exp.Subquery):
            return None
        parsed = parsed.transform(_any_of)
    if columns is not None:
        _name_columns(parsed, source, columns)
    try:
        text = parsed.sql(dialect=dialects.get(target).sqlglot or None, unsupported_level=ErrorLevel.RAISE)
    except (SqlglotError, ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
        return None
    return str(text)


def same_everywhere(node: exp.Expr, source: str) -> exp.Expr:
    """``node`` in a form that means the same everywhere, for what the parser keeps as the dialect wrote it."""
    from sqlglot import exp

    from plurel_sql.ddl.checks import like_to_regex

    if isinstance(node, exp.National):  # N'...' says no more than '...'
        return exp.Literal.string(node.this)
    if source == "tsql" and isinstance(node, exp.Add) and _is_text(node):
        return exp.DPipe(this=node.this, expression=node.expression, safe=True)
    if source == "tsql" and isinstance(node, exp.DataType) and node.this == exp.DataType.Type.BIT:
        return exp.DataType.build("boolean")
    if not isinstance(node, exp.Like | exp.ILike) or not isinstance(node.expression, exp.Literal):
        return node
    pattern = str(node.expression.this)
    if source == "tsql" and "[" in pattern:  # only T-SQL's LIKE has classes
        matches = exp.RegexpLike(this=node.this, expression=exp.Literal.string(f"(?s){like_to_regex(pattern)}"))
        return exp.Not(this=matches) if node.args.get("negate") else matches
    if source in _BACKSLASH_ESCAPES and "\\" in pattern and not isinstance(node.parent, exp.Escape):
        return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))
    return node


def _any_of(node: exp.Expr) -> exp.Expr:
    """``x = ANY (ARRAY[...])``, the form in which pg_dump writes IN, as ``x IN (...)``."""
    from sqlglot import exp

    if not isinstance(node, exp.EQ) or not isinstance(node.expression, exp.Any):
        return node
    items = node.expression.this.unnest()
    while isinstance(items, exp.Cast):
        items = items.this.unnest()
    return exp.In(this=node.this, expressions=items.expressions) if isinstance(items, exp.Array) else node


def _name_columns(parsed: exp.Expr, source: str, columns: Sequence[str]) -> None:
    """Writes each column of ``parsed`` as one of ``columns``, quoted: the one it names, by the rules of ``source``."""
    from sqlglot import exp

    dialect = dialects.get(source)
    exact = {dialect.key(name, True): name for name in columns}
    folded = {name.lower(): name for name in columns}
    for node in list(parsed.find_all(exp.Column)):
        if isinstance(node.this, exp.Identifier):
            key = dialect.key(node.name, bool(node.this.args.get("quoted")))
            name = exact.get(key) or folded.get(node.name.lower())
            if name is not None:
                for part in ("table", "db", "catalog"):
                    node.set(part, None)
                node.set("this", exp.to_identifier(name, quoted=True))


def _whole(division: exp.Expr) -> bool:
    """Whether this may be a division of whole numbers, which drops the remainder in one engine and not in another."""
    from sqlglot import exp

    exact = any(isinstance(side, exp.Literal) and not side.is_int for side in (division.this, division.expression))
    return bool(division.args.get("typed")) and not exact


def _is_text(node: exp.Expr) -> bool:
    """Whether a T-SQL operand is text for certain, so that + joins."""
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.Add | exp.DPipe):
        return _is_text(node.this) or _is_text(node.expression)
    if isinstance(node, exp.Cast):
        return bool(node.to.this in exp.DataType.TEXT_TYPES)
    return isinstance(node, exp.National | exp.Concat) or (isinstance(node, exp.Literal) and node.is_string)
