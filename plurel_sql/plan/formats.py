"""How texts of a meaning are written: segments, from the most telling format to the shortest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from plurel_sql.plan.agree import column_meaning, free
from plurel_sql.plan.model import Cell, Chars, Lit, Num, Prose, Segment, Vocab
from plurel_sql.plan.prose import Size, spoken
from plurel_sql.schema.model import Column, Table
from plurel_sql.semantics.classifier import Meaning, meaning
from plurel_sql.semantics.names import singular, table_head, word_set, words
from plurel_sql.semantics.vocabularies import topics, vocabulary

HEX = "0123456789abcdef"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
LOWER_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Format(NamedTuple):
    """``cut`` says that a text may lose its end (a title may, an e-mail address may not); ``node`` that it follows the
    SCM (its first words carry the rank)."""

    parts: tuple[Segment, ...]
    cut: bool = False
    node: bool = False


# Meanings that are one entry of a short list of ours, drawn as categories.
LISTED = word_set(
    """status type category priority level role action source reason unit region tag payment_method ship_mode frequency
    department genre container material size_label card_type marital_status education ethnicity religion name_suffix
    blood_type route diagnosis diagnosis_code drug dosage brand sport_team os browser http_method http_status weekday
    month_name quarter_name season film_rating care_unit insurance_plan language_code locale mime file_extension
    table_name column_name aircraft"""
)
# Meanings that are one entry of a long list: list name where it differs.
ENTRIES: dict[str, str] = {
    "first_name": "first_name", "last_name": "last_name", "middle_name": "first_name", "job_title": "job_title",
    "university": "university", "nationality": "nationality", "language": "language", "colour": "colour",
    "company": "company", "honorific": "honorific", "airport_code": "airport_code", "stock_ticker": "stock_ticker",
    "user_agent": "user_agent", "vehicle": "vehicle", "dish": "dish", "timezone": "place.world.timezone",
    "currency": "currency", "currency_name": "parallel.currency_name", "country": "country_name",
    "country_code": "place.world.alpha2",
    "calling_code": "place.world.calling", "city": "locale_city", "state": "locale_state", "county": "locale_city",
}  # fmt: skip
_VARYING = frozenset({"job_title", "company", "colour", "vehicle", "nationality", "language", "dish", "university"})


# What a slug is made of, the best first.
NAMED = (
    "name",
    "title",
    "product",
    "company",
    "film",
    "song",
    "book",
    "category",
    "tag",
    "department",
    "username",
    "full_name",
)


@lru_cache
def latin(locale: str) -> bool:
    """Whether the locale's names are written in Latin letters, so that they can stand in an e-mail address."""
    return all(ord(char) < 0x250 for name in vocabulary("last_name", locale)[:50] for char in name)


def sibling(table: Table, column: Column, *names: str) -> str | None:
    """The first other text column of the row with one of these meanings, that is filled on its own."""
    if "named" not in table.derived:
        texts = [other for other in table.columns if other.type.kind == "text" and free(table, other)]
        table.derived["named"] = [(column_meaning(table, other).name, other.name) for other in texts]
    named: list[tuple[str, str]] = table.derived["named"]
    found = (other for name in names for meant, other in named if meant == name and other != column.name)
    return next(found, None)


def formats(table: Table, column: Column, about: Meaning, locale: str, max_length: int | None) -> list[Format]:
    """Formats for a text column of this meaning, the preferred first; empty where the meaning has none."""
    name = about.name
    if name in ENTRIES:
        follow = name in _VARYING
        walk = Vocab(ENTRIES[name], by="rank" if follow else "hash", zipf=0.0 if follow else 0.35)
        if name == "country_code" and max_length is not None and max_length >= 3 and column.type.fixed:
            walk = Vocab("place.world.alpha3")
        if name == "country" and max_length is not None and max_length <= 3:
            walk = Vocab("place.world.alpha3" if max_length == 3 else "place.world.alpha2")
        return [Format((walk,), cut=True, node=follow)]
    people = _people(table, column, name, locale)
    if people:
        return people
    if name in _MASKS:
        return [Format(mask(each)) for each in _MASKS[name]]
    if name in _NUMBERED:
        return [Format(parts) for parts in _NUMBERED[name]]
    if name == "street" and locale.split("-")[0] != "en":
        return [Format((Vocab("street_name"), Lit(" "), Num(1, 180)), cut=True)]
    return _composed(table, column, about, max_length)


