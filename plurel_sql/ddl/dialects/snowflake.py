"""Snowflake: every whole number is NUMBER(38, 0), semi-structured columns are JSON."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import decimal, digits, floating, integer, plain, sized, special, table, timed
from plurel_sql.schema.model import SqlType

TYPES = table(
    {
        "number | numeric | decimal | dec": digits(bare=SqlType("integer", bits=64)),
        "int | integer | bigint | smallint | tinyint | byteint": integer(64),
        "float | float4 | float8 | real | double | double precision": floating(64),
        "decfloat": decimal(38, 10),
        "text | string": sized("text"),
        "binary | varbinary": sized("binary"),
        **{name: plain("json", name) for name in ("variant", "object", "array")},
        **special("vector"),
        "datetime | timestamp_ntz | timestampntz": timed("timestamp"),
        "timestamp_tz | timestamp_ltz | timestamptz | timestampltz": timed("timestamp", zoned=True),
    }
)

DIALECT = Dialect(
    name="snowflake",
    sqlglot="snowflake",
    types=TYPES,
    default_namespace="public",
    fold="upper",
    name_quotes='"',
    backslash_escapes=True,
    dollar_quotes=True,
)
