"""Marginals of numbers and times by meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from plurel_sql.plan import marginals as m
from plurel_sql.plan.agree import column_time
from plurel_sql.plan.domains import Domain, holds
from plurel_sql.plan.model import Category, Codec, Knots, Micros, Number
from plurel_sql.plan.types import DAY, limits
from plurel_sql.schema.model import Column, SqlType, Table
from plurel_sql.semantics.classifier import Meaning
from plurel_sql.semantics.names import table_head, uniform, word_set, words
from plurel_sql.semantics.times import time_role

YEAR = 365.25 * DAY


class Hints(NamedTuple):
    """What the plan knows: its time span in microseconds."""

    start: Micros = 1_577_836_800_000_000  # 2020-01-01
    end: Micros = 1_735_689_600_000_000  # 2025-01-01


class Shape(NamedTuple):
    """A quantity: its quantile function, natural bounds, the grid of its values and how its fractions like to end."""

    knots: Knots
    low: float | None = 0.0
    high: float | None = None
    step: float | None = None
    endings: tuple[float, ...] = ()
    share: float = 0.0


_PRICE = (0.99, 0.95, 0.49, 0.0)
_RATING = m.table((0, 1), (0.06, 1.5), (0.14, 2.5), (0.3, 3.4), (0.55, 4.0), (0.8, 4.6), (1, 5))
_SMALL = m.table((0, 1), (0.5, 1.6), (0.75, 2.9), (0.9, 5.2), (0.97, 9), (0.995, 18), (1, 40))

SHAPES: dict[str, Shape] = {
    "price": Shape(m.lognormal(28, 1.0), 0.49, None, 0.01, _PRICE, 0.7),
    "cost": Shape(m.lognormal(17, 1.0), 0.2, None, 0.01, (0.5, 0.0, 0.75), 0.2),
    "amount": Shape(m.lognormal(60, 1.1), 0.5, None, 0.01, (0.99, 0.0, 0.5), 0.35),
    "total": Shape(m.lognormal(115, 1.0), 1, None, 0.01),
    "balance": Shape(m.table((0, -950), (0.08, -40), (0.12, 0), (0.5, 1400), (0.9, 9200), (1, 80_000)), None),
    "large_money": Shape(m.lognormal(25_000, 1.3), 100, None, 0.01, (0.0,), 0.8),
    "salary": Shape(m.lognormal(56_000, 0.38), 15_000, 400_000, 50.0),
    "tax": Shape(m.lognormal(9, 1.0), 0, None, 0.01),
    "fee": Shape(m.often_zero(0.15, m.lognormal(6.5, 0.8)), 0, None, 0.01, _PRICE, 0.4),
    "discount": Shape(m.often_zero(0.6, m.lognormal(5, 0.8)), 0, None, 0.01, (0.0, 0.5), 0.5),
    "exchange_rate": Shape(m.lognormal(1.1, 0.5), 0.01, None, 0.0001),
    "quantity": Shape(_SMALL, 1, None, 1.0),
    "stock_level": Shape(m.often_zero(0.05, m.lognormal(60, 1.0)), 0, None, 1.0),
    "count": Shape(m.often_zero(0.2, m.lognormal(12, 1.5)), 0, None, 1.0),
    "capacity": Shape(m.lognormal(60, 1.0), 1, None, 1.0),
    "population": Shape(m.lognormal(40_000, 1.9), 50, None, 1.0),
    "rating": Shape(_RATING, 1, 5),
    "score": Shape(m.table((0, 12), (0.05, 38), (0.25, 61), (0.5, 73), (0.75, 84), (0.95, 96), (1, 100)), 0, 100),
    "rank": Shape(m.exponential(1, 9), 1, None, 1.0),
    "age": Shape(m.table((0, 18), (0.25, 29), (0.5, 41), (0.75, 56), (0.95, 75), (1, 90)), 0, 120, 1.0),
    "quarter": Shape(m.uniform(0.5, 4.5), 1, 4, 1.0),
    "month": Shape(m.uniform(0.5, 12.5), 1, 12, 1.0),
    "week": Shape(m.uniform(0.5, 52.5), 1, 53, 1.0),
    "day": Shape(m.uniform(0.5, 28.5), 1, 31, 1.0),
    "weekday_number": Shape(m.uniform(0.5, 7.5), 1, 7, 1.0),
    "day_of_year": Shape(m.uniform(0.5, 365.5), 1, 366, 1.0),
    "hour": Shape(m.normal(13.5, 4.2), 0, 23, 1.0),
    "minute": Shape(m.uniform(-0.5, 59.5), 0, 59, 1.0),
    "days": Shape(m.lognormal(6, 0.8), 1),
    "hours": Shape(m.lognormal(8, 0.8), 0),
    "minutes": Shape(m.lognormal(95, 0.35), 1),
    "seconds": Shape(m.lognormal(180, 1.1), 0),
    "milliseconds": Shape(m.lognormal(240, 1.1), 1),
    "play_milliseconds": Shape(m.lognormal(232_000, 0.4), 10_000),
    "play_seconds": Shape(m.lognormal(232, 0.4), 10),
    "weight": Shape(m.lognormal(4, 1.0), 0.01, None, 0.01),
    "body_weight": Shape(m.normal(76, 15), 35, 180, 0.1),
    "height": Shape(m.normal(171, 10), 135, 215, 1.0),
    "dimension": Shape(m.lognormal(45, 0.8), 1),
    "area": Shape(m.lognormal(110, 0.7), 8),
    "volume": Shape(m.lognormal(12, 1.0), 0.01),
    "distance": Shape(m.lognormal(25, 1.2), 0.1),
    "bytes": Shape(m.lognormal(180_000, 2.0), 64, None, 1.0),
    "size": Shape(m.lognormal(18, 0.8), 1),
    "temperature": Shape(m.normal(17, 8), -40, 60, 0.1),
    "body_temperature": Shape(m.normal(36.9, 0.5), 34, 42, 0.1),
    "heart_rate": Shape(m.normal(78, 13), 35, 190, 1.0),
    "blood_pressure": Shape(m.normal(122, 16), 60, 220, 1.0),
    "bmi": Shape(m.normal(26, 4.5), 14, 60, 0.1),
    "speed": Shape(m.lognormal(40, 0.7), 0),
    "version_number": Shape(m.exponential(1, 2), 1, None, 1.0),
    "identifier": Shape(m.uniform(1, 100_000), 1, None, 1.0),
    "port": Shape(m.table((0, 80), (0.2, 443), (0.5, 8080), (0.8, 30_000), (1, 65_000)), 1, 65_535, 1.0),
    "phone": Shape(m.uniform(2_010_000_000, 9_899_999_999), 1, None, 1.0),
    "postal_code": Shape(m.uniform(10_000, 99_950), 1, None, 1.0),
    "calling_code": Shape(m.lognormal(55, 0.9), 1, 999, 1.0),
    "card_number": Shape(m.uniform(4_000_000_000_000_000, 5_599_999_999_999_999), 1, None, 1.0),
    "card_last4": Shape(m.uniform(0, 9_999), 0, 9_999, 1.0),
    "house_number": Shape(m.lognormal(60, 1.2), 1, 9_999, 1.0),
    "phone_extension": Shape(m.uniform(100, 9_999), 1, None, 1.0),
    "latitude": Shape(m.normal(35, 18), -90, 90, 0.000001),
    "longitude": Shape(m.table((0, -124), (0.3, -74), (0.4, -1), (0.7, 25), (1, 153)), -180, 180, 0.000001),
    "gmt_offset": Shape(m.table((0, -8), (0.4, 0), (0.7, 2), (1, 10)), -12, 14, 1.0),
    "measurement": Shape(m.lognormal(40, 0.9), 0),
    "strength": Shape(m.table((0, 2), (0.1, 5), (0.3, 20), (0.6, 100), (0.85, 400), (1, 1000)), 0.5, None, 2.5),
    "grams": Shape(m.lognormal(420, 1.1), 1, None, 1.0),
}  # fmt: skip

# Words of quantities that fall below zero as often as not.
_SIGNED = word_set("delta diff difference change offset deviation shift slope gap error drift residual profit")

_FRACTIONS = {
    "tax": m.table((0, 0), (0.15, 0.05), (0.5, 0.1), (0.8, 0.2), (1, 0.25)),
    "discount": m.often_zero(0.55, m.table((0, 0.05), (0.5, 0.1), (0.9, 0.25), (1, 0.4))),
    "interest": m.table((0, 0.005), (0.5, 0.045), (0.9, 0.14), (1, 0.24)),
    "commission": m.table((0, 0.005), (0.5, 0.02), (1, 0.12)),
}
_FRACTION = m.table((0, 0), (0.1, 0.06), (0.5, 0.38), (0.9, 0.85), (1, 1))
# Meanings whose integers stand for kinds, not amounts.
CODED = frozenset({"status", "type", "category", "priority", "level"})


def number_codec(table: Table, column: Column, domain: Domain, meaning: Meaning, hints: Hints) -> Codec:
    """The codec of an integer, decimal or float column without listed values."""
    name, found, type_ = meaning.name, meaning.words, column.type
    if name in CODED and type_.kind == "integer":
        return _coded(table, column, domain)
    if name == "flag":
        flags = Number(knots=m.table((0, 0), (0.75, 0.4), (1, 1)), step=1.0, low=0.0, high=1.0)
        if holds(domain, 0, 1):
            p = truth_rate(table.name, column.name, found, column.default)
            return Category(("0", "1"), (1 - p, p)) if type_.kind == "integer" else flags
    if name == "http_status":
        return m.number(m.table((0, 200), (0.8, 200), (0.81, 302), (0.9, 404), (0.97, 500), (1, 503)), domain, step=1.0)
    if name == "year":
        return m.number(_years(found, hints), domain, step=1.0)
    if name == "epoch":
        return _epoch(table, column, domain, found, hints)
    if name == "rate" or (name in ("discount", "tax") and _is_fraction(type_, domain)):
        return _rate(type_, domain, found)
    shape = SHAPES.get(_refined(name, found, table))
    if shape is None:
        shape = _generic(table, column, domain)
    knots, low = shape.knots, shape.low
    if domain.step > 1:  # a negative scale: tens, hundreds, ...
        knots = m.mapped(knots, lambda x: x * domain.step)
    if {"cents", "minor"} & set(found):
        knots, low = m.mapped(knots, lambda x: x * 100), low and low * 100
    step = shape.step if type_.kind == "float" else max(shape.step or 0.0, domain.step) or None
    if step is None and type_.kind == "float" and name not in ("float", "measurement"):
        step = 0.01
    return m.number(knots, domain, step=step, low=low, high=shape.high, endings=shape.endings, ending_share=shape.share)


def _refined(name: str, words: Sequence[str], table: Table) -> str:
    """Weights and temperatures of people are not those of parcels and rooms, nor songs as short as web requests."""
    if "words" not in table.derived:
        table.derived["words"] = {word for each in table.columns for word in each.name.lower().split("_")}
    around = table.derived["words"] | set(words)
    if around & {"patient", "athlete", "player", "person", "bmi", "admission", "height", "hadm", "gender"}:
        return {"weight": "body_weight", "temperature": "body_temperature"}.get(name, name)
    if name == "weight" and {"grams", "g"} & set(words):
        return "grams"
    if table_head(table.name) in _PLAYED:
        return {"milliseconds": "play_milliseconds", "seconds": "play_seconds"}.get(name, name)
    return name


_PLAYED = word_set("track song recording video episode clip podcast playlist medium")


def _is_fraction(type_: SqlType, domain: Domain) -> bool:
    if type_.kind == "float" or (domain.high is not None and domain.high <= 1):
        return True
    return type_.kind == "decimal" and (type_.precision or 18) - (type_.scale or 0) <= 1


def _rate(type_: SqlType, domain: Domain, words: Sequence[str]) -> Number:
    knots = next((_FRACTIONS[word] for word in words if word in _FRACTIONS), _FRACTION)
    whole = (
        type_.kind == "integer"
        or (not _is_fraction(type_, domain))
        or ("percent" in words and not (domain.high is not None and domain.high <= 1) and type_.kind != "float")
    )
    if whole:
        return m.number(m.mapped(knots, lambda x: x * 100), domain, low=0, high=100)
    return m.number(knots, domain, step=0.0001 if type_.kind == "float" else None, low=0, high=1)


def _coded(table: Table, column: Column, domain: Domain) -> Category:
    count = 3 + int(uniform(table.name, column.name, "codes") * 4)
    first = int(domain.low) if domain.bounded and domain.low is not None else 1
    if not domain.bounded and uniform(table.name, column.name, "zero") < 0.5:
        first = 0
    if domain.low is not None:
        first = max(first, int(domain.low))
    last = first + count - 1
    if domain.high is not None and last > domain.high:
        last = int(domain.high)
        first = max(int(domain.low) if domain.low is not None else last - count + 1, last - count + 1)
    labels = tuple(str(code) for code in range(first, last + 1))
    return Category(labels, weights(len(labels), table.name, column.name))


def _generic(table: Table, column: Column, domain: Domain) -> Shape:
    """A number of which nothing is known: size and spread hang on its name, and on a CHECK from both sides."""
    draw = uniform(table.name, column.name, "shape")
    sigma = 0.25 + 0.9 * uniform(table.name, column.name, "spread")
    least, most = limits(column.type)
    low = domain.low if domain.bounded and domain.low != least else None
    high = domain.high if domain.bounded and domain.high != most else None
    if low is not None and high is not None:
        if low >= 0 and high > 300 * max(low, 1):  # a guard rather than a scale: most values stay far below it
            return Shape(m.lognormal(math.sqrt(max(low, 1) * high), 0.9), None)
        return Shape(m.normal((low + high) / 2, max((high - low) / 5, domain.step)), None)
    if column.type.kind != "integer" and _SIGNED & set(words(column.name)) and low is None:
        return Shape(m.normal(0.0, 1.0 + 9 * draw), None)
    median = (5.0, 20.0, 60.0, 150.0, 400.0)[int(draw * 5)]
    if high is not None and low is None and median > high:
        return Shape(m.mapped(m.lognormal(median, sigma), lambda x: high - x), None)
    knots = m.lognormal(median, sigma)
    if low is not None and low > median:
        knots = m.mapped(knots, lambda x: low + x)
    elif column.type.kind == "integer" and _default(column) == 0:  # a counter that most rows never touch
        knots = m.often_zero(0.25 + 0.3 * draw, m.lognormal(min(median, 20.0), sigma))
    return Shape(knots, 0.0 if domain.low is None or domain.low <= 0 else None)


def _default(column: Column) -> float | None:
    """The column's DEFAULT as a number, None where it is none."""
    try:
        return float((column.default or "").strip("'() "))
    except ValueError:
        return None