def own_name(table: Table, column: Column, locale: str) -> tuple[Segment, ...]:
    """The row's person as it stands in an address: by other columns of the row where these name somebody."""
    first, last = sibling(table, column, "first_name"), sibling(table, column, "last_name")
    full = sibling(table, column, "full_name", "display_name")
    slug = latin(locale)
    if full and slug and not first:
        return (Cell(full, "slug"),)
    given: Segment = Cell(first, "slug") if first and slug else Vocab("user.first")
    family: Segment = Cell(last, "slug") if last and slug else Vocab("user.last")
    return given, Lit("."), family


def _people(table: Table, column: Column, name: str, locale: str) -> list[Format]:
    first, last = sibling(table, column, "first_name"), sibling(table, column, "last_name")
    vocabs = (Vocab("first_name", zipf=0.3), Vocab("last_name", zipf=0.3))
    named = own_name(table, column, locale)
    at = (Lit("@"), Vocab("mail_host"))
    if name in ("full_name", "display_name"):
        full = sibling(table, column, "full_name") if name == "display_name" else None
        if first and last:
            return [Format((Cell(first), Lit(" "), Cell(last)), cut=True)]
        return [Format((Cell(full),) if full else (vocabs[0], Lit(" "), vocabs[1]), cut=True)]
    if name == "email":
        return [
            Format((*named, Num(1, 99), *at)),
            Format((Vocab("user.first"), Lit("."), Vocab("user.last"), Num(1, 99), *at)),
            Format((Vocab("user.last"), Num(1, 999), Lit("@example.com"))),
            Format((Chars(LOWER_DIGITS, 6), Lit("@example.com"))),
        ]
    if name == "username":
        return [
            Format((*named, Num(1, 99))),
            Format((named[0], Num(1, 999))),
            Format((Vocab("user.first"), Num(1, 999))),
            Format((Chars(LOWER_DIGITS, 6),)),
        ]
    return []


def mask(text: str) -> tuple[Segment, ...]:
    """Segments of a mask: ``#`` a digit, ``?`` one of 2..9, ``^`` a capital, ``~`` a hexadecimal digit, ``*`` a small
    letter or digit; everything else stands for itself."""
    alphabets = {"#": DIGITS, "?": "23456789", "^": UPPER, "~": HEX, "*": LOWER_DIGITS}
    out: list[Segment] = []
    for char, run in groupby(text):
        count = len(list(run))
        out.append(Chars(alphabets[char], count) if char in alphabets else Lit(char * count))
    return tuple(out)


