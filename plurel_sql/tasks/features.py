"""What a plain model may look at: the entity's own columns, and its history up to the seed time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from plurel_sql.attempts.judge import quoted
from plurel_sql.export.layout import OutTable
from plurel_sql.tasks.bench import LABELS, PAST, SAMPLE, SEEDS, Bench
from plurel_sql.tasks.facts import ColumnFacts
from plurel_sql.tasks.labels import SPLITS
from plurel_sql.tasks.paths import Path, direct, parents
from plurel_sql.tasks.sql import literal, rows

ColumnName = tuple[str, str]
"""Table and column."""
Array = npt.NDArray[np.float64]

LAGS = (1, 4)
"""Histories are summed up over all time and over the last so many windows."""
STATES = 4
"""Values of a category whose frequency in the history is looked at."""
VALUES = 6
CATEGORIES = 2
"""Columns of an event whose histories are looked at: numbers and flags, and categories."""


@dataclass(frozen=True)
class Matrix:
    """Features by name, a number (or NaN) for each sampled label; ``origin``: the column that a feature comes from."""

    columns: dict[str, Array]
    origin: dict[str, ColumnName] = field(default_factory=dict)

    def __or__(self, other: Matrix) -> Matrix:
        return Matrix(self.columns | other.columns, self.origin | other.origin)

    def hiding(self, columns: Collection[ColumnName]) -> Matrix:
        """Without the features that come from these columns."""
        left = {name: values for name, values in self.columns.items() if self.origin.get(name) not in columns}
        return Matrix(left, {name: column for name, column in self.origin.items() if name in left})

    def stacked(self, mask: npt.NDArray[np.bool_]) -> Array:
        """As (rows, features)."""
        return np.column_stack([values[mask] for values in self.columns.values()])


@dataclass(frozen=True)
class Sample:
    """Labels at hand, thinned evenly: ``splits`` and ``target`` by row."""

    splits: npt.NDArray[np.str_]
    target: Array

    def of(self, split: str) -> npt.NDArray[np.bool_]:
        return np.asarray(self.splits == split)


def sample(bench: Bench) -> Sample:
    """Fills ``SAMPLE`` from ``LABELS``: every k-th label of a split in order of time and entity."""
    parts = []
    for split in SPLITS:
        count = rows(bench.connection, f"SELECT count(*) FROM {LABELS} WHERE split = '{split}'")[0][0]
        step = max(1, -(-count // bench.effort.labels[split]))
        parts.append(
            f"SELECT * FROM (SELECT *, row_number() OVER (ORDER BY timestamp, entity) AS n FROM {LABELS} "
            f"WHERE split = '{split}') WHERE n % {step} = 0"
        )
    numbered = "row_number() OVER (ORDER BY split, n) - 1 AS id"
    bench.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {SAMPLE} AS SELECT {numbered}, split, "
        f"CAST(timestamp AS TIMESTAMP) AS timestamp, entity, target FROM ({' UNION ALL '.join(parts)})"
    )
    found = bench.connection.execute(
        f"SELECT split, CAST(target AS DOUBLE) AS target FROM {SAMPLE} ORDER BY id"
    ).fetchnumpy()
    return Sample(np.asarray(found["split"], dtype=np.str_), _floats(found["target"]))


def own(bench: Bench, table: OutTable, key: str = "s.entity", prefix: str = "") -> Matrix:
    """The columns of the row of ``table`` that ``key`` (an expression over ``SAMPLE`` s) names, and its age."""
    used = [column for column in bench.facts.columns[table.name] if column.use not in ("text", "none")]
    asked = {f"{prefix}{column.name}": _number(column) for column in used}
    origin = {f"{prefix}{column.name}": (table.name, column.name) for column in used}
    if table.time is not None:
        asked[f"{prefix}age of row"] = f"epoch(s.timestamp) - epoch(CAST(r.{quoted(table.time)} AS TIMESTAMP))"
    joined = f"LEFT JOIN {quoted(table.name)} r ON r.{quoted(str(table.key))} = {key}"
    return Matrix(_asked(bench, asked, joined), origin)


def linked(bench: Bench, table: OutTable) -> Matrix:
    """The columns of the rows that a row of ``table`` (the seed's entity) refers to."""
    found = Matrix({})
    for link, name in parents(table).items():
        parent = bench.table(name)
        if parent.key is not None:
            found |= own(bench, parent, _link_of_row(table, link), f"{link}: ")
    return found


def below(bench: Bench, table: OutTable) -> Matrix:
    """Sums and means over the rows that refer to a row of ``table`` and came with it, such as the lines of an order."""
    found = Matrix({})
    for child in bench.layout.tables:
        numbers = [column.name for column in bench.facts.columns[child.name] if column.use in ("number", "flag")]
        for link in [link for link, name in parents(child).items() if name == table.name and child.name != name]:
            stem = f"{child.name} by {link}: "
            asked, origin, totals = {f"{stem}rows": "coalesce(r.n, 0)"}, {}, ""
            for index, name in enumerate(numbers):
                totals += f", sum(CAST(y.{quoted(name)} AS DOUBLE)) AS t{index}"
                for form, expression in (("sum", f"r.t{index}"), ("mean", f"r.t{index} / r.n")):
                    asked[f"{stem}{form} {name}"] = expression
                    origin[f"{stem}{form} {name}"] = (child.name, name)
            with_it = "true" if child.time is None else f"y.{quoted(child.time)} <= z.timestamp"
            grouped = (
                f"(SELECT z.id, count(*) AS n{totals} FROM {SAMPLE} z JOIN {quoted(child.name)} y "
                f"ON y.{quoted(link)} = z.entity WHERE {with_it} GROUP BY 1)"
            )
            found |= Matrix(_asked(bench, asked, f"LEFT JOIN {grouped} r ON r.id = s.id"), origin)
    return found


def siblings(bench: Bench, table: OutTable, target: str, window: timedelta) -> Matrix:
    """For each link of a row of ``table`` (the seed's entity): the history of the rows before it that share it."""
    found = Matrix({})
    for link, name in parents(table).items():
        path = direct(bench.table(name), table, link)
        if path is not None and name != table.name:
            found |= history(bench, path, window, target, key=_link_of_row(table, link), before=True)
    return found


def _link_of_row(table: OutTable, link: str) -> str:
    return f"(SELECT q.{quoted(link)} FROM {quoted(table.name)} q WHERE q.{quoted(str(table.key))} = s.entity)"


def history(
    bench: Bench, path: Path, window: timedelta, first: str = "", *, key: str = "s.entity", before: bool = False
) -> Matrix:
    """How many events of ``path``, what their values add up to, and how long ago they were, up to the seed time.

    Args:
        first: a column of the event that must be among those looked at.
        key: the entity, as an expression over ``SAMPLE`` s.
        before: only events strictly before the seed time (an autocomplete row is an event itself).
    """
    values = _values(bench, path, first)
    names = [f"v{index}" for index in range(len(values))]
    listed = "".join(f", sum({name}) AS {name}" for name in names)
    running = "".join(f", sum({name}) OVER past AS t{name}, {name} / n AS l{name}" for name in names)
    events = path.events(*((expression, name) for name, (_, _, expression) in zip(names, values, strict=True)))
    bench.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {SEEDS} AS SELECT s.id, s.timestamp, {key} AS entity FROM {SAMPLE} s"
    )
    bench.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {PAST} AS SELECT *, sum(n) OVER past AS total, "
        f"min(occurred) OVER past AS first{running} FROM ("
        f"SELECT entity, occurred, count(*) AS n{listed} FROM ({events}) "
        f"WHERE entity IN (SELECT entity FROM {SEEDS}) GROUP BY entity, occurred) "
        f"WINDOW past AS (PARTITION BY entity ORDER BY occurred)"
    )
    sign = ">" if before else ">="
    joins, asked = "", {}
    stem = f"{path.label} of {path.entity.name}: "
    origin: dict[str, ColumnName] = {}
    for lag in (0, *LAGS):
        # One moment for each lag: what had happened by then.
        moment = f"s.timestamp - INTERVAL '{round(window.total_seconds()) * lag} seconds'"
        joins += f" ASOF LEFT JOIN {PAST} p{lag} ON p{lag}.entity = s.entity AND s.m{lag} {sign} p{lag}.occurred"
        asked[f"m{lag}"] = moment
    moments = ", ".join(f"{expression} AS {name}" for name, expression in asked.items())
    features = {
        f"{stem}count": "coalesce(p0.total, 0)",
        f"{stem}since": "epoch(s.timestamp) - epoch(p0.occurred)",
        f"{stem}first": "epoch(s.timestamp) - epoch(p0.first)",
    }
    for lag in LAGS:
        features[f"{stem}count in {lag}"] = f"coalesce(p0.total, 0) - coalesce(p{lag}.total, 0)"
    for name, (column, label, _) in zip(names, values, strict=True):
        made = {"mean": f"p0.t{name} / p0.total", "last": f"p0.l{name}"}
        for lag in LAGS:
            recent = f"coalesce(p0.t{name}, 0) - coalesce(p{lag}.t{name}, 0)"
            made[f"sum in {lag}"] = recent
            made[f"mean in {lag}"] = f"({recent}) / nullif(coalesce(p0.total, 0) - coalesce(p{lag}.total, 0), 0)"
        features |= {f"{stem}{label} {form}": expression for form, expression in made.items()}
        origin |= {f"{stem}{label} {form}": (path.event.name, column) for form in made}
    return Matrix(_asked(bench, features, joins, f"(SELECT *, {moments} FROM {SEEDS} s)"), origin)


