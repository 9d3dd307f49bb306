"""Columns that give a target away, found by their values, never by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from plurel_sql.attempts.judge import quoted
from plurel_sql.export.layout import OutTable
from plurel_sql.plan.reads import twins
from plurel_sql.tasks.bench import SAMPLE, Bench
from plurel_sql.tasks.facts import ColumnFacts
from plurel_sql.tasks.features import Matrix, Sample
from plurel_sql.tasks.model import Task
from plurel_sql.tasks.models import Trees, alone
from plurel_sql.tasks.paths import Path
from plurel_sql.tasks.sql import rows

ALONE = {"regression": 0.9, "binary_classification": 0.95}
"""A column that reaches this R2 or AUROC by itself says the target in other words."""
TOGETHER = {"regression": 0.97, "binary_classification": 0.985}
"""Columns that reach this together determine the target: it is computed from them."""
PURE = 0.99
"""A column determines the target if so many rows lie in groups of equal value that agree on the target."""
IMPLIED = 0.2
"""A state gives the target away if so many rows have a value with which it is always the same."""
SEVERAL = 20
LEFT = 0.001
"""Rows that agree: so many at least, with so small a part of the target's variance left among them."""
CHANCE = 1e-9
"""Rows that have one label in common by chance at this rate are no rule."""
LATER = 0.01
"""A time of the entity that lies after so many of its seeds was not known then."""
FOLLOWS = 0.95
"""Rank correlation from which on a number of the entity is taken for a sum over its events."""


@dataclass(frozen=True)
class Leak:
    """A column to be removed, and why."""

    table: str
    column: str
    reason: str


def in_row(bench: Bench, task: Task, sample: Sample, visible: Matrix) -> tuple[Leak, ...]:
    """Leaks among what an autocomplete row shows: its own columns, those of its parents, of what hangs on it.

    First, where the rows come of a plan, columns that are known to tell the target's own chance; then columns whose
    equal values decide the target, then those that predict it alone, then, while trees on all
    that is left still reproduce it, the column they need most.
    """
    leaks = list(_twins(bench, task))
    leaks += _by_value(bench, task, bench.table(task.entity), skip=(task.target, *(leak.column for leak in leaks)))
    left = _removable(visible.hiding([(leak.table, leak.column) for leak in leaks]))
    for name, values in left.columns.items():
        score = alone(task.type, values, sample)
        if score >= ALONE[task.type]:
            leaks.append(Leak(*left.origin[name], f"reproduces the target alone ({score:.3f})"))
    left = left.hiding([(leak.table, leak.column) for leak in leaks])
    train, judge = sample.of("train"), sample.of("val")
    while left.columns:
        model = Trees(task.type, bench.effort).fit(left.stacked(train), sample.target[train])
        score = model.score(left.stacked(judge), sample.target[judge]).value
        if score < TOGETHER[task.type]:
            break
        needed = left.origin[_most_needed(model, left, sample, score)]
        leaks.append(Leak(*needed, f"reproduces the target together with others ({score:.3f})"))
        left = left.hiding([needed])
    return tuple({(leak.table, leak.column): leak for leak in reversed(leaks)}.values())[::-1]


def _twins(bench: Bench, task: Task) -> Iterator[Leak]:
    if bench.plan is None:
        return
    table = bench.table(task.entity)
    (source,) = table.column(task.target).source
    telling = twins(bench.plan.table(table.source), source)
    for column in table.columns:
        if column.role == "feature" and telling.intersection(column.source):
            yield Leak(table.name, column.name, "is made from what the target is made from, or of it")


def _removable(matrix: Matrix) -> Matrix:
    return Matrix({name: values for name, values in matrix.columns.items() if name in matrix.origin}, matrix.origin)


def in_entity(bench: Bench, task: Task, paths: Sequence[Path]) -> tuple[Leak, ...]:
    """Leaks among the entity's own columns for a forecast: what was written after the seed time."""
    table = bench.table(task.entity)
    leaks = [*_later(bench, table), *_totals(bench, table, paths)]
    if task.type == "binary_classification":  # a number's zeros may be settled by many a harmless trait
        leaks += _by_value(bench, task, table, skip=[leak.column for leak in leaks])
    return tuple(leaks)


