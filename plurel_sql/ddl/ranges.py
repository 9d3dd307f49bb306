"""Ranges and enums in CHECKs, as DuckDB sees them: a range as its text, the order of an enum as its labels' places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlglot import exp

from plurel_sql.schema.model import SqlType

Types = Mapping[str, SqlType]
_BOUNDS = {"integer": "bigint", "decimal": "decimal(38, 9)", "date": "date", "timestamp": "timestamp"}
_MAKERS = ("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange")


class _Range(NamedTuple):
    """Bounds without their inclusiveness: the lower one belongs to it, the upper one does not. NULL is infinite."""

    low: exp.Expr
    high: exp.Expr
    whole: exp.Expr
    empty: exp.Expr


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A function that DuckDB or a macro of ours has."""
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def of_range(node: exp.Expr, types: Types) -> exp.Expr | None:
    """What a function or an operator says of ranges; None where it speaks of something else."""
    match node:
        case exp.Lower(this=side) if (found := _range(side, types)) is not None:
            return found.low
        case exp.Upper(this=side) if (found := _range(side, types)) is not None:
            return found.high
        case exp.Anonymous(this=str(name), expressions=[side]) if (found := _range(side, types)) is not None:
            return _asked(name.lower(), found)
        case exp.ArrayOverlaps(this=left, expression=right):
            one, other = _range(left, types), _range(right, types)
            if one is None or other is None:
                return None
            met = exp.and_(_before(one.low, other.high), _before(other.low, one.high), *_full(one, other))
            return _unless_null(met, one, other)
        case exp.ArrayContainsAll(this=left, expression=right):
            return _within(left, right, types)
        case exp.ArrayContainedBy(this=left, expression=right):
            return _within(right, left, types)
    return None


def in_order(node: exp.Expr, types: Types) -> exp.Expr | None:
    """A comparison of labels by the order in which their enum lists them; None where no enum is compared."""
    if not isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE | exp.Between):
        return None
    names = ("this", "low", "high") if isinstance(node, exp.Between) else ("this", "expression")
    sides = [node.args[name].unnest() for name in names]
    labels = next((types[side.name].labels for side in sides if _is_enum(side, types)), ())
    if not labels:
        return None
    order = exp.Array(expressions=[exp.Literal.string(label) for label in labels])
    places = {}
    for name, side in zip(names, sides, strict=True):
        inner = side.this if isinstance(side, exp.Cast) and isinstance(side.this, exp.Literal) else side
        places[name] = call("list_position", order, exp.cast(inner.copy(), "text"))
    return type(node)(**places)


def _is_enum(side: exp.Expr, types: Types) -> bool:
    return isinstance(side, exp.Column) and side.name in types and types[side.name].kind == "enum"


def _range(side: exp.Expr, types: Types) -> _Range | None:
    side = side.unnest()
    if isinstance(side, exp.Column) and side.name in types and types[side.name].kind == "range":
        item = types[side.name].item
        bound = _BOUNDS.get(item.kind) if item is not None else None
        if item is None or bound is None:
            return None
        if item.kind == "timestamp" and item.zoned:
            bound = "timestamptz"
        low, high = (exp.cast(call(name, side), bound, dialect="duckdb") for name in ("range_low", "range_high"))
        return _Range(low, high, side, exp.EQ(this=side.copy(), expression=exp.Literal.string("empty")))
    if isinstance(side, exp.Anonymous) and str(side.this).lower() in _MAKERS and len(side.expressions) == 2:
        low, high = side.expressions
        same = exp.EQ(this=low.copy(), expression=high.copy())
        return _Range(low, high, exp.Literal.string(""), call("coalesce", same, exp.false()))
    return None


def _asked(name: str, asked: _Range) -> exp.Expr | None:
    low, high = (exp.Is(this=bound.copy(), expression=exp.Null()) for bound in (asked.low, asked.high))
    full = exp.Not(this=asked.empty.copy())
    forms: dict[str, exp.Expr] = {
        "isempty": asked.empty.copy(),
        "lower_inf": exp.and_(full.copy(), low),
        "upper_inf": exp.and_(full.copy(), high),
        "lower_inc": exp.and_(full.copy(), exp.Not(this=low.copy())),
        "upper_inc": _unless_null(exp.false(), asked),
    }
    return exp.paren(forms[name]) if name in forms else None


def _within(outer: exp.Expr, inner: exp.Expr, types: Types) -> exp.Expr | None:
    around, inside = _range(outer, types), _range(inner, types)
    if around is None:
        return None
    if inside is None:
        after = exp.LTE(this=around.low.copy(), expression=inner.copy())
        before = exp.LT(this=inner.copy(), expression=around.high.copy())
        met = exp.and_(*(call("coalesce", each, exp.true()) for each in (after, before)), *_full(around))
        return _unless_null(met, around, inner)
    low = exp.LTE(this=around.low.copy(), expression=inside.low.copy())
    high = exp.LTE(this=inside.high.copy(), expression=around.high.copy())
    ends = [
        call("coalesce", each, exp.Is(this=bound.copy(), expression=exp.Null()))
        for each, bound in ((low, around.low), (high, around.high))
    ]
    return _unless_null(exp.or_(inside.empty.copy(), exp.and_(*ends, *_full(around))), around, inside)


def _before(low: exp.Expr, high: exp.Expr) -> exp.Expr:
    return call("coalesce", exp.LT(this=low.copy(), expression=high.copy()), exp.true())


def _full(*ranges: _Range) -> list[exp.Expr]:
    return [exp.Not(this=each.empty.copy()) for each in ranges]


def _unless_null(met: exp.Expr, *sides: _Range | exp.Expr) -> exp.Expr:
    """``met``, but NULL where a side is."""
    wholes = [side.whole if isinstance(side, _Range) else side for side in sides]
    absent = exp.or_(*(exp.Is(this=each.copy(), expression=exp.Null()) for each in wholes))
    return exp.Case(ifs=[exp.If(this=absent, true=exp.Null())], default=met)
