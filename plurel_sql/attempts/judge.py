"""Expressions evaluated on Arrow rows, by a DuckDB of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from plurel_sql.attempts.macros import MACROS

ROW = "plurel:row"
"""The column that carries a row's place; no column of a table is called so."""

Places = npt.NDArray[np.int64]

_TYPES = {
    "bool": "BOOLEAN", "int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT",
    "uint8": "UTINYINT", "uint16": "USMALLINT", "uint32": "UINTEGER", "uint64": "UBIGINT", "float32": "FLOAT",
    "float64": "DOUBLE", "utf8": "VARCHAR", "date32": "DATE", "time64": "TIME", "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ", "interval": "INTERVAL", "binary": "BLOB",
}  # fmt: skip


def quoted(name: str) -> str:
    """``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def type_name(arrow: str) -> str:
    """DuckDB's name of an Arrow type in short (see ``plan.model.Column``)."""
    if arrow.startswith("list<"):
        return type_name(arrow[5:-1]) + "[]"
    if found := re.fullmatch(r"decimal128\((\d+),(-?\d+)\)", arrow):
        return f"DECIMAL({found[1]},{found[2]})"
    return _TYPES[arrow]


def passes(expression: str) -> str:
    """The condition that a CHECK passes: true or NULL. What fails to evaluate would stop an INSERT, so it fails."""
    return f"coalesce(TRY(coalesce(CAST(({expression}) AS BOOLEAN), true)), false)"


class Judge:
    """A connection with the macros that transpiled expressions call. Not for two threads at a time."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET TimeZone = 'UTC'")
        for macro in MACROS:
            self._connection.execute(f"CREATE MACRO {macro}")

    def cursor(self) -> Judge:
        """A judge for another thread, over the same macros."""
        other = Judge.__new__(Judge)
        other._connection = self._connection.cursor()
        other._connection.execute("SET TimeZone = 'UTC'")
        return other

    def refusal(self, expression: str, rows: pa.Table, cast: bool = True) -> str | None:
        """Why DuckDB can't evaluate an expression (a CHECK where ``cast``) on rows like these; None where it can."""
        term = passes(expression) if cast else f"TRY({expression})"
        try:
            self._query(f"SELECT {term} FROM rows LIMIT 0", rows)
        except duckdb.Error as error:
            return " ".join(re.split(r"\n+LINE |\s+Candidate functions:", str(error))[0].split())
        return None

    def failing(self, rows: pa.Table, conditions: Sequence[str]) -> Places:
        """The places of the rows that don't meet all conditions, ascending."""
        if not conditions or not rows.num_rows:
            return np.empty(0, np.int64)
        met = " AND ".join(conditions)
        found = self._query(f"SELECT {quoted(ROW)} FROM rows WHERE NOT ({met})", numbered(rows))
        return np.sort(found.column(0).to_numpy())

    def select(self, rows: pa.Table, terms: Sequence[str]) -> pa.Table:
        """The terms evaluated on each row, in the order of the rows."""
        found = self._query(f"SELECT {quoted(ROW)}, {', '.join(terms)} FROM rows", numbered(rows))
        order = np.argsort(found.column(0).to_numpy())
        if not (np.diff(order) == 1).all():
            found = found.take(pa.array(order))
        return found.drop_columns([ROW])

    def _query(self, sql: str, rows: pa.Table) -> pa.Table:
        self._connection.register("rows", rows)
        try:
            return self._connection.sql(sql).to_arrow_table()
        finally:
            self._connection.unregister("rows")


def numbered(rows: pa.Table) -> pa.Table:
    """``rows`` with their places beside them."""
    return rows.append_column(ROW, pa.array(np.arange(rows.num_rows, dtype=np.int64)))
