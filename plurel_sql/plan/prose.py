"""Free text as formats: sentences of the kind that the names call for, ordered so that the rank picks what they say."""

from __future__ import annotations

from typing import Literal

from plurel_sql.plan.model import Lit, Segment, Vocab
from plurel_sql.schema.model import Table
from plurel_sql.semantics.classifier import Meaning
from plurel_sql.semantics.names import uniform, words
from plurel_sql.semantics.sentences import has, kind_of, sentences

FEWEST = 10
"""Lists that a length limit leaves shorter than this are not used."""

_CLINICAL = frozenset({"hadm", "icustay", "patient", "encounter"})
"""Columns by which tables of a clinic are known where keys are not declared."""

Size = Literal["title", "short", "long"]


def spoken(table: Table, about: Meaning, size: Size, max_length: int | None) -> list[tuple[Segment, ...]]:
    """Texts of one heading, one or two sentences, or a paragraph; the longest first that ``max_length`` has room for.
    Empty where not even a heading fits."""
    parents = [word for key in table.foreign_keys for word in words(key.parent.rpartition(".")[2])]
    clinical = [word for each in table.columns for word in words(each.name) if word in _CLINICAL]
    kind = kind_of(words(table.name.rpartition(".")[2]), about.words, [*parents, *clinical])
    title, opening = (f"sentence.{kind}.{part}" for part in ("title", "opening"))
    follow = [f"sentence.{kind}.follow.{half}" for half in (0, 1)]
    end = [f"sentence.{kind}.closing"] if has(kind, "closing") else []
    plans: list[list[str]] = []
    if size == "long":
        plans += [[opening, *follow, *end], [opening, follow[0], *end]]
    if size == "long" or (size == "short" and uniform(table.name, *about.words, "follow") < 0.6):
        plans.append([opening, follow[0]])
    if size != "title":
        plans.append([opening])
    plans.append([title])
    fitting = [lists for lists in plans if max_length is None or _longest(lists) <= max_length]
    if not fitting and max_length is not None:
        fitting = [[f"{each[0]}|{max_length}"] for each in plans[-2:] if _room(each[0], max_length)]
    return [_segments(lists) for lists in fitting]


def _segments(lists: list[str]) -> tuple[Segment, ...]:
    """Openings, closings and headings follow the rank; what stands between is drawn anew."""
    parts: list[Segment] = []
    for name in lists:
        parts += [*([Lit(" ")] if parts else []), Vocab(name, by="hash" if ".follow." in name else "rank")]
    return tuple(parts)


def _entries(name: str) -> tuple[str, ...]:
    _, kind, part, *_ = name.split(".")
    return sentences(kind, part)


def _longest(lists: list[str]) -> int:
    return sum(max(map(len, _entries(name))) for name in lists) + len(lists) - 1


def _room(name: str, most: int) -> bool:
    return sum(len(entry) <= most for entry in _entries(name)) >= FEWEST
