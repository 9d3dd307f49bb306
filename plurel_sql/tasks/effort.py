"""How much work goes into finding out whether a task is worth it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Effort:
    """What measuring may cost.

    Attributes:
        examined: candidates examined for each task that is wanted, at most.
        labels: labels of each split that models are fitted on and judged by, about, at most.
        trees, leaves: of the models, and how many leaves each tree has.
    """

    examined: int
    labels: dict[str, int] = field(hash=False)
    trees: int
    leaves: int


FULL = Effort(examined=3, labels={"train": 6_000, "val": 4_000, "test": 4_000}, trees=40, leaves=15)
"""For one dataset that is looked at."""
QUICK = Effort(examined=2, labels={"train": 2_000, "val": 1_000, "test": 1_000}, trees=20, leaves=8)
"""For each of many: a sixth of the time; a score on 1,000 labels is known to about 0.02."""
