"""Which of many: what is useful first, and different from what was chosen before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")

ALIKE = 0.2
"""What it costs to share a trait with one that is chosen already."""


def pick(
    candidates: Sequence[T], count: int, value: Callable[[T], float], traits: Callable[[T], Sequence[Hashable]]
) -> list[T]:
    """Greedily ``count`` of the candidates: each time the one with the highest value, less ``ALIKE`` for each time that
    one of its traits was chosen before; the earlier one where two are equal."""
    left = list(candidates)
    chosen: list[T] = []
    seen: Counter[Hashable] = Counter()
    while left and len(chosen) < count:
        best = max(left, key=lambda one: value(one) - ALIKE * sum(seen[trait] for trait in traits(one)))
        left.remove(best)
        chosen.append(best)
        seen.update(traits(best))
    return chosen


def usefulness(skill: float) -> float:
    """4 s (1 - s) of a skill between 0 (chance) and 1 (solved): most where trees get half of the way."""
    skill = min(1.0, max(0.0, skill))
    return 4 * skill * (1 - skill)