def _values(bench: Bench, path: Path, first: str) -> list[tuple[str, str, str]]:
    """Numbers of an event as (column, what it is, expression): numbers, flags, the common values of a category."""
    table = path.event.name
    numbers = sorted((*bench.facts.of(table, "number"), *bench.facts.of(table, "flag")), key=lambda c: c.name != first)
    found = [(column.name, column.name, f"CAST(x.{quoted(column.name)} AS DOUBLE)") for column in numbers[:VALUES]]
    for column in sorted(bench.facts.of(table, "category"), key=lambda c: c.name != first)[:CATEGORIES]:
        for value in column.values[:STATES]:
            is_it = f"CAST(CAST(x.{quoted(column.name)} AS VARCHAR) = {literal(value)} AS DOUBLE)"
            found.append((column.name, f"{column.name} is {value}", is_it))
    return found


def _number(column: ColumnFacts) -> str:
    name = f"r.{quoted(column.name)}"
    if column.use == "category":
        listed = ", ".join(literal(value) for value in column.values)
        return f"list_position([{listed}], CAST({name} AS VARCHAR))"
    if column.use == "time":
        return f"epoch(s.timestamp) - epoch(CAST({name} AS TIMESTAMP))"
    return name


def _asked(bench: Bench, asked: dict[str, str], joins: str, seeds: str = SAMPLE) -> dict[str, Array]:
    """Expressions over each sampled label ``s`` and what is joined to it, in the sample's order."""
    if not asked:
        return {}
    listed = ", ".join(f"CAST({expression} AS DOUBLE) AS f{index}" for index, expression in enumerate(asked.values()))
    found = bench.connection.execute(f"SELECT {listed} FROM {seeds} s {joins} ORDER BY s.id").fetchnumpy()
    return {name: _floats(found[f"f{index}"]) for index, name in enumerate(asked)}


def _floats(column: Any) -> Array:
    """NULL as NaN."""
    return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
