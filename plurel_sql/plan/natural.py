"""Natural marginals: once a node is calibrated, its column's codec takes over the node's own distribution.

The rank of a latent x is F(x), F the pilot's distribution function; with the quantile function t(F^-1(u)) the cell is
t(x), t being the transform of the published prior.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from plurel_sql.plan.marginals import recut
from plurel_sql.plan.model import Bool, Category, Column, Knots, Node, NodeSpec, Number, Plan, Table, Value

STEPS = 100.0
"""Columns of whole numbers, and of so many digits, have this many of their smallest steps in a deviation: the published
prior knows floats only."""


def natural(plan: Plan) -> Plan:
    """``plan``, fitted, with the codecs of the columns whose marginal is that of their node."""
    return replace(plan, tables=tuple(_table(t) if t.scm.prior.name == "plurel" else t for t in plan.tables))


def _table(table: Table) -> Table:
    specs = {spec.name: spec for spec in table.scm.wanted}
    nodes = {node.name: node for node in table.scm.nodes}
    columns = (
        _column(column, specs[column.name], nodes[column.name]) if column.name in specs else column
        for column in table.columns
    )
    return replace(table, columns=tuple(columns))


def _column(column: Column, spec: NodeSpec, node: Node) -> Column:
    rule = column.rule
    if not isinstance(rule, Value) or rule.node != column.name or node.fit is None:
        return column
    rank = node.fit["rank"]
    match rule.codec:
        case Bool() if spec.categories:
            return replace(column, rule=replace(rule, codec=Bool(round(rank["shares"][1], 6))))
        case Category() as codec if spec.categories:
            return replace(column, rule=replace(rule, codec=replace(codec, weights=tuple(rank["shares"]))))
        case Number() as codec if spec.transform:
            knots = transformed(quantiles(rank["cdf"]), spec.transform)
            if codec.step:
                knots = scaled(knots, codec.step)
            return replace(column, rule=replace(rule, codec=recut(codec, knots)))
    return column


def quantiles(cdf: dict[str, Any]) -> Knots:
    """The quantile function of a fitted distribution function (``sampler/src/scm/rank.rs``): flat where it jumps."""
    high = cdf["high"]
    low = cdf.get("low") or high
    if not cdf["x"]:
        return Knots((0.0, 1.0), (0.0, 0.0))
    x = cdf["x"]
    points = [(u, x[0] - away) for u, away in reversed(_tail(x[0], x[1:2], low[0], high[0], low[1:2]))]
    reached = points[-1][0] if points else -1.0
    for value, below, above in zip(x, low, high, strict=True):
        if below > reached:
            points.append((below, value))
        if above > max(below, reached):
            points.append((above, value))
        reached = max(above, reached)
    last = _tail(x[-1], x[-2:-1], 1 - high[-1], 1 - low[-1], [1 - u for u in high[-2:-1]])
    points += [(1 - u, x[-1] + away) for u, away in last]
    points = [(0.0, points[0][1]), *(point for point in points if 0 < point[0] < 1), (1.0, points[-1][1])]
    return Knots(tuple(u for u, _ in points), tuple(x for _, x in points))


def _tail(end: float, next_: list[float], mass: float, here: float, there: list[float]) -> list[tuple[float, float]]:
    """Beyond the last knot the mass left thins out exponentially with the density that stands there: ranks, and how far
    out they are."""
    if mass <= 0 or not next_ or not there or there[0] <= here:
        return []
    density = (there[0] - here) / abs(next_[0] - end)
    return [(mass * share, -math.log(share) * mass / density) for share in (0.6, 0.3, 0.1, 0.03)]


def moments(knots: Knots) -> tuple[float, float]:
    """Mean and deviation of a piecewise linear quantile function."""
    pieces = list(zip(knots.u, knots.u[1:], knots.x, knots.x[1:], strict=False))
    mean = sum((v - u) * (a + b) / 2 for u, v, a, b in pieces)
    square = sum((v - u) * ((a - mean) ** 2 + (a - mean) * (b - mean) + (b - mean) ** 2) / 3 for u, v, a, b in pieces)
    return mean, math.sqrt(max(square, 0.0))


def transformed(knots: Knots, transform: str) -> Knots:
    """The quantile function of the transformed number; all transforms rise."""
    if transform == "rank_uniform":
        return Knots((0.0, 1.0), (0.0, 1.0))
    by = _TRANSFORMS.get(transform) or _standardised(*moments(knots))
    knots = _around_zero(knots)
    return Knots(knots.u, tuple([float(f"{by(x):.7g}") for x in knots.x]))


def _standardised(mean: float, deviation: float) -> Callable[[float], float]:
    return lambda x: (x - mean) / max(deviation, 1e-8)


def _around_zero(knots: Knots) -> Knots:
    """The same function, with more knots where it crosses zero: there the transforms bend."""
    after = bisect_left(knots.x, 0.0)
    if not 0 < after < len(knots.x) or knots.x[after] == 0:
        return knots
    (u, v), (a, b) = knots.u[after - 1 : after + 1], knots.x[after - 1 : after + 1]
    more = (a / 8, a / 64, 0.0, b / 64, b / 8)
    ranks = (u + (v - u) * (x - a) / (b - a) for x in more)
    return Knots((*knots.u[:after], *ranks, *knots.u[after:]), (*knots.x[:after], *more, *knots.x[after:]))


_TRANSFORMS: dict[str, Callable[[float], float]] = {
    "identity": lambda x: x,
    "log": lambda x: math.copysign(math.log1p(abs(x)), x),
    "sqrt": lambda x: math.copysign(math.sqrt(abs(x)), x),
}


def scaled(knots: Knots, step: float) -> Knots:
    """So that a deviation holds ``STEPS`` smallest steps."""
    deviation = moments(knots)[1]
    factor = STEPS * step / deviation if deviation > 0 else 1.0
    return Knots(knots.u, tuple(float(f"{x * factor:.7g}") for x in knots.x))