def _most_needed(model: Trees, left: Matrix, sample: Sample, score: float) -> str:
    """The column whose values, turned by half the rows, cost the most."""
    judge = sample.of("val")
    features, target = left.stacked(judge), sample.target[judge]
    losses = {}
    for index, name in enumerate(left.columns):
        turned = features.copy()
        turned[:, index] = np.roll(turned[:, index], len(turned) // 2)
        losses[name] = score - model.score(turned, target).value
    return max(losses, key=lambda name: losses[name])


def _by_value(bench: Bench, task: Task, table: OutTable, skip: Sequence[str]) -> Iterator[Leak]:
    """Columns of the entity's row whose equal values, or whose being NULL, decide the target."""
    for column in bench.facts.columns[table.name]:
        if column.name in skip or column.use == "none":
            continue
        reason = _decides(bench, task, table, column)
        if reason is not None:
            yield Leak(table.name, column.name, reason)


def _decides(bench: Bench, task: Task, table: OutTable, column: ColumnFacts) -> str | None:
    name, key = f"r.{quoted(column.name)}", quoted(str(table.key))
    joined = f"{SAMPLE} s JOIN {quoted(table.name)} r ON r.{key} = s.entity"
    total, mean, spread = rows(
        bench.connection, f"SELECT count(*), avg(CAST(target AS DOUBLE)), var_pop(CAST(target AS DOUBLE)) FROM {SAMPLE}"
    )[0]
    if not spread:
        return None
    binary = task.type == "binary_classification"
    # Rows whose value leaves the target no room: of a number next to no variance, of a label one class beyond chance.
    chance = (
        f"n * ln(CASE WHEN mean > 0.5 THEN {mean} ELSE {1 - mean} END) < ln({CHANCE})" if binary else f"n >= {SEVERAL}"
    )
    best, repeated = 0, 0
    for value in (name, f"{name} IS NULL"):
        several, certain = rows(
            bench.connection,
            f"SELECT coalesce(sum(n) FILTER (WHERE n >= {SEVERAL}), 0), "
            f"coalesce(sum(n) FILTER (WHERE variance <= {LEFT} * {spread} AND {chance}), 0) FROM ("
            f"SELECT {value} AS value, count(*) AS n, avg(CAST(s.target AS DOUBLE)) AS mean, "
            f"var_pop(CAST(s.target AS DOUBLE)) AS variance FROM {joined} GROUP BY 1)",
        )[0]
        best, repeated = max((best, repeated), (certain, several))
    if best >= PURE * total:
        return "determines the target"
    if best >= IMPLIED * total and repeated >= total / 2:
        return f"settles the target of {best / total:.0%} of the rows"
    return None


def _later(bench: Bench, table: OutTable) -> Iterator[Leak]:
    for column in bench.facts.of(table.name, "time"):
        later = rows(
            bench.connection,
            f"SELECT avg(CAST(coalesce(CAST(r.{quoted(column.name)} AS TIMESTAMP) > s.timestamp, false) AS DOUBLE)) "
            f"FROM {SAMPLE} s JOIN {quoted(table.name)} r ON r.{quoted(str(table.key))} = s.entity",
        )[0][0]
        if (later or 0.0) > LATER:
            yield Leak(table.name, column.name, f"lies after {later:.0%} of the seed times")


def _totals(bench: Bench, table: OutTable, paths: Sequence[Path]) -> Iterator[Leak]:
    """Numbers of the entity that follow a count or a sum over all its events, the later ones included."""
    numbers = bench.facts.of(table.name, "number")
    if not numbers:
        return
    totals: dict[str, str] = {}
    joins = ""
    for index, path in enumerate(paths):
        values = bench.facts.of(path.event.name, "number")
        sums = "".join(f", sum(v{n}) AS v{n}" for n in range(len(values)))
        events = path.events(*((f"CAST(x.{quoted(value.name)} AS DOUBLE)", f"v{n}") for n, value in enumerate(values)))
        joins += (
            f" LEFT JOIN (SELECT entity, count(*) AS n{sums} FROM ({events}) GROUP BY 1) p{index} "
            f"ON p{index}.entity = r.{quoted(str(table.key))}"
        )
        totals[f"p{index}.n"] = f"the number of its {path.label}"
        totals |= {f"p{index}.v{n}": f"its total of {path.event.name}.{value.name}" for n, value in enumerate(values)}
    step = max(1, bench.facts.rows[table.name] // 20_000)
    base = f"FROM {quoted(table.name)} r{joins} WHERE r.{quoted(str(table.key))} % {step} = 0"
    own = [f"r.{quoted(column.name)}" for column in numbers]
    ranked = [
        f"CASE WHEN {each} IS NOT NULL THEN rank() OVER (ORDER BY {each}) END AS o{k}" for k, each in enumerate(own)
    ]
    ranked += [f"rank() OVER (ORDER BY coalesce({total}, 0)) AS t{k}" for k, total in enumerate(totals)]
    asked = ", ".join(f"corr(o{k}, t{n})" for k in range(len(own)) for n in range(len(totals)))
    found = rows(bench.connection, f"SELECT {asked} FROM (SELECT {', '.join(ranked)} {base})")[0]
    for k, column in enumerate(numbers):
        correlations = found[k * len(totals) : (k + 1) * len(totals)]
        for meaning, correlation in zip(totals.values(), correlations, strict=True):
            if correlation is not None and correlation >= FOLLOWS:
                yield Leak(table.name, column.name, f"follows {meaning} over all time ({correlation:.3f})")
                break
