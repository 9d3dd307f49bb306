"""Databases of `--prior plurel` against those of the published package (PyPI `plurel` 1.1.0): the same distribution?

    python benchmarks/prior_distance.py --plurel-python .venv-plurel/bin/python [--count 200] [--processes 2]

Of each database a number per measure (a mean over its tables or columns, so that databases are the independent units);
of each measure the two-sample Kolmogorov-Smirnov test. Theirs is taken before its last step, which turns categories
into booleans and drops constant ones: ours keeps them, on purpose. Needs scikit-learn and scipy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from measure import save

ON_PURPOSE = {
    "degree_dispersion": "communities are hashed rows, in closed form; theirs are ranges of rows",
    "childless_parents": "communities are hashed rows, in closed form; theirs are ranges of rows",
}
"""Measures that are meant to differ, and why."""

THEIRS = """
import json, sys
from pathlib import Path
from plurel import Config, SyntheticDataset
class Raw(SyntheticDataset):
    def process_categorical_data(self, df, **_):
        return df
first, step, count, out = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
for seed in range(first, count, step):
    folder = out / str(seed)
    folder.mkdir(parents=True)
    links = {}
    for name, table in Raw(seed=seed, config=Config()).make_db().table_dict.items():
        table.df.to_parquet(folder / f"{name}.parquet")
        links[name] = {"key": table.pkey_col, "links": table.fkey_col_to_pkey_table}
    (folder / "links.json").write_text(json.dumps(links))
"""


class Table(NamedTuple):
    """A table's features, numbers as floats and categories as whole numbers, and its foreign keys."""

    frame: pd.DataFrame
    links: dict[str, tuple[str, pd.Series]]
    timed: bool


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plurel-python", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(options.processes) as pool:
        mine = pd.DataFrame(list(pool.map(of_ours, range(options.count))))
        made = make_theirs(Path(folder), options.count, options.processes, options.plurel_python)
        theirs = pd.DataFrame(list(pool.map(of_theirs, made)))
    save(__file__, {"databases": options.count, "measures": compared(mine, theirs)})


def compared(mine: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, dict[str, object]]:
    """For each measure both medians, the test, and why it may differ."""
    from scipy.stats import ks_2samp

    found = {}
    for name in mine.columns:
        ours, other = mine[name].dropna(), theirs[name].dropna()
        test = ks_2samp(ours, other)
        entry: dict[str, object] = {
            "ours": [round(float(ours.quantile(q)), 4) for q in (0.25, 0.5, 0.75)],
            "theirs": [round(float(other.quantile(q)), 4) for q in (0.25, 0.5, 0.75)],
            "ks": round(float(test.statistic), 3),
            "p": float(f"{test.pvalue:.3g}"),
        }
        if name in ON_PURPOSE:
            entry["differs_because"] = ON_PURPOSE[name]
        found[name] = entry
    return found


def of_ours(seed: int) -> dict[str, float]:
    import plurel_sql
    from plurel_sql.plan.params import Params
    from plurel_sql.prior.published import random_schema

    schema = random_schema(seed, Params())
    database = plurel_sql.synthesize(schema, prior="plurel", seed=seed, threads=1)
    tables = {}
    for table in schema.tables:
        frame = database[table.id].pandas()
        links = {key.columns[0]: (key.parent, frame[key.columns[0]] - 1) for key in table.foreign_keys}
        tables[table.id] = of_frame(frame.drop(columns=["row_idx"]), links)
    return measures(tables)


def of_theirs(folder: Path) -> dict[str, float]:
    tables = {}
    for name, entry in json.loads((folder / "links.json").read_text()).items():
        frame = pd.read_parquet(folder / f"{name}.parquet")
        links = {column: (parent, frame[column]) for column, parent in entry["links"].items()}
        tables[name] = of_frame(frame.drop(columns=[entry["key"]]), links)
    return measures(tables)


def make_theirs(out: Path, count: int, processes: int, python: str) -> list[Path]:
    running = [
        subprocess.Popen(
            [python, "-c", THEIRS, str(first), str(processes), str(count), str(out)], stderr=subprocess.DEVNULL
        )
        for first in range(processes)
    ]
    codes = [process.wait() for process in running]
    if any(codes):
        sys.exit("the published package failed")
    return [out / str(seed) for seed in range(count)]


def of_frame(frame: pd.DataFrame, links: dict[str, tuple[str, pd.Series]]) -> Table:
    timed = "date" in frame.columns
    features = frame.drop(columns=[*links, *(["date"] if timed else [])])
    return Table(features, links, timed)


