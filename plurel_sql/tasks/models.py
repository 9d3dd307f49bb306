"""Gradient-boosted trees, and the figures they are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from plurel_sql.tasks.effort import Effort
from plurel_sql.tasks.features import Array, Sample
from plurel_sql.tasks.model import Type

BINS = 128


@dataclass(frozen=True)
class Score:
    """``value``: AUROC, R2 or MAP; ``error``: NMAE."""

    value: float
    error: float | None = None


class Trees:
    """Scikit-learn's histogram gradient boosting with fixed settings: one thread, no chance."""

    def __init__(self, type_: Type, effort: Effort) -> None:
        self._type = type_
        self._effort = effort

    def fit(self, features: Array, target: Array) -> Trees:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingRegressor if self._type == "regression" else HistGradientBoostingClassifier
        self._model: Any = kind(
            max_iter=self._effort.trees,
            max_leaf_nodes=self._effort.leaves,
            learning_rate=0.15,
            min_samples_leaf=20,
            early_stopping=False,
            random_state=0,
        )
        self._told = ~np.isnan(features).all(axis=0)  # a column without a value can't be cut into bins
        self._deviation = float(np.std(target, ddof=1))
        with _one_thread():
            self._model.fit(features[:, self._told], target)
        return self

    def score(self, features: Array, target: Array) -> Score:
        """Raises nothing: a split without both classes scores one half."""
        with _one_thread():
            if self._type == "regression":
                predicted = self._model.predict(features[:, self._told])
                error = float(np.mean(np.abs(predicted - target))) / self._deviation
                return Score(r2(target, predicted), error)
            chances = self._model.predict_proba(features[:, self._told])[:, 1]
        return Score(auroc(target, chances))


def alone(type_: Type, values: Array, sample: Sample) -> float:
    """How well one feature predicts: by the target's means in ``BINS`` bins as full as each other, fitted on train,
    judged on val."""
    train, judge = sample.of("train"), sample.of("val")
    known = values[train][~np.isnan(values[train])]
    if not known.size or known.min() == known.max():
        return 0.0
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    # NaN sorts above all edges; it gets a bin of its own.
    bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    target = sample.target[train]
    counts = np.bincount(bins[train], minlength=len(edges) + 2)
    sums = np.bincount(bins[train], weights=target, minlength=len(edges) + 2)
    judged = ((sums + target.mean()) / (counts + 1))[bins[judge]]  # one row's worth of prior
    return (r2 if type_ == "regression" else auroc)(sample.target[judge], judged)


def auroc(target: Array, chances: Array) -> float:
    """Of a target of zeros and ones; one half where it has but one of them."""
    positive = int(target.sum())
    negative = len(target) - positive
    if not positive or not negative:
        return 0.5
    return float((_ranks(chances)[target == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _ranks(values: Array) -> Array:
    """From 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def r2(target: Array, predicted: Array) -> float:
    """1 - squared error / variance; 0 where the target does not vary."""
    spread = float(np.sum((target - target.mean()) ** 2))
    return 1 - float(np.sum((target - predicted) ** 2)) / spread if spread else 0.0


def _one_thread() -> Any:
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)
