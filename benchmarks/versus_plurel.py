"""The published PluRel (PyPI `plurel` 1.1.0) beside plurel-sql: the same eight tables, the same counts, in turn.

    python benchmarks/versus_plurel.py --plurel-python .venv-plurel/bin/python [--rows 100000] [--runs 3]

`make bench-plurel` sets up the other environment: the package declares Python >= 3.12 and runs on 3.11 when that check
is ignored. Both are timed as whole processes, start-up and imports included; ours fills a DuckDB file with all
constraints, PluRel makes data frames in memory. Its time without imports is given as well.
"""

from __future__ import annotations

import argparse
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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plurel-python", required=True)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    # Six entity tables (those with children) and two activity tables, 1 : 10 as in the package's own defaults or so.
    entity = options.rows // 26
    activity = (options.rows - 6 * entity) // 2
    counts = {
        **dict.fromkeys(("region", "supplier", "category", "product", "customer", "orders"), entity),
        **dict.fromkeys(("item", "review"), activity),
    }
    theirs, ours, inside = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.runs):
            other = run([options.plurel_python, "-c", PLUREL, str(entity), str(activity), str(seed), str(SCHEMA)])
            made, seconds = other.output.split()[-2:]
            assert int(made) == sum(counts.values()), other.output
            theirs.append(other)
            inside.append(float(seconds))
            target = Path(folder) / f"{seed}.duckdb"
            rows = [part for name, count in counts.items() for part in ("--rows", f"{name}={count}")]
            command = [sys.executable, "-m", "plurel_sql", "synth", str(SCHEMA), "--dialect", "sqlite", *rows]
            ours.append(run([*command, "--seed", str(seed), "--out", str(target), "--quiet"]))
    peer, mine = median(theirs), median(ours)
    total = sum(counts.values())
    save(
        __file__,
        {
            "rows": total,
            "plurel": {**peer, "without_imports_s": [round(x, 2) for x in inside]},
            "plurel_sql": mine,
            "rows_per_s": {"plurel": round(total / peer["wall_s"]), "plurel_sql": round(total / mine["wall_s"])},
            "ratio": round(peer["wall_s"] / mine["wall_s"], 1),
            "ratio_without_plurel_imports": round(sorted(inside)[len(inside) // 2] / mine["wall_s"], 1),
        },
    )


if __name__ == "__main__":
    main()
