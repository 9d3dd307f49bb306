"""Word lists: our own (``data/*.toml``) and, for names, jobs, companies and cities in a locale, those of ``mimesis``.

Everything is read in planning; only the lists a plan uses travel in it, none longer than ``LIMIT``.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any

from plurel_sql.errors import ConfigError
from plurel_sql.schema.lookup import nearest
from plurel_sql.semantics.names import singular, uniform
from plurel_sql.semantics.sentences import sentences

LIMIT = 600
GENERAL = "en"


@lru_cache(maxsize=8)
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files("plurel_sql.semantics").joinpath("data", name).read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def _mimesis(locale: str, name: str) -> dict[str, Any]:
    base = files("mimesis.datasets")
    found: dict[str, Any] = {}
    for part in dict.fromkeys((locale.split("-")[0], locale)):
        path = base.joinpath(part, f"{name}.json")
        if path.is_file():
            found |= json.loads(path.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def locales() -> tuple[str, ...]:
    """The locales there are word lists for, sorted."""
    base = files("mimesis.datasets")
    return tuple(sorted(entry.name for entry in base.iterdir() if entry.joinpath("person.json").is_file()))


def check_locale(locale: str, place: str = "locale") -> str:
    """``locale`` in its usual spelling ("de-AT" -> "de-at"); ConfigError where there are no lists for it."""
    spelled = locale.lower().replace("_", "-")
    if spelled in locales():
        return spelled
    if spelled.split("-")[0] in locales():
        return spelled.split("-")[0]
    hint = nearest(spelled, locales()) or "known: " + ", ".join(locales())
    raise ConfigError(f"no word lists for locale {locale!r}", place=place, hint=hint)


def _pick(entries: Sequence[str], limit: int = LIMIT) -> tuple[str, ...]:
    """At most ``limit`` distinct entries, the same ones every time, in the list's own order."""
    distinct = list(dict.fromkeys(entry.strip() for entry in entries if entry.strip()))
    if len(distinct) <= limit:
        return tuple(distinct)
    kept = sorted(Random(len(distinct)).sample(range(len(distinct)), limit))
    return tuple(distinct[index] for index in kept)


def _localised(locale: str, file: str, path: str) -> tuple[str, ...]:
    """A list of mimesis at ``path`` (keys joined by dots), in English where the locale has none."""
    for attempt in (locale, GENERAL):
        node: Any = _mimesis(attempt, file)
        for key in path.split("."):
            node = node.get(key) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node = [entry for part in node.values() for entry in part]
        if isinstance(node, list) and node and all(isinstance(entry, str) for entry in node):
            return tuple(node)
    return ()


@lru_cache(maxsize=256)
def _mimesis_list(name: str, locale: str) -> tuple[str, ...] | None:
    simple = {
        "last_name": ("person", "surnames"),
        "job_title": ("person", "occupation"),
        "university": ("person", "university"),
        "nationality": ("person", "nationality"),
        "language": ("person", "language"),
        "colour": ("text", "color"),
        "company": ("finance", "company.name"),
        "bank": ("finance", "banks"),
        "locale_city": ("address", "city"),
        "locale_state": ("address", "state.name"),
        "locale_state_code": ("address", "state.abbr"),
        "street_name": ("address", "street.name"),
        "street_suffix": ("address", "street.suffix"),
        "country_name": ("address", "country.name"),
        "dish": ("food", "dishes"),
    }
    if name in simple:
        return _pick(_localised(locale, *simple[name]))
    if name in ("female", "male"):
        own, other = (set(_localised(locale, "person", f"names.{each}")) for each in (name, _OTHER[name]))
        distinct = [entry for entry in _localised(locale, "person", f"names.{name}") if entry not in own & other]
        return _pick(distinct or sorted(own), 150)
    if name == "first_name":  # women first, so that a rank below one half is a woman's name
        women, men = vocabulary("female", locale), vocabulary("male", locale)
        count = min(len(women), len(men))
        return (*women[:count], *men[:count])
    if name == "honorific":
        women, men = vocabulary("female_honorific", locale), vocabulary("male_honorific", locale)
        return (*women, *men)
    return None


_OTHER = {"female": "male", "male": "female"}


