"""MySQL and MariaDB."""

from collections.abc import Sequence

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import decimal, floating, integer, plain, sized, table, timed
from plurel_sql.schema.model import SqlType


def _tinyint(arguments: Sequence[str]) -> SqlType:
    return SqlType("boolean") if list(arguments) == ["1"] else SqlType("integer", bits=8)


def _bit(arguments: Sequence[str]) -> SqlType:
    return SqlType("boolean") if list(arguments) in ([], ["1"]) else sized("bit", fixed=True)(arguments)


def _float(arguments: Sequence[str]) -> SqlType:
    # FLOAT(7,4) sets display digits; FLOAT(53) alone is a width.
    return SqlType("float", bits=32) if len(arguments) > 1 else floating(bare=32)(arguments)


TYPES = table(
    {
        "tinyint | int1": _tinyint,
        "decimal | dec | numeric | fixed": decimal(10, 0),
        "float": _float,
        "real | double | double precision": floating(64),
        "bit": _bit,
        "year": integer(16),
        "text": sized("text", default=65535),
        "blob": sized("binary", default=65535),
        "long": plain("text"),
        "long varbinary": plain("binary"),
        "time": timed("time", precision=0),
        "datetime": timed("timestamp", precision=0),
        "timestamp": timed("timestamp", precision=0),
        "serial": integer(64, signed=False),
        "inet4 | inet6": plain("inet"),
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
