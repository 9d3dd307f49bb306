"""Contexts per second of retail over rows: from a plan's database in memory, and from one that is never made.

    python benchmarks/contexts.py [--made 1e6] [--virtual 1e6 1e7 1e8] [--runs 5] [--threads 2]

Each run is a process of its own that plans, opens the source and draws training steps. ``per_s`` counts the steps
alone by the clock, ``cpu_ms`` is what a context takes of the cores, whatever else runs on them (``load`` says how much
did, before and after); peak memory is that of the whole process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time

from measure import run, save

LENGTH = 1024
BATCH = 256
STEPS = 8


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--made", nargs="*", default=["1e6"])
    parser.add_argument("--virtual", nargs="*", default=["1e6", "1e7", "1e8"])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", nargs=2, metavar=("KIND", "ROWS"), help="a single run, told as JSON")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(drawn(*options.one, options.threads)))
        return
    load = os.getloadavg()[0]
    results: dict[str, dict[str, object]] = {}
    for kind, sizes in (("made", options.made), ("virtual", options.virtual)):
        for rows in sizes:
            command = [sys.executable, __file__, "--threads", str(options.threads), "--one", kind, rows]
            runs = [run(command) for _ in range(options.runs)]
            told = [json.loads(each.output.splitlines()[-1]) for each in runs]
            figures: dict[str, object] = {name: statistics.median(each[name] for each in told) for name in told[0]}
            rates = [each["per_s"] for each in told]
            figures |= {"per_s_min": min(rates), "per_s_max": max(rates)}
            figures |= {"peak_mib": round(max(each.peak for each in runs), 1), "runs": len(runs)}
            results.setdefault(kind, {})[rows] = figures
    about = {"schema": "retail", "length": LENGTH, "batch": BATCH, "threads": options.threads}
    save(__file__, {**about, "load": [round(each, 1) for each in (load, os.getloadavg()[0])], "sources": results})


def drawn(kind: str, rows: str, threads: int) -> dict[str, float]:
    """Figures of one run."""
    import plurel_sql
    from plurel_sql.context import Contexts, ContextSource

    start = time.perf_counter()
    plan = plurel_sql.plan("retail", rows=float(rows), seed=0)
    planned = time.perf_counter()
    source = ContextSource.virtual(plan) if kind == "virtual" else ContextSource.of_plan(plan)
    opened = time.perf_counter()
    contexts = Contexts(source, LENGTH, threads=threads, seed=1)
    contexts.step(0, BATCH)
    before, cpu = time.perf_counter(), time.process_time()
    for step in range(1, STEPS + 1):
        contexts.step(step, BATCH)
    count = STEPS * BATCH
    return {
        "plan_s": round(planned - start, 3),
        "open_s": round(opened - planned, 3),
        "per_s": round(count / (time.perf_counter() - before)),
        "cpu_ms": round((time.process_time() - cpu) / count * 1e3, 3),
    }


if __name__ == "__main__":
    main()
