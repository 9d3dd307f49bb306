"""What the suite for all sinks is made of: sources that are hard to hold, and a door to each kind of target.

A new sink joins by a door in ``test_conformance.DOORS``: how to open it, how to read it back, and what it can.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from plurel_sql.schema.model import Check, Column, ForeignKey, Schema, SqlType, Table, Unique
from plurel_sql.sinks.base import Sink

INT, TEXT = SqlType("integer", bits=32), SqlType("text")


class Tables:
    """A Source over Arrow tables in batches of three rows; ``fail`` is raised after so many batches of all tables."""

    def __init__(
        self, schema: Schema, data: dict[str, pa.Table], fail: tuple[int, BaseException] | None = None
    ) -> None:
        self.schema = schema
        self.data = data
        self.fail = fail
        self.batches = 0

    def rows(self, table: str) -> int:
        return self.data[table].num_rows

    def types(self, table: str) -> dict[str, str]:
        return {field.name: short(field.type) for field in self.data[table].schema}

    def stream(self, table: str) -> pa.RecordBatchReader:
        data = self.data[table]

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in data.to_batches(max_chunksize=3):
                if self.fail and self.batches == self.fail[0]:
                    raise self.fail[1]
                self.batches += 1
                yield batch

        return pa.RecordBatchReader.from_batches(data.schema, batches())


def short(type: pa.DataType) -> str:
    """The plan's name of an Arrow type."""
    if pa.types.is_timestamp(type):
        return "timestamptz" if type.tz else "timestamp"
    if pa.types.is_list(type):
        return f"list<{short(type.value_type)}>"
    names = {"string": "utf8", "date32[day]": "date32", "time64[us]": "time64", "float": "float32", "double": "float64"}
    return names.get(str(type), str(type).replace(" ", ""))


def table(name: str, columns: list[tuple[str, SqlType, bool]], key: tuple[str, ...], **more: Any) -> Table:
    made = tuple(Column(column, type, nullable) for column, type, nullable in columns)
    uniques = (Unique(key, primary=True), *more.pop("uniques", ()))
    return Table(name, made, uniques=uniques, **more)


TEXTS = [
    "plain", "", " leading and trailing ", "it's", 'say "so"', "back\\slash \\n \\. \\N", "new\nline\r\nand\ttab", "a,b;c",  # noqa: E501
    "%s %(x)s %% :name $1 {x} ?", "NULL", "'; DROP TABLE t; --", "ß é 漢字 العربية", "😀 \u200b \u0301", "x" * 50_000, "--", "/* */",  # noqa: E501
]  # fmt: skip