def _years(words: Sequence[str], hints: Hints) -> Knots:
    last = datetime.fromtimestamp(hints.end / 1e6, tz=UTC).year
    if "birth" in words:
        return m.normal(last - 42, 14)
    if {"exp", "expiry", "expiration"} & set(words):
        return m.uniform(last - 0.5, last + 5.4)
    return m.table((0, last - 40), (0.2, last - 15), (0.6, last - 5), (1, last + 0.4))


def _epoch(table: Table, column: Column, domain: Domain, words: Sequence[str], hints: Hints) -> Number:
    role = time_role(table.name, column.name, "integer", column.comment)
    unit = 1_000 if (role is not None and role.epoch == "ms") or "milliseconds" in words else 1_000_000
    return m.number(m.uniform(hints.start // unit, hints.end // unit), domain, step=1.0)


def time_codec(table: Table, column: Column, domain: Domain, hints: Hints) -> Number:
    """The codec of a date, timestamp, time of day or interval that stands for itself (not chained by the planner)."""
    if column.type.kind == "time":
        return m.number(m.normal(13.5 * DAY / 24, 4.2 * DAY / 24), domain, step=60e6, low=0, high=DAY - 1e6)
    if column.type.kind == "interval":
        return m.number(m.lognormal(2 * DAY / 24, 1.2), domain, step=60e6, low=60e6)
    role = column_time(table, column)
    name = role.role if role else "event"
    if name == "birth":
        knots = m.mapped(m.table((0, 88), (0.1, 72), (0.5, 41), (0.8, 27), (1, 18)), lambda age: hints.end - age * YEAR)
    elif name == "expiry":
        knots = m.table((0, hints.start), (0.2, hints.end), (1, hints.end + 4 * YEAR))
    elif name == "due":
        knots = m.uniform(hints.start, hints.end + 30 * DAY)
    else:
        knots = m.uniform(hints.start, hints.end)
    return m.number(knots, domain, step=max(domain.step, 1e6))


def month_labels(unit: int, count: int) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Intervals of 1, 2, ... ``unit`` months, the short ones more often, with their shares."""
    labels = tuple(f"{unit * k} months" for k in range(1, count + 1))
    return labels, tuple(round(1 / (k + 2), 6) for k in range(count))


def weights(count: int, *names: str) -> tuple[float, ...]:
    """Zipf-like shares of ``count`` categories, the first largest; how steep hangs on the names."""
    steep = 0.4 + 0.9 * uniform(*names, "steep")
    raw = [(rank + 1) ** -steep for rank in range(count)]
    return tuple(round(weight / sum(raw), 6) for weight in raw)


def shares(labels: Sequence[str], *names: str) -> tuple[float, ...]:
    """``weights`` of these labels; what goes wrong in life is rarer, what settles a matter more frequent."""
    raw = []
    for label, weight in zip(labels, weights(len(labels), *names), strict=True):
        spoken = set(words(label))
        raw.append(weight * (0.25 if spoken & _AMISS else 1.6 if spoken & _SETTLED else 1.0))
    return tuple(round(weight / sum(raw), 6) for weight in raw)


_AMISS = word_set(
    """cancelled canceled returned rejected failed failure error refunded expired void voided deleted blocked suspended
    lost disputed declined denied fraud bounced aborted banned dead deceased archived noshow withdrawn"""
)
_SETTLED = word_set(
    """delivered completed complete done active paid approved closed success succeeded normal published resolved
    confirmed finished settled"""
)
_RARE = word_set(
    """deleted archived locked banned voided retired hidden suspended cancelled blocked discontinued private error
    failed disabled dead fraud obsolete expired deceased spam"""
)
_USUAL = word_set("active enabled visible verified valid published public approved available")


def truth_rate(table: str, column: str, words: Sequence[str], default: str | None = None) -> float:
    """The planned share of true in a yes/no column, by its name, then by its DEFAULT; never an even coin."""
    negated = "not" in words or "no" in words
    if set(words) & _RARE:
        return 0.95 if negated else 0.05
    if set(words) & _USUAL:
        return 0.1 if negated else 0.9
    usual = default_label(default)
    if usual is not None and usual.lower() in _FALSE | _TRUE:
        rate = (0.05, 0.1, 0.15, 0.25)[int(uniform(table, column, "truth") * 4)]
        return rate if usual.lower() in _FALSE else 1 - rate
    return (0.1, 0.15, 0.2, 0.3, 0.35, 0.65, 0.7, 0.8)[int(uniform(table, column, "truth") * 8)]


_FALSE = word_set("false f 0 n no")
_TRUE = word_set("true t 1 y yes")


def default_label(default: str | None) -> str | None:
    """The constant of a DEFAULT as plain text (``'open'::status`` -> ``open``), None where it isn't one."""
    text = (default or "").strip().strip("()")
    text = text.partition("::")[0].strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    if text[:2].lower() in ("b'", "n'") and text.endswith("'"):
        return text[2:-1]
    return text if _PLAIN.fullmatch(text) else None


_PLAIN = re.compile(r"-?[0-9.]+|true|false|t|f", re.IGNORECASE)
