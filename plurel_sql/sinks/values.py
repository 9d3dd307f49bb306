"""Arrow columns -> what a database driver takes, column by column."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

_INT64 = 2**63 - 1
_SHORT = {
    "bool": pa.bool_(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "utf8": pa.string(),
    "binary": pa.binary(),
    "date32": pa.date32(),
    **{f"int{bits}": getattr(pa, f"int{bits}")() for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": getattr(pa, f"uint{bits}")() for bits in (8, 16, 32, 64)},
}


def cast(array: pa.Array, short: str | None) -> pa.Array:
    """``array`` as the Arrow type of this short name, where it has another and there is a way."""
    wanted = _SHORT.get(short or "")
    return array if wanted is None or array.type == wanted else array.cast(wanted)


def sqlite_values(array: pa.Array, *, compact_uuid: bool = False) -> list[Any]:
    """The forms of values in a SQLite file, those that SQLAlchemy's SQLite dialect writes.

    Dates ``2024-05-01``, timestamps ``2024-05-01 12:00:00.000000`` (with a zone: in UTC), times ``12:00:00.000000``,
    booleans 1 and 0, decimals as text that a NUMERIC column turns into a number, intervals as ISO 8601 durations, lists
    and other nested values as JSON, UUIDs as text, with ``compact_uuid`` as 32 digits without hyphens.
    """
    kind = array.type
    if pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
    elif pa.types.is_timestamp(kind):
        array = array.cast(pa.timestamp("us")).cast(pa.string())
    elif pa.types.is_date(kind):
        array = array.cast(pa.string())
    elif pa.types.is_time(kind):
        array = array.cast(pa.time64("us")).cast(pa.string())
    elif pa.types.is_decimal(kind) or (pa.types.is_uint64(kind) and (pc.max(array).as_py() or 0) > _INT64):
        array = array.cast(pa.string())
    elif compact_uuid:
        array = pc.replace_substring(array, "-", "")
    return _texts(array)


def python_values(array: pa.Array, type: sa.types.TypeEngine[Any], native_uuid: bool) -> list[Any]:
    """Python values as SQLAlchemy's ``type`` takes them: dates as such, what has no type of its own as text."""
    if isinstance(type, sa.Uuid) and not native_uuid:
        array = pc.replace_substring(array, "-", "")
    if pa.types.is_timestamp(array.type) and array.type.tz and not getattr(type, "timezone", False):
        array = array.cast(pa.timestamp("us"))
    if pa.types.is_list(array.type) and isinstance(type, sa.ARRAY):
        return list(array.to_pylist())
    return _texts(array)


def _texts(array: pa.Array) -> list[Any]:
    """Python values, with text in place of intervals and nested ones."""
    if pa.types.is_interval(array.type):
        return [None if value is None else duration(value) for value in array.to_pylist()]
    if pa.types.is_nested(array.type):
        return [None if value is None else json.dumps(value, default=_plain) for value in array.to_pylist()]
    return list(array.to_pylist())


def duration(value: Any) -> str:
    """A month-day-nanosecond interval as an ISO 8601 duration."""
    seconds, nanos = divmod(abs(value.nanoseconds), 1_000_000_000)
    sign = "-" if value.nanoseconds < 0 else ""
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    parts = f"{value.months}M" if value.months else ""
    parts += f"{value.days}D" if value.days else ""
    if value.nanoseconds or not parts:
        parts += f"T{sign}{seconds}{fraction}S"
    return f"P{parts}"


def _plain(value: object) -> str:
    """What JSON has no form for."""
    return value.hex() if isinstance(value, bytes) else str(value)
