"""The Arrow type that carries each SQL type, in the plan's short names, and the limits it sets.

What sinks get, by kind (see docs/decisions/0011). Where Arrow has no such type, or engines don't take it, a cell is
text in the input form of the engine that the schema was written for, ready for a cast (``CAST('...' AS type)``, COPY):

============  ==========================  ===============================================================
kind          Arrow type                  form
============  ==========================  ===============================================================
integer       int8..int64, uint8..uint64  base ``year``, ``oid``, ...: plain numbers; zerofill is display only
decimal       decimal128(p,s)             base ``money``, ``hugeint``, ...: plain numbers; p is at most 38
float         float32, float64
boolean       bool
text          utf8                        base ``citext``, ``name``, ``sql_variant``, ...
date          date32                      Oracle's DATE is a timestamp
time          time64 (us)                 zoned: UTC
timestamp     timestamp, timestamptz      us; no more digits than the type's precision
interval      interval                    month-day-nano; base tells the fields (``year to month``)
uuid          utf8                        8-4-4-4-12, lower case
json          utf8                        JSON; also Snowflake's VARIANT, OBJECT and ARRAY
binary        binary
enum          utf8                        one label
array         list<item>                  several dimensions are rectangular; ``fixed``: exactly ``length`` items
bit           bool (1 bit), utf8          digits 0 and 1, the first is the most significant
inet, cidr    utf8                        ``10.1.2.3``, ``2001:db8::1:2``; cidr ``10.1.2.0/24``
macaddr       utf8                        ``00:1b:63:0a:0b:0c``; of length 8 with two more bytes
set           utf8                        labels joined by commas, in their order (MySQL)
range         utf8                        ``[1,5)``, times as ``["2024-01-01 00:00:00+00",...)``, ``empty``
multirange    utf8                        ``{[1,5),[7,9)}``
struct        utf8                        base ``row``: ``("a b",1,)``; else a JSON object, which DuckDB casts as it is
map           utf8                        ``{"k"="v"}`` (DuckDB); a JSON object for the others
union         utf8                        the text of one member
xml           utf8                        one element
hstore        utf8                        ``"k"=>"v", "l"=>NULL``
tsvector      utf8                        ``'word':1 'other':2``
tsquery       utf8                        ``'word' & 'other'``
ltree         utf8                        ``top.sub.leaf``
geometry      utf8                        WKT, longitude first; PostGIS: EWKT, ``SRID=4326;POINT(13.4 52.5)``
geometric     utf8                        PostgreSQL's: point ``(1,2)``, box ``(3,4),(1,2)``, circle ``<(1,2),3>``, ...
special       utf8                        by base: ``regclass`` ``pg_class``, ``pg_lsn`` ``16/B374D848``, ...
unknown       utf8                        NULL, or words where the column is NOT NULL
============  ==========================  ===============================================================

A sink for MySQL wraps geometries in ST_GeomFromText and gives BIT columns numbers; one for an engine that the schema
was not written for makes text columns of the textual ones that it does not know.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

from plurel_sql.schema.model import SqlType

MAX_PRECISION = 38
DAY = 86_400_000_000
FLOAT32_MAX = 3.4e38


def precision_scale(type_: SqlType) -> tuple[int, int]:
    """Digits in all and after the point of a decimal type, as Arrow can carry them: at most 38 digits, of which 18
    before the point are kept where the type has as many."""
    scale = type_.scale if type_.scale is not None else (0 if type_.precision is not None else 4)
    precision = type_.precision if type_.precision is not None else 18
    if scale < 0:
        precision, scale = precision - scale, 0
    if precision > MAX_PRECISION:
        before = precision - scale
        before = min(before, max(MAX_PRECISION - scale, 18))
        precision, scale = MAX_PRECISION, min(scale, MAX_PRECISION - max(before, 0))
    scale = min(scale, MAX_PRECISION)
    return max(precision, scale, 1), scale


def micros(text: str, kind: str) -> int | None:
    """ISO text of a date, timestamp or time of day as microseconds (UTC where no zone stands), None where it isn't."""
    try:
        if kind == "time":
            clock = time.fromisoformat(text)
            return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    delta = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def arrow_type(type_: SqlType) -> str:
    """The short Arrow type name of a column of this type (see ``plan.model.Column``); text for what has none."""
    match type_.kind:
        case "integer":
            bits = next((width for width in (8, 16, 32, 64) if (type_.bits or 64) <= width), 64)
            return f"int{bits}" if type_.signed else f"uint{bits}"
        case "decimal":
            precision, scale = precision_scale(type_)
            return f"decimal128({precision},{scale})"
        case "float":
            return "float32" if type_.bits == 32 else "float64"
        case "boolean":
            return "bool"
        case "bit":
            return "bool" if type_.length == 1 else "utf8"
        case "date":
            return "date32"
        case "time":
            return "time64"
        case "timestamp":
            return "timestamptz" if type_.zoned else "timestamp"
        case "interval":
            return "interval"
        case "binary":
            return "binary"
        case "array":
            return f"list<{arrow_type(type_.item or SqlType('text'))}>"
        case _:
            return "utf8"


