"""What makes a task worthless, by measured figures; each filter answers with its reason, or None."""

from __future__ import annotations

from plurel_sql.attempts.judge import quoted
from plurel_sql.tasks.bench import LABELS, Bench
from plurel_sql.tasks.difficulty import Difficulty
from plurel_sql.tasks.labels import SPLITS
from plurel_sql.tasks.model import Task
from plurel_sql.tasks.sql import rows

LEAST = {"train": 200, "val": 50, "test": 50}
"""Labels of a split at least."""
MAJORITY = 0.99
MINORITY = 10
"""Rows of each split, at least, that are not of the most frequent class."""
DEVIATION = 1e-4
SOLVED = 0.98
"""A single feature with this AUROC, R2 or MAP solves the task."""
ONE = 0.99
"""A recommendation is a look-up if so many of the entities that met several times met one and the same."""
ONCE = 0.9
"""It is a matter of chance if so many of those that are met are met for the first time."""
UNBORN = 0.5
"""It can't be made if so many of those that are met were not there yet at the seed time."""
CHANCE = {"AUROC": 0.55, "R2": 0.02, "MAP": 0.01}
"""What a model must reach (the mean of val and test) before a task counts as predictable."""


def of_labels(bench: Bench, task: Task) -> str | None:
    """Size, balance and variance (the limits of the filter used for synthetic pretraining)."""
    if task.destination is not None and (reason := _of_destinations(bench, task, task.destination)) is not None:
        return reason
    counted = dict(rows(bench.connection, f"SELECT split, count(*) FROM {LABELS} GROUP BY 1"))
    for split in SPLITS:
        if counted.get(split, 0) < LEAST[split]:
            return f"too few labels: {counted.get(split, 0)} in {split}, {LEAST[split]} are needed"
    if task.destination is not None:
        return None
    for split in SPLITS:
        distinct, deviation = rows(
            bench.connection,
            f"SELECT count(DISTINCT target), stddev_pop(CAST(target AS DOUBLE)) FROM {LABELS} WHERE split = '{split}'",
        )[0]
        if distinct < 2:
            return f"one value alone in {split}"
        if task.type == "regression" and deviation < DEVIATION:
            return f"next to no variance: deviation {deviation:.1e} in {split}"
        if task.type == "regression" and split != "train":
            continue
        most = rows(
            bench.connection,
            f"SELECT max(n) FROM (SELECT count(*) AS n FROM {LABELS} WHERE split = '{split}' GROUP BY target)",
        )[0][0]
        if most > MAJORITY * counted[split] or counted[split] - most < MINORITY:
            return f"out of balance: all but {counted[split] - most} of {counted[split]} in {split} are alike"
    return None


def _of_destinations(bench: Bench, task: Task, destination: str) -> str | None:
    met = f"SELECT timestamp, entity, unnest(target) AS met FROM {LABELS}"
    one = rows(
        bench.connection,
        f"SELECT avg(CAST(n = 1 AS DOUBLE)) FROM ("
        f"SELECT count(DISTINCT met) AS n FROM ({met}) GROUP BY entity HAVING count(*) > 1)",
    )[0][0]
    if (one or 0.0) >= ONE:
        return f"nothing to choose: {one:.1%} of {task.entity} meet one of {destination} all the time"
    new = rows(bench.connection, f"SELECT count(DISTINCT met) / count(*) FROM ({met})")[0][0]
    if (new or 0.0) >= ONCE:
        return f"no row of {destination} is met again: {new:.0%} of those that are met are met once"
    table = bench.table(destination)
    if table.time is not None:
        late = rows(
            bench.connection,
            f"SELECT avg(CAST(d.{quoted(table.time)} > timestamp AS DOUBLE)) FROM ({met}) "
            f"JOIN {quoted(destination)} d ON d.{quoted(str(table.key))} = met",
        )[0][0]
        if (late or 0.0) > UNBORN:
            return f"{late:.0%} of the {destination} that are met were not there at the seed time"
    return None


def of_difficulty(difficulty: Difficulty) -> str | None:
    """Solved by one feature, or predicted by nothing."""
    name, score = difficulty.simple
    if score >= SOLVED:
        return f"solved by {name} alone: {difficulty.metric} {score:.3f}"
    least = CHANCE[difficulty.metric]
    if difficulty.best < least:
        return f"nothing predicts it: {difficulty.metric} {difficulty.best:.3f}, {least} is needed"
    return None
