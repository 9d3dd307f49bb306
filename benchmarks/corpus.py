"""Databases of default size, published PluRel (PyPI `plurel` 1.1.0) beside plurel-sql: databases a second.

    python benchmarks/corpus.py --plurel-python .venv-plurel/bin/python [--count 1000] [--theirs 6] [--workers 2]

`make bench-plurel` sets up the other environment. Both make databases of the published prior at its default sizes with
as many processes of one thread; ours writes relbench folders and an index, PluRel keeps data frames in memory, which
costs less. Start-up and imports are counted for ours and left out for theirs. Processor time stands beside the clock's,
because it says the same on a machine that others use too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
from measure import run, save

THEIRS = """
import json, sys, time
from plurel import Config, SyntheticDataset
first, step, count = map(int, sys.argv[1:])
found = []
for seed in range(first, count, step):
    start, busy = time.perf_counter(), time.process_time()
    database = SyntheticDataset(seed=seed, config=Config()).make_db()
    tables = database.table_dict.values()
    spent = time.perf_counter() - start, time.process_time() - busy
    found.append([*spent, len(tables), sum(len(table.df) for table in tables)])
print(json.dumps(found))
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plurel-python", required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--theirs", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    mine = ours(options.count, options.workers)
    other = theirs(options.theirs, options.workers, options.plurel_python)
    ratio = mine["databases_per_s"] / other["databases_per_s"]
    processor = other["cpu_s_per_database"] / mine["cpu_s_per_database"]
    ratios = {"ratio": round(ratio, 1), "ratio_of_cpu": round(processor, 1)}
    save(__file__, {"plurel_sql": mine, "plurel": other, **ratios})


def ours(count: int, workers: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "corpus"
        command = [sys.executable, "-m", "plurel_sql", "corpus", "--schemas", "random", "--quiet"]
        made = run([*command, "--count", str(count), "--workers", str(workers), "--out", str(out)])
        index = pq.read_table(out / "index.parquet").to_pydict()
    assert len(index["seed"]) == count
    return {
        "databases": count,
        "seconds": round(made.wall, 2),
        "databases_per_s": round(count / made.wall, 3),
        "cpu_s_per_database": round(made.cpu / count, 3),
        "tables": sum(index["tables"]),
        "rows": sum(index["rows"]),
        "mebibytes": round(sum(index["bytes"]) / 2**20, 1),
    }


def theirs(count: int, workers: int, python: str) -> dict[str, float]:
    """``workers`` processes at once, each an equal share; the slowest one's time without imports counts."""
    start = time.perf_counter()
    processes = [
        subprocess.Popen(
            [python, "-c", THEIRS, str(first), str(workers), str(count)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        for first in range(workers)
    ]
    found = [json.loads(process.communicate()[0]) for process in processes]
    whole = time.perf_counter() - start
    busy = max(sum(seconds for seconds, *_ in share) for share in found)
    made = [each for share in found for each in share]
    return {
        "databases": len(made),
        "seconds": round(busy, 2),
        "seconds_with_imports": round(whole, 2),
        "databases_per_s": round(len(made) / busy, 4),
        "cpu_s_per_database": round(sum(spent for _, spent, _, _ in made) / len(made), 3),
        "tables": sum(tables for _, _, tables, _ in made),
        "rows": sum(rows for *_, rows in made),
    }


if __name__ == "__main__":
    main()
