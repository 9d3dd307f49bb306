"""SQLite: any type name goes, double quotes may mean strings."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import floating, integer, plain, table, timed

TYPES = table(
    {
        "int | integer": integer(64),
        "real | float | double": floating(64),
        "datetime | timestamp": timed("timestamp"),
        "any": plain("text"),
    }
)

DIALECT = Dialect(
    name="sqlite",
    sqlglot="sqlite",
    types=TYPES,
    default_namespace="main",
    name_quotes='"`[',
    skips=r"\.[a-z].*",
    affinity=True,
    quoted_strings=True,
)
