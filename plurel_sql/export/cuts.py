"""Where training ends and the test begins, and which rows no cut can keep."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from plurel_sql.attempts.judge import quoted
from plurel_sql.export.layout import OutTable
from plurel_sql.schema.model import Note

_DAY = 86_400_000_000

_SHORT = 0.02
"""Share of the span that a split has at least: rows that crowd at the end leave tasks no window."""


def cuts(connection: duckdb.DuckDBPyConnection, tables: Sequence[OutTable]) -> tuple[int, int] | None:
    """Validation and test cuts (microseconds), at midnight where days are fine enough; None where there are no two
    different times.

    They stand at the 80 % and 90 % quantiles of the times of the tables whose rows happen under another (of all timed
    ones where there is none such), or, where that leaves next to no time to be forecast, at 80 % and 90 % of the span.
    """
    happening = events(tables)
    if not happening:
        return None
    union = " UNION ALL ".join(f"SELECT {quoted(str(t.time))}::TIMESTAMP AS t FROM {quoted(t.name)}" for t in happening)
    ((low, val, test, high),) = connection.execute(
        f"SELECT epoch_us(min(t)), epoch_us(quantile_disc(t, 0.8)), epoch_us(quantile_disc(t, 0.9)), epoch_us(max(t))"
        f" FROM ({union}) WHERE t IS NOT NULL"
    ).fetchall()
    return None if low is None else chosen(low, val, test, high)


def events(tables: Sequence[OutTable]) -> list[OutTable]:
    """The tables by whose times the cuts are chosen."""
    timed = [table for table in tables if table.time is not None and not table.lenders]
    return [table for table in timed if table.links] or timed


def quantile(count: int, tenths: int) -> int:
    """The place of a quantile among ``count`` sorted values, as DuckDB's ``quantile_disc`` has it."""
    return max(count - count * (10 - tenths) // 10, 1) - 1


def chosen(low: int, val: int, test: int, high: int) -> tuple[int, int] | None:
    """The cuts, of the first and last time and the quantiles."""
    if low == high:
        return None
    if not low < val < test < high or min(test - val, high - test) < (high - low) * _SHORT:
        val, test = low + (high - low) * 8 // 10, low + (high - low) * 9 // 10
    if test - val >= 10 * _DAY and val - val % _DAY > low:
        val, test = val - val % _DAY, test - test % _DAY
    return val, test


def timeless(connection: duckdb.DuckDBPyConnection, tables: Sequence[OutTable]) -> tuple[Note, ...]:
    """Notes on tables of which some rows have no time: relbench drops them wherever it cuts."""
    timed = [table for table in tables if table.time is not None]
    if not timed:
        return ()
    union = " UNION ALL ".join(
        f"SELECT {k} AS k, count(*) AS n, count({quoted(str(table.time))}) AS held FROM {quoted(table.name)}"
        for k, table in enumerate(timed)
    )
    found = connection.execute(f"SELECT k, n, n - held FROM ({union}) WHERE held < n ORDER BY k").fetchall()
    return tuple(timeless_note(timed[k], rows, missing) for k, rows, missing in found)


def timeless_note(table: OutTable, rows: int, missing: int) -> Note:
    """That some of a table's rows have no time."""
    return Note(
        f"{missing:,} of {rows:,} rows have no {table.time}: relbench leaves them out of what it cuts by time",
        table.source,
        level="info",
    )