def every_type() -> Tables:
    """One table with a column of each common type, at its limits, with NULLs."""
    low, high = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)
    utc = [datetime(1970, 1, 1, tzinfo=UTC), datetime(2024, 2, 29, 23, 59, 59, 999_999, UTC)]
    columns: dict[str, tuple[SqlType, pa.DataType, list[Any]]] = {
        "small": (SqlType("integer", bits=16), pa.int16(), [-(2**15), 2**15 - 1, 0]),
        "whole": (INT, pa.int32(), [-(2**31), 2**31 - 1, 0]),
        "big": (SqlType("integer", bits=64), pa.int64(), [-(2**63), 2**63 - 1, 0]),
        "natural": (SqlType("integer", bits=32, signed=False), pa.uint32(), [0, 2**32 - 1, 1]),
        "money": (SqlType("decimal", precision=12, scale=2), pa.decimal128(12, 2), [Decimal("-9999999999.99"), Decimal("0.01")]),  # noqa: E501
        "ratio": (SqlType("float", bits=64), pa.float64(), [1e300, -1e-300, 0.1]),
        "flag": (SqlType("boolean"), pa.bool_(), [True, False]),
        "letters": (TEXT, pa.string(), TEXTS),
        "code": (SqlType("text", length=20), pa.string(), ["abc", "ß漢😀"]),
        "day": (SqlType("date"), pa.date32(), [low.date().replace(year=1000), high.date()]),
        "clock": (SqlType("time"), pa.time64("us"), [time(0, 0), time(23, 59, 59, 999_999)]),
        "moment": (SqlType("timestamp"), pa.timestamp("us"), [low.replace(year=1000), high]),
        "instant": (SqlType("timestamp", zoned=True), pa.timestamp("us", "UTC"), utc),
        "bytes": (SqlType("binary"), pa.binary(), [b"", bytes(range(256)), b"\\x00'"]),
        "guid": (SqlType("uuid"), pa.string(), ["00000000-0000-0000-0000-000000000000", "d6b5c980-4bc7-40c5-9f92-c6df64bcb687"]),  # noqa: E501
        "document": (SqlType("json"), pa.string(), ['{"a": [1, "it\'s", null]}', '"\\\\ \\" %"', "[]"]),
        "colour": (SqlType("enum", labels=("red", "it's", "100%", "a\\b")), pa.string(), ["red", "it's", "100%", "a\\b"]),  # noqa: E501
        "numbers": (SqlType("array", item=INT), pa.list_(pa.int32()), [[1, None, -3], []]),
        "words": (SqlType("array", item=TEXT), pa.list_(pa.string()), [["a,b", 'q"', "\\", "{}", "NULL", ""], []]),
        "nothing": (TEXT, pa.string(), [None]),
    }  # fmt: skip
    rows = len(TEXTS) + 1
    data: dict[str, pa.Array] = {"id": pa.array(range(1, rows + 1), pa.int32())}
    for name, (_, arrow, values) in columns.items():
        data[name] = pa.array([*(values[k % len(values)] for k in range(rows - 1)), None], arrow)
    listed = [("id", INT, False), *((name, type, True) for name, (type, _, _) in columns.items())]
    return Tables(Schema((table("types", listed, ("id",)),), ""), {"types": pa.table(data)})


AWKWARD = [
    "select", "Mixed Case", "quo\"te", "back`tick", "semi;colon", "back\\slash", "new\nline", "100%", "%s", ":name", "1st", "it's",  # noqa: E501
    "a.b", "漢字", "drop table x; --", "[bracket]", "with space", "(paren)", "a" * 60,
]  # fmt: skip


def awkward_names() -> Tables:
    """A table for each awkward name, with columns of all of them and a foreign key to the one before."""
    tables, data = [], {}
    for k, name in enumerate(AWKWARD):
        columns = [("id", INT, False), *((other, TEXT, True) for other in AWKWARD), ("parent", INT, True)]
        keys = (ForeignKey(("parent",), AWKWARD[k - 1], ("id",), name=f"fk {name}"[:50]),) if k else ()
        tables.append(
            table(name, columns, ("id",), foreign_keys=keys, uniques=(Unique((name,), name=f"u {name}"[:50]),))
        )
        rows = {"id": pa.array([1, 2], pa.int32())}
        rows |= {other: pa.array([f"{other} 1", None]) for other in AWKWARD}
        rows["parent"] = pa.array([2, None], pa.int32())
        data[name] = pa.table(rows)
    return Tables(Schema(tuple(tables), ""), data)


