"""DuckDB."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import based, decimal, floating, integer, plain, sized, table, timed

TYPES = table(
    {
        "utinyint | uint8": integer(8, signed=False),
        "usmallint | uint16": integer(16, signed=False),
        "uinteger | uint32": integer(32, signed=False),
        "ubigint | uint64": integer(64, signed=False),
        "int16 | short": integer(16),
        "int32 | signed": integer(32),
        "long | oid": integer(64),
        "hugeint | int128": based(decimal(38, 0), "hugeint"),
        "uhugeint | uint128": based(decimal(38, 0), "uhugeint", low=0),
        "bignum | varint": based(decimal(38, 0), "bignum"),
        "variant": based(plain("text"), "variant"),
        "decimal | numeric": decimal(18, 3),
        "float | real | float4": floating(32),
        "char | bpchar | varchar | text | string": sized("text"),
        "blob | bytea | binary | varbinary": plain("binary"),
        "bit | bitstring": sized("bit"),
        "timestamp_s": based(timed("timestamp", precision=0), "timestamp_s"),
        "timestamp_ms": based(timed("timestamp", precision=3), "timestamp_ms"),
        "timestamp_us": timed("timestamp", precision=6),
        "timestamp_ns": based(timed("timestamp", precision=9), "timestamp_ns", low="1700-01-01", high="2262-01-01"),
        "time_ns": based(timed("time", precision=9), "time_ns"),
        "inet": plain("inet", "inet"),
    }
)

DIALECT = Dialect(
    name="duckdb",
    sqlglot="duckdb",
    types=TYPES,
    default_namespace="main",
    name_quotes='"',
    fixed_arrays=True,
    escape_strings=True,
    dollar_quotes=True,
    skips=r"\.[a-z].*",
    implicit_names={"unique": "{table}_{columns}_key", "primary": "{table}_{columns}_pkey"},
)
