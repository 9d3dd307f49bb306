"""Makers of column types: each takes the arguments written in parentheses and gives a ``SqlType``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from plurel_sql.schema.model import SqlType, TypeKind

Maker = Callable[[Sequence[str]], SqlType]
"""From the written arguments (``["10", "2"]``, ``["max"]``, enum labels) to a type."""

TypeTable = Mapping[str, Maker]
"""Lower-case type name, words joined by one blank, to its maker."""


def number(arguments: Sequence[str], at: int = 0) -> int | None:
    """The argument at a position as a whole number (``50 CHAR`` counts as 50); None where there is none."""
    head = arguments[at].split(" ", 1)[0] if at < len(arguments) else ""
    return int(head) if head.lstrip("-").isdecimal() and len(head) < 12 else None


def integer(bits: int, *, signed: bool = True) -> Maker:
    return lambda _: SqlType("integer", bits=bits, signed=signed)


def decimal(precision: int | None = None, scale: int | None = None) -> Maker:
    """DECIMAL(p, s); the arguments here are the dialect's defaults. A precision without a scale has scale 0."""

    def make(arguments: Sequence[str]) -> SqlType:
        written = number(arguments)
        if written is None:
            return SqlType("decimal", precision=precision, scale=scale)
        return SqlType("decimal", precision=written, scale=number(arguments, 1) or 0)

    return make


def whole_digits(precision: int) -> SqlType:
    """The type of a whole number of so many decimal digits: the smallest integer that holds it, else a decimal."""
    for digits, bits in ((2, 8), (4, 16), (9, 32), (18, 64)):
        if precision <= digits:
            return SqlType("integer", bits=bits)
    return SqlType("decimal", precision=precision, scale=0)


def digits(*, bare: SqlType) -> Maker:
    """Oracle's and Snowflake's NUMBER: whole where the scale is 0; ``bare`` where nothing is written."""

    def make(arguments: Sequence[str]) -> SqlType:
        precision, scale = number(arguments), number(arguments, 1) or 0
        if precision is None:  # NUMBER, NUMBER(*, 0), NUMBER(*, s)
            if not arguments:
                return bare
            return SqlType("decimal", precision=38, scale=scale) if scale else SqlType("integer", bits=64)
        if scale:
            return SqlType("decimal", precision=precision, scale=scale)
        return SqlType("integer", bits=64) if precision == 38 else whole_digits(precision)

    return make


def floating(bits: int | None = None, *, single: int = 24, bare: int = 64) -> Maker:
    """FLOAT: ``bits`` fixes the width; else FLOAT(p) has 32 bits up to ``single`` binary digits, ``bare`` without p."""

    def make(arguments: Sequence[str]) -> SqlType:
        if bits is not None:
            return SqlType("float", bits=bits)
        precision = number(arguments)
        return SqlType("float", bits=bare if precision is None else 32 if precision <= single else 64)

    return make


def sized(kind: TypeKind, *, fixed: bool = False, default: int | None = None) -> Maker:
    """Text, binary and bit types: the argument is the length; ``default`` where none is written."""

    def make(arguments: Sequence[str]) -> SqlType:
        length = number(arguments) if arguments else default
        return SqlType(kind, length=length, fixed=fixed)

    return make


def timed(kind: TypeKind, *, zoned: bool = False, precision: int | None = None) -> Maker:
    """Times and timestamps: the argument is the number of digits of a second."""

    def make(arguments: Sequence[str]) -> SqlType:
        written = number(arguments)
        return SqlType(kind, precision=precision if written is None else written, zoned=zoned)

    return make


def plain(kind: TypeKind, base: str = "") -> Maker:
    return lambda _: SqlType(kind, base=base)


def based(maker: Maker, base: str, low: int | str | None = None, high: int | str | None = None) -> Maker:
    """The same type under the engine's own name, held to its own limits where they are narrower."""
    return lambda arguments: msgspec.structs.replace(maker(arguments), base=base, low=low, high=high)


def labelled(kind: TypeKind) -> Maker:
    """ENUM('a', 'b') and SET('a', 'b')."""
    return lambda arguments: SqlType(kind, labels=tuple(dict.fromkeys(arguments)))


