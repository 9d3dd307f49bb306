"""Transact-SQL (Microsoft SQL Server)."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import UNKNOWN, decimal, floating, integer, plain, sized, table, timed

TYPES = table(
    {
        "tinyint": integer(8, signed=False),
        "bit": plain("boolean"),
        "decimal | dec | numeric": decimal(18, 0),
        "money": decimal(19, 4),
        "smallmoney": decimal(10, 4),
        "varchar | nvarchar": sized("text", default=1),
        "sysname": sized("text", default=128),
        "uniqueidentifier": plain("uuid"),
        "float": floating(),
        "smalldatetime": timed("timestamp", precision=0),
        "datetime": timed("timestamp", precision=3),
        "datetime2": timed("timestamp", precision=7),
        "datetimeoffset": timed("timestamp", zoned=True, precision=7),
        "varbinary": sized("binary", default=1),
        "image": plain("binary"),
        "rowversion | timestamp": sized("binary", fixed=True, default=8),
        "hierarchyid | sql_variant": UNKNOWN,
    }
)

DIALECT = Dialect(
    name="tsql",
    sqlglot="tsql",
    types=TYPES,
    default_namespace="dbo",
    name_quotes='"[',
    nested_comments=True,
    word_characters="$#@",
    ends=r"go(?:[ \t]+\d+)?",
    skips=r":[a-z].*",
    routines_end_at_line=True,
    index_elements=True,
)
