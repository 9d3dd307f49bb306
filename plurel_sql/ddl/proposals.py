"""What may stand in a column so that an expression holds: what its equations say, and its constants.

A proposal is only that: settling tries each on real rows, and keeps what helps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from plurel_sql.schema.model import Table

Cost = Literal[0, 1, 2]
"""0: follows from other columns of the row; 1: a constant; 2: a value that says little."""

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_TIMES = ("date", "timestamp")
_NUMBERS = ("integer", "decimal", "float")
_GENERAL: dict[str, tuple[str, ...]] = {
    "integer": ("0", "1", "2", "10", "100", "-1"),
    "decimal": ("0", "1", "0.5", "10", "100", "-1"),
    "float": ("0", "1", "0.5", "10", "100", "-1"),
    "boolean": ("TRUE", "FALSE"),
    "text": ("''", "'a'", "'A'", "'1'", "'abc'", "'{}'", "'[]'", "'x@example.com'", "'2024-01-01'"),
    "json": ("'{}'", "'[]'", "'[1]'", "'\"a\"'", "'1'"),
    "date": ("DATE '2024-01-01'", "DATE '2024-01-06'"),
    "array": ("['a']", "['1']", "['a', 'b']", "[]"),
}
_OF_COLUMN: dict[str, tuple[str, ...]] = {
    "text": ("lower({0})", "upper({0})", "trim({0})", "left({0}, 1)", "replace({0}, ' ', '')",
             "regexp_replace({0}, '[^a-zA-Z0-9]', '', 'g')", "regexp_replace({0}, '[^0-9]', '', 'g')",
             "regexp_replace({0}, '[^a-z]', '', 'g')"),
    "integer": ("abs({0})", "-{0}"),
    "decimal": ("abs({0})", "round({0})", "floor({0})"),
    "float": ("abs({0})", "round({0})", "floor({0})"),
    "date": ("{0} + 1", "{0} + 2", "{0} - 1", "{0} - 2", "date_trunc('month', {0})", "date_trunc('year', {0})",
             "last_day({0})", "date_trunc('week', {0})"),
    "timestamp": ("date_trunc('day', {0})", "date_trunc('hour', {0})", "date_trunc('month', {0})",
                  "{0} + INTERVAL 1 DAY", "{0} + INTERVAL 2 DAY"),
}  # fmt: skip


class Proposal:
    """An expression of the row for ``column``; ``cost`` as in ``Cost``."""

    def __init__(self, column: str, meant: exp.Expr, cost: Cost) -> None:
        self.column = column
        self.meant = meant
        self.cost = cost


def proposals(tree: exp.Expr, table: Table) -> Iterator[Proposal]:
    """What may be tried, the likeliest first."""
    kinds: dict[str, str] = {column.name: column.type.kind for column in table.columns}
    mentioned = [name for name in dict.fromkeys(node.name for node in tree.find_all(exp.Column)) if name in kinds]
    for column, meant in _equations(tree, kinds):
        yield Proposal(column, meant, 0 if meant.find(exp.Column) else 1)
    for name in mentioned:
        for other in mentioned:
            if other != name and kinds[other] == kinds[name]:
                yield Proposal(name, _column(other), 0)
        for text in _OF_COLUMN.get(kinds[name], ()):
            yield from _parsed(name, text.format('"' + name.replace('"', '""') + '"'), 0)
    for node in tree.find_all(exp.JSONExtract, exp.JSONExtractScalar):
        for value in (exp.Literal.number(1), exp.Literal.string("a"), exp.true()):
            for column, meant in _member(node, value):
                yield Proposal(column, meant, 1)
    for has in tree.find_all(exp.Anonymous):
        if str(has.this) == "json_has":
            pair = exp.Anonymous(this="json_object", expressions=[has.expressions[1].copy(), exp.Literal.number(1)])
            for column, meant in _solved(has.expressions[0], pair):
                yield Proposal(column, meant, 1)
    for name in mentioned:
        for constant in _constants(tree, kinds[name]):
            yield Proposal(name, constant, 1)
    for name in mentioned:
        for text in _GENERAL.get(kinds[name], ()):
            yield from _parsed(name, text, 2)


def _parsed(name: str, text: str, cost: Cost) -> Iterator[Proposal]:
    try:
        yield Proposal(name, parse_one(text, read="duckdb"), cost)
    except SqlglotError:
        return


def _column(name: str) -> exp.Expr:
    return exp.column(exp.to_identifier(name, quoted=True))


def _equations(tree: exp.Expr, kinds: dict[str, str]) -> Iterator[tuple[str, exp.Expr]]:
    """Comparisons solved for each column in them, and a step beside."""
    for node in tree.find_all(*_COMPARISONS, exp.Between, exp.In):
        if isinstance(node, exp.Between):
            pairs = [(node.this, node.args["low"]), (node.this, node.args["high"])]
        elif isinstance(node, exp.In):
            pairs = [(node.this, item) for item in node.expressions]
        else:
            pairs = [(node.this, node.expression), (node.expression, node.this)]
        for left, right in pairs:
            for column, meant in _solved(left, right):
                yield column, meant
                if kinds.get(column) in (*_NUMBERS, "date") and not isinstance(node, exp.EQ | exp.In):
                    yield column, exp.Add(this=exp.paren(meant.copy()), expression=exp.Literal.number(1))
                    yield column, exp.Sub(this=exp.paren(meant.copy()), expression=exp.Literal.number(1))
                elif kinds.get(column) == "timestamp" and not isinstance(node, exp.EQ | exp.In):
                    for step in ("INTERVAL 1 SECOND", "INTERVAL 1 HOUR"):
                        hour = parse_one(step, read="duckdb")
                        yield column, exp.Add(this=exp.paren(meant.copy()), expression=hour)
                        yield column, exp.Sub(this=exp.paren(meant.copy()), expression=hour.copy())


def _solved(side: exp.Expr, other: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """``side = other`` solved for each column that can be reached through sums, products and plain functions."""
    side = side.unnest()

    def both(kind: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Expr:
        return kind(this=exp.paren(left.copy()), expression=exp.paren(right.copy()))

    match side:
        case exp.Column():
            yield side.name, other.copy()
        case exp.Add():
            yield from _solved(side.this, both(exp.Sub, other, side.expression))
            yield from _solved(side.expression, both(exp.Sub, other, side.this))
        case exp.Sub():
            yield from _solved(side.this, both(exp.Add, other, side.expression))
            yield from _solved(side.expression, both(exp.Sub, side.this, other))
        case exp.Mul():
            yield from _solved(side.this, both(exp.Div, other, side.expression))
            yield from _solved(side.expression, both(exp.Div, other, side.this))
        case exp.Div() | exp.IntDiv():
            yield from _solved(side.this, both(exp.Mul, other, side.expression))
        case exp.Mod():
            whole = both(exp.Sub, side.this, side)
            yield from _solved(side.this, both(exp.Add, whole, other))
        case exp.Neg():
            yield from _solved(side.this, exp.Neg(this=exp.paren(other.copy())))
        case exp.Length():
            yield from _resized(side.this, other)
        case exp.Extract() if str(side.this).upper() in ("YEAR", "MONTH", "DAY", "HOUR"):
            gap = exp.cast(both(exp.Sub, other, side), "int")
            moved = exp.Anonymous(this=f"to_{str(side.this).lower()}s", expressions=[gap])
            yield from _solved(side.expression, both(exp.Add, side.expression, moved))
        case exp.Year():
            gap = exp.cast(both(exp.Sub, other, side), "int")
            yield from _solved(side.this, both(exp.Add, side.this, exp.Anonymous(this="to_years", expressions=[gap])))
        case exp.Substring() | exp.Left():
            yield from _solved(side.this, both(exp.DPipe, other, side.this))
            yield from _solved(side.this, other)
        case exp.Right():
            yield from _solved(side.this, both(exp.DPipe, side.this, other))
        case exp.JSONExtractScalar() | exp.JSONExtract():
            yield from _member(side, other)
        case exp.Case():
            for branch in [*(each.args["true"] for each in side.args["ifs"]), side.args.get("default")]:
                if branch is not None:
                    yield from _solved(branch, other)
        case exp.Func() | exp.Anonymous():
            first = side.expressions[0] if isinstance(side, exp.Anonymous) and side.expressions else side.this
            if isinstance(first, exp.Expr):
                yield from _solved(first, other)


def _resized(text: exp.Expr, count: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """A text of ``count`` characters, cut or filled up."""
    for length in (count, exp.Add(this=exp.paren(count.copy()), expression=exp.Literal.number(1)),
                   exp.Sub(this=exp.paren(count.copy()), expression=exp.Literal.number(1))):  # fmt: skip
        size = exp.cast(exp.paren(length.copy()), "int")
        filled = exp.Anonymous(this="rpad", expressions=[text.copy(), size, exp.Literal.string("x")])
        yield from _solved(text, filled)


def _member(side: exp.Expr, value: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """A document whose member is ``value``."""
    path = side.expression.sql(dialect="duckdb").strip("'").removeprefix("$.").strip('"')
    if path.isidentifier():
        key = exp.Literal.string(path)
        yield from _solved(side.this, exp.Anonymous(this="json_object", expressions=[key, value.copy()]))


def _constants(tree: exp.Expr, kind: str) -> Iterator[exp.Expr]:
    """The expression's own literals, those beside numbers, and texts that LIKE patterns stand for."""
    for node in tree.find_all(exp.Literal):
        text = str(node.this)
        if node.is_string and kind not in _NUMBERS:
            yield node.copy()
            if isinstance(node.parent, exp.Like | exp.ILike):
                yield exp.Literal.string(text.replace("%", "").replace("_", "a"))
                yield exp.Literal.string(text.replace("%", "abc").replace("_", "a"))
        elif not node.is_string and kind in _NUMBERS:
            yield node.copy()
            for step in (1, -1):
                yield exp.Add(this=node.copy(), expression=exp.Literal.number(step))
    for array in tree.find_all(exp.Array):
        if kind == "array":
            yield array.copy()
            yield from (exp.Array(expressions=[item.copy()]) for item in array.expressions[:3])
