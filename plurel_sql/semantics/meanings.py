"""The patterns of ``data/meanings.toml``, read once."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple


class Pattern(NamedTuple):
    """One entry of the file, which says how patterns match."""

    meaning: str
    kinds: str
    names: tuple[tuple[str, ...], ...]
    of: frozenset[str]


@lru_cache(maxsize=1)
def patterns() -> tuple[Pattern, ...]:
    """All patterns, in the file's order."""
    text = files("plurel_sql.semantics").joinpath("data", "meanings.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    groups = {f"@{name}": words for name, words in data["groups"].items()}
    return tuple(
        Pattern(
            entry["name"],
            entry["kinds"],
            tuple(tuple(name.split()) for name in entry["names"]),
            frozenset(word for part in entry.get("of", "").split() for word in groups.get(part, part).split()),
        )
        for entry in data["meaning"]
    )
