"""Sentences for free text: the small grammars of ``data/sentences.toml``, written out as lists in an order that means
something, so that walking a list by rank lets the words carry the signal."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import product
from typing import Any

from plurel_sql.semantics.names import singular, uniform, word_set

SIZES = {"title": 240, "opening": 160, "follow": 90, "closing": 60}
"""The most entries of each part."""

GENERAL = "general"
_SLOT = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return tomllib.loads(files("plurel_sql.semantics").joinpath("data", "sentences.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _calls() -> dict[str, frozenset[str]]:
    return {kind: frozenset(grammar["calls"].split()) for kind, grammar in _data().items() if kind != "slot"}


def kind_of(table: Sequence[str], column: Sequence[str], around: Sequence[str] = ()) -> str:
    """The kind of text that the words of a table's and a column's name call for; "general" where none does. The
    column's words count most, then the table's, its noun above all (it stands last), then those ``around``."""
    weights: dict[str, int] = {}
    for found, weight in ((table, 2), (table[-1:], 1), (column, 4), (around, 1)):
        for word in found:
            if word in _ANY and found is column:
                continue
            weights[singular(word)] = weights.get(singular(word), 0) + weight
    scores = {kind: sum(weights.get(word, 0) for word in calls) for kind, calls in _calls().items()}
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] else GENERAL


_ANY = word_set("comment comments message reply response answer title text post page name label content")
"""Column words that stand for free text of any kind."""


def has(kind: str, part: str) -> bool:
    """Whether texts of ``kind`` have that part."""
    return part in _data()[kind]


@lru_cache(maxsize=128)
def sentences(kind: str, part: str) -> tuple[str, ...]:
    """All entries of a part, band after band; at most ``SIZES[part]``. They are distinct, except where the bands have
    shares of the ranks: there a short band says things again to fill its share."""
    bands = _data()[kind][part]
    shares = _data()[kind].get("shares")
    if shares is None or len(shares) != len(bands):
        each = SIZES[part] // len(bands)
        return tuple(dict.fromkeys(text for band in bands for text in _band(kind, band, each)))
    out: list[str] = []
    for band, share in zip(bands, shares, strict=True):
        texts = _band(kind, band, limit := round(share * SIZES[part]))
        out += [texts[index % len(texts)] for index in range(limit)]
    return tuple(out)


def _band(kind: str, templates: Sequence[str], limit: int) -> list[str]:
    """The texts of one band in a mixed order, the templates as even as their slots allow."""
    queues = [sorted(_written(each), key=lambda text: uniform(kind, text)) for each in templates]
    turns = [text for turn in range(limit) for queue in queues for text in queue[turn : turn + 1]]
    return sorted(turns[:limit], key=lambda text: uniform(text, kind))


def _written(template: str) -> list[str]:
    """The template with each choice of its slots."""
    slots = _SLOT.findall(template)
    out: list[str] = []
    for values in product(*(_fillers(slot) for slot in slots)):
        if len(set(values)) < len(values):
            continue
        rest = iter(values)
        text = _SLOT.sub(lambda _: next(rest), template)  # noqa: B023
        out.append(text[0].upper() + text[1:])
    return out


@lru_cache(maxsize=64)
def _fillers(slot: str) -> tuple[str, ...]:
    return tuple(_data()["slot"][slot].split(", "))
