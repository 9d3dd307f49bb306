"""A rival for the optimum: gradient-boosted trees on what a row and its parents show."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from plurel_sql.api import Database
from plurel_sql.errors import InputError
from plurel_sql.plan.model import Ref, Sequence, Table
from plurel_sql.sample import Sampler
from plurel_sql.truth.optimum import labels


@dataclass
class Contest:
    """One column: held-out cells, the optima's predictions of them, and the trees'.

    ``losses``: of each held-out cell, log-loss for labels, absolute error for numbers (of the median).
    """

    name: str
    truth: np.ndarray
    labels: tuple[str, ...] | None
    optima: dict[str, pa.Table]
    losses: dict[str, np.ndarray]


def predictable(database: Database, least: int) -> list[tuple[str, str]]:
    """The columns that have an optimum, in tables of at least so many rows."""
    found = []
    for table in database.plan.tables:
        for column in table.columns:
            try:
                labels(column)
                database.truth().conditions(table.name, column.name)
            except InputError:
                continue
            if table.rows >= least:
                found.append((table.name, column.name))
    return found


def contest(database: Database, table: str, column: str, train: int = 4000, test: int = 1500) -> Contest:
    """Trees fitted on rows picked by chance, judged on others."""
    truth, sampler, plan = database.truth(), Sampler(database.plan), database.plan.table(table)
    cells = sampler.rows_at(table, np.arange(plan.rows, dtype=np.uint64), [column])[column]
    known = np.flatnonzero(cells.is_valid().to_numpy())
    picked = np.random.default_rng(0).permutation(known)[: train + test].astype(np.uint64)
    test = min(test, len(picked) // 3)
    unseen = truth.conditions(table, column).unseen
    features = _features(database, sampler, plan, picked, {column, *unseen})
    features = features[:, ~np.isnan(features[test:]).all(axis=0)]  # which the binning does not take
    names = labels(next(each for each in plan.columns if each.name == column))
    optima = {"ceiling": truth.optimum(table, column, picked[:test])}
    with suppress(InputError):  # not every column has one
        optima["row"] = truth.optimum(table, column, picked[:test], knows="row")
    target = cells.take(pa.array(picked))
    if names is None:
        values = target.cast(pa.float64()).to_numpy()
        model = HistGradientBoostingRegressor(loss="absolute_error", early_stopping=True, random_state=0)
        with threadpool_limits(1):
            found = model.fit(features[test:], values[test:]).predict(features[:test])
        losses = {"trees": np.abs(found - values[:test])}
        losses["constant"] = np.abs(np.median(values[test:]) - values[:test])
        losses |= {name: np.abs(each["q50"].to_numpy() - values[:test]) for name, each in optima.items()}
        return Contest(f"{table}.{column}", values[:test], None, optima, losses)
    values = np.array([names.index(label) for label in target.cast(pa.string()).to_pylist()])
    common = np.bincount(values[test:]).min(initial=2, where=np.bincount(values[test:]) > 0) > 1
    model = HistGradientBoostingClassifier(early_stopping=bool(common), random_state=0)  # it needs two of each label
    chances = np.full((test, len(names)), 1e-6)
    with threadpool_limits(1):
        model.fit(features[test:], values[test:])
        chances[:, model.classes_] = model.predict_proba(features[:test])
    losses = {"trees": -np.log(chances[np.arange(test), values[:test]])}
    shares = np.bincount(values[test:], minlength=len(names)) / len(values[test:])
    losses["constant"] = -np.log(np.maximum(shares, 1e-6)[values[:test]])
    for name, each in optima.items():
        stacked = np.stack([each[f"p:{label}"].to_numpy() for label in names], axis=1)
        losses[name] = -np.log(stacked[np.arange(test), values[:test]])
    return Contest(f"{table}.{column}", values[:test], names, optima, losses)


def _features(
    database: Database, sampler: Sampler, table: Table, rows: np.ndarray, hidden: set[str], deep: bool = True
) -> np.ndarray:
    """Numbers for the row's cells and those of the rows it refers to; NULL is NaN."""
    shown = [
        column.name
        for column in table.columns
        if column.name not in hidden and not isinstance(column.rule, Ref | Sequence)
    ]
    made = [_numbers(column) for column in sampler.rows_at(table.name, rows, shown).columns]
    for k, link in enumerate(table.links if deep else ()):
        parents = sampler.parents(table.name, k).take(pa.array(rows))
        parent = database.plan.table(link.parent)
        there = parents.is_valid().to_numpy(zero_copy_only=False)
        found = np.full((len(rows), 0), np.nan)
        if there.any():
            some = _features(database, sampler, parent, parents.drop_null().to_numpy(), set(), deep=False)
            found = np.full((len(rows), some.shape[1]), np.nan)
            found[there] = some
        made += list(found.T)
    return np.stack(made, axis=1) if made else np.zeros((len(rows), 1))


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        codes = pd.Categorical(column.to_pandas()).codes.astype(float)
        return np.where(codes < 0, np.nan, codes % 255)
    if pa.types.is_temporal(column.type):
        return column.cast(pa.timestamp("us")).cast(pa.int64()).to_pandas().astype(float).to_numpy()
    if pa.types.is_nested(column.type):
        column = pc.list_value_length(column) if pa.types.is_list(column.type) else column.is_null()
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    return column.cast(pa.float64()).to_pandas().to_numpy()
