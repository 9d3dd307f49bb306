"""What partitions hold, as plain data: ranges joined, boxes of lists, shares of hashes that are missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
from math import floor, lcm, prod

from plurel_sql.plan.axes import DAY
from plurel_sql.plan.domains import NUMERIC, iso
from plurel_sql.plan.types import micros
from plurel_sql.schema.model import Column, Part

TIMES = ("date", "timestamp")
MODULUS = 2**16
"""Up to which modulus partitions by hash are looked through for one that is missing."""
Run = tuple[float | None, float | None]
"""Neighbouring ranges joined: from a bound to another one, None being unbounded."""
Bounds = tuple[tuple[str | None, ...], tuple[str | None, ...]]


def missing(shares: Sequence[tuple[int, int]]) -> tuple[int, tuple[int, ...]]:
    """What partitions by hash (modulus, what is left over) don't take: a modulus, and all that may be left over."""
    modulus = lcm(*(each for each, _ in shares))
    if modulus > MODULUS:
        return modulus, ()
    taken = {left for each, rest in shares for left in range(rest, modulus, each)}
    return modulus, tuple(left for left in range(modulus) if left not in taken)


def whole(parts: tuple[Part, ...]) -> bool:
    """Whether ranges follow on each other from no bound to no bound."""
    bounds = [(part.low[0] if part.low else None, part.high[0] if part.high else None) for part in parts]
    joined = sum(high == low for _, high in bounds for low, _ in bounds if high is not None) == len(bounds) - 1
    return joined and any(low is None for low, _ in bounds) and any(high is None for _, high in bounds)


def box(tuples: Sequence[tuple[str | None, ...]]) -> tuple[tuple[str | None, ...], ...]:
    """Values for each column, as many combinations as can be such that all are among ``tuples``."""
    if len(tuples[0]) == 1:
        return (tuple(dict.fromkeys(value for (value,) in tuples)),)
    below: dict[str | None, list[tuple[str | None, ...]]] = {}
    for first, *rest in tuples:
        below.setdefault(first, []).append(tuple(rest))
    boxes = []
    for rests in below.values():
        inner = box(rests)
        heads = (first for first, others in below.items() if set(product(*inner)) <= set(others))
        boxes.append((tuple(heads), *inner))
    return max(boxes, key=lambda box: prod(map(len, box)))


def between(column: Column, low: tuple[str | None, ...], high: tuple[str | None, ...]) -> Part | None:
    """What lies between the bounds of a first column, these left out; None where nothing does."""
    first, last = (bound[0] if bound else None for bound in (low, high))
    try:
        if first is None:
            return Part("", high=(last,))
        if column.type.kind in TIMES:
            begun, end = micros(first, "timestamp"), None if last is None else micros(last, "timestamp")
            if begun is None or (end is not None and begun + DAY >= end):
                return None
            return Part("", low=(iso(begun + DAY, "timestamp"),), high=(last,))
        if column.type.kind not in NUMERIC:
            return None
        least = floor(float(first)) + 1
        return Part("", low=(str(least),), high=(last,)) if last is None or least < float(last) else None
    except ValueError:
        return None


def joined(bounds: list[Bounds]) -> list[Bounds]:
    """Ranges that follow on each other made one."""
    after = {low: high for low, high in bounds if low and low[0] is not None}
    ends = {high for _, high in bounds}
    runs = []
    for low, high in bounds:
        if not low or low[0] is None or low not in ends:
            while high in after:
                high = after.pop(high)
            runs.append((low, high))
    return runs


def bound(text: str | None, times: bool, unit: str) -> float | None:
    """A bound as a number, of times in microseconds."""
    if text is None:
        return None
    if unit == "year":
        text = f"{int(text):04d}-01-01"
    elif not times:
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    found = micros(text, "timestamp")
    if found is None:
        raise ValueError(text)
    return found


def runs(ranges: list[Run]) -> list[Run]:
    runs: list[Run] = []
    for low, high in sorted(ranges, key=lambda run: float("-inf") if run[0] is None else run[0]):
        last = runs[-1][1] if runs else 0.0
        if runs and (last is None or low is None or low <= last):
            runs[-1] = (runs[-1][0], None if last is None or high is None else max(last, high))
        else:
            runs.append((low, high))
    return runs


def width(run: Run) -> float:
    low, high = run
    return float("inf") if low is None or high is None else high - low
