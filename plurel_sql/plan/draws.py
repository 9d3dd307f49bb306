"""A short sequence of random numbers that hangs on names alone: the same on any machine, with any library's version."""

from __future__ import annotations

import hashlib
from collections.abc import MutableSequence, Sequence
from typing import Any, TypeVar

from plurel_sql.plan.params import Choices

_T = TypeVar("_T")


class Draws:
    """Numbers of a key made of ``names``; each call takes the next one (the k-th is a hash of key and k)."""

    def __init__(self, *names: object) -> None:
        self._key = hashlib.blake2b("\0".join(map(str, names)).encode(), digest_size=32).digest()
        self._next = 0

    def _bits(self) -> int:
        self._next += 1
        number = self._next.to_bytes(8, "big")
        return int.from_bytes(hashlib.blake2b(number, digest_size=8, key=self._key).digest(), "big")

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """In [low, high)."""
        return low + (high - low) * ((self._bits() >> 11) / 2**53)

    def below(self, n: int) -> int:
        """In 0..n - 1."""
        return self._bits() * n >> 64

    def whole(self, low: int, high: int) -> int:
        """In low..high, both inclusive."""
        return low + self.below(high - low + 1)

    def chance(self, p: float) -> bool:
        return self.uniform() < p

    def pick(self, items: Sequence[_T]) -> _T:
        return items[self.below(len(items))]

    def weighted(self, weights: Sequence[float]) -> int:
        """An index, as often as its weight says."""
        rest = self.uniform(0, sum(weights))
        for index, weight in enumerate(weights):
            rest -= weight
            if rest < 0:
                return index
        return len(weights) - 1

    def shuffle(self, items: MutableSequence[Any]) -> None:
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]

    def sample(self, items: Sequence[_T], count: int) -> list[_T]:
        """``count`` different ones, in random order."""
        pool = list(items)
        for i in range(count):
            j = self.whole(i, len(pool) - 1)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:count]

    def of(self, choices: Choices) -> Any:
        """One of ``choices``, as they say."""
        if choices.kind == "set":
            return self.pick(choices.value)
        low, high = choices.value
        return self.whole(low, high) if isinstance(low, int) and isinstance(high, int) else self.uniform(low, high)

    def power_law(self, choices: Choices) -> int:
        """A whole number of the range ``choices``, each as often as one over itself."""
        low, high = choices.value
        numbers = range(int(low), int(high) + 1)
        return numbers[self.weighted([1 / max(number, 1) for number in numbers])]
