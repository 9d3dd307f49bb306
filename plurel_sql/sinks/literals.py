"""Values as SQL literals of a dialect, a column at a time, so that no value can end its literal."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa

from plurel_sql.schema.model import SqlType
from plurel_sql.sinks.values import duration, sqlite_values

_NO_BOOLEANS = ("mysql", "sqlite", "tsql", "oracle")


def literals(array: pa.Array, type: SqlType, dialect: str) -> list[str]:
    """The literals of a column's values in our name of a dialect; NULL for what is absent."""
    kind = array.type
    text = quoter(dialect)
    if pa.types.is_boolean(kind):
        if type.kind == "bit" and dialect == "postgres":
            return _each(array, lambda value: "B'1'" if value else "B'0'")
        if dialect in _NO_BOOLEANS:
            return _each(array, lambda value: str(int(value)))
        return _each(array, lambda value: "TRUE" if value else "FALSE")
    if pa.types.is_integer(kind):
        return _each(array, str)
    if pa.types.is_decimal(kind):
        return _each(array, lambda value: format(value, "f"))
    if pa.types.is_floating(kind):
        return _each(array, lambda value: repr(value) if math.isfinite(value) else text(repr(value)))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _each(array, _bytes(dialect))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_time(kind):
        return _times(array, dialect, zoned=bool(getattr(kind, "tz", None)))
    if pa.types.is_interval(kind):
        return _each(array, lambda value: text(duration(value) if dialect != "duckdb" else _spelled(value)))
    if pa.types.is_list(kind) and dialect == "postgres":
        item = type
        while item.item is not None and item.kind == "array":
            item = item.item
        mark = ";" if item.base == "box" else ","  # PostgreSQL's only type whose arrays have another
        return _each(array, lambda value: text(_braces(value, mark)))
    if pa.types.is_list(kind) and dialect == "duckdb":
        return [_bracket(value) for value in array.to_pylist()]
    if type.kind == "geometry" and dialect == "mysql":
        return _each(array, lambda value: f"ST_GeomFromText({text(value)}, {type.srid or 0})")
    if type.kind == "bit" and dialect == "mysql":
        return _each(array, lambda value: f"b'{value}'")
    return ["NULL" if value is None else text(str(value)) for value in sqlite_values(array)]


def quoter(dialect: str) -> Callable[[str], str]:
    """How a dialect, and the client that reads its scripts, takes any text."""
    return {"mysql": _mysql, "bigquery": _mysql, "snowflake": _backslashed, "tsql": _tsql, "sqlite": _sqlite}.get(
        dialect, _plain
    )


def identifier(name: str, dialect: str) -> str:
    """``name`` as a quoted identifier of the dialect."""
    if dialect in ("mysql", "bigquery"):
        return "`" + name.replace("`", "``") + "`"
    if dialect == "tsql":
        return "[" + name.replace("]", "]]") + "]"
    return '"' + name.replace('"', '""') + '"'


def _each(array: pa.Array, literal: Callable[[Any], str]) -> list[str]:
    return ["NULL" if value is None else literal(value) for value in array.to_pylist()]


def _plain(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sqlite(text: str) -> str:
    return _plain(text).replace("\0", "' || char(0) || '")


def _backslashed(text: str) -> str:
    return _plain(text.replace("\\", "\\\\"))


_MYSQL = str.maketrans({"\\": "\\\\", "'": "\\'", "\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z"})


def _mysql(text: str) -> str:
    return "'" + text.translate(_MYSQL) + "'"


def _tsql(text: str) -> str:
    """Without line ends inside: sqlcmd takes a line GO for its own, in a literal too."""
    for character in "\r\n":
        text = text.replace(character, chr(0xE000 + ord(character)))
    quoted = "N" + _plain(text)
    for character in "\r\n":
        quoted = quoted.replace(chr(0xE000 + ord(character)), f"' + NCHAR({ord(character)}) + N'")
    return quoted


def _bytes(dialect: str) -> Callable[[bytes], str]:
    match dialect:
        case "postgres" | "redshift":
            return lambda value: f"'\\x{value.hex()}'"
        case "duckdb":
            return lambda value: f"from_hex('{value.hex()}')"
        case "tsql":
            return lambda value: f"0x{value.hex()}"
        case "oracle":
            return lambda value: f"HEXTORAW('{value.hex()}')"
        case _:
            return lambda value: f"X'{value.hex()}'"


def _times(array: pa.Array, dialect: str, zoned: bool) -> list[str]:
    """Dates and times as text; of a fraction of a second only what is not 0."""
    offset = "+00" if zoned and dialect not in ("mysql", "sqlite") else ""
    offset = "+00:00" if offset and dialect in ("tsql", "oracle", "bigquery", "snowflake") else offset
    fraction = not pa.types.is_date(array.type) and dialect != "sqlite"
    head = ""
    if dialect == "oracle":
        head = "DATE " if pa.types.is_date(array.type) else "TIMESTAMP " if pa.types.is_timestamp(array.type) else ""
    return [
        "NULL" if text is None else f"{head}'{(text.rstrip('0').rstrip('.') if fraction else text)}{offset}'"
        for text in sqlite_values(array)
    ]


def _spelled(value: Any) -> str:
    return f"{value.months} months {value.days} days {Decimal(value.nanoseconds) / 10**9:f} seconds"


def _braces(items: list[Any], mark: str) -> str:
    """A PostgreSQL array's text; ``mark`` stands between items."""
    return "{" + mark.join(_brace_item(item, mark) for item in items) + "}"


def _brace_item(item: Any, mark: str) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return _braces(item, mark)
    if isinstance(item, bool):
        return "t" if item else "f"
    text = "\\x" + item.hex() if isinstance(item, bytes) else str(item)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bracket(value: Any) -> str:
    """A DuckDB list's or scalar's literal."""
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "[" + ", ".join(map(_bracket, value)) + "]"
    if isinstance(value, bool | int | float | Decimal):
        return str(value).upper() if isinstance(value, bool) else str(value)
    return _bytes("duckdb")(value) if isinstance(value, bytes) else _plain(str(value))