# Masks, the most telling first. Prefixes are chosen so that nothing that is drawn can be somebody's own: 555 telephone
# numbers, 9xx identity numbers, country ZZ, cards that start with 0000, locally administered MAC addresses.
_MASKS: dict[str, tuple[str, ...]] = {
    "phone": ("+1-?##-555-####", "?##-555-####", "?#########", "555####"),
    "phone_extension": ("?###", "?#"),
    "national_id": ("9##-##-####", "9########"),
    "postal_code": ("?####", "?###"),
    "isbn": ("978-#-#####-###-#", "978##########", "##########"),
    "iban": ("ZZ##^^^^##############", "##########"),
    "bic": ("^^^^ZZ^^",),
    "card_number": ("0000-####-####-####", "0000############"),
    "card_last4": ("####",),
    "licence_plate": ("^^^-####", "^^###"),
    "vin": ("ZZZ^^#^#^#?######",),
    "mac": ("02:~~:~~:~~:~~:~~", "02~~~~~~~~~~"),
    "gmt_offset": ("+0?:00",),
    "hash": ("~" * 64, "~" * 40, "~" * 32, "~" * 16, "~" * 8),
    "password": ("~" * 64, "~" * 40, "~" * 32, "~" * 16, "~" * 8),
    "token": ("*" * 40, "*" * 32, "*" * 16, "*" * 8),
    "uuid": ("~~~~~~~~-~~~~-4~~~-8~~~-~~~~~~~~~~~~", "~" * 32, "~" * 8),
}
_NUMBERED: dict[str, tuple[tuple[Segment, ...], ...]] = {
    "street2": ((Lit("Apt. "), Num(1, 480)), (Lit("#"), Num(1, 99))),
    "house_number": ((Num(1, 420),),),
    "coordinates": ((Num(-80, 80), Lit("."), Num(0, 9_999, 4), Lit(","), Num(-179, 179), Lit("."), Num(0, 9_999, 4)),),
    "ip": ((Lit("10."), Num(0, 255), Lit("."), Num(0, 255), Lit("."), Num(1, 254)),),
    "version": ((Num(1, 9), Lit("."), Num(0, 19), Lit("."), Num(0, 9)), (Num(1, 9), Lit("."), Num(0, 9)), (Num(1, 9),)),
}


def prefix_code(table: Table, column: Column) -> str:
    """Two or three capitals that a code of this table starts with: "CUS" in customers."""
    head = "".join(char for char in table_head(table.name).upper() if char.isascii() and char.isalpha())
    return (head + "XXX")[:3]


def _composed(table: Table, column: Column, about: Meaning, max_length: int | None) -> list[Format]:
    """Formats that are put together from our own words."""
    code = prefix_code(table, column)
    item = (Vocab("adjective"), Lit(" "), Vocab("noun", by="rank"))
    site = (Lit("https://www."), Vocab("user.last"), Lit(".example.com"))
    page = (Lit("/"), Vocab("slug.noun"), Lit("/"), Num(1, 9_999))
    file = (Vocab("slug.noun"), Lit("_"), Num(1, 999, 3), Lit("."), Vocab("file_extension", zipf=0.5))
    image = (Vocab("slug.noun"), Lit("_"), Num(1, 999, 3), Lit(".jpg"))
    match about.name:
        case "street":
            name = (Num(1, 980), Lit(" "), Vocab("street_name"), Lit(" "), Vocab("street_suffix"))
            return [Format(name, cut=True)]
        case "product":
            return [Format(item, cut=True, node=True), Format((Vocab("noun", by="rank"),), cut=True, node=True)]
        case "model":
            named = (Vocab("project_word"), Lit(" "), Num(100, 990))
            return [Format(named, cut=True), Format((Chars(UPPER + DIGITS, 4),))]
        case "film" | "song" | "book":
            return [Format((Vocab("sentence.film.title", by="rank"),), cut=True, node=True)]
        case "code":
            if max_length is not None and max_length <= 5:
                return [Format((Chars(UPPER, max_length),))]
            if column.type.fixed and max_length is not None and max_length <= 40:
                return [Format((Chars(UPPER + DIGITS, max_length),))]
            return [Format((Chars(UPPER, 2), Lit("-"), Num(1, 9_999, 4))), Format((Chars(UPPER + DIGITS, 4),))]
        case "sku":
            return [Format((Lit(code + "-"), Num(0, 99_999, 5))), Format((Chars(UPPER, 2), Chars(DIGITS, 3)))]
        case "reference":
            if column.type.fixed and max_length is not None and max_length < 40:
                return [Format((Chars(UPPER + DIGITS, max_length),))]
            return [Format((Lit(code + "-"), Num(0, 9_999_999, 7))), Format(mask("######")), Format(mask("###"))]
        case "slug":
            usual = Format((Vocab("slug.adjective"), Lit("-"), Vocab("slug.noun", by="rank")), node=True)
            source = sibling(table, column, *NAMED)
            return [Format((Cell(source, "slug"),)), usual] if source else [usual]
        case "url":
            return [Format((*site, *page)), Format(site), Format((Lit("http://"), Vocab("mail_host")))]
        case "image_url":
            return [Format((Lit("https://img.example.com/"), *image)), Format((Lit("/img/"), *image)), Format(image)]
        case "domain":
            return [Format((Vocab("user.last"), Lit(".example.com"))), Format((Vocab("user.last"),), cut=True)]
        case "file_name":
            return [Format(file), Format((Chars(LOWER_DIGITS, 4), Lit(".txt")))]
        case "file_path":
            return [Format((Lit("/data/"), Vocab("user.last"), Lit("/"), *file)), Format((Lit("/"), *file))]
        case "image_path":
            return [Format((Lit("images/"), *image)), Format(image)]
        case "regex":
            return [Format((Lit("^"), Vocab("slug.noun"), Lit("-[0-9]+$")))]
        case "title" | "question":
            return [*said(table, about, "title", max_length), prose(table, about, 1, 3, max_length, title=True)]
        case "description" | "note" | "summary":
            return [*said(table, about, "short", max_length), prose(table, about, 4, 16, max_length)]
        case "body":
            return [*said(table, about, "long", max_length), prose(table, about, 25, 90, max_length)]
        case "name":
            double = (Vocab("project_word"), Lit(" "), Vocab("place_word", by="rank"))
            return [Format(double, node=True), Format((Vocab("project_word", by="rank"),), cut=True, node=True)]
        case _:
            return []


