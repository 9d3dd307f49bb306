"""Time and peak memory of retail over rows: linear time, bounded memory.

    python benchmarks/growth.py [--rows 1e5 1e6 1e7] [--runs 3]

Whole processes, start-up included, without constraints and with all of them (DuckDB's own indexes come on top).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measure import median, run, save


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs="+", default=["1e5", "1e6", "1e7"])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    results: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "retail.duckdb"
        for constraints in ("none", "all"):
            results[constraints] = {}
            for rows in options.rows:
                command = [sys.executable, "-m", "plurel_sql", "synth", "retail", "--rows", rows, "--quiet"]
                command += ["--constraints", constraints, "--overwrite", "--out", str(target)]
                runs = [run(command) for _ in range(options.runs)]
                size = round(target.stat().st_size / 1e6, 1)
                figures = median(runs)
                rate = round(float(rows) / figures["wall_s"])
                results[constraints][rows] = {**figures, "rows_per_s": rate, "file_mb": size}
    save(__file__, {"schema": "retail", "constraints": results})


if __name__ == "__main__":
    main()
