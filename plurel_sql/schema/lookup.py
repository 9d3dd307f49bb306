"""Finding a table or column by the name a person typed, and saying which one was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from plurel_sql.errors import ConfigError
from plurel_sql.schema.model import Schema


def nearest(name: str, known: Iterable[str]) -> str | None:
    """A hint that names the most similar of ``known``, or lists them where few; None where there is nothing to say."""
    names = list(known)
    lowered = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    if close:
        return f"did you mean {lowered[close[0]]!r}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 12 else None


def pick(name: str, known: Iterable[str], what: str, place: str | None = None) -> str:
    """The one of ``known`` that ``name`` means: exactly, else the only one that differs in case alone.

    Raises:
        ConfigError: no such name; the hint has the nearest one.
    """
    names = list(known)
    if name in names:
        return name
    folded = [candidate for candidate in names if candidate.lower() == name.lower()]
    if len(folded) == 1:
        return folded[0]
    raise ConfigError(f"unknown {what} {name!r}", place=place, hint=nearest(name, names))


def table_id(schema: Schema, name: str, place: str | None = None) -> str:
    """The id of the table that ``name`` means: its id, or its bare name where only one namespace has it.

    Raises:
        ConfigError: no such table, or several.
    """
    ids = [table.id for table in schema.tables]
    if name in ids:
        return name
    for fold in (str, str.lower):
        bare = [table.id for table in schema.tables if fold(table.name) == fold(name)]
        if len(bare) == 1:
            return bare[0]
        if bare:
            raise ConfigError(f"table name {name!r} is ambiguous", place=place, hint=f"write {' or '.join(bare)}")
    return pick(name, ids, "table", place)
