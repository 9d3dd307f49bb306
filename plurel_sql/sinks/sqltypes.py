"""Our column types -> SQLAlchemy's, within the limits of a target's dialect.

What a dialect has no type for takes the plainest form that loses nothing: arrays and JSON as JSON text, intervals as
ISO 8601 durations, bits as text of 0 and 1, network addresses as text, unsigned numbers as the next wider signed type.
"""

from __future__ import annotations

import re
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from plurel_sql.schema.model import SqlType

KEY_BYTES = {"mysql": (3072, 4), "mariadb": (3072, 4), "mssql": (900, 2), "oracle": (6000, 4)}
"""Bytes that one key may have in all, and bytes of a character, where an engine has such a limit."""

_MYSQL = ("mysql", "mariadb")
_LONGEST = {"mysql": 16_383, "mariadb": 16_383, "mssql": 4_000, "oracle": 1_000, "postgresql": 10_485_760}
_LABEL_BYTES = 63  # of a PostgreSQL enum


def sql_type(
    type: SqlType, arrow: str, dialect: Dialect, *, name: str, room: int | None = None, checked: bool = True
) -> TypeEngine[Any]:
    """The type of a column in the target.

    Args:
        type: as the schema has it.
        arrow: the Arrow type in short, which decides what the SQL type leaves open.
        dialect: of the target.
        name: what an enum type is called, where enums are types of their own.
        room: characters that a column of a key may have at most; None: it is in no key, or there is no limit.
        checked: whether an enum without a type of its own gets a CHECK.
    """
    on = dialect.name
    match type.kind:
        case "integer":
            return _integer(type, on)
        case "bit" if arrow == "bool":
            return sa.Boolean()
        case "boolean":
            return sa.Boolean()
        case "decimal":
            return _decimal(type, arrow, on)
        case "float":
            narrow = type.bits == 32
            return sa.REAL().with_variant(mysql.FLOAT(), *_MYSQL) if narrow else sa.Double()
        case "date":
            return sa.Date()
        case "time":
            return _time(type, on)
        case "timestamp":
            return _timestamp(type, on)
        case "interval" if on == "postgresql":
            return postgresql.INTERVAL()
        case "interval":
            return _text(64, False, on, room)
        case "uuid":
            return sa.Uuid(as_uuid=False)
        case "json" if on == "postgresql":
            return postgresql.JSONB() if "jsonb" in type.written.lower() else postgresql.JSON()
        case "json":
            return sa.JSON()
        case "binary":
            return _binary(type, on, room)
        case "enum" if type.labels:
            return _enum(type.labels, on, name, checked)
        case "array" if on == "postgresql" and type.item is not None and type.item.kind != "array":
            item = arrow.removeprefix("list<").removesuffix(">")
            return postgresql.ARRAY(sql_type(type.item, item, dialect, name=name, checked=checked))
        case "array":
            return sa.JSON()
        case "bit":
            return _text(type.length, False, on, room)
        case "inet" if on == "postgresql":
            return postgresql.INET()
        case "inet":
            return _text(45, False, on, room)
        case "text":
            return _text(type.length, type.fixed, on, room)
    return _by_arrow(arrow, on, room)


def native_uuid(dialect: Dialect) -> bool:
    """Whether the dialect has a type for UUIDs; else SQLAlchemy keeps 32 hexadecimal digits."""
    return bool(dialect.supports_native_uuid)


def _integer(type: SqlType, on: str) -> TypeEngine[Any]:
    bits = type.bits or 32
    if on == "sqlite":
        return sa.Integer()  # the only one that can be the number of a row
    if on in _MYSQL and bits <= 64:
        kinds = {8: mysql.TINYINT, 16: mysql.SMALLINT, 24: mysql.MEDIUMINT, 32: mysql.INTEGER, 64: mysql.BIGINT}
        kind = next(kinds[width] for width in kinds if bits <= width)
        return kind(unsigned=not type.signed)
    bits += not type.signed
    if bits <= 16:
        return sa.SmallInteger()
    if bits <= 32:
        return sa.Integer()
    if bits <= 64:
        return sa.BigInteger()
    return sa.Numeric(20 if bits <= 65 else 38, 0)