def ranged(item: SqlType, base: str) -> dict[str, Maker]:
    """A range type over ``item`` and the multirange type that goes with it."""
    multi = multirange_name(base)
    return {
        base: lambda _: SqlType("range", item=item, base=base),
        multi: lambda _: SqlType("multirange", item=item, base=multi),
    }


def multirange_name(name: str) -> str:
    """How PostgreSQL names the multirange type of a range type."""
    before, found, after = name.rpartition("range")
    return f"{before}multirange{after}" if found else f"{name}_multirange"


def spatial(base: str) -> Maker:
    """A geometry: base ``geometry`` or ``geography``, with the shape behind it (``geometry(Point, 4326)``); a shape
    alone is a type of the OGC's, as in MySQL."""

    def make(arguments: Sequence[str]) -> SqlType:
        shape = arguments[0].strip().lower() if arguments and not arguments[0].isdecimal() else ""
        srid = next((int(each) for each in arguments if each.strip().isdecimal()), None)
        name = f"{base} {shape}" if shape not in ("", "geometry") else base
        return SqlType("geometry", base=name, srid=srid)

    return make


SHAPES = ("point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection")
"""Geometries by the names of OGC's Simple Features, which MySQL has as types."""


def special(names: str) -> dict[str, Maker]:
    """Types with a textual form of their own; base is the type's name, a number in parentheses its length."""

    def maker(base: str) -> Maker:
        return lambda arguments: SqlType("special", base=base, length=number(arguments[-1:]))

    return {name.strip(): maker(name.strip()) for name in names.split("|")}


def table(names: Mapping[str, Maker]) -> TypeTable:
    """A type table from keys that may list synonyms: ``{"int | int4": ...}``."""
    return {name.strip(): maker for key, maker in names.items() for name in key.split("|")}


UNKNOWN = plain("unknown")

COMMON: TypeTable = table(
    {
        "tinyint | int1": integer(8),
        "smallint | int2 | smallserial | serial2": integer(16),
        "mediumint | int3 | middleint": integer(24),
        "int | integer | int4 | serial | serial4": integer(32),
        "bigint | int8 | bigserial | serial8 | int64": integer(64),
        "decimal | dec | numeric | fixed | number": decimal(),
        "money": based(decimal(19, 2), "money", -92_233_720_368_547_758, 92_233_720_368_547_758),
        "real | float4": floating(32),
        "double | double precision | float8 | float64": floating(64),
        "float": floating(),
        "boolean | bool": plain("boolean"),
        "char | character | nchar | national char | national character": sized("text", fixed=True, default=1),
        "varchar | character varying | char varying | nvarchar | national character varying": sized("text"),
        "national char varying | national varchar | string | varchar2 | nvarchar2": sized("text"),
        "citext": based(sized("text"), "citext"),
        "text | clob | nclob | character large object | char large object | ntext": plain("text"),
        "tinytext": sized("text", default=255),
        "mediumtext": sized("text", default=2**24 - 1),
        "longtext | long varchar": plain("text"),
        "date": plain("date"),
        "time | time without time zone": timed("time"),
        "time with time zone | timetz": timed("time", zoned=True),
        "timestamp | timestamp without time zone | datetime": timed("timestamp"),
        "timestamp with time zone | timestamptz | timestamp with local time zone": timed("timestamp", zoned=True),
        "interval": plain("interval"),
        "uuid": plain("uuid"),
        "json | jsonb": plain("json"),
        "binary": sized("binary", fixed=True, default=1),
        "varbinary | binary varying": sized("binary"),
        "blob | bytea | bytes | binary large object | longblob": plain("binary"),
        "tinyblob": sized("binary", default=255),
        "mediumblob": sized("binary", default=2**24 - 1),
        "bit": sized("bit", fixed=True, default=1),
        "bit varying | varbit": sized("bit"),
        "enum": labelled("enum"),
        "set": labelled("set"),
        "xml": plain("xml"),
        "geometry": spatial("geometry"),
        "geography": spatial("geography"),
        **{shape: spatial(shape) for shape in SHAPES},
        "struct | map | record | object | union": UNKNOWN,
    }
)
