"""Amazon Redshift: PostgreSQL's grammar with types and table attributes of its own."""

from dataclasses import replace

from plurel_sql.ddl.dialects import postgres
from plurel_sql.ddl.kinds import UNKNOWN, decimal, plain, sized, table

TYPES = table(
    {
        "varchar | character varying | nvarchar": sized("text", default=256),
        "text": sized("text", default=256),
        "decimal | numeric": decimal(18, 0),
        "super": plain("json", "super"),
        "varbyte": sized("binary"),
        "hllsketch": UNKNOWN,
    }
)

DIALECT = replace(postgres.DIALECT, name="redshift", sqlglot="redshift", types={**postgres.TYPES, **TYPES})