def related() -> Tables:
    """Composite keys, a tree, a cycle of required keys, an empty table, a table of nothing but a key, a CHECK."""
    tree = table(
        "tree", [("id", INT, False), ("up", INT, True)], ("id",), foreign_keys=(ForeignKey(("up",), "tree", ("id",)),)
    )
    left = table(
        "left_", [("id", INT, False), ("r", INT, False)], ("id",), foreign_keys=(ForeignKey(("r",), "right_", ("id",)),)
    )
    right = table(
        "right_", [("id", INT, False), ("l", INT, False)], ("id",), foreign_keys=(ForeignKey(("l",), "left_", ("id",)),)
    )
    pair = table("pair", [("a", INT, False), ("b", INT, False), ("n", INT, False)], ("a", "b"),
                 checks=(Check("n > 0", ("n",), name="positive", exact=True),))  # fmt: skip
    leaf = table(
        "leaf",
        [("id", INT, False), ("b", INT, True), ("a", INT, True)],
        ("id",),
        foreign_keys=(ForeignKey(("a", "b"), "pair", ("a", "b")),),
    )
    bare, empty = table("bare", [("id", INT, False)], ("id",)), table("empty", [("id", INT, False)], ("id",))

    def ints(**columns: list[int | None]) -> pa.Table:
        return pa.table({name: pa.array(values, pa.int32()) for name, values in columns.items()})

    data = {
        "tree": ints(id=[1, 2, 3, 4, 5], up=[None, 1, 1, 5, 2]),
        "left_": ints(id=[1, 2], r=[2, 1]),
        "right_": ints(id=[1, 2], l=[1, 2]),
        "pair": ints(a=[1, 1, 2, 2], b=[1, 2, 1, 2], n=[7, 8, 9, 10]),
        "leaf": ints(id=[1, 2, 3], b=[2, None, 1], a=[1, None, 2]),
        "bare": ints(id=[1, 2, 3, 4]),
        "empty": ints(id=[]),
    }
    return Tables(Schema((leaf, tree, left, right, pair, bare, empty), ""), data)


def counted() -> Tables:
    """A table that numbers its own rows."""
    columns = (Column("id", INT, False, identity=True), Column("name", TEXT))
    made = Table("numbered", columns, uniques=(Unique(("id",), primary=True),))
    data = {"numbered": pa.table({"id": pa.array([1, 2, 9], pa.int32()), "name": ["a", "b", "c"]})}
    return Tables(Schema((made,), ""), data)


@dataclass
class Door:
    """A kind of target.

    ``open`` gives a sink for the one target of a test (with ``overwrite``); ``read`` the rows of a table, by id, in the
    order of its first columns, as the driver gives them; ``url`` a SQLAlchemy URL where there is one.
    """

    name: str
    open: Callable[..., Sink]
    read: Callable[[str], list[tuple[Any, ...]]]
    there: Callable[[], bool]
    url: str | None = None


def canonical(value: Any, type: pa.DataType) -> Any:
    """A value as it must be equal, whatever form a driver gives it."""
    if value is None:
        return None
    if pa.types.is_list(type):
        items = json.loads(value) if isinstance(value, str) else list(value)
        return [canonical(item, type.value_type) for item in items]
    if pa.types.is_boolean(type):
        return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else bool(value)
    if pa.types.is_floating(type):
        return float(value)
    if pa.types.is_integer(type) or pa.types.is_decimal(type):
        return Decimal(str(value)) + 0
    if pa.types.is_timestamp(type):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    if pa.types.is_date(type):
        return date.fromisoformat(value) if isinstance(value, str) else value
    if pa.types.is_time(type):
        if hasattr(value, "total_seconds"):  # PyMySQL's
            return (datetime.min + value).time()
        return time.fromisoformat(value) if isinstance(value, str) else value
    if pa.types.is_binary(type):
        return bytes.fromhex(value[2:]) if isinstance(value, str) else bytes(value)
    return value


def texts(value: Any, kind: str) -> Any:
    """Text columns of kinds that drivers parse."""
    if value is None:
        return None
    if kind == "uuid":
        return str(value).replace("-", "")
    if kind == "json" and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:  # a driver has read it: it was a string
            return value
    return value


@contextmanager
def reading(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def parquet_rows(folder: Path, suffix: str, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table in a folder of files, by its manifest."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (entry,) = [one for one in manifest["tables"] if one["name"] == table]
    files = [str(folder / file["path"]) for file in entry["files"]]
    reader = "read_parquet(?)" if suffix == "parquet" else (
        "read_csv(?, all_varchar = true, header = true, allow_quoted_nulls = false, quote = '\"', escape = '\"', "
        "delim = ',', max_line_size = 1000000, parallel = false, auto_detect = false, "
        f"columns = {{{', '.join(_literal(c['name']) + ': ' + _literal('VARCHAR') for c in entry['columns'])}}})"
    )  # fmt: skip
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT * FROM {reader}", [files]).fetchall()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
