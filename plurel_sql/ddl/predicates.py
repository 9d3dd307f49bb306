"""Small algebra on predicates: which of several narrows least, and one range for several."""

from __future__ import annotations

from collections.abc import Sequence

from plurel_sql.schema.model import Compare, Matches, NotNull, OneOf, Predicate, Range

Conjunction = tuple[Predicate, ...]


def cost(conjunction: Conjunction) -> float:
    """How much a conjunction narrows, by rank alone: 0 for nothing at all."""
    return sum(_cost(predicate) for predicate in conjunction)


def _cost(predicate: Predicate) -> float:
    match predicate:
        case NotNull():
            return 0.3  # three required columns narrow less than a forbidden kind of row
        case OneOf(negated=True):
            return 1.0
        case Compare():
            return 2.0
        case Range(low=None) | Range(high=None):
            return 3.0
        case Range(low=low, high=high):
            return 9.0 if low == high else 5.0
        case Matches(negated=negated):
            return 2.0 if negated else 8.0
        case OneOf(values=values):
            return 6.0 + 4.0 / len(values)


def merge_choices(choices: Sequence[Conjunction]) -> list[Conjunction]:
    """Alternatives, where those that each list values of one column are made one list."""
    listed: dict[str, list[OneOf]] = {}
    rest: list[Conjunction] = []
    for choice in choices:
        match choice:
            case (OneOf(negated=False) as only,):
                listed.setdefault(only.column, []).append(only)
            case _:
                rest.append(choice)
    for column, lists in listed.items():
        values = tuple(dict.fromkeys(value for one in lists for value in one.values))
        rest.append((OneOf(column, values),))
    return rest


def tidy(predicates: Conjunction) -> Conjunction:
    """The same conjunction without repetition, and with one Range for a column and unit."""
    out: list[Predicate] = []
    for predicate in predicates:
        if isinstance(predicate, Range):
            place = next(
                (
                    k
                    for k, p in enumerate(out)
                    if isinstance(p, Range) and (p.column, p.unit) == (predicate.column, predicate.unit)
                ),
                None,
            )
            if place is not None and (both := _intersect(out[place], predicate)) is not None:
                out[place] = both
                continue
        if predicate not in out:
            out.append(predicate)
    return tuple(out)


def _intersect(one: Predicate, other: Range) -> Range | None:
    """The common part of two ranges; None where their bounds can't be compared."""
    if not isinstance(one, Range):
        return None
    bounds = [bound for r in (one, other) for bound in (r.low, r.high) if bound is not None]
    if len({isinstance(bound, str) for bound in bounds}) > 1:
        return None
    low, low_open = _tighter((one.low, one.low_open), (other.low, other.low_open), 1)
    high, high_open = _tighter((one.high, one.high_open), (other.high, other.high_open), -1)
    return Range(one.column, low, high, low_open, high_open, one.unit)


_Bound = tuple[int | float | str | None, bool]


def _tighter(one: _Bound, other: _Bound, sign: int) -> _Bound:
    """The greater of two lower bounds (sign 1), the smaller of two upper ones (sign -1)."""
    if one[0] is None or other[0] is None:
        return other if one[0] is None else one
    if one[0] == other[0]:
        return one[0], one[1] or other[1]
    greater = one[0] > other[0]  # type: ignore[operator]
    return one if greater == (sign > 0) else other
