"""A plain reading of codecs in Python, for tests only: what the sampler writes, give or take its random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import numpy as np

from plurel_sql.plan.model import Category, Chars, Codec, Lit, Num, Number, Prose, Segment, Serial, Text, Vocab


def numbers(codec: Number, ranks: Sequence[float]) -> list[float]:
    """The values at ``ranks``: quantile, rounding, clamping."""
    out = []
    for rank in ranks:
        value = float(np.interp(rank, codec.knots.u, codec.knots.x))
        if codec.step:
            value = round(value / codec.step) * codec.step
        if codec.low is not None:
            value = max(value, codec.low)
        if codec.high is not None:
            value = min(value, codec.high)
        out.append(value)
    return out


def labels(codec: Category, ranks: Sequence[float]) -> list[str]:
    """The labels at ``ranks`` along the cumulated weights."""
    edges = np.cumsum(codec.weights) / sum(codec.weights)
    return [codec.labels[min(int(np.searchsorted(edges, rank)), len(codec.labels) - 1)] for rank in ranks]


def texts(codec: Text, lists: Mapping[str, Sequence[str]], count: int, row_start: int = 0) -> list[str]:
    """``count`` texts of rows from ``row_start`` on."""
    random = Random(3)
    out = []
    for row in range(row_start, row_start + count):
        text = "".join(_segment(part, lists, random, row) for part in codec.segments)
        text = text if codec.max_length is None else text[: codec.max_length]
        out.append(text.ljust(codec.min_length, "x"))
    return out


def _segment(part: Segment, lists: Mapping[str, Sequence[str]], random: Random, row: int) -> str:
    match part:
        case Lit(text=text):
            return text
        case Vocab(list=name):
            return random.choice(lists[name])
        case Chars(alphabet=alphabet, count=count):
            return "".join(random.choice(alphabet) for _ in range(count))
        case Serial(alphabet=alphabet, width=width, start=start):
            number, digits = row + start, ""
            while number:
                number, digit = divmod(number, len(alphabet))
                digits = alphabet[digit] + digits
            return digits.rjust(width, alphabet[0])
        case Num(low=low, high=high, width=width):
            return str(random.randint(low, high)).zfill(width)
        case Prose(topics=topics, common=common, low=low, high=high):
            pool = [*lists[common], *(word for topic in topics for word in lists[topic])]
            return " ".join(random.choice(pool) for _ in range(random.randint(low, high)))
        case _:
            return "ann"


def finite(codec: Codec) -> bool:
    """Whether a number's knots are usable: ranks rise from 0 to 1, all finite."""
    if not isinstance(codec, Number):
        return True
    u, x = np.array(codec.knots.u), np.array(codec.knots.x)
    return bool(u[0] == 0 and u[-1] == 1 and np.all(np.diff(u) >= 0) and np.all(np.isfinite(x)))
