"""Types that travel as text in a form of their own: networks, documents, search, labels, the engine's own objects.

``textual`` gives a codec, ``counted`` one whose text carries the row number, with how many rows it can tell apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from plurel_sql.plan.model import Category, Chars, Codec, Groups, Lit, Member, Num, Record, Segment, Serial, Text, Vocab
from plurel_sql.plan.spatial import geometric, geometry
from plurel_sql.schema.model import SqlType

HEX = "0123456789abcdef"
DIGITS = "0123456789"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Form(NamedTuple):
    """``text`` is an ordinary value, ``unique`` one for each row number, of which there are ``capacity`` (None: as many
    as are asked for)."""

    text: Codec
    unique: Codec | None
    capacity: int | None = None


def _form(text: tuple[Segment, ...], unique: tuple[Segment, ...], capacity: int | None = None) -> Form:
    return Form(Text(text), Text(unique), capacity)


def textual(type_: SqlType) -> Form | None:
    """The form of a type by its kind, for ``special`` by its base; None where it has none here."""
    maker = _SPECIAL.get(type_.base) if type_.kind == "special" else _KINDS.get(type_.kind)
    return maker(type_) if maker is not None else None


# --- networks ---------------------------------------------------------------------------------------------------------

_V4 = 2**24 * 10
"""The number of 10.0.0.0."""
_LAST_V4 = 2**24 * 224
"""The number of 224.0.0.0, where multicast begins."""


def _v6() -> Form:
    block = (Chars("123456789abcdef", 1), Chars(HEX, 3))
    text = (Lit("2001:db8:"), *block, Lit(":"), *block, Lit("::"), Num(1, 99))
    return _form(text, (Lit("2001:db8:"), Groups(65_536, 6, ":", hex=True)))


def _inet(type_: SqlType) -> Form:
    if type_.base == "inet6":
        return _v6()
    text = (Lit("10."), Num(0, 255), Lit("."), Num(0, 255), Lit("."), Num(1, 254))
    return _form(text, (Groups(256, 4, ".", start=_V4 + 1),), _LAST_V4 - _V4 - 1)


def _cidr(_: SqlType) -> Form:
    text = (Lit("10."), Num(0, 255), Lit("."), Num(0, 255), Lit(".0/24"))
    return _form(text, (Groups(256, 3, ".", start=_V4 // 256), Lit(".0/24")), (_LAST_V4 - _V4) // 256)


def _macaddr(type_: SqlType) -> Form:
    byte = (Lit(":"), Chars(HEX, 2))
    middle = (Lit(":ff:fe"),) if type_.length == 8 else ()
    zeros = Lit("02:00:00:" if type_.length == 8 else "02:")
    return _form((Vocab("mac_vendor"), *middle, *byte * 3), (zeros, Groups(256, 5, ":", hex=True, width=2)), 256**5 - 1)


# --- documents and search ---------------------------------------------------------------------------------------------


def _xml(_: SqlType) -> Form:
    text = (
        Lit('<item id="'), Num(1, 9_999), Lit('"><name>'), Vocab("adjective"), Lit(" "), Vocab("noun"),
        Lit("</name><colour>"), Vocab("plain_colour"), Lit("</colour><quantity>"), Num(1, 20),
        Lit("</quantity></item>"),
    )  # fmt: skip
    return _form(text, (Lit('<item id="'), Serial(), Lit('"/>')))


def _hstore(_: SqlType) -> Form:
    members = (
        Member("colour", "utf8", Text((Vocab("plain_colour", by="rank"),)), 0.1),
        Member("size", "utf8", Text((Vocab("size_label"),)), 0.3),
        Member("material", "utf8", Text((Vocab("material"),)), 0.4),
        Member("weight", "utf8", Text((Num(1, 40), Lit("."), Num(0, 9))), 0.5),
    )
    return Form(Record(members, "hstore"), Text((Lit('"id"=>"'), Serial(), Lit('"'))))


_LEXEMES = "topic.commerce"


def _tsvector(_: SqlType) -> Form:
    text: list[Segment] = []
    for place, list_ in enumerate((_LEXEMES, "slug.noun", "slug.adjective", _LEXEMES, "topic.people"), 1):
        text += [
            Lit(" '" if text else "'"),
            Vocab(list_, by="rank" if place == 1 else "hash"),
            Lit(f"':{2 * place - 1}"),
        ]
    return _form(tuple(text), (Lit("'"), Vocab(_LEXEMES), Lit("':1 'n"), Serial(), Lit("':2")))


def _tsquery(_: SqlType) -> Form:
    text = (Lit("'"), Vocab(_LEXEMES, by="rank"), Lit("' & '"), Vocab("slug.noun"), Lit("'"))
    return _form(text, (Lit("'"), Vocab(_LEXEMES), Lit("' & 'n"), Serial(), Lit("'")))


def _ltree(_: SqlType) -> Form:
    text = (Lit("top."), Vocab("plain_colour", by="rank"), Lit("."), Vocab("size_label"), Lit(".n"), Num(1, 40))
    return _form(text, (Lit("top."), Vocab("plain_colour"), Lit(".n"), Serial()))


def _lquery(_: SqlType) -> Form:
    return _form(
        (Lit("top."), Vocab("plain_colour"), Lit(".*{0,"), Num(1, 4), Lit("}")), (Lit("top.n"), Serial(), Lit(".*"))
    )


def _jsonpath(_: SqlType) -> Form:
    paths = (
        "$.name", "$.items[*].price", "$.tags[0]", "$.items[*] ? (@.price < 10)", '$.state ? (@ == "active")',
        "$.address.city", "$.items.size()",
    )  # fmt: skip
    return Form(_any(paths), Text((Lit("$.f"), Serial())))


# --- the engine's own objects and counters ----------------------------------------------------------------------------


def _any(labels: tuple[str, ...]) -> Category:
    """Labels that all engines of the kind have, the first ones more often."""
    return Category(labels, tuple(round(1 / (k + 2), 4) for k in range(len(labels))))


_OBJECTS = {
    "regclass": "pg_class pg_type pg_attribute pg_proc pg_index pg_namespace pg_constraint pg_database pg_roles",
    "regtype": "integer text boolean numeric date uuid bigint jsonb bytea interval inet",
    "regproc": "now version pg_backend_pid current_database txid_current pi",
    "regprocedure": "now() version() lower(text) upper(text) length(text) md5(text) pg_backend_pid()",
    "regoper": "||/ |/",
    "regoperator": "+(integer,integer) =(text,text) <(date,date) *(numeric,numeric)",
    "regrole": "pg_monitor pg_read_all_data pg_write_all_data pg_signal_backend pg_read_all_stats",
    "regnamespace": "pg_catalog information_schema",
    "regconfig": "english simple german french spanish",
    "regdictionary": "simple english_stem german_stem french_stem",
    "regcollation": '"C" "POSIX" "default"',
}
"""Objects of every PostgreSQL database, version 14 and later."""


def _object(type_: SqlType) -> Form:
    return Form(_any(tuple(_OBJECTS[type_.base].split())), None, 0)


def _lsn(_: SqlType) -> Form:
    text = (Chars("123456789ABCDEF", 1), Lit("/"), Chars("123456789ABCDEF", 1), Chars(HEX.upper(), 7))
    return _form(text, (Lit("16/"), Serial(HEX.upper(), 8)), 16**8 - 1)


def _snapshot(_: SqlType) -> Form:
    text = (Lit("1"), Chars(DIGITS, 4), Lit(":2"), Chars(DIGITS, 4), Lit(":"))
    return _form(text, (Serial(DIGITS, 9), Lit(":1"), Chars("0", 9), Lit(":")), 10**9 - 1)


def _tid(_: SqlType) -> Form:
    text = (Lit("("), Num(0, 9_999), Lit(","), Num(1, 200), Lit(")"))
    return _form(text, (Lit("("), Serial(start=0), Lit(",1)")), 2**32 - 1)


def _hierarchy(_: SqlType) -> Form:
    text = (Lit("/"), Num(1, 4), Lit("/"), Num(1, 9), Lit("/"), Num(1, 20), Lit("/"))
    return _form(text, (Lit("/1/"), Serial(), Lit("/")), 2**40)


def _rowid(_: SqlType) -> Form:
    return _form((Lit("AAA"), Chars(BASE64, 15)), (Lit("AAA"), Serial(BASE64, 15, 0)))


def _numbers(type_: SqlType, opening: str, closing: str) -> Form:
    """Coordinates between -1 and 1: an embedding."""
    one: tuple[Segment, ...] = (Vocab("sign"), Chars(DIGITS, 4))
    rest = [part for _ in range((type_.length or 3) - 1) for part in (Lit(","), *one)]
    return _form((Lit(opening), *one, *rest, Lit(closing)), (Lit(opening), Serial(), *rest, Lit(closing)), 10**6)


_KINDS: dict[str, Callable[[SqlType], Form]] = {
    "inet": _inet,
    "cidr": _cidr,
    "macaddr": _macaddr,
    "xml": _xml,
    "hstore": _hstore,
    "tsvector": _tsvector,
    "tsquery": _tsquery,
    "ltree": _ltree,
    "geometry": lambda type_: Form(*geometry(type_)),
    "geometric": lambda type_: Form(*geometric(type_)),
}
_SPECIAL: dict[str, Callable[[SqlType], Form]] = {
    **dict.fromkeys(_OBJECTS, _object),
    "pg_lsn": _lsn,
    "jsonpath": _jsonpath,
    "txid_snapshot": _snapshot,
    "pg_snapshot": _snapshot,
    "tid": _tid,
    "lquery": _lquery,
    "ltxtquery": lambda _: _form((Vocab("plain_colour"), Lit(" & n"), Num(1, 40)), (Lit("n"), Serial())),
    "hierarchyid": _hierarchy,
    "rowid": _rowid,
    "urowid": _rowid,
    "vector": lambda type_: _numbers(type_, "[", "]"),
    "halfvec": lambda type_: _numbers(type_, "[", "]"),
    "cube": lambda type_: _numbers(type_, "(", ")"),
}
