"""Names of tasks and of their columns."""

from __future__ import annotations

import re

LONGEST = 63


def slug(*words: str) -> str:
    """A folder's name out of names and values: lower case, words joined by ``-``, each of at most ``LONGEST`` signs."""
    return "-".join(re.sub(r"[^a-z0-9_]+", "-", word.lower()).strip("-")[:LONGEST] or "x" for word in words)


def target_name(entity_col: str, *words: str) -> str:
    """A column's name that every tool takes, and that is neither the entity's nor the time's."""
    name = re.sub(r"\W+", "_", "_".join(words).lower()).strip("_") or "target"
    return f"target_{name}" if name[0].isdigit() or name in (entity_col.lower(), "timestamp") else name
