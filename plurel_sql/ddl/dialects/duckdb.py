"""DuckDB."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import decimal, floating, integer, plain, sized, table, timed

TYPES = table(
    {
        "utinyint | uint8": integer(8, signed=False),
        "usmallint | uint16": integer(16, signed=False),
        "uinteger | uint32": integer(32, signed=False),
        "ubigint | uint64": integer(64, signed=False),
        "int16 | short": integer(16),
        "int32 | signed": integer(32),
        "long | oid": integer(64),
        "hugeint | uhugeint | int128 | uint128": decimal(38, 0),
        "decimal | numeric": decimal(18, 3),
        "float | real | float4": floating(32),
        "char | bpchar | varchar | text | string": sized("text"),
        "blob | bytea | binary | varbinary": plain("binary"),
        "bit | bitstring": sized("bit"),
        "timestamp_s": timed("timestamp", precision=0),
        "timestamp_ms": timed("timestamp", precision=3),
        "timestamp_us": timed("timestamp", precision=6),
        "timestamp_ns": timed("timestamp", precision=9),
    }
)

DIALECT = Dialect(
    name="duckdb",
    sqlglot="duckdb",
    types=TYPES,
    default_namespace="main",
    name_quotes='"',
    escape_strings=True,
    dollar_quotes=True,
    skips=r"\.[a-z].*",
    implicit_names={"unique": "{table}_{columns}_key", "primary": "{table}_{columns}_pkey"},
)
