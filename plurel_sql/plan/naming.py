"""What names a row: lists of names that are distinct, how they are stretched, and the codes and slugs made of them."""

from __future__ import annotations

import re

from plurel_sql.plan.agree import column_meaning, free
from plurel_sql.plan.formats import LISTED
from plurel_sql.plan.texts import Lists
from plurel_sql.schema.model import Column, Table
from plurel_sql.semantics.classifier import Meaning
from plurel_sql.semantics.names import table_head, word_set
from plurel_sql.semantics.roles import LOOKUP, table_role
from plurel_sql.semantics.vocabularies import countries, own_lists, place_column, states, variant

_ENTRIES = frozenset({"currency", "language", "timezone", "job_title", "university", "colour", "dish"})
_PARALLEL = {
    "currency": "currency", "currency_name": "currency", "language": "language", "language_code": "language",
    "unit": "unit",
}  # fmt: skip
"""Meanings whose lists run parallel, and the key they share."""
_QUALIFIED = frozenset(
    {"category", "type", "role", "tag", "department", "source", "name", "title", "region", "diagnosis"}
)
"""Meanings whose entries may take a word before them: "Premium books"."""


_NAMING = word_set(
    """name title category type role tag department source region status level priority reason action unit genre brand
    country country_code state currency currency_name language language_code city diagnosis diagnosis_code drug
    payment_method ship_mode frequency material container blood_type route weekday month_name season colour"""
)


def distinct_names(table: Table, column: Column) -> bool:
    """Whether the column names its row, so that no two rows should read alike although nothing forbids it: the first
    such column of a look-up table (with those that run parallel to it), or one that is UNIQUE."""
    if column.type.kind != "text" or column_meaning(table, column).name not in _NAMING:
        return False
    if any(unique.plain and unique.columns == (column.name,) for unique in table.uniques):
        return True
    if not free(table, column) or (table_role(table) != "lookup" and table_head(table.name) not in LOOKUP):
        return False
    names = [
        other
        for other in table.columns
        if other.type.kind == "text" and column_meaning(table, other).name in _NAMING and free(table, other)
    ]
    parallel = (
        {"country", "country_code", "calling_code"}, {"state"}, {"diagnosis", "diagnosis_code"}, {"unit"},
        {"currency", "currency_name"}, {"language", "language_code"},
    )  # fmt: skip
    lead, mine = (column_meaning(table, each).name for each in (names[0], column))
    return names[0].name == column.name or any({lead, mine} <= group for group in parallel)


def entries_of(about: Meaning, most: int | None, rows: int, lists: Lists) -> tuple[str, tuple[str, ...]] | None:
    """The list of a meaning and the key it shares with lists parallel to it; of what may take a qualifier, ``rows`` of
    them at least if there are as many. None where the meaning has no list."""
    if about.name in ("country", "country_code", "calling_code"):
        short = {2: "alpha2", 3: "alpha3"}.get(most or 0)
        fallback = {"country": "country", "country_code": "alpha2", "calling_code": "calling"}[about.name]
        entries = countries(short if short and about.name != "calling_code" else fallback)
        if rows > len(entries) and about.name == "country" and not short:  # more names than there are codes for
            return "", tuple(dict.fromkeys((*entries, *lists.get("country_name"))))
        return "country", entries
    if about.name == "state":
        short_code = {"code", "abbreviation", "abbrev", "abbr"} & set(about.words) or (most is not None and most <= 3)
        return "state", states("state_code" if short_code else "state")
    if about.name in _PARALLEL:
        name = "unit_name" if about.name == "unit" and "name" in about.words else about.name
        parallel = lists.get(f"parallel.{name}")
        if rows <= len(parallel):
            return _PARALLEL[about.name], parallel
        if about.name == "currency_name":  # there are codes for more
            return None
    if about.name in LISTED:
        entries = lists.get(variant(about.name, about.words, about.subject))
    elif about.name in _ENTRIES:
        name = "place.world.timezone" if about.name == "timezone" else about.name
        return "", tuple(dict.fromkeys(lists.get(name)))
    elif about.name in ("name", "title"):
        entries = lists.get("project_word")
    elif about.name == "company":
        return "", lists.get("company")[:rows]
    elif about.name == "product":
        return "", tuple(f"{word} {noun}" for noun in lists.get("noun") for word in lists.get("adjective"))[:rows]
    elif about.name == "city":
        return "", tuple(dict.fromkeys((*place_column("us", "city"), *place_column("world", "city"))))
    else:
        return None
    if about.name in ("diagnosis", "diagnosis_code") and rows <= len(entries):
        return "diagnosis", entries
    return "", _qualified(about.name, entries, most, rows, lists)


def _qualified(name: str, entries: tuple[str, ...], most: int | None, rows: int, lists: Lists) -> tuple[str, ...]:
    """``entries``, followed by as many of them with a word before them (drugs: a dosage behind) as rows call for."""
    out = dict.fromkeys(entries)
    if name == "drug":
        out |= dict.fromkeys(f"{each} {dose}" for dose in lists.get("dosage") for each in entries)
    elif name in _QUALIFIED:
        own = f"qualifier.{name}" if name in own_lists("qualifier") else "qualifier"
        for word in lists.get(own):
            lower = entries[0][0].islower()
            out |= dict.fromkeys(f"{word.lower() if lower else word} {each}" for each in entries if word not in each)
    return tuple(each for each in out if most is None or len(each) <= most)[: max(rows, len(entries))]


def short_codes(entries: tuple[str, ...], size: int) -> tuple[str, ...]:
    """Initials or first letters in capitals, with a number where two would be alike."""
    found: dict[str, None] = {}
    for entry in entries:
        parts = re.findall("[A-Za-z0-9]+", entry.upper()) or ["X"]
        initials = "".join(part[0] for part in parts)
        plain = "".join(parts)[:size] if len(parts) == 1 else (initials + parts[-1][1:])[:size]
        tries = (plain, *(f"{plain[: size - len(str(count))]}{count}" for count in range(2, 10 ** min(size, 3))))
        code = next((each for each in tries if each not in found), None)
        if code is None:
            return ()
        found[code] = None
    return tuple(found)
