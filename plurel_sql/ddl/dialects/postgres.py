"""PostgreSQL, including what pg_dump and psql write."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import UNKNOWN, based, integer, plain, ranged, sized, special, table
from plurel_sql.schema.model import SqlType

TYPES = table(
    {
        "bpchar": sized("text", fixed=True),
        "name": based(sized("text", default=63), "name"),
        "cstring": plain("text"),
        **{name: based(integer(32, signed=False), name) for name in ("oid", "xid", "cid")},
        "xid8": based(integer(64, signed=False), "xid8"),
        "inet": plain("inet", "inet"),
        "cidr": plain("cidr"),
        "macaddr": lambda _: SqlType("macaddr", length=6, fixed=True),
        "macaddr8": lambda _: SqlType("macaddr", length=8, fixed=True),
        "hstore": plain("hstore"),
        "tsvector": plain("tsvector"),
        "tsquery": plain("tsquery"),
        "ltree": plain("ltree"),
        **{shape: plain("geometric", shape) for shape in ("point", "line", "lseg", "box", "path", "polygon", "circle")},
        **ranged(SqlType("integer", "int4", bits=32), "int4range"),
        **ranged(SqlType("integer", "int8", bits=64), "int8range"),
        **ranged(SqlType("decimal", "numeric"), "numrange"),
        **ranged(SqlType("timestamp", "timestamp"), "tsrange"),
        **ranged(SqlType("timestamp", "timestamptz", zoned=True), "tstzrange"),
        **ranged(SqlType("date", "date"), "daterange"),
        **special("regclass | regtype | regproc | regprocedure | regoper | regoperator | regrole | regnamespace"),
        **special("regconfig | regdictionary | regcollation | pg_lsn | jsonpath | txid_snapshot | pg_snapshot | tid"),
        **special("vector | halfvec | cube | lquery | ltxtquery"),
        "refcursor": based(plain("text"), "refcursor"),
        "raster | aclitem | sparsevec": UNKNOWN,
    }
)

_OWN = """
bigint bit bool boolean box bpchar bytea char character cid cidr circle date datemultirange daterange dec
decimal double float float4 float8 inet int int2 int4 int4multirange int4range int8 int8multirange int8range
integer interval json jsonb jsonpath line lseg macaddr macaddr8 money name national nchar numeric nummultirange
numrange oid path pg_lsn pg_snapshot point polygon real refcursor regclass regcollation regconfig regdictionary
regnamespace regoper regoperator regproc regprocedure regrole regtype smallint text tid time timestamp
timestamptz timetz tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector txid_snapshot uuid varbit
varchar xid xid8 xml
"""
OWN_TYPES = frozenset(_OWN.split())
"""Names in pg_catalog, which is searched before any other namespace, and those of the grammar."""

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
    own_types=OWN_TYPES,
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
