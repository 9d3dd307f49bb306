"""The best possible prediction of a column's cells, by simulation: the target's own noise drawn anew, all else held.

Draws are weighted by how likely they make what is known besides (``Conditions``): self-normalised importance sampling,
with the mechanism itself as the proposal (likelihood weighting; Fung and Chang, UAI 1989).
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from plurel_sql.errors import InputError
from plurel_sql.plan.model import Category, Column, Plan, Value
from plurel_sql.sample import Sampler
from plurel_sql.truth.conditions import Conditions

DRAWS = 512
"""Of each row: a probability is known to 0.022 at worst where all weigh alike."""
ENOUGH = 64
"""Rows whose draws are worth less get ``MORE`` times as many."""
MORE = 8
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_CELLS = 1 << 21  # draws of all rows in memory at a time
_NUMBER = re.compile(r"u?int\d|float|decimal")

Floats = npt.NDArray[np.float64]


class Optimum:
    """Predictions of one column under one set of conditions.

    Args:
        plan: a fitted plan.
        sampler: over the same plan.
        conditions: what is known.
        draws: for each row, at first.

    Attributes:
        labels: what the cells can be, as text; None for numbers.

    Raises:
        InputError: the column's cells are neither numbers nor truth values nor categories.
    """

    def __init__(self, plan: Plan, sampler: Sampler, conditions: Conditions, draws: int = DRAWS) -> None:
        self._table = plan.table(conditions.table)
        self._sampler = sampler
        self.conditions = conditions
        self.draws = draws
        column = next(column for column in self._table.columns if column.name == conditions.column)
        self.labels = labels(column)

    def predict(self, rows: npt.NDArray[np.uint64]) -> pa.Table:
        """One line per row, in their order: the law of a cell that is not NULL.

        Fields: ``row``; for numbers ``mean`` and the quantiles ``q05`` to ``q95``; for truth values and categories
        ``p:LABEL`` for each label; ``effective``, how many draws of equal weight would be worth as much (below some 30
        the line is a rough one).
        """
        found = self._predict(rows, self.draws)
        poor = np.flatnonzero(found["effective"].to_numpy() < ENOUGH)
        if len(poor):
            order = np.arange(len(rows))
            order[poor] = len(rows) + np.arange(len(poor))
            found = pa.concat_tables([found, self._predict(rows[poor], MORE * self.draws)]).take(order)
        return found

    def _predict(self, rows: npt.NDArray[np.uint64], draws: int) -> pa.Table:
        size = max(_CELLS // draws, 1)
        starts = range(0, max(len(rows), 1), size)
        return pa.concat_tables([self._part(rows[start : start + size], draws) for start in starts])

    def _part(self, rows: npt.NDArray[np.uint64], draws: int) -> pa.Table:
        asked = self.conditions
        drawn = self._sampler.redraw(
            asked.table,
            asked.column,
            rows,
            draws,
            free=asked.free,
            asked=asked.asked,
            weigh=asked.weigh,
        )
        shape = (draws, len(rows))
        weights = _weights(drawn["weight"].to_numpy().astype(float).reshape(shape) + self._nulls(drawn, rows, shape))
        fields: dict[str, Floats] = {}
        if self.labels is None:
            values = pc.cast(drawn["value"], pa.float64()).to_numpy(zero_copy_only=False).reshape(shape)
            fields["mean"] = (weights * values).sum(axis=0)
            found = _quantiles(values, weights)
            fields |= {f"q{100 * u:02.0f}": each for u, each in zip(QUANTILES, found, strict=True)}
        effective = 1 / (weights**2).sum(axis=0) if len(rows) else np.empty(0)
        if self.labels is not None:
            codes = pc.index_in(pc.cast(drawn["value"], pa.string()), pa.array(self.labels, pa.string()))
            places = codes.to_numpy(zero_copy_only=False).reshape(shape)
            for k, label in enumerate(self.labels):
                # One draw's worth of the uniform law: no label is impossible for want of draws.
                share = (weights * (places == k)).sum(axis=0)
                fields[f"p:{label}"] = (share * effective + 1 / len(self.labels)) / (effective + 1)
        return pa.table({"row": rows, **fields, "effective": effective})

    def _nulls(self, drawn: pa.RecordBatch, rows: npt.NDArray[np.uint64], shape: tuple[int, int]) -> Floats:
        """Log-likelihood, under each draw, of which cells are NULL; the target's own is taken as not."""
        names = self.conditions.evidence
        total = np.zeros(shape)
        cells = self._sampler.rows_at(self.conditions.table, rows, names) if names else None
        for column in self._table.columns:
            if cells is None or column.null is None or column.name not in names:
                continue
            missing = cells[column.name].is_null().to_numpy()
            if column.name == self.conditions.column:
                missing = np.zeros(len(rows), bool)
            rate = _rate(column.null.rate, drawn[f"rank:{column.null.node}"].to_numpy().reshape(shape))
            with np.errstate(divide="ignore"):
                total += np.log(np.where(missing, rate, 1 - rate))
        return total


def labels(column: Column) -> tuple[str, ...] | None:
    """What a column's cells can be, as text; None for numbers.

    Raises:
        InputError: they are neither numbers nor truth values nor categories.
    """
    match column.rule:
        case Value(codec=Category(labels=found)):
            return tuple(dict.fromkeys(found))
        case _ if column.type == "bool":
            return ("false", "true")
        case _ if _NUMBER.match(column.type):
            return None
    raise InputError("is neither a number nor a category", place=column.name, hint="it has no optimum")


def _rate(rate: float, ranks: Floats) -> Floats:
    """How often the cell is NULL at these ranks (``plan.model.Null``)."""
    if rate <= 0.5:
        return np.minimum(1.0, 2 * rate * ranks)
    return np.maximum(0.0, 1 - 2 * (1 - rate) * (1 - ranks))


def _weights(logs: Floats) -> Floats:
    """Weights that sum to 1 over the draws (axis 0); equal ones where no draw is possible."""
    top = logs.max(axis=0, initial=-np.inf)
    raw = np.exp(logs - np.where(np.isfinite(top), top, 0.0))
    raw[:, ~np.isfinite(top)] = 1.0
    normalised: Floats = raw / raw.sum(axis=0)
    return normalised


def _quantiles(values: Floats, weights: Floats) -> list[Floats]:
    """Weighted quantiles over axis 0: the least value that so much weight does not exceed."""
    order = values.argsort(axis=0, kind="stable")
    ranked, heights = np.take_along_axis(values, order, 0), np.take_along_axis(weights, order, 0).cumsum(axis=0)
    places = [np.minimum((heights < u).sum(axis=0), len(values) - 1) for u in QUANTILES]
    return [np.take_along_axis(ranked, place[None], 0)[0] for place in places]
