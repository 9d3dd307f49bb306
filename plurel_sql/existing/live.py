"""What a filled target is asked: how many rows there are, and the values of key columns, as Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
from sqlalchemy import make_url

from plurel_sql import urls
from plurel_sql.errors import InputError, RunError, TargetError
from plurel_sql.reflect.connect import connected, file_of
from plurel_sql.schema.model import Table


class _Query(Protocol):
    def __call__(self, sql: str) -> Sequence[Sequence[Any]]: ...


class Live:
    """An open target. Nothing is written through it, and no other values are read than keys."""

    def __init__(self, query: _Query, quote: str, default: str | None) -> None:
        self._query = query
        self._mark = quote
        self._default = default

    def count(self, table: Table) -> int:
        """How many rows the table holds."""
        return int(self._query(f"SELECT count(*) FROM {self._name(table)}")[0][0])

    def columns(self, table: Table, types: dict[str, pa.DataType]) -> pa.Table:
        """These columns of all rows, in a fixed order.

        Args:
            types: Arrow type of each column that is wanted.

        Raises:
            RunError: a value does not fit its type.
        """
        names = ", ".join(map(self._quoted, types))
        order = ", ".join(str(k + 1) for k in range(len(types)))
        rows = self._query(f"SELECT {names} FROM {self._name(table)} ORDER BY {order}")
        by_column = list(zip(*rows, strict=True)) or [()] * len(types)
        arrays = []
        for (name, type_), values in zip(types.items(), by_column, strict=True):
            try:
                arrays.append(to_arrow(values, type_))
            except (pa.ArrowException, ValueError, TypeError, ArithmeticError) as error:
                raise RunError(f"holds values that are no {type_}: {error}", place=f"{table.id}.{name}") from error
        return pa.Table.from_arrays(arrays, list(types))

    def largest(self, table: Table, column: str, within: Sequence[str]) -> list[tuple[Any, ...]]:
        """For each combination of the columns ``within``: it, and the largest value of ``column`` there."""
        names = ", ".join(map(self._quoted, within))
        return [
            tuple(row)
            for row in self._query(
                f"SELECT {names}, max({self._quoted(column)}) FROM {self._name(table)} GROUP BY {names}"
            )
        ]

    def _name(self, table: Table) -> str:
        namespace = table.namespace or self._default
        return ".".join(map(self._quoted, filter(None, (namespace, table.name))))

    def _quoted(self, name: str) -> str:
        return self._mark + name.replace(self._mark, 2 * self._mark) + self._mark


_MARKS = {"mysql": "`", "mariadb": "`"}
_DEFAULTS = {"postgresql": "public"}


@contextmanager
def opened(url: str) -> Iterator[Live]:
    """The database behind a URL, opened for reading.

    Raises:
        InputError: it can't be reached or read.
    """
    if urls.scheme(url) == "duckdb":
        path = file_of(make_url(url))
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                yield Live(lambda sql: connection.execute(sql).fetchall(), '"', "main")
        except duckdb.Error as error:
            raise InputError(f"can't be read: {' '.join(str(error).split())}", place=str(path)) from error
        return
    parsed = urls.parse(url)
    engine = parsed.get_backend_name()
    if engine == "sqlite":
        file_of(parsed)  # a missing one would be made
    with connected(parsed) as link:
        yield Live(lambda sql: link.exec_driver_sql(sql).all(), _MARKS.get(engine, '"'), _DEFAULTS.get(engine))


def to_arrow(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """A driver's values as Arrow; engines without a type of their own (SQLite) give text or numbers instead.

    Raises:
        ArrowException, ValueError, TypeError, ArithmeticError: they can't be read as that type.
    """
    try:
        return pa.array(values, type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError):
        pass
    if pa.types.is_temporal(type_):
        return pa.array([None if value is None else str(value) for value in values]).cast(type_)
    made: Any = str
    if pa.types.is_integer(type_):
        made = int
    elif pa.types.is_decimal(type_):
        made = _decimal
    elif pa.types.is_boolean(type_):
        made = bool
    elif pa.types.is_floating(type_):
        made = float
    elif pa.types.is_binary(type_):
        made = _bytes
    return pa.array([None if value is None else made(value) for value in values], type_)


def _decimal(value: object) -> Decimal:
    return Decimal(str(value))


def _bytes(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)  # type: ignore[call-overload]


def url_of(target: str | Path) -> str:
    """The URL of a target that is there: itself, or that of a SQLite or DuckDB file.

    Raises:
        TargetError: there is no such file.
    """
    written = str(target)
    if urls.is_url(written):
        return written
    try:
        with open(written, "rb") as file:
            head = file.read(16)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TargetError(f"can't be read: {reason}", place=written, hint="--existing fills what is there") from error
    return f"{'sqlite' if head == _SQLITE else 'duckdb'}:///{written}"


_SQLITE = b"SQLite format 3\0"


def shown(url: str) -> str:
    """The target for messages."""
    return urls.hidden(url)
