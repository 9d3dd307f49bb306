"""BigQuery: backquoted paths, nested types."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import decimal, integer, sized, table, timed

TYPES = table(
    {
        "int | integer | bigint | smallint | tinyint | byteint": integer(64),
        "numeric | decimal": decimal(38, 9),
        "bignumeric | bigdecimal": decimal(76, 38),
        "bytes": sized("binary"),
        "timestamp": timed("timestamp", zoned=True, precision=6),
        "datetime": timed("timestamp", precision=6),
    }
)

DIALECT = Dialect(
    name="bigquery",
    sqlglot="bigquery",
    types=TYPES,
    name_quotes="`",
    string_quotes="'\"",
    backslash_escapes=True,
    hash_comments=True,
)
