"""PostgreSQL, including what pg_dump and psql write."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import UNKNOWN, integer, plain, sized, table

TYPES = table(
    {
        "bpchar": sized("text", fixed=True),
        "name": sized("text", default=63),
        "cstring": plain("text"),
        "oid | xid | cid": integer(32, signed=False),
        "xid8": integer(64, signed=False),
        "inet | cidr": plain("inet"),
        "box | circle | line | lseg | path | macaddr | macaddr8 | tsvector | tsquery | hstore | ltree": UNKNOWN,
        "int4range | int8range | numrange | tsrange | tstzrange | daterange | pg_lsn | jsonpath": UNKNOWN,
        "regclass | regtype | regproc | regprocedure | regrole | txid_snapshot | vector | cube | raster": UNKNOWN,
    }
)

IMPLICIT_NAMES = {
    "primary": "{table}_pkey",
    "unique": "{table}_{columns}_key",
    "foreign": "{table}_{columns}_fkey",
    "check": "{table}_{columns}_check",
}

DIALECT = Dialect(
    name="postgres",
    sqlglot="postgres",
    types=TYPES,
    default_namespace="public",
    fold="lower",
    name_limit=63,
    name_quotes='"',
    escape_strings=True,
    dollar_quotes=True,
    nested_comments=True,
    skips=r"\\.*",
    implicit_names=IMPLICIT_NAMES,
)
