"""Marginal distributions as quantile knots, and how a domain cuts them to size."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import msgspec
import numpy as np

from plurel_sql.plan.domains import Domain
from plurel_sql.plan.model import Codec, Knots, Number

# Ranks of the knots: closer together in the tails.
_U = np.array([0, 0.002, 0.01, 0.03, *np.linspace(0.06, 0.94, 23), 0.97, 0.99, 0.998, 1])
_Z = np.array([NormalDist().inv_cdf(min(max(float(u), 0.0005), 0.9995)) for u in _U])
_EXACT = float(2**53)


def _knots(x: np.ndarray) -> Knots:
    """Knots at the standard ranks; seven digits, so that plans don't depend on a platform's last bit."""
    return Knots(tuple(float(u) for u in _U), tuple(float(f"{float(value):.7g}") for value in x))


def normal(mean: float, deviation: float) -> Knots:
    """A Gaussian, cut at 3.3 deviations."""
    return _knots(mean + deviation * _Z)


def lognormal(median: float, sigma: float) -> Knots:
    """exp of a Gaussian: ``median``, and ``sigma`` the deviation of the logarithm."""
    return _knots(median * np.exp(sigma * _Z))


def uniform(low: float, high: float) -> Knots:
    """Every value of the interval alike."""
    return Knots((0.0, 1.0), (float(low), float(high)))


def exponential(low: float, mean: float) -> Knots:
    """``low`` plus an exponential amount of mean ``mean``, cut at 7 means."""
    return _knots(low - mean * np.log1p(-np.minimum(_U, 0.9991)))


def often_zero(share: float, knots: Knots) -> Knots:
    """Zero with probability ``share``, else ``knots``."""
    u = (0.0, share, *(share + (1 - share) * rank for rank in knots.u if rank > 0))
    return Knots(u, (0.0, 0.0, *(x for rank, x in zip(knots.u, knots.x, strict=True) if rank > 0)))


def table(*pairs: tuple[float, float]) -> Knots:
    """Knots as (rank, value) pairs."""
    return Knots(tuple(u for u, _ in pairs), tuple(x for _, x in pairs))


def mapped(knots: Knots, by: Callable[[float], float]) -> Knots:
    """The same ranks, each value mapped."""
    return Knots(knots.u, tuple(by(x) for x in knots.x))


def number(
    knots: Knots,
    domain: Domain,
    *,
    step: float | None = None,
    low: float | None = None,
    high: float | None = None,
    endings: tuple[float, ...] = (),
    ending_share: float = 0.0,
) -> Number:
    """``knots`` inside ``domain``, as a codec.

    A domain that holds at least a twentieth of the distribution cuts it (as if draws outside were drawn again);
    another one squeezes it into its bounds. ``low`` and ``high`` are natural bounds of the quantity: they give way
    where the domain lies outside them. ``step`` is the grid of the values, at least the domain's own.
    """
    bottom, top = domain.low, domain.high
    if domain.step:  # the type's grid: a natural lower bound of 0.01 is 1 among whole numbers
        low = low if low is None else math.ceil(round(low / domain.step, 6)) * domain.step
        high = high if high is None else math.floor(round(high / domain.step, 6)) * domain.step
    if low is not None and (bottom is None or low > bottom) and (top is None or low <= top):
        bottom = low
    if high is not None and (top is None or high < top) and (bottom is None or high >= bottom):
        top = high
    grid = domain.step if step is None or step < domain.step else step
    if bottom is not None and top is not None and grid and top - bottom < grid:
        grid = domain.step
    if domain.low is not None and domain.high is not None and grid > domain.step and domain.bounded:
        grid = domain.step
    cut = _cut(knots, bottom, top)
    fine = grid < 1 and bool(endings) and domain.step <= 0.01
    return Number(
        knots=cut,
        step=grid,
        low=None if bottom is None else _safe(bottom),
        high=None if top is None else _safe(top),
        endings=endings if fine else (),
        ending_share=ending_share if fine else 0.0,
    )


def beneath(lower: Codec, upper: Codec, share: float) -> Number | None:
    """``lower`` with the quantiles of ``upper`` times about ``share`` (less among the large, more among the small);
    None where either is no number or ``upper`` falls below zero."""
    if not isinstance(lower, Number) or not isinstance(upper, Number) or upper.knots.x[0] < 0:
        return None
    bottom = upper.low or 0.0
    count = len(upper.knots.x)
    x = tuple(
        bottom + (value - bottom) * share * (1.12 - 0.24 * index / count) for index, value in enumerate(upper.knots.x)
    )
    low = -math.inf if lower.low is None else lower.low
    high = math.inf if lower.high is None else lower.high
    knots = Knots(upper.knots.u, tuple(float(f"{min(max(value, low), high):.7g}") for value in x))
    return msgspec.structs.replace(lower, knots=knots)


def recut(codec: Number, knots: Knots) -> Number:
    """``codec`` with another distribution, inside the same bounds."""
    return msgspec.structs.replace(codec, knots=_cut(knots, codec.low, codec.high))


def _safe(bound: float) -> float:
    """Bounds that a float can't hold exactly (2^63 - 1, 38 digits) move inward."""
    value = float(bound)
    if abs(value) <= _EXACT:
        return value
    return float(np.nextafter(np.nextafter(value, 0.0), 0.0))


def _cut(knots: Knots, bottom: float | None, top: float | None) -> Knots:
    u, x = np.array(knots.u), np.array(knots.x, dtype=float)
    least, most = float(x.min()), float(x.max())
    low = least if bottom is None else float(bottom)
    high = most if top is None else float(top)
    if low <= least and most <= high:
        return knots
    if bool(np.all(np.diff(x) >= 0)) and low < high:
        first = float(np.interp(low, x, u)) if low > least else 0.0
        last = float(np.interp(high, x, u)) if high < most else 1.0
        if last - first >= 0.05:
            inner = np.interp(first + _U * (last - first), u, x)
            return _inside(inner, low, high)
    if bottom is None:
        low = high - (most - least)
    if top is None:
        high = low + (most - least)
    span = (most - least) or 1.0
    return Knots(knots.u, tuple(min(max(float(low + (value - least) / span * (high - low)), low), high) for value in x))


def _inside(x: np.ndarray, low: float, high: float) -> Knots:
    knots = _knots(x)
    return Knots(knots.u, tuple(min(max(value, low), high) for value in knots.x))