def step(type_: SqlType) -> float:
    """The smallest step between two values: 1 for integers, a unit of the last digit for decimals, microseconds for
    time types (a day for dates); 0 where values are continuous or have no order."""
    match type_.kind:
        case "integer":
            return 1.0
        case "decimal":
            if type_.scale is not None and type_.scale < 0:
                return float(10**-type_.scale)
            return float(10.0 ** -precision_scale(type_)[1])
        case "float" if type_.scale is not None:
            return float(10.0**-type_.scale)
        case "date":
            return float(DAY)
        case "timestamp" if type_.base == "smalldatetime":
            return 60_000_000.0
        case "timestamp" | "time":
            return float(10 ** (6 - min(6, type_.precision if type_.precision is not None else 0)))
        case "interval":
            return {"day": DAY, "hour": DAY / 24, "minute": 60_000_000}.get(type_.base.rpartition(" ")[2], 1_000_000.0)
        case _:
            return 0.0


def months(type_: SqlType) -> int:
    """Of an interval that holds no days (YEAR TO MONTH and the like): how many months its smallest step has; else 0."""
    last = type_.base.rpartition(" ")[2] if type_.kind == "interval" else ""
    return {"year": 12, "month": 1}.get(last, 0)


def limits(type_: SqlType) -> tuple[float | None, float | None]:
    """The least and the greatest value a column of this type can hold (time types: microseconds); None: no limit."""
    low, high = _kind_limits(type_)
    least, most = (micros(each, type_.kind) if isinstance(each, str) else each for each in (type_.low, type_.high))
    low = max((each for each in (low, least) if each is not None), default=None)
    return low, min((each for each in (high, most) if each is not None), default=None)


def _kind_limits(type_: SqlType) -> tuple[float | None, float | None]:
    match type_.kind:
        case "integer":
            bits = min(type_.bits or 64, 64)
            return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if type_.signed else (0, 2**bits - 1)
        case "decimal":
            precision, scale = precision_scale(type_)
            if type_.precision is not None and type_.scale is not None and not 0 <= type_.scale <= type_.precision:
                precision = min(type_.precision, MAX_PRECISION)  # fewer digits than Arrow's type has
            top = (10**precision - 1) / 10**scale if scale else 10**precision - 1
            if type_.scale is not None and type_.scale < 0:
                top = (10**precision - 1) * 10**-type_.scale
            return (-top if type_.signed else 0, top)
        case "float":
            top = FLOAT32_MAX if type_.bits == 32 else 1.7e308
            if type_.precision is not None and type_.scale is not None:
                top = min(top, (10**type_.precision - 1) / 10**type_.scale)
            return (-top if type_.signed else 0.0, top)
        case "time":
            return (0, DAY - step(type_))
        case _:
            return (None, None)
