"""What needs no pretraining: a constant, the last label seen, gradient-boosted trees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import yaml
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from plurel_sql.context import Task
from plurel_sql.export.layout import Kind, Layout, OutColumn, OutLink, OutTable
from plurel_sql.tasks import features
from plurel_sql.tasks.bench import SAMPLE, Bench
from plurel_sql.tasks.facts import measure
from plurel_sql.tasks.features import Matrix
from plurel_sql.tasks.paths import paths

Floats = npt.NDArray[np.float64]
AHEAD = 20
"""Of an autocomplete row, recent history is one part of so many of the time up to the validation cut."""
HISTORIES = 4
"""Kinds of events of an entity that are looked at."""


def constant(task: Task, split: str = "test") -> Floats:
    """The training labels' mean, or for a number their median, which has the smallest absolute error."""
    train = task.labels[task.splits["train"]]
    count = len(task.labels[task.splits[split]])
    return np.full(count, np.nanmedian(train) if task.kind == "number" else np.nanmean(train))


def last_value(task: Task, split: str = "test") -> Floats:
    """The entity's latest label whose time had come when the row asks; the constant where it has none.

    A forecast's label is known ``horizon`` after its time; of an autocomplete task every row is an entity of its own.
    """
    known = np.arange(len(task.rows))[task.splits["train"]]
    known = known[~np.isnan(task.labels[known])]
    order = known[np.lexsort((task.times[known], task.rows[known]))]
    entities, moments = task.rows[order], task.times[order] + task.horizon
    asked = np.arange(len(task.rows))[task.splits[split]]
    found = constant(task, split)
    for place, row in enumerate(asked):
        low, high = (
            np.searchsorted(entities, task.rows[row], "left"),
            np.searchsorted(entities, task.rows[row], "right"),
        )
        at = low + np.searchsorted(moments[low:high], task.times[row], "right") - 1
        if at >= low:
            found[place] = task.labels[order[at]]
    return found


@dataclass(frozen=True)
class Trees:
    """Predictions of gradient-boosted trees fitted on the training rows; ``entity`` sees the entity's columns alone,
    ``history`` also what its events add up to. None where there is nothing to see."""

    entity: Floats | None
    history: Floats | None


def trees(folder: Path, task: Task, split: str = "test") -> Trees:
    """Both trees on a dataset folder (cut it first for the other protocol)."""
    with duckdb.connect() as connection:
        bench = open_bench(folder, connection)
        if bench is None:
            return Trees(None, None)
        _rows(connection, task)
        train, asked = (np.arange(len(task.rows))[task.splits[each]] for each in ("train", split))
        entity, history = _matrices(bench, task)
        return Trees(*(_fitted(task, matrix, train, asked) for matrix in (entity, entity | history)))


def open_bench(folder: Path, connection: duckdb.DuckDBPyConnection) -> Bench | None:
    """A dataset folder as the task code looks at databases; None where no row lies on one side of the
    validation cut."""
    manifest = yaml.safe_load((folder / "manifest.yaml").read_text(encoding="utf-8"))
    tables = []
    for name, table in manifest["tables"].items():
        quoted = name.replace('"', '""')
        connection.execute(
            f'CREATE TABLE "{quoted}" AS SELECT * FROM read_parquet(?)', [str(folder / "db" / f"{name}.parquet")]
        )
        described = connection.execute(f'DESCRIBE "{quoted}"').fetchall()
        tables.append(_table(name, table, [(row[0], row[1]) for row in described]))
    # Both cuts at the first: nothing lies behind the second one in a dataset that was cut there.
    end = int(np.datetime64(str(manifest["val_timestamp"]), "us").astype(np.int64))
    layout = Layout(manifest["name"], tuple(tables), end, end)
    facts = measure(connection, layout)
    return None if facts is None else Bench(connection, layout, facts)


def _table(name: str, manifest: dict[str, Any], columns: list[tuple[str, str]]) -> OutTable:
    links = tuple(OutLink(column, parent, (column,), ()) for column, parent in (manifest["fkeys"] or {}).items())
    roles = {link.column: "link" for link in links} | {manifest["pkey"]: "key", manifest["time_col"]: "time"}
    made = tuple(OutColumn(each, (each,), roles.get(each, "feature"), _kind(type_)) for each, type_ in columns)
    return OutTable(name, name, manifest["pkey"], manifest["time_col"], links, made)


def _kind(type_: str) -> Kind:
    if "INT" in type_:
        return "integer"
    if type_ in ("DOUBLE", "FLOAT") or type_.startswith("DECIMAL"):
        return "float"
    if type_ == "BOOLEAN":
        return "boolean"
    return "timestamp" if type_.startswith(("TIMESTAMP", "DATE")) else "text"


def _rows(connection: duckdb.DuckDBPyConnection, task: Task) -> None:
    """All rows of the task as the feature code's ``SAMPLE``, numbered as they are."""
    split = np.empty(len(task.rows), dtype=object)
    for name, part in task.splits.items():
        split[part] = name
    rows = pa.table(
        {
            "id": np.arange(len(task.rows)),
            "split": pa.array(split, pa.string()),
            "timestamp": pa.array(task.times.astype("datetime64[ns]")).cast(pa.timestamp("us"), safe=False),
            "entity": task.rows,
            "target": task.labels,
        }
    )
    connection.register("rows", rows)
    connection.execute(f"CREATE TEMP TABLE {SAMPLE} AS SELECT * FROM rows")


def _matrices(bench: Bench, task: Task) -> tuple[Matrix, Matrix]:
    """What is known of the entity's row, and of its history."""
    table = bench.table(task.table)
    hidden = [*task.leaks, *([(task.table, task.target)] if task.is_column else [])]
    entity, history = features.own(bench, table).hiding(hidden), Matrix({})
    if task.is_column:
        window = (bench.facts.val - bench.facts.first) / AHEAD
        history = features.linked(bench, table) | features.below(bench, table)
        history |= features.siblings(bench, table, task.target, window)
    else:
        window = timedelta(microseconds=task.horizon / 1000)
        for path in [path for path in paths(bench.layout) if path.entity.name == task.table][:HISTORIES]:
            history |= features.history(bench, path, window)
    return entity, history.hiding(hidden)


def _fitted(task: Task, matrix: Matrix, train: npt.NDArray[np.int64], asked: npt.NDArray[np.int64]) -> Floats | None:
    every = np.ones(len(task.rows), dtype=bool)
    values = matrix.stacked(every) if matrix.columns else np.zeros((len(task.rows), 0))
    values = values[:, ~np.isnan(values[train]).all(axis=0)]
    if not values.shape[1]:
        return None
    known = train[~np.isnan(task.labels[train])]
    if task.kind == "number":
        # relbench judges numbers by the absolute error.
        model = HistGradientBoostingRegressor(loss="absolute_error", early_stopping=True, random_state=0)
        return np.asarray(model.fit(values[known], task.labels[known]).predict(values[asked]))
    chance = HistGradientBoostingClassifier(early_stopping=True, random_state=0)
    return np.asarray(chance.fit(values[known], task.labels[known]).predict_proba(values[asked])[:, 1])