def measures(tables: dict[str, Table]) -> dict[str, float]:
    """A number of the database for each measure."""
    rng = np.random.default_rng(0)
    columns = [pd.Series(t.frame[c]) for t in tables.values() for c in t.frame.columns]
    numbers = [c.dropna().to_numpy(float) for c in columns if c.dtype.kind == "f"]
    categories = [c.to_numpy() for c in columns if c.dtype.kind in "iu"]
    degrees = [
        np.bincount(rows, minlength=len(tables[parent].frame))
        for t in tables.values()
        for parent, rows in t.links.values()
    ]
    sizes = {timed: [len(t.frame) for t in tables.values() if t.timed == timed] for timed in (True, False)}
    counts = [np.unique(c, return_counts=True)[1] for c in categories]
    shown = [x for x in numbers if x.std() > 1e-9 * (np.abs(x).max() + 1e-300)]
    standard = [(x - x.mean()) / x.std() for x in shown]
    pairs = list(dependence(tables, rng))
    return {
        "tables": len(tables),
        "links_per_table": float(np.mean([len(t.links) for t in tables.values()])),
        "leaf_share": float(np.mean([t.timed for t in tables.values()])),
        "rows_entity": mean(sizes[False]),
        "rows_activity": mean(sizes[True]),
        "columns_per_table": float(np.mean([t.frame.shape[1] for t in tables.values()])),
        "numeric_share": len(numbers) / max(len(columns), 1),
        "missing_share": mean([1 - len(c.dropna()) / len(c) for c in columns if c.dtype.kind == "f"]),
        "degree_dispersion": mean([np.log1p(d.var() / d.mean()) for d in degrees]),
        "childless_parents": mean([(d == 0).mean() for d in degrees]),
        "category_count": mean([len(c) for c in counts]),
        "category_top_share": mean([c.max() / c.sum() for c in counts]),
        "category_constant": mean([len(c) == 1 for c in counts]),
        "number_constant": 1 - len(shown) / max(len(numbers), 1),
        "number_log_scale": mean([np.log10(x.std()) for x in shown]),
        "number_mean_over_std": mean([np.log1p(abs(x.mean()) / x.std()) for x in shown]),
        "number_skewness": mean([min(abs((z**3).mean()), 20.0) for z in standard]),
        "number_kurtosis": mean([min((z**4).mean(), 100.0) for z in standard]),
        "number_distinct": mean([len(np.unique(np.round(z, 6))) / len(z) for z in standard]),
        "mutual_information": mean([p.information for p in pairs]),
        "column_predictability": mean([p.within for p in pairs]),
        "predictability_from_parents": mean([p.parents for p in pairs]),
        "autocorrelation": mean(
            [np.corrcoef(x[1:], x[:-1])[0, 1] for t in tables.values() if t.timed for x in ordered(t)]
        ),
    }


def mean(values: list[float]) -> float:
    found = [value for value in values if np.isfinite(value)]
    return float(np.mean(found)) if found else float("nan")


def ordered(table: Table) -> Iterator[np.ndarray]:
    for name in table.frame.columns:
        x = table.frame[name].dropna().to_numpy(float)
        if len(x) > 10 and x.std() > 1e-9 * (np.abs(x).max() + 1e-300):
            yield x


class Dependence(NamedTuple):
    """Of a column: mutual information with another one (nats), and how much of it trees predict (R2, or for categories
    the share of errors saved) from its row's other columns, and from the parents' columns."""

    information: float
    within: float
    parents: float


def dependence(tables: dict[str, Table], rng: np.random.Generator, most: int = 6) -> Iterator[Dependence]:
    """For up to ``most`` random columns that are not constant."""
    from sklearn.feature_selection import mutual_info_regression

    places = [(t, c) for t, table in tables.items() for c in table.frame.columns if table.frame[c].nunique() > 1]
    for k in rng.permutation(len(places))[:most]:
        name, column = places[k]
        table = tables[name]
        rows = rng.permutation(len(table.frame))[:1000]
        target = table.frame[column].iloc[rows]
        kept = target.notna().to_numpy()
        rows, y = rows[kept], target[kept].to_numpy(float)
        if len(np.unique(y)) < 2 or len(y) < 50:
            continue
        others = table.frame.drop(columns=[column]).iloc[rows].to_numpy(float)
        beside = np.nan
        if others.shape[1]:
            other = np.nan_to_num(others[:, rng.integers(others.shape[1])])
            ranks = [pd.Series(x).rank().to_numpy() for x in (other, y)]
            beside = float(mutual_info_regression(ranks[0][:, None], ranks[1], random_state=0)[0])
        linked = [tables[parent].frame.iloc[links.iloc[rows]].to_numpy(float) for parent, links in table.links.values()]
        above = np.hstack(linked) if linked else np.empty((len(rows), 0))
        discrete = target.dtype.kind != "f"
        yield Dependence(beside, predicted(others, y, discrete), predicted(above, y, discrete))


def predicted(x: np.ndarray, y: np.ndarray, discrete: bool) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if not x.shape[1]:
        return float("nan")
    half = len(y) // 2
    if discrete:
        if len(np.unique(y[:half])) < 2:
            return float("nan")
        guess = HistGradientBoostingClassifier(max_iter=40, random_state=0).fit(x[:half], y[:half]).predict(x[half:])
        values, counts = np.unique(y[:half], return_counts=True)
        base = (y[half:] != values[counts.argmax()]).mean()
        return float(1 - (guess != y[half:]).mean() / base) if base > 0 else float("nan")
    ranks = pd.Series(y).rank(pct=True).to_numpy()
    guess = HistGradientBoostingRegressor(max_iter=40, random_state=0).fit(x[:half], ranks[:half]).predict(x[half:])
    return float(1 - ((guess - ranks[half:]) ** 2).mean() / ranks[half:].var())


if __name__ == "__main__":
    main()
