"""MySQL and MariaDB."""

from collections.abc import Sequence
from functools import partial

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import based, decimal, floating, integer, number, plain, sized, table, timed
from plurel_sql.schema.model import SqlType


def _tinyint(arguments: Sequence[str]) -> SqlType:
    return SqlType("boolean") if list(arguments) == ["1"] else SqlType("integer", bits=8)


def _bit(arguments: Sequence[str]) -> SqlType:
    return SqlType("boolean") if list(arguments) in ([], ["1"]) else sized("bit", fixed=True)(arguments)


def _floating(bits: int | None, arguments: Sequence[str]) -> SqlType:
    """FLOAT(7,4) and DOUBLE(7,4) round to four decimals and hold 999.9999 at most; FLOAT(53) alone is a width."""
    if len(arguments) > 1:
        return SqlType("float", bits=bits or 32, precision=number(arguments), scale=number(arguments, 1))
    return floating(bits, bare=32)(arguments)


TYPES = table(
    {
        "tinyint | int1": _tinyint,
        "decimal | dec | numeric | fixed": decimal(10, 0),
        "float": partial(_floating, None),
        "real | double | double precision": partial(_floating, 64),
        "bit": _bit,
        "year": based(integer(16), "year"),
        "date": based(plain("date"), "", low="1000-01-01"),
        "text": sized("text", default=65535),
        "blob": sized("binary", default=65535),
        "long": plain("text"),
        "long varbinary": plain("binary"),
        "time": timed("time", precision=0),
        "datetime": based(timed("timestamp", precision=0), "datetime", low="1000-01-01"),
        # Seconds since 1970 in 32 bits.
        "timestamp": based(timed("timestamp", precision=0), "timestamp", low="1970-01-02", high="2038-01-19 03:14:07"),
        "serial": integer(64, signed=False),
        "geometry": plain("geometry", "ogc geometry"),
        "inet4": plain("inet", "inet4"),
        "inet6": plain("inet", "inet6"),
    }
)

DIALECT = Dialect(
    name="mysql",
    sqlglot="mysql",
    types=TYPES,
    name_quotes="`",
    string_quotes="'\"",
    backslash_escapes=True,
    hash_comments=True,
    versioned_comments=True,
    word_characters="$@",
    namespace_is_database=True,
    index_elements=True,
    implicit_names={"unique": "{first}"},
)
