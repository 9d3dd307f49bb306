"""How much a row's own cells and those of the rows it refers to tell of each of its numbers: made databases beside a
real one.

    python benchmarks/dependence.py [--databases 24] [--real ../shared/data/rel-f1] [--schemas ../shared/schemas]

Extremely randomised trees learn a column from some rows and are judged by R2 on 256 others, none of them learned from;
at most 4 columns of a database, so that databases weigh alike; the real one's columns all. Needs scikit-learn.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from measure import save
from sklearn.ensemble import ExtraTreesRegressor

from plurel_sql.context import ContextBatch, Contexts, ContextSource, Rules
from plurel_sql.corpora.recipe import PriorName, plan_of, recipe
from plurel_sql.errors import PlurelError, RunError

SIZES = (32, 128, 1024)
JUDGED, ROWS, FIRST = 256, 40_000, 777


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", type=int, default=24)
    parser.add_argument("--real", type=Path, default=Path("../shared/data/rel-f1"))
    parser.add_argument("--schemas", type=Path, default=Path("../shared/schemas"))
    given = parser.parse_args()
    priors: tuple[tuple[str, PriorName], ...] = (
        ("random", "plurel"),
        ("realistic", "plurel"),
        ("realistic", "default"),
        (f"ddl:{given.schemas}", "default"),
    )
    found = {}
    for schemas, prior in priors:
        columns = [each for source in drawn(schemas, prior, given.databases) for each in scores(source, 4)]
        found[f"{schemas}, prior {prior}"] = summary(columns)
    if given.real.exists():
        found[given.real.name] = summary(list(scores(ContextSource.open(given.real), 10_000)))
    save(__file__, {"databases": given.databases, "rows": ROWS, "judged": JUDGED, "r2": found})


def drawn(schemas: str, prior: PriorName, count: int) -> Iterator[ContextSource]:
    """Databases of one kind that can be planned."""
    made = recipe(schemas, format="plan", prior=prior, rows=ROWS)
    for seed in range(FIRST, FIRST + 10 * count, 10):
        try:
            yield ContextSource.of_plan(plan_of(made, seed)[0])
        except PlurelError as error:
            print(f"{schemas} {seed}: {error}")


def scores(source: ContextSource, most: int) -> Iterator[dict[int, float]]:
    """R2 by number of rows learned from, of up to ``most`` columns."""
    contexts = Contexts(source, 128, Rules(max_width=0, fill="nothing"), seed=1)
    numbers = [target for target in source.targets if source.columns[target].type == "number"]
    for target in np.random.default_rng(0).permutation(numbers)[:most].tolist():
        try:
            judged, learned = contexts.step(0, JUDGED, [target]), contexts.step(1, 2 * max(SIZES), [target])
        except RunError:  # hardly any row has a value
            continue
        apart = np.flatnonzero(~np.isin(learned.origin[:, 0, 1], judged.origin[:, 0, 1]))
        truth, label = judged.value[:, 0].astype(float), learned.value[apart, 0].astype(float)
        features, asked = cells(learned), cells(judged)
        shared = sorted(key for key in features if key in asked)
        if len(apart) < 128 or truth.std() == 0 or not shared:
            continue
        seen = np.nan_to_num(np.column_stack([features[key][apart] for key in shared]))
        given = np.nan_to_num(np.column_stack([asked[key] for key in shared]))
        found = {}
        for size in SIZES:
            trees = ExtraTreesRegressor(50, min_samples_leaf=2, random_state=0).fit(seen[:size], label[:size])
            missed = np.square(truth - trees.predict(given)).sum() / np.square(truth - truth.mean()).sum()
            found[size] = max(-1.0, 1 - missed)
        yield found


def cells(rows: ContextBatch) -> dict[tuple[int, int], np.ndarray]:
    """By (which foreign key, or -1 for the row itself; column): the numbers of the seed's row and of its parents."""
    found: dict[tuple[int, int], np.ndarray] = {}
    shown = ~rows.padding & ~rows.target & (rows.type != 1)
    for way in range(-1, rows.parents.shape[2]):
        wished = rows.row[:, :1] if way < 0 else rows.parents[:, 0, way, None]
        for b, s in np.argwhere(shown & (rows.row == wished) & (wished >= 0)):
            column = found.setdefault((way, int(rows.column[b, s])), np.full(len(rows.value), np.nan))
            column[b] = rows.value[b, s]
    return found


def summary(columns: list[dict[int, float]]) -> dict[str, object]:
    """Mean and median over the columns, and the share above 0.1, by number of rows learned from."""
    found: dict[str, object] = {"columns": len(columns)}
    for size in SIZES:
        values = np.array([column[size] for column in columns])
        figures = {"mean": values.mean(), "median": np.median(values), "above 0.1": (values > 0.1).mean()}
        found[f"{size} rows"] = {name: round(float(figure), 3) for name, figure in figures.items()}
    print(found, flush=True)
    return found


if __name__ == "__main__":
    main()
