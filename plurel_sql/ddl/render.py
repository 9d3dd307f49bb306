"""Expressions from one dialect to another."""

from __future__ import annotations

from plurel_sql.ddl import dialects


def transpile(expression: str, source: str, target: str) -> str | None:
    """A CHECK, default or generated expression of dialect ``source`` in the words of ``target`` (DuckDB above all).

    None where it can't be read or ``target`` has no form for it. A function that is not known is kept by its name:
    only the target itself can tell whether it has such a function.

    Raises:
        InputError: no dialect has one of these names.
    """
    from sqlglot import ErrorLevel, exp
    from sqlglot.errors import SqlglotError

    from plurel_sql.ddl.checks import parse

    parsed = parse(expression, dialects.get(source))
    if parsed is None or parsed.find(exp.Command):
        return None
    # Only T-SQL, Oracle and MySQL know N'...', and it says no more than '...'.
    parsed = parsed.transform(lambda node: exp.Literal.string(node.this) if isinstance(node, exp.National) else node)
    try:
        text = parsed.sql(dialect=dialects.get(target).sqlglot or None, unsupported_level=ErrorLevel.RAISE)
    except (SqlglotError, ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
        return None
    return str(text)
