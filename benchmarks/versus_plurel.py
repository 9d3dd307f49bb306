"""The published PluRel (PyPI `plurel` 1.1.0) beside plurel-sql: the same eight tables, the same counts, in turn.

    python benchmarks/versus_plurel.py --plurel-python .venv-plurel/bin/python [--rows 100000 200000] [--runs 3]

`make bench-plurel` sets up the other environment: the package declares Python >= 3.12 and runs on 3.11 when that check
is ignored. Both are timed as whole processes, start-up and imports included; ours fills a DuckDB file with all
constraints, PluRel makes data frames in memory. Times without imports are given as well.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from measure import median, run, save

SCHEMA = Path(__file__).with_name("plurel_retail.sql")

PLUREL = """
import sys, time
start = time.perf_counter()
from plurel import Choices, Config, DatabaseParams, SyntheticDataset
imported = time.perf_counter()
entity, activity, seed, schema = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
params = DatabaseParams(
    num_rows_entity_table_choices=Choices(kind="range", value=[entity, entity]),
    num_rows_activity_table_choices=Choices(kind="range", value=[activity, activity]),
)
database = SyntheticDataset(seed=seed, config=Config(database_params=params, schema_file=schema)).make_db()
rows = sum(len(table.df) for table in database.table_dict.values())
print(rows, time.perf_counter() - imported)
"""


OURS = """
import sys, time
start = time.perf_counter()
import plurel_sql.api
imported = time.perf_counter()
schema, seed, target, *counts = sys.argv[1:]
database = plurel_sql.synthesize(schema, dialect="sqlite", rows=counts, seed=int(seed))
rows = sum(table.rows for table in database.write(target).tables)
print(rows, time.perf_counter() - imported)
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plurel-python", required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 200_000])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    results = {str(rows): compare(rows, options.runs, options.plurel_python) for rows in options.rows}
    save(__file__, {"schema": SCHEMA.name, "rows": results})


def compare(rows: int, runs: int, plurel_python: str) -> dict[str, object]:
    """Both at about ``rows`` rows, ``runs`` times in turn."""
    # Six entity tables (those with children) and two activity tables, 1 : 10 as in the package's own defaults or so.
    entity = rows // 26
    activity = (rows - 6 * entity) // 2
    counts = {
        **dict.fromkeys(("region", "supplier", "category", "product", "customer", "orders"), entity),
        **dict.fromkeys(("item", "review"), activity),
    }
    theirs, ours, inside_theirs, inside_ours = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(runs):
            other = run([plurel_python, "-c", PLUREL, str(entity), str(activity), str(seed), str(SCHEMA)])
            made, seconds = other.output.split()[-2:]
            assert int(made) == sum(counts.values()), other.output
            theirs.append(other)
            inside_theirs.append(float(seconds))
            target = Path(folder) / f"{seed}.duckdb"
            wishes = [f"{name}={count}" for name, count in counts.items()]
            mine = run([sys.executable, "-c", OURS, str(SCHEMA), str(seed), str(target), *wishes])
            made, seconds = mine.output.split()[-2:]
            assert int(made) == sum(counts.values()), mine.output
            ours.append(mine)
            inside_ours.append(float(seconds))
    peer, mine_all = median(theirs), median(ours)
    total = sum(counts.values())
    return {
        "rows": total,
        "plurel": {**peer, "without_imports_s": [round(x, 2) for x in inside_theirs]},
        "plurel_sql": {**mine_all, "without_imports_s": [round(x, 2) for x in inside_ours]},
        "ratio_of_processes": round(peer["wall_s"] / mine_all["wall_s"], 1),
        "ratio_without_imports": round(statistics.median(inside_theirs) / statistics.median(inside_ours), 1),
    }


if __name__ == "__main__":
    main()
