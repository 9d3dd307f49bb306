"""CHECK expressions to predicates on columns.

A predicate lets NULL pass, as a CHECK does, and every rule here keeps this: where all predicates hold or meet a NULL,
the expression is true or NULL, never false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from plurel_sql.ddl.cursor import Cursor
from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.operands import Operands
from plurel_sql.ddl.predicates import cost, merge_choices, tidy
from plurel_sql.ddl.tokens import Token, render
from plurel_sql.schema.model import Check, Compare, Matches, NotNull, OneOf, Predicate, Range, Scalar, Table

_MOST_NESTED = 60
"""Parentheses inside each other; deeper ones are left alone rather than parsed by a recursive parser."""

_LONGEST = 20_000
"""Tokens of an expression that is still parsed."""


_OPERATOR = re.compile(r"\boperator\s*\(\s*(?:\w+\.)?([^\w\s)]+)\s*\)", re.IGNORECASE)
"""PostgreSQL's OPERATOR(schema.~), which says no more than ~."""


class Understood(NamedTuple):
    """A conjunction; ``exact`` where it implies the whole expression."""

    predicates: tuple[Predicate, ...]
    exact: bool


NOTHING = Understood((), False)
ALWAYS = Understood((), True)


@lru_cache(maxsize=4096)
def parse(expression: str, dialect: Dialect) -> exp.Expr | None:
    """sqlglot's tree of an expression, not to be changed; None where it can't be read."""
    expression = _OPERATOR.sub(r"\1", expression)
    for text in (expression, f"({expression})"):  # alone, replace(...) begins as a statement does
        try:
            parsed: exp.Expr = parse_one(text, read=dialect.sqlglot or None, into=exp.Condition)
        except (SqlglotError, ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
            continue
        if not isinstance(parsed, exp.Command):
            return parsed.unnest()
    return None


def read_check(tokens: Sequence[Token], table: Table, names: Mapping[str, str], dialect: Dialect) -> tuple[Check, str]:
    """A CHECK of ``table``, and the name of a column that it mentions but the table lacks ("" where there is none).

    ``names`` gives the stored column name for each key by which names are matched.
    """
    tokens = _without_outer_parentheses(tokens, dialect)
    expression = render(tokens)
    tree = parse(expression, dialect) if _nesting(tokens) <= _MOST_NESTED and len(tokens) <= _LONGEST else None
    if tree is None:
        words = (Cursor((token,), dialect).name() for token in tokens if token.kind in ("word", "name"))
        mentioned = dict.fromkeys(names[word.key] for word in words if word and word.key in names)
        return Check(expression, tuple(mentioned)), ""
    operands = Operands(table, names, dialect)
    used, missing = operands.columns(tree)
    if missing:
        return Check(expression, tuple(used)), missing
    understood = _Reader(operands, dialect).read(tree)
    return Check(expression, tuple(used), predicates=tidy(understood.predicates), exact=understood.exact), ""


class _Reader:
    """Walks down an expression; ``negated`` is carried along, so that NOT needs no rules of its own."""

    def __init__(self, operands: Operands, dialect: Dialect) -> None:
        self.operands = operands
        self.dialect = dialect

    def read(self, node: exp.Expr, negated: bool = False) -> Understood:
        node = node.unnest()
        negated = negated != bool(node.args.get("negate"))  # NOT IN, NOT LIKE, IS NOT
        if isinstance(node, exp.Not):
            return self.read(node.this, not negated)
        if isinstance(node, exp.And | exp.Or):
            parts = list(node.flatten())
            join = self.all if isinstance(node, exp.And) != negated else self.any
            return join([self.read(part, negated) for part in parts])
        if isinstance(node, exp.Boolean):
            return ALWAYS if bool(node.this) != negated else NOTHING
        for kind, rule in _RULES.items():
            if isinstance(node, kind):
                return rule(self, node, negated)
        return NOTHING

    def all(self, parts: Sequence[Understood]) -> Understood:
        predicates = tuple(predicate for part in parts for predicate in part.predicates)
        return Understood(predicates, all(part.exact for part in parts))

    def any(self, parts: Sequence[Understood]) -> Understood:
        """One branch is enough: the one that narrows least."""
        exact = [part.predicates for part in parts if part.exact]
        if not exact:
            return NOTHING
        return Understood(min(merge_choices(exact), key=cost), True)

    # One rule for each kind of condition

    def column(self, node: exp.Expr, negated: bool) -> Understood:
        term = self.operands.term(node)
        if term is None or self.operands.kind(term.column) != "boolean":
            return NOTHING
        return Understood((OneOf(term.column, (not negated,)),), True)

    def comparison(self, node: exp.Expr, negated: bool) -> Understood:
        operator = _OPERATORS[type(node)]
        left, right = node.this.unnest(), node.expression.unnest()
        if (quantified := _quantified(right)) is not None:
            return self.any_of(left, f"{operator} {quantified[0]}", quantified[1], negated)
        if negated:
            operator = _OPPOSITE[operator]
        for one, other, op in ((left, right, operator), (right, left, _MIRRORED[operator])):
            if (found := self.with_literal(one, op, other)) is not None:
                return found
        return self.of_columns(left, operator, right)

    def with_literal(self, side: exp.Expr, operator: str, other: exp.Expr) -> Understood | None:
        """column operator literal; None where the sides are something else."""
        if isinstance(side, exp.Coalesce) and len(side.expressions) == 1:
            return self.coalesced(side, operator, other)
        term = self.operands.term(side)
        if term is None:
            return None
        value = self.operands.literal(other, None if term.form == "length" else term.column)
        if value is None:
            return None
        if term.form == "value":
            if operator in ("=", "<>"):
                return Understood((OneOf(term.column, (value,), operator == "<>"),), True)
            if isinstance(value, bool) or self.operands.kind(term.column) in ("text", "enum", "boolean", "unknown"):
                return NOTHING  # the order of texts is the collation's
            return Understood((_bound(term.column, operator, value),), True)
        if term.form == "length":
            if isinstance(value, int):
                if operator == "=":
                    return Understood((Range(term.column, value, value, unit="length"),), True)
                if operator != "<>" or value == 0:
                    bound = _bound(term.column, ">" if operator == "<>" else operator, value, "length")
                    return Understood((bound,), True)
            return NOTHING
        if operator == "=" and isinstance(value, str) and value == term.cased(value):
            return Understood((OneOf(term.column, (value,)),), True)
        return NOTHING

    def coalesced(self, side: exp.Expr, operator: str, other: exp.Expr) -> Understood | None:
        """COALESCE(column, a) operator b: NULL passes only where a operator b holds."""
        understood = self.with_literal(side.this, operator, other)
        term = self.operands.term(side.this)
        if understood is None or term is None or not understood.exact:
            return understood
        stand_in = self.operands.literal(side.expressions[0], term.column)
        value = self.operands.literal(other, term.column)
        if stand_in is None or value is None or isinstance(stand_in, str) != isinstance(value, str):
            return NOTHING
        if _holds(stand_in, operator, value):
            return understood
        return Understood((*understood.predicates, NotNull(term.column)), True)

    def of_columns(self, left: exp.Expr, operator: str, right: exp.Expr) -> Understood:
        one, other = self.operands.term(left), self.operands.term(right)
        if one is None or other is None:
            return NOTHING
        if one.form == other.form == "value":
            if one.column == other.column:
                return ALWAYS if operator in ("=", "<=", ">=") else NOTHING
            if operator not in ("=", "<>") and "enum" in map(self.operands.kind, (one.column, other.column)):
                return NOTHING  # labels are in the order of their type
            if operator in (">", ">="):
                one, other, operator = other, one, _MIRRORED[operator]
            return Understood((_compare(one.column, operator, other.column),), True)
        forms = {one.form, other.form}
        if operator == "=" and one.column == other.column and "value" in forms and forms & {"upper", "lower"}:
            return Understood((Matches(one.column, "case", (forms - {"value"}).pop()),), True)
        return NOTHING

    def any_of(self, side: exp.Expr, operator: str, array: exp.Expr, negated: bool) -> Understood:
        """column = ANY (array), column <> ALL (array)."""
        term = self.operands.term(side)
        if term is None or operator not in ("= ANY", "<> ALL"):
            return NOTHING
        return self.one_of(side, self.operands.array(array, term.column), (operator == "<> ALL") != negated)

    def in_list(self, node: exp.Expr, negated: bool) -> Understood:
        term = self.operands.term(node.this)
        if term is None or node.args.get("query") or not node.expressions:
            return NOTHING
        column = None if term.form == "length" else term.column
        return self.one_of(node.this, [self.operands.literal(item, column) for item in node.expressions], negated)

    def one_of(self, side: exp.Expr, items: Sequence[Scalar | None] | None, negated: bool) -> Understood:
        term = self.operands.term(side)
        if term is None or not items or any(item is None for item in items):
            return NOTHING
        values = tuple(dict.fromkeys(item for item in items if item is not None))
        if term.form == "value":
            return Understood((OneOf(term.column, values, negated),), True)
        if term.form == "length":
            lengths = sorted(value for value in values if isinstance(value, int))
            if negated or len(lengths) != len(values):
                return NOTHING
            return Understood((Range(term.column, lengths[-1], lengths[-1], unit="length"),), True)
        cased = tuple(value for value in values if isinstance(value, str) and value == term.cased(value))
        return NOTHING if negated or not cased else Understood((OneOf(term.column, cased),), True)

    def between(self, node: exp.Expr, negated: bool) -> Understood:
        if node.args.get("symmetric"):
            return NOTHING
        this, low, high = node.this, node.args["low"], node.args["high"]
        lower, upper = (
            exp.GTE(this=this.copy(), expression=low.copy()),
            exp.LTE(this=this.copy(), expression=high.copy()),
        )
        parts = [self.comparison(lower, negated), self.comparison(upper, negated)]
        return self.any(parts) if negated else self.all(parts)

    def is_(self, node: exp.Expr, negated: bool) -> Understood:
        term = self.operands.term(node.this)
        if term is None or term.form != "value":
            return NOTHING
        wanted = node.expression
        if isinstance(wanted, exp.Null):
            return Understood((NotNull(term.column),), True) if negated else NOTHING
        if isinstance(wanted, exp.Boolean) and self.operands.kind(term.column) == "boolean":
            truth = OneOf(term.column, (bool(wanted.this) != negated,))
            return Understood((truth,) if negated else (truth, NotNull(term.column)), True)
        return NOTHING

    def distinct(self, node: exp.Expr, negated: bool) -> Understood:
        """IS [NOT] DISTINCT FROM, which takes NULL for a value."""
        differs = isinstance(node, exp.NullSafeNEQ) != negated
        plain = (exp.NEQ if differs else exp.EQ)(this=node.this.copy(), expression=node.expression.copy())
        understood = self.comparison(plain, False)
        if not understood.exact:
            return NOTHING
        terms = [term for side in (node.this, node.expression) if (term := self.operands.term(side))]
        if differs:  # two NULLs are not distinct, so one side must not be NULL
            both = len(terms) == 2 and all(self.operands.nullable(term.column) for term in terms)
            return NOTHING if both else understood
        return Understood((*understood.predicates, *(NotNull(term.column) for term in terms)), True)

    def pattern(self, node: exp.Expr, negated: bool) -> Understood:
        term = self.operands.term(node.this)
        text = self.operands.literal(node.expression, None)
        flags = node.args.get("flag")
        flag = self.operands.literal(flags, None) if flags is not None else ""
        if term is None or term.form != "value" or not isinstance(text, str) or flag not in ("", "i", "c"):
            return NOTHING
        blind = isinstance(node, exp.ILike | exp.RegexpILike) or flag == "i"
        if isinstance(node, exp.Glob):
            return Understood((Matches(term.column, "glob", text, negated),), True)
        if isinstance(node, exp.RegexpLike | exp.RegexpILike):
            return Understood((Matches(term.column, "regex", text, negated, blind),), True)
        # Engines that match without regard to case accept what matches exactly, and refuse more when negated.
        blind = blind or (negated and self.dialect.name in ("mysql", "sqlite", "tsql"))
        if self.dialect.name == "tsql" and "[" in text:
            return Understood((Matches(term.column, "regex", like_to_regex(text), negated, blind),), True)
        return Understood((Matches(term.column, "like", text, negated, blind),), True)


_OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

_Rule = Callable[[_Reader, exp.Expr, bool], Understood]
_RULES: dict[type[exp.Expr], _Rule] = {
    **dict.fromkeys(_OPERATORS, _Reader.comparison),
    exp.Column: _Reader.column,
    exp.In: _Reader.in_list,
    exp.Between: _Reader.between,
    exp.Is: _Reader.is_,
    exp.NullSafeEQ: _Reader.distinct,
    exp.NullSafeNEQ: _Reader.distinct,
    **dict.fromkeys((exp.Like, exp.ILike, exp.Glob, exp.RegexpLike, exp.RegexpILike), _Reader.pattern),
}


def _quantified(node: exp.Expr) -> tuple[str, exp.Expr] | None:
    """(ANY or ALL, array) of ANY (array); sqlglot reads ALL (array) as a call of a function."""
    if isinstance(node, exp.Any | exp.All):
        return ("ANY" if isinstance(node, exp.Any) else "ALL"), node.this
    if isinstance(node, exp.Anonymous) and node.name.upper() in ("ALL", "SOME") and len(node.expressions) == 1:
        return ("ALL" if node.name.upper() == "ALL" else "ANY"), node.expressions[0]
    return None


def _bound(column: str, operator: str, value: int | float | str, unit: str = "value") -> Range:
    kind = "length" if unit == "length" else "value"
    if operator in ("<", "<="):
        return Range(column, high=value, high_open=operator == "<", unit=kind)  # type: ignore[arg-type]
    return Range(column, low=value, low_open=operator == ">", unit=kind)  # type: ignore[arg-type]


def _compare(left: str, operator: str, right: str) -> Compare:
    return Compare(left, operator, right)  # type: ignore[arg-type]


def _holds(left: Scalar, operator: str, right: Scalar) -> bool:
    """Whether ``left operator right`` for two literals of one kind."""
    order = (left > right) - (left < right)  # type: ignore[operator]
    return {"=": order == 0, "<>": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[
        operator
    ]


def like_to_regex(text: str) -> str:
    """T-SQL's LIKE, which knows classes as [0-9], as a regular expression."""
    out, inside = "", False
    for char in text:
        if inside or char in "[]":
            inside = (inside or char == "[") and char != "]"
            out += char
        else:
            out += {"%": ".*", "_": "."}.get(char, f"\\{char}" if not char.isalnum() and char != " " else char)
    return f"^{out}$"


def _without_outer_parentheses(tokens: Sequence[Token], dialect: Dialect) -> Sequence[Token]:
    while tokens and tokens[0].word == "(":
        inside = Cursor(tokens, dialect).group()
        if inside is None or len(inside.tokens) != len(tokens) - 2 or not inside.tokens:
            break
        tokens = inside.tokens
    return tokens


def _nesting(tokens: Sequence[Token]) -> int:
    depth = most = 0
    for token in tokens:
        depth += (token.word == "(") - (token.word == ")")
        most = max(most, depth)
    return most
