"""Geometries: points near real cities as WKT, and PostgreSQL's own shapes."""

from __future__ import annotations

import re

from plurel_sql.plan.model import Category, Chars, Codec, Lit, Num, Segment, Serial, Text, Vocab
from plurel_sql.schema.model import SqlType
from plurel_sql.semantics.names import uniform
from plurel_sql.semantics.vocabularies import place_column

_SHAPES = 120
"""How many different lines and areas a column has; points are drawn anew for every row."""
_GEOGRAPHIC = {4326, 4269, 4258, 0}
"""Reference systems whose coordinates are degrees; of any other, coordinates are metres."""
_SHAPE = re.compile(r"((?:multi)?(?:point|linestring|polygon)|geometrycollection)(zm|z|m)?$")
_DIGITS = "0123456789"

Parts = tuple[Codec, Codec | None, int | None]
"""An ordinary value, one for each row number, and how many of these there are (None: as many as are asked for)."""


def geometry(type_: SqlType, gazetteer: str = "world") -> Parts:
    """WKT of the type's shape (any: points), longitude first; EWKT where the type fixes a reference system."""
    found = _SHAPE.search(type_.base)
    shape, dims = (found[1], found[2] or "") if found else ("point", "")
    head = _reference(type_) + shape.upper() + (f" {dims.upper()} " if dims else "")
    more = " 1" * len(dims)
    if type_.srid not in (None, *_GEOGRAPHIC):
        metres = (Num(300_000, 700_000), Lit("."), Chars(_DIGITS, 2))
        point: tuple[Segment, ...] = (*metres, Lit(" "), *metres)
    else:
        longitude = (Vocab(f"place.{gazetteer}.longitude", by="rank"), Chars(_DIGITS, 4))
        point = (*longitude, Lit(" "), Vocab(f"place.{gazetteer}.latitude", by="rank"), Chars(_DIGITS, 4))
    unique = _unique(shape, head, more)
    if shape == "point":
        return Text((Lit(f"{head}("), *point, Lit(f"{more})"))), unique, None
    labels = tuple(dict.fromkeys(_label(shape, head, more, k, type_, gazetteer) for k in range(_SHAPES)))
    return Category(labels, (1.0,) * len(labels)), unique, None


def _reference(type_: SqlType) -> str:
    named = type_.base.startswith(("geometry", "geography"))  # OGC's own names are MySQL's types, which read WKT alone
    return f"SRID={type_.srid};" if type_.srid and named else ""


def _unique(shape: str, head: str, more: str) -> Text:
    """The row number in the fraction of the first longitude."""
    number: tuple[Segment, ...] = (Lit("10."), Serial(_DIGITS, 7))
    first: tuple[Segment, ...] = (*number, Lit(f" 50.1{more}"))
    other = Lit(f", 12.5 52.5{more}")
    third = Lit(f", 12.5 50.1{more}, ")
    rings = {
        "point": (Lit("("), *first, Lit(")")),
        "multipoint": (Lit("("), *first, Lit(")")),
        "linestring": (Lit("("), *first, other, Lit(")")),
        "multilinestring": (Lit("(("), *first, other, Lit("))")),
        "polygon": (Lit("(("), *first, other, third, *first, Lit("))")),
        "multipolygon": (Lit("((("), *first, other, third, *first, Lit(")))")),
        "geometrycollection": (Lit("(POINT("), *first, Lit("))")),
    }
    return Text((Lit(head), *rings[shape]))


def _label(shape: str, head: str, more: str, k: int, type_: SqlType, gazetteer: str) -> str:
    """The ``k``-th line or area of the column: small, around a city, its corners in order around the middle."""
    longitudes, latitudes = place_column(gazetteer, "longitude"), place_column(gazetteer, "latitude")
    at = k * len(longitudes) // _SHAPES
    x, y, size = float(longitudes[at]), float(latitudes[at]), 0.02
    if type_.srid not in (None, *_GEOGRAPHIC):
        x, y, size = 500_000 + 900 * k, 500_000 + 700 * k, 150.0
    corners = []
    for corner, (east, north) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
        reach = size * (0.4 + 0.6 * uniform(shape, str(k), str(corner)))
        corners.append(f"{x + east * reach:.5f} {y + north * reach:.5f}{more}")
    line, ring = ", ".join(corners), ", ".join((*corners, corners[0]))
    written = {
        "linestring": f"({line})",
        "polygon": f"(({ring}))",
        "multipoint": f"({line})",
        "multilinestring": f"(({line}), ({corners[1]}, {corners[3]}))",
        "multipolygon": f"((({ring})))",
        "geometrycollection": f"(POINT({corners[0]}), LINESTRING({line}))",
    }
    return head + written[shape]


def geometric(type_: SqlType) -> Parts:
    """PostgreSQL's point, line, lseg, box, path, polygon and circle, in its own notation."""
    number = (Num(-90, 90), Lit("."), Chars(_DIGITS, 2))
    point: tuple[Segment, ...] = (Lit("("), *number, Lit(","), *number, Lit(")"))
    serial: tuple[Segment, ...] = (Lit("("), Serial(), Lit(",0.5)"))
    comma = Lit(",")
    match type_.base:
        case "point":
            parts, unique = point, serial
        case "line":
            parts = (Lit("{"), Num(1, 9), Lit(","), Num(-9, -1), Lit(","), *number, Lit("}"))
            unique = (Lit("{1,-1,"), Serial(), Lit("}"))
        case "lseg":
            parts = (Lit("["), *point, comma, *point, Lit("]"))
            unique = (Lit("["), *serial, comma, *point, Lit("]"))
        case "box":
            parts, unique = (*point, comma, *point), (*serial, Lit(",(0,0)"))
        case "circle":
            parts = (Lit("<"), *point, Lit(","), Num(1, 40), Lit(">"))
            unique = (Lit("<"), *serial, Lit(",1>"))
        case _:  # a path or polygon, closed
            parts = (Lit("("), *point, comma, *point, comma, *point, Lit(")"))
            unique = (Lit("("), *serial, comma, *point, comma, *point, Lit(")"))
    return Text(parts), Text(unique), None
