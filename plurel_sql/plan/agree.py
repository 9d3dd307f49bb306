"""Columns of one row that must agree: the parts of a person and the parts of a place.

Each group walks parallel lists with one shared rank: that of the SCM node of its first column (its *leader*), or
a shared hash lane where no column of the group leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from plurel_sql.plan.model import Chars, Knots, Lit, Num, Segment, Vocab
from plurel_sql.schema.model import Column, SqlType, Table
from plurel_sql.semantics.classifier import Meaning, meaning
from plurel_sql.semantics.names import column_words, word_set
from plurel_sql.semantics.times import TimeRole, time_role
from plurel_sql.semantics.vocabularies import place_column

PERSON = frozenset({"first_name", "gender", "honorific"})
PLACE = frozenset(
    {
        "city", "state", "postal_code", "country", "country_code", "calling_code", "latitude", "longitude", "timezone",
        "phone",
    }
)  # fmt: skip
_WORLD = frozenset({"country", "country_code", "calling_code", "timezone"})


class Group(NamedTuple):
    """``leader`` is the column whose node all members share; ``gazetteer`` the list of a place ("us", "world")."""

    leader: str
    members: tuple[str, ...]
    gazetteer: str = ""


def kind_of(type_: SqlType) -> SqlType:
    """The type that decides a column's meaning: an array's item."""
    return type_.item if type_.kind == "array" and type_.item is not None else type_


def column_meaning(table: Table, column: Column) -> Meaning:
    """The meaning of a column of ``table``, read with its siblings."""
    kind = kind_of(column.type).kind
    key = (column.name, kind)
    if key not in table.derived:
        if table.opaque:
            table.derived[key] = meaning("", "", kind)
        else:
            siblings = [other.name for other in table.columns if other.name != column.name]
            table.derived[key] = meaning(table.name, column.name, kind, column.comment, siblings)
    found: Meaning = table.derived[key]
    return found


def column_time(table: Table, column: Column) -> TimeRole | None:
    """What a time column, or a number that counts since 1970, marks in its row's life. Of an opaque table's the first
    date or timestamp is the row's own time."""
    if not table.opaque:
        return time_role(table.name, column.name, column.type.kind, column.comment)
    times = [other.name for other in table.columns if other.type.kind in ("date", "timestamp")]
    return TimeRole("event", 20, 0, "its first time column") if times[:1] == [column.name] else None


def free(table: Table, column: Column) -> bool:
    """Whether the column's values are its own: not a key, not part of one, not computed."""
    if "keyed" not in table.derived:
        single = (unique for unique in table.uniques if unique.primary or len(unique.columns) == 1)
        listed = [key.columns for key in table.foreign_keys] + [unique.columns for unique in single]
        table.derived["keyed"] = {name for columns in listed for name in columns}
    return column.name not in table.derived["keyed"] and column.generated is None and not column.identity


def _prefix(table: Table, name: str) -> str:
    """What sets addresses of one row apart: "billing" in ``billing_city``."""
    first = column_words(table.name, name)[0]
    return first if first in _SIDES else ""


_SIDES = word_set(
    """billing bill shipping ship home work mailing from to sender recipient origin destination pickup delivery birth
    company contact emergency"""
)


def group(table: Table, column: Column, name: str, locale: str) -> Group | None:
    """The group the column (of meaning ``name``) belongs to; None where it stands alone."""
    kinds = PERSON if name in PERSON else PLACE if name in PLACE else None
    if kinds is None:
        return None
    prefix = "" if name == "phone" else _prefix(table, column.name)
    found = {
        other.name: column_meaning(table, other).name
        for other in table.columns
        if free(table, other) and other.type.kind != "array"
        if _prefix(table, other.name) == prefix or (other.name == column.name and name == "phone")
    }
    # A phone follows its place, it never leads; nor does one in a group of its own.
    members = tuple(each for each, about in found.items() if about in kinds and about != "phone")
    if name == "phone" and members and column.name in found:
        members = (*members, column.name)
    if column.name not in members:
        return None
    present = {found[each] for each in members}
    if kinds is PERSON:
        return Group(members[0], members) if len(present) > 1 else None
    if locale.split("-")[0] != "en":
        return None
    if name == "phone" and not present & {"city", "state", "country", "country_code", "calling_code"}:
        return None
    if present & _WORLD:
        return Group(members[0], members, "world")
    return Group(members[0], members, "us" if locale in ("en", "en-us") else "world")


def judged(table: Table) -> str | None:
    """The column of the row's verdict (a rating), whose rank a review's words follow; None where there is none."""
    numbers = [
        each for each in table.columns if each.type.kind in ("integer", "decimal", "float") and free(table, each)
    ]
    return next((each.name for each in numbers if column_meaning(table, each).name == "rating"), None)


def place_segments(name: str, found: Group, max_length: int | None) -> tuple[Segment, ...] | None:
    """A place column as text, walking the group's gazetteer; None where the gazetteer lacks it."""
    us = found.gazetteer == "us"
    short = max_length is not None and max_length <= 3
    if name == "state" and max_length is not None and max_length < 12 and us:
        short = True
    lists = {
        "city": "city",
        "state": ("state_code" if short else "state") if us else (None if short else "state"),
        "postal_code": "zip" if us else "postal" if max_length is None or max_length >= 9 else None,
        "country": None if us else ("alpha2" if max_length == 2 else "alpha3" if short else "country"),
        "country_code": None if us else ("alpha3" if max_length == 3 else "alpha2"),
        "calling_code": None if us else "calling",
        "latitude": "latitude",
        "longitude": "longitude",
        "timezone": None if us else "timezone",
    }
    if name == "phone":
        if us:
            return (Lit("+1-"), Vocab("place.us.area", by="rank"), Lit("-555-"), Chars("0123456789", 4))
        return (Lit("+"), Vocab("place.world.calling", by="rank"), Lit(" 555 "), Chars("0123456789", 6))
    column = lists[name]
    if column is None:
        return (Num(10_000, 99_999),) if name == "postal_code" else None
    walk = Vocab(f"place.{found.gazetteer}.{column}", by="rank")
    if name == "postal_code" and us:
        return (walk, Num(1, 99, 2))
    return (Lit("+"), walk) if name == "calling_code" and (max_length is None or max_length > 4) else (walk,)


def coordinate(name: str, gazetteer: str) -> Knots:
    """Latitude or longitude near the city that the same rank picks from the gazetteer."""
    values = [float(text) for text in place_column(gazetteer, name)]
    count = len(values)
    u: list[float] = []
    x: list[float] = []
    for index, value in enumerate(values):
        u += [index / count + (1e-9 if index else 0.0), (index + 1) / count]
        x += [round(value - 0.08, 4), round(value + 0.08, 4)]
    u[-1] = 1.0
    return Knots(tuple(u), tuple(x))


def gender_labels(values: Sequence[str]) -> tuple[tuple[str, ...], tuple[float, ...]] | None:
    """Listed genders in the order of the first names (women first), with their shares; None where they are not
    recognised as genders."""
    women = [value for value in values if value.strip().lower() in ("f", "female", "w", "woman", "femme", "2", "girl")]
    men = [value for value in values if value.strip().lower() in ("m", "male", "man", "homme", "1", "boy")]
    others = [value for value in values if value not in women + men]
    if len(women) != 1 or len(men) != 1:
        return None
    rest = 0.04 / len(others) if others else 0.0
    share = 0.48 if others else 0.5
    return (women[0], *others, men[0]), (share, *(rest for _ in others), share)
