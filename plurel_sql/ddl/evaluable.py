"""A CHECK as DuckDB evaluates it on a row, and what may stand in its columns to meet it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from plurel_sql.ddl import dialects
from plurel_sql.ddl.checks import parse
from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.meaning import same_meaning
from plurel_sql.ddl.proposals import Cost, proposals
from plurel_sql.ddl.routines import Routine, inlined, routines
from plurel_sql.schema.model import Schema, Table


class Evaluable(NamedTuple):
    """``expression`` and the ``proposals`` (column, expression, cost) are DuckDB's, over the Arrow types that carry the
    columns; macros of ``attempts.macros`` may be called."""

    expression: str
    columns: tuple[str, ...]
    proposals: tuple[tuple[str, str, Cost], ...]


class Unreadable(ValueError):
    """The expression can't be evaluated outside its engine; says why."""


def evaluable(expression: str, table: Table, schema: Schema) -> Evaluable:
    """A CHECK of ``table``, written in the dialect of ``schema``, whose own functions in SQL it may call.

    Raises:
        Unreadable: it can't be parsed, reads other rows, or has no form in DuckDB that means the same.
    """
    known = dialects.get(schema.dialect)
    parsed = parse(expression, known)
    if parsed is None or parsed.find(exp.Command):
        raise Unreadable("its form is not understood")
    if parsed.find(exp.Select, exp.Subquery):
        raise Unreadable("it reads other rows")
    if any(_is_row(node.this) for node in parsed.find_all(exp.Is)):
        raise Unreadable("engines disagree on the NULLness of a row")
    tree = inlined(_resolved(parsed.copy(), table, known), _routines(schema, known))
    tree = same_meaning(tree, table, known)
    columns = tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))
    return Evaluable(_text(tree), columns, tuple(_offers(tree, table)))


def _routines(schema: Schema, dialect: Dialect) -> dict[str, Routine]:
    if "routines" not in schema.derived:
        schema.derived["routines"] = routines(schema.statements, dialect)
    found: dict[str, Routine] = schema.derived["routines"]
    return found


def _resolved(tree: exp.Expr, table: Table, dialect: Dialect) -> exp.Expr:
    """The tree with the table's own names, quoted; what SQLite takes for a string is one."""
    names = {dialect.key(column.name, quoted): column.name for column in table.columns for quoted in (False, True)}
    for node in list(tree.find_all(exp.Column)):
        identifier = node.this
        if not isinstance(identifier, exp.Identifier):
            continue
        quoted = bool(identifier.args.get("quoted"))
        name = names.get(dialect.key(identifier.name, quoted))
        if name is not None:
            meant: exp.Expr = exp.column(exp.to_identifier(name, quoted=True))
        elif quoted and dialect.quoted_strings:
            meant = exp.Literal.string(identifier.name)
        else:
            continue
        if node is tree:
            tree = meant
        else:
            node.replace(meant)
    return tree


def _is_row(node: exp.Expr) -> bool:
    node = node.unnest()
    return isinstance(node, exp.Tuple | exp.Struct) or (
        isinstance(node, exp.Anonymous) and str(node.this).lower() == "row"
    )


def _offers(tree: exp.Expr, table: Table) -> Iterator[tuple[str, str, Cost]]:
    for offer in proposals(tree, table):
        try:
            yield offer.column, _text(offer.meant), offer.cost
        except Unreadable:
            continue


def _text(tree: exp.Expr) -> str:
    try:
        return str(tree.sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE))
    except (SqlglotError, ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError) as error:
        raise Unreadable(f"DuckDB has no form for it ({' '.join(str(error).split())})") from error
