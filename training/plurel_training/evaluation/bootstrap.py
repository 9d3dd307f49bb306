"""How far a figure may be off because the test rows are the ones they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Metric = Callable[[Floats, Floats], float]
DRAWS = 500


def interval(
    metric: Metric, truth: Floats, predicted: Floats, *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Percentiles of ``metric(truth, predicted)`` over ``DRAWS`` draws of the rows with replacement; draws that have no
    figure (one class alone) are left out. NaN, NaN where none has."""
    random = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [_drawn(metric, truth, predicted, random) for _ in range(DRAWS)]
    finite = [value for value in found if np.isfinite(value)]
    if not finite:
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _drawn(metric: Metric, truth: Floats, predicted: Floats, random: np.random.Generator) -> float:
    rows = random.integers(len(truth), size=len(truth))
    try:
        return float(metric(truth[rows], predicted[rows]))
    except ValueError:
        return float("nan")
