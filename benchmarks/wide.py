"""Very wide and very many tables: one of 1,600 columns with 20,000 rows, and 2,000 tables with foreign keys.

Prints seconds and peak memory of reading, planning and filling, each case in a process of its own.
``python benchmarks/wide.py`` writes ``wide.json`` beside this file.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measure import save

import plurel_sql
from plurel_sql import ddl

COLUMNS, ROWS, TABLES = 1_600, 20_000, 2_000
TYPES = ("int", "text", "varchar(40)", "numeric(10,2)", "boolean", "timestamp", "date", "double precision")


def wide() -> str:
    """One table of ``COLUMNS`` columns, which is what PostgreSQL takes at most."""
    columns = [f"c{k} {TYPES[k % len(TYPES)]}{' NOT NULL' if k % 3 else ''}" for k in range(1, COLUMNS)]
    return f"CREATE TABLE wide (id bigint PRIMARY KEY, {', '.join(columns)});"


def many() -> str:
    """``TABLES`` tables; each refers to up to three earlier ones, and has keys of its own."""
    made = []
    for k in range(TABLES):
        parents = sorted({(k * p) // 7 % k for p in (3, 5, 6)}) if k else []
        keys = "".join(f", t{p}_id int {'NOT NULL' if p % 2 else ''} REFERENCES t{p}" for p in parents)
        made.append(
            f"CREATE TABLE t{k} (id serial PRIMARY KEY, name varchar(60) NOT NULL, code varchar(12) UNIQUE, "
            f"made timestamptz NOT NULL, amount numeric(9,2) CHECK (amount >= 0), state text{keys});"
        )
    return "\n".join(made)


def timed(name: str, work: Callable[[], object], found: dict[str, float]) -> object:
    start = time.perf_counter()
    result = work()
    found[name] = round(time.perf_counter() - start, 2)
    return result


def measure(case: str) -> dict[str, float]:
    """Seconds of each stage, and the peak of the process in MiB."""
    found: dict[str, float] = {}
    text, rows = (wide(), ROWS) if case == "wide" else (many(), 20 * TABLES)
    schema = timed("read", lambda: ddl.read([ddl.Text("x", text)], "postgres"), found)
    plan = timed("plan", lambda: plurel_sql.plan(schema, rows=rows), found)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "x.duckdb"
        timed("fill", lambda: plurel_sql.open_plan(plan).write(out), found)
    found["peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return found


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        results = {
            case: json.loads(subprocess.check_output([sys.executable, __file__, case], text=True).splitlines()[-1])
            for case in ("wide", "many")
        }
        save(__file__, results)
