"""What is measured of a database before tasks are proposed: the use a column can be put to, by its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from plurel_sql.attempts.judge import quoted
from plurel_sql.export.layout import Layout, OutColumn, OutTable
from plurel_sql.tasks.sql import Connection, moment, rows

Use = Literal["flag", "category", "number", "time", "text", "code", "none"]
"""``flag``: a boolean, or a number that is 0 or 1; ``code``: an integer that tells rows apart, or helps to in a key;
``none``: fewer than two values."""

SAMPLE = 100_000
"""Rows looked at in each table."""
CATEGORIES = 30
"""A text with more values than this, or that repeats less than ten times each, is no category."""
REPEATS = 10
LEVELS = 7
BATCH = 50
"""Columns in one query."""


@dataclass(frozen=True)
class ColumnFacts:
    """``filled``: the share not NULL; ``whole``: an integer; ``values``: of a category, the most frequent first;
    ``target``: whether it may be asked for (what tells rows apart is nothing to predict)."""

    name: str
    use: Use
    distinct: int
    filled: float
    whole: bool
    values: tuple[str, ...] = ()
    target: bool = True

    @property
    def adds_up(self) -> bool:
        """Whether its sum says something: whole numbers of few values are levels (a rating, a priority)."""
        return not self.whole or self.distinct > LEVELS


@dataclass(frozen=True)
class Facts:
    """Figures of a database as tasks need them.

    ``rows``: of each table; ``columns``: features only, no keys, links or the time column; ``val``, ``test``: the cuts;
    ``first``, ``last_seen`` and ``last``: the database's earliest time, its latest up to the test cut, its latest.
    """

    rows: dict[str, int]
    columns: dict[str, tuple[ColumnFacts, ...]]
    val: datetime
    test: datetime
    first: datetime
    last_seen: datetime
    last: datetime

    def of(self, table: str, use: Use) -> tuple[ColumnFacts, ...]:
        """The table's columns of this use."""
        return tuple(column for column in self.columns[table] if column.use == use)

    def targets(self, table: str, use: Use) -> tuple[ColumnFacts, ...]:
        """Those of them that may be asked for."""
        return tuple(column for column in self.of(table, use) if column.target)


def measure(connection: Connection, layout: Layout) -> Facts | None:
    """Looks at every table; None if the layout has no cuts, or no row lies on one side of them."""
    if layout.val_timestamp is None or layout.test_timestamp is None:
        return None
    counts, columns = {}, {}
    times: list[tuple[datetime, ...]] = []
    val, test = _moment(layout.val_timestamp), _moment(layout.test_timestamp)
    for table in layout.tables:
        counts[table.name] = int(rows(connection, f"SELECT count(*) FROM {quoted(table.name)}")[0][0])
        relation = _sampled(table, counts[table.name])
        columns[table.name] = tuple(_columns(connection, table, relation))
        if table.time is not None:
            time = f"CAST({quoted(table.time)} AS TIMESTAMP)"
            ends = f"min({time}), max({time}) FILTER (WHERE {time} <= {moment(test)}), max({time})"
            times += rows(connection, f"SELECT {ends} FROM {quoted(table.name)}")
    first, seen, last = ([ends[which] for ends in times if ends[which] is not None] for which in range(3))
    if not first or not seen or min(first) >= val or max(last) <= test:
        return None
    return Facts(counts, columns, val, test, min(first), max(seen), max(last))


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=micros)


def _sampled(table: OutTable, count: int) -> str:
    """A relation of at most about ``SAMPLE`` rows of the table, spread evenly over it where it has a key."""
    step = -(-count // SAMPLE) if count else 1
    if step == 1:
        return quoted(table.name)
    if table.key is None:
        return f"(SELECT * FROM {quoted(table.name)} LIMIT {SAMPLE})"
    return f"(SELECT * FROM {quoted(table.name)} WHERE {quoted(table.key)} % {step} = 0)"


def _columns(connection: Connection, table: OutTable, relation: str) -> Iterator[ColumnFacts]:
    features = [column for column in table.columns if column.role == "feature"]
    for start in range(0, len(features), BATCH):
        part = features[start : start + BATCH]
        asked = ", ".join(f"count({quoted(column.name)}), count(DISTINCT {quoted(column.name)})" for column in part)
        total, *figures = rows(connection, f"SELECT count(*), {asked} FROM {relation}")[0]
        for column, filled, distinct in zip(part, figures[::2], figures[1::2], strict=True):
            yield _column(connection, relation, column, (total, filled, distinct))


def _column(connection: Connection, relation: str, column: OutColumn, figures: tuple[int, int, int]) -> ColumnFacts:
    total, filled, distinct = figures
    name, whole = quoted(column.name), column.kind == "integer"
    values: tuple[str, ...] = ()
    use: Use = "text"
    if distinct < 2:
        use = "none"
    elif column.names_row:
        use = "code" if whole else "text"
    elif column.kind == "boolean":
        use = "flag"
    elif column.kind in ("integer", "float"):
        use = "code" if whole and distinct == filled else "number"
        if distinct == 2 and rows(connection, f"SELECT min({name}), max({name}) FROM {relation}")[0] == (0, 1):
            use = "flag"
    elif column.kind == "timestamp":
        use = "time"
    elif distinct <= CATEGORIES and distinct * REPEATS <= filled:
        use = "category"
        found = f"SELECT {name} FROM {relation} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
        values = tuple(str(value) for (value,) in rows(connection, found))
    return ColumnFacts(column.name, use, distinct, filled / total if total else 0.0, whole, values, not column.keyed)
