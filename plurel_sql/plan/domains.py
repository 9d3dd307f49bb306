"""What a single column may hold: its type's limits and every CHECK on it alone, merged into one ``Domain``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Literal

import msgspec
import numpy as np

from plurel_sql.plan.patterns import meets
from plurel_sql.plan.types import FLOAT32_MAX, limits, micros, step
from plurel_sql.schema.model import Column, Compare, Matches, NotNull, OneOf, Predicate, Range, Scalar, SqlType, Table

NUMERIC = frozenset({"integer", "decimal", "float"})
TIMES = frozenset({"date", "timestamp", "time", "interval"})


class Domain(msgspec.Struct, frozen=True):
    """The values a column may take; all of it must hold at once.

    ``values`` lists them where they are listed (already filtered by everything below), else None. ``low`` and ``high``
    are closed bounds, already multiples of ``step`` where it is not 0 (open bounds were moved inward); of time
    columns in microseconds. ``min_length`` and ``max_length`` count characters (bytes, bits). ``patterns`` are the
    LIKE, GLOB and regular-expression predicates; ``excluded`` texts it must not be. ``fixed`` marks CHAR(n).
    ``bounded`` is True where a CHECK (not the type alone) set ``low`` or ``high``. ``empty`` says why nothing is
    allowed, None where something is. ``notes`` name predicates that were not understood for this type.
    """

    kind: str
    values: tuple[Scalar, ...] | None = None
    excluded: tuple[Scalar, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float = 0.0
    min_length: int = 0
    max_length: int | None = None
    fixed: bool = False
    patterns: tuple[Matches, ...] = ()
    case: Literal["lower", "upper"] | None = None
    not_null: bool = False
    bounded: bool = False
    empty: str | None = None
    notes: tuple[str, ...] = ()


def iso(value: float, kind: str) -> str:
    """``micros`` backwards: the text of a point in time (or of day)."""
    whole = int(value)
    seconds, rest = divmod(whole, 1_000_000)
    if kind == "time":
        return time(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, rest).isoformat()
    days, clock = divmod(seconds, 86_400)
    day = date.fromordinal(max(1, min(date(1970, 1, 1).toordinal() + days, date.max.toordinal())))
    if kind == "date":
        return day.isoformat()
    return datetime.combine(day, time(clock // 3600, clock // 60 % 60, clock % 60, rest)).isoformat(sep=" ")


def holds(domain: Domain, low: float, high: float) -> bool:
    """Whether the whole interval lies within the domain's bounds."""
    return (domain.low is None or domain.low <= low) and (domain.high is None or high <= domain.high)


def domain(table: Table, column: Column) -> Domain:
    """The domain of ``column``: type and CHECKs merged.

    Raises nothing: a contradiction is told by ``Domain.empty``.
    """
    merged = _Merge(column)
    for check in table.checks:
        for predicate in check.predicates:
            if not isinstance(predicate, Compare) and predicate.column == column.name:
                merged.add(predicate)
    return merged.finish()