def said(table: Table, about: Meaning, size: Size, max_length: int | None) -> list[Format]:
    """Whole sentences, as many as the length has room for."""
    return [Format(parts, node=True) for parts in spoken(table, about, size, max_length)]


def prose(
    table: Table, about: Meaning, low: int, high: int, max_length: int | None, *, title: bool = False,
    extra: Sequence[str] = (),
) -> Format:  # fmt: skip
    """Words of the topics that the table and the column call for, as many as the length has room for."""
    if max_length is not None:
        high = max(1, min(high, max_length // 8))
        low = min(low, high)
    around = [singular(word) for word in (*words(table.name.rpartition(".")[2]), *about.words)]
    chosen = tuple(dict.fromkeys((*extra, *topics(around))))[:4]
    lists = tuple(f"topic.{topic}" for topic in chosen)
    common = lists[-1] if title else "topic.common"  # no "of the" in titles
    return Format((Prose(lists, common, low, high, title),), cut=True, node=True)


_CENTS = (Lit("."), Num(0, 99, 2))
_DEGREES = (Lit("."), Num(0, 999_999, 6))
_NUMERALS: dict[str, tuple[Segment, ...]] = {
    "latitude": (Num(-54, 68), *_DEGREES),
    "longitude": (Num(-122, 151), *_DEGREES),
    **dict.fromkeys(("price", "cost", "fee", "tax"), (Num(1, 120), *_CENTS)),
    **dict.fromkeys(("amount", "total", "balance"), (Num(5, 900), *_CENTS)),
    "salary": (Num(360, 1900), Lit("00")),
    "quantity": (Num(1, 20),),
    "age": (Num(18, 88),),
    "percentage": (Num(0, 100),),
}
"""Quantities that are kept as text."""


def generic(table: Table, about: Meaning, max_length: int | None, column: Column) -> list[Format]:
    """Formats for a text of which nothing is known, but maybe that it holds a number."""
    number = meaning(table.name, column.name, "decimal", column.comment).name if about.name == "text" else ""
    if number in _NUMERALS:
        return [Format(_NUMERALS[number])]
    if max_length is not None and max_length <= 7:
        count = max_length if column.type.fixed else max(1, min(max_length, 3))
        return [Format((Chars(UPPER, max(count, 0)),))] if count else []
    return [Format((Vocab("project_word", by="rank"),), cut=True, node=True)]
