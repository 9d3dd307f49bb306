"""Transact-SQL (Microsoft SQL Server)."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import based, decimal, floating, integer, plain, sized, special, table, timed

TYPES = table(
    {
        "tinyint": integer(8, signed=False),
        "bit": plain("boolean"),
        "decimal | dec | numeric": decimal(18, 0),
        "money": based(decimal(19, 4), "money", -922_337_203_685_477, 922_337_203_685_477),
        "smallmoney": based(decimal(10, 4), "smallmoney", -214_748, 214_748),
        "varchar | nvarchar": sized("text", default=1),
        "sysname": sized("text", default=128),
        "uniqueidentifier": plain("uuid"),
        "float": floating(),
        "smalldatetime": based(
            timed("timestamp", precision=0), "smalldatetime", low="1900-01-01", high="2079-06-06 23:59:00"
        ),
        "datetime": based(timed("timestamp", precision=3), "datetime", low="1753-01-01"),
        "datetime2": timed("timestamp", precision=7),
        "datetimeoffset": timed("timestamp", zoned=True, precision=7),
        "varbinary": sized("binary", default=1),
        "image": plain("binary"),
        "rowversion | timestamp": sized("binary", fixed=True, default=8),
        "sql_variant": based(sized("text", default=4000), "sql_variant"),
        **special("hierarchyid"),
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