class _Merge:
    """Collects predicates on one column."""

    def __init__(self, column: Column) -> None:
        self.type: SqlType = column.type
        self.kind = column.type.kind
        self.not_null = not column.nullable
        self.low, self.high = limits(self.type)
        self.step = step(self.type)
        self.bounded = False
        self.values: tuple[Scalar, ...] | None = None
        if self.kind == "enum":
            self.values = self.type.labels
        self.excluded: list[Scalar] = []
        self.min_length = 0
        self.max_length = self.type.length
        self.patterns: list[Matches] = []
        self.cases: set[str] = set()
        self.notes: list[str] = []

    def add(self, predicate: Predicate) -> None:
        match predicate:
            case NotNull():
                self.not_null = True
            case OneOf(values=values, negated=True):
                self.excluded.extend(values)
            case OneOf(values=values):
                self.values = values if self.values is None else _common(self.values, values)
            case Range(unit="length"):
                self._length(predicate)
            case Range():
                self._range(predicate)
            case Matches(syntax="case"):
                self.cases.add(predicate.pattern)
            case Matches():
                self.patterns.append(predicate)

    def _length(self, bound: Range) -> None:
        if isinstance(bound.low, (int, float)):
            self.min_length = max(
                self.min_length, math.floor(bound.low) + 1 if bound.low_open else math.ceil(bound.low)
            )
        if isinstance(bound.high, (int, float)):
            high = math.ceil(bound.high) - 1 if bound.high_open else math.floor(bound.high)
            self.max_length = high if self.max_length is None else min(self.max_length, high)

    def _number(self, value: Scalar) -> float | None:
        if isinstance(value, str):
            if self.kind in TIMES:
                return micros(value, self.kind)
            try:
                number = float(value)
            except ValueError:
                return None
            return number if math.isfinite(number) else None
        return int(value) if isinstance(value, bool) else value

    def _range(self, bound: Range) -> None:
        if self.kind not in NUMERIC | TIMES:
            self.notes.append(f"a range on a {self.kind} column is not honoured")
            return
        for value, is_open, upper in ((bound.low, bound.low_open, False), (bound.high, bound.high_open, True)):
            if value is None:
                continue
            number = self._number(value)
            if number is None:
                self.notes.append(f"bound {value!r} is no {self.kind}")
                continue
            closed = self._closed(number, is_open, upper)
            self.bounded = True
            if upper:
                self.high = closed if self.high is None else min(self.high, closed)
            else:
                self.low = closed if self.low is None else max(self.low, closed)

    def _closed(self, value: float, is_open: bool, upper: bool) -> float:
        """The outermost value allowed by a bound: a multiple of the step, moved inward where the bound is open."""
        if self.step == 1 and isinstance(value, int):
            return value + ((-1 if upper else 1) if is_open else 0)
        if self.step:
            ticks = value / self.step
            near = round(ticks)
            on_grid = math.isclose(ticks, near, rel_tol=1e-12, abs_tol=1e-9)
            if upper:
                tick = near - (1 if is_open else 0) if on_grid else math.floor(ticks)
            else:
                tick = near + (1 if is_open else 0) if on_grid else math.ceil(ticks)
            return _tick(tick, self.step)
        if self.type.bits == 32:
            single = np.float32(value)
            toward = np.float32(-FLOAT32_MAX if upper else FLOAT32_MAX)
            outside = float(single) > value if upper else float(single) < value
            return float(np.nextafter(single, toward)) if is_open or outside else float(single)
        return math.nextafter(value, -math.inf if upper else math.inf) if is_open else value

    def _exclude(self) -> None:
        """Move the bounds past excluded numbers: the wider side of each stays."""
        for raw in self.excluded:
            number = self._number(raw)
            if number is None:
                continue
            low, high = (-math.inf if b is None and upper is False else math.inf if b is None else b
                         for b, upper in ((self.low, False), (self.high, True)))  # fmt: skip
            if not low <= number <= high:
                continue
            above, below = self._closed(number, True, False), self._closed(number, True, True)
            if high - number >= 0.9 * (number - low):
                self.low = above
            else:
                self.high = below
            self.bounded = True

    def _allowed(self, value: Scalar) -> bool:
        if any(_equal(value, excluded) for excluded in self.excluded):
            return False
        if self.kind in NUMERIC | TIMES:
            number = self._number(value)
            return (
                number is not None
                and (self.low is None or number >= self.low)
                and (self.high is None or number <= self.high)
            )
        if self.kind in ("text", "enum", "unknown"):
            text = str(value)
            if len(text) < self.min_length or (self.max_length is not None and len(text) > self.max_length):
                return False
            if ("lower" in self.cases and text != text.lower()) or ("upper" in self.cases and text != text.upper()):
                return False
            return meets(text, self.patterns)
        return True

    def finish(self) -> Domain:
        """The merged domain."""
        empty = None
        values = self.values
        if self.kind == "boolean" and (values is not None or self.excluded):
            values = tuple(_truth(value) for value in values) if values is not None else (False, True)
            self.excluded = [_truth(value) for value in self.excluded]
        if values is not None:
            values = tuple(dict.fromkeys(value for value in values if self._allowed(value)))
            if not values:
                empty = "no listed value meets the other constraints"
        elif self.kind in NUMERIC | TIMES:
            self._exclude()
            if self.low is not None and self.high is not None and self.low > self.high:
                empty = f"nothing lies between {self._show(self.low)} and {self._show(self.high)}"
        if self.max_length is not None and self.min_length > self.max_length:
            empty = f"a length of at least {self.min_length} and at most {self.max_length}"
        if len(self.cases) > 1 and values is None:
            self.notes.append("both lower and upper case are asked for: only digits are written")
        case: Literal["lower", "upper"] | None = None
        if self.cases:
            case = "upper" if "upper" in self.cases else "lower"
        return Domain(
            kind=self.kind, values=values, excluded=tuple(self.excluded), low=self.low, high=self.high, step=self.step,
            min_length=self.min_length, max_length=self.max_length, fixed=self.type.fixed,
            patterns=tuple(self.patterns), case=case, not_null=self.not_null, bounded=self.bounded,
            empty=empty, notes=tuple(self.notes),
        )  # fmt: skip

    def _show(self, value: float) -> str:
        if self.kind in ("date", "timestamp", "time"):
            return iso(value, self.kind)
        return str(value) if isinstance(value, int) else f"{value:g}"  # a whole number may be larger than any float


def _tick(count: int, size: float) -> float:
    """``count`` steps, as the nearest number with a short decimal form."""
    return count * size if size >= 1 else count / round(1 / size)


def _truth(value: Scalar) -> bool:
    return value.strip().lower() in ("true", "t", "1", "y", "yes") if isinstance(value, str) else bool(value)


def _equal(left: Scalar, right: Scalar) -> bool:
    return left == right or str(left) == str(right)


def _common(left: Iterable[Scalar], right: Iterable[Scalar]) -> tuple[Scalar, ...]:
    others = list(right)
    return tuple(value for value in left if any(_equal(value, other) for other in others))