def _decimal(type: SqlType, arrow: str, on: str) -> TypeEngine[Any]:
    precision, scale = type.precision, type.scale or 0
    found = re.fullmatch(r"decimal\d+\((\d+),\s*(-?\d+)\)", arrow)
    if precision is None and found:
        precision, scale = int(found[1]), int(found[2])
    if precision is None:
        return sa.Double()
    if on == "postgresql":
        return sa.Numeric(precision, scale)
    most, fraction = {"mysql": (65, 30), "mariadb": (65, 38)}.get(on, (38, 38))
    width = min(max(precision, scale, 1), most)
    return sa.Numeric(width, min(max(scale, 0), width, fraction))


def _digits(type: SqlType) -> int:
    return 6 if type.precision is None else min(type.precision, 6)


def _time(type: SqlType, on: str) -> TypeEngine[Any]:
    if on in _MYSQL:
        return mysql.TIME(fsp=_digits(type))
    if on == "oracle":
        return sa.String(18)
    return sa.Time(timezone=type.zoned)


def _timestamp(type: SqlType, on: str) -> TypeEngine[Any]:
    if on in _MYSQL:
        return mysql.DATETIME(fsp=_digits(type))  # TIMESTAMP ends in 2038
    if on == "mssql":
        kind: Any = mssql.DATETIMEOFFSET if type.zoned else mssql.DATETIME2
        return cast("TypeEngine[Any]", kind(_digits(type)))
    if on == "oracle":
        return oracle.TIMESTAMP(timezone=type.zoned)
    return sa.DateTime(timezone=type.zoned)


def _text(length: int | None, fixed: bool, on: str, room: int | None) -> TypeEngine[Any]:
    longest = _LONGEST.get(on)
    if room is not None and (length is None or length > room):
        length = room
    if length is None or length == 0 or (longest is not None and length > longest):
        return mysql.LONGTEXT() if on in _MYSQL else sa.UnicodeText()
    if fixed and length <= 255:
        return sa.NCHAR(length) if on in ("mssql", "oracle") else sa.CHAR(length)
    return sa.Unicode(length) if on in ("mssql", "oracle") else sa.String(length)


def _binary(type: SqlType, on: str, room: int | None) -> TypeEngine[Any]:
    if room is not None:
        return (
            sa.VARBINARY(min(type.length or room, room))
            if on != "oracle"
            else oracle.RAW(min(type.length or 2000, 2000))
        )
    return mysql.LONGBLOB() if on in _MYSQL else sa.LargeBinary()


def _enum(labels: tuple[str, ...], on: str, name: str, checked: bool) -> TypeEngine[Any]:
    once = list(dict.fromkeys(labels))
    longest = max(map(len, once))
    if on == "postgresql" and all(len(label.encode()) <= _LABEL_BYTES for label in once):
        return postgresql.ENUM(*once, name=name, create_type=False)
    told_apart = len({label.rstrip(" ").lower() for label in once}) == len(once)
    if on in _MYSQL and told_apart and all(label == label.rstrip(" ") and len(label) <= 255 for label in once):
        return mysql.ENUM(*once)
    return sa.Enum(*once, native_enum=False, create_constraint=checked, name=name, length=max(longest, 1))


def _by_arrow(arrow: str, on: str, room: int | None) -> TypeEngine[Any]:
    """For a type that is known by what Arrow carries alone."""
    if arrow.startswith("list<"):
        return sa.JSON()
    match arrow:
        case "bool":
            return sa.Boolean()
        case "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64":
            return _integer(SqlType("integer", bits=int(arrow.lstrip("uint")), signed=arrow[0] == "i"), on)
        case "float32" | "float64":
            return sa.Double()
        case "date32":
            return sa.Date()
        case "time64":
            return _time(SqlType("time"), on)
        case "timestamp" | "timestamptz":
            return _timestamp(SqlType("timestamp", zoned=arrow == "timestamptz"), on)
        case "binary":
            return _binary(SqlType("binary"), on, room)
        case _ if arrow.startswith("decimal"):
            return _decimal(SqlType("decimal"), arrow, on)
    return _text(None, False, on, room)