@lru_cache(maxsize=1)
def _international() -> dict[str, tuple[str, ...]]:
    """Lists that know no language."""
    from mimesis.datasets.int.address import IATA_CODES
    from mimesis.datasets.int.finance import CURRENCY_ISO_CODES, STOCK_TICKERS
    from mimesis.datasets.int.internet import USER_AGENTS
    from mimesis.datasets.int.transport import AUTO_MANUFACTURERS, CARS

    frequent = ["USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "CNY", "SEK", "INR"]
    return {
        "airport_code": _pick(IATA_CODES, 200),
        "currency": tuple(dict.fromkeys([*frequent, *CURRENCY_ISO_CODES])),
        "stock_ticker": _pick(STOCK_TICKERS, 300),
        "user_agent": _pick(USER_AGENTS, 60),
        "vehicle": _pick(CARS, 200),
        "car_brand": _pick(AUTO_MANUFACTURERS),
    }


def own_lists(name: str) -> tuple[str, ...]:
    """The variants of our own list ``name`` ("default", "order", ...), in the order written; () where there is none."""
    return tuple(_data("lists.toml").get(name, {}))


def vocabulary(name: str, locale: str = GENERAL) -> tuple[str, ...]:
    """The list ``name`` in ``locale``. KeyError where there is no such list.

    ``name`` is a list of ``data/lists.toml`` ("status.order", or "status" for its default), "topic.<topic>",
    "sentence.<kind>.<part>" (with ".0" or ".1" after it: every other entry),
    "place.us.<column>" / "place.world.<column>", "user.first" and "user.last" (names as e-mail addresses have them),
    "slug.<list>", or a list of mimesis ("last_name", "first_name", ...).
    """
    if name.startswith("place."):
        _, gazetteer, column = name.split(".")
        return place_column(gazetteer, column)
    if name.startswith("topic."):
        return tuple(_data("topics.toml")[name.removeprefix("topic.")]["words"].split())
    if name.startswith("sentence."):
        _, kind, part, *half = name.split(".")
        return sentences(kind, part)[int(half[0]) :: 2] if half else sentences(kind, part)
    if name in ("user.first", "user.last"):  # for addresses on the net: plain a-z in every locale
        people = vocabulary({"user.first": "first_name", "user.last": "last_name"}[name])
        return tuple(entry.lower() for entry in people if entry.isascii() and entry.isalpha())
    if name.startswith("slug."):
        return tuple(entry.lower().replace(" ", "-") for entry in vocabulary(name.removeprefix("slug.")))
    if name == "job_title" and locale.split("-")[0] != GENERAL:
        return _mimesis_list(name, locale) or ()
    base, _, variant = name.partition(".")
    own = _data("lists.toml").get(base)
    if own is not None:
        return tuple(own[variant or "default"])
    found = _mimesis_list(name, locale) or _international().get(name)
    if found is None:
        raise KeyError(name)
    return found


def containing(entry: str) -> tuple[str, ...]:
    """The first of our own lists that holds ``entry`` in any case, in the case of ``entry``; () where none does."""
    for variants in _data("lists.toml").values():
        for entries in variants.values():
            if entry.lower() in (each.lower() for each in entries):
                fold = str.upper if entry.isupper() else str.lower if entry.islower() else str
                return tuple(fold(each) for each in entries)
    return ()


def variant(name: str, words: Sequence[str], head: str) -> str:
    """The variant of our own list ``name`` that fits the column's words (the last first), else the table's noun."""
    known = own_lists(name)
    for word in (*(singular(word) for word in reversed(words)), head):
        if word in known and word != "default":
            return f"{name}.{word}"
    return name


def topics(words: Sequence[str]) -> tuple[str, ...]:
    """Three or four topics for prose: those that ``words`` call for, filled up with general ones."""
    wanted = {singular(word) for word in words}
    calls = {topic: set(spec["calls"].split()) for topic, spec in _data("topics.toml").items() if topic != "common"}
    called = sorted((topic for topic in calls if calls[topic] & wanted), key=lambda topic: -len(calls[topic] & wanted))
    return tuple(dict.fromkeys((*called[:4], *_GENERAL_TOPICS)))[: min(4, max(3, len(called)))]


_GENERAL_TOPICS = ("service", "commerce", "people")


# --- places -----------------------------------------------------------------------------------------------------------

_COLUMNS = {
    "us": ("city", "state", "state_code", "zip", "area", "latitude", "longitude", "weight"),
    "world": (
        "city", "state", "country", "alpha2", "alpha3", "calling", "currency", "latitude", "longitude", "timezone",
        "weight",
    ),
}  # fmt: skip


@lru_cache(maxsize=64)
def place_column(gazetteer: str, column: str) -> tuple[str, ...]:
    """One column of a gazetteer, each city as often as its weight: parallel to every other column of it."""
    if gazetteer == "world" and column == "postal":
        return _postal_codes()
    names = _COLUMNS[gazetteer]
    rows = [line.split("|") for line in _data("places.toml")[gazetteer].strip().splitlines()]
    index = names.index(column)
    return tuple(row[index] for row in rows for _ in range(int(row[-1])))


# How postal codes look: # a digit, ^ a letter; the first two characters hang on the city.
_POSTAL = {
    "GB": "^^# #^^", "CA": "^#^ #^#", "NL": "#### ^^", "JP": "###-####", "BR": "#####-###", "PL": "##-###",
    "SE": "### ##", "CZ": "### ##", "GR": "### ##", "PT": "####-###", "IN": "######", "CN": "######", "SG": "######",
    "RO": "######", "CH": "####", "AT": "####", "BE": "####", "DK": "####", "NO": "####", "HU": "####", "AU": "####",
    "NZ": "####",
    "ZA": "####", "BG": "####", "AR": "####", "PH": "####", "IE": "^## ^^##", "CL": "#######", "IL": "#######",
}  # fmt: skip


def _postal_codes() -> tuple[str, ...]:
    """Postal codes parallel to the world gazetteer, in the form of each country: made up, alike within a city."""
    out: list[str] = []
    for city, country in zip(place_column("world", "city"), place_column("world", "alpha2"), strict=True):
        text = ""
        for place, mark in enumerate(_POSTAL.get(country, "#####")):
            draw = uniform("postal", city, str(place), *([str(len(out))] if place > 1 else []))
            text += (
                str(int(draw * 9) + 1)
                if mark == "#"
                else "ABCDEFGHJKLMNPRSTUVWXY"[int(draw * 22)]
                if mark == "^"
                else mark
            )
        out.append(text)
    return tuple(out)


@lru_cache(maxsize=16)
def countries(column: str) -> tuple[str, ...]:
    """One column of the countries of the world gazetteer, each country once; parallel for all columns."""
    first: dict[str, str] = {}
    for country, value in zip(place_column("world", "country"), place_column("world", column), strict=True):
        first.setdefault(country, value)
    return tuple(first.values())


@lru_cache(maxsize=16)
def states(column: str) -> tuple[str, ...]:
    """One column of the states of the "us" gazetteer, each state once; parallel for all columns."""
    first: dict[str, str] = {}
    for state, value in zip(place_column("us", "state"), place_column("us", column), strict=True):
        first.setdefault(state, value)
    return tuple(first.values())
