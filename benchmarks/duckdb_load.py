"""Ways to fill a DuckDB table with keys, timed: ``python benchmarks/duckdb_load.py [rows]``.

A child table of 8 columns (2 integers, 3 doubles, a word of three, a timestamp, six words of text) and a parent with a
tenth of its rows, from Arrow in memory; wall seconds, the checkpoint included, and the size of the file.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

ROWS = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
BATCH = 122_880


def child() -> pa.Table:
    random = np.random.default_rng(0)
    words = np.array(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"])
    texts = pa.array([" ".join(row) for row in words[random.integers(0, 6, (1000, 6))]])
    return pa.table(
        {
            "id": np.arange(ROWS),
            "parent": random.integers(0, ROWS // 10, ROWS),
            "a": random.random(ROWS),
            "b": random.random(ROWS),
            "c": random.random(ROWS),
            "state": pa.array(["open", "closed", "held"]).take(pa.array(random.integers(0, 3, ROWS))),
            "happened": pa.array(np.arange(ROWS) * 1_000_000, pa.timestamp("us")),
            "body": texts.take(pa.array(random.integers(0, 1000, ROWS))),
        }
    )


def run(name: str, data: pa.Table, threads: int, *, key="", link="", state="VARCHAR", parts=1, before=(), after=()):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.duckdb"
        with duckdb.connect(str(file), config={"threads": threads}) as connection:
            connection.execute(f"CREATE TABLE parent AS SELECT range AS id FROM range({ROWS // 10})")
            connection.execute("ALTER TABLE parent ADD PRIMARY KEY (id)")
            connection.execute(
                f"CREATE TABLE child (id BIGINT {key}, parent BIGINT {link}, a DOUBLE, b DOUBLE, c DOUBLE,"
                f" state {state}, happened TIMESTAMP, body VARCHAR)"
            )
            for statement in before:
                connection.execute(statement)
            began = time.perf_counter()
            for k in range(parts):
                part = data.slice(k * ROWS // parts, (k + 1) * ROWS // parts - k * ROWS // parts)
                stream = pa.RecordBatchReader.from_batches(part.schema, part.to_batches(BATCH))
                connection.register("stream", stream)
                connection.execute("INSERT INTO child SELECT * FROM stream")
                connection.unregister("stream")
            for statement in after:
                connection.execute(statement)
            connection.execute("CHECKPOINT")
            seconds = time.perf_counter() - began
        print(f"{threads}  {name:34}{seconds:7.2f} s {file.stat().st_size / 1e6:8.0f} MB", flush=True)


def main() -> None:
    data = child()
    link, keyed = "REFERENCES parent (id)", ["ALTER TABLE child ADD PRIMARY KEY (id)"]
    for threads in (1, 2):
        run("no constraint", data, threads)
        run("unordered", data, threads, before=["SET preserve_insertion_order = false"])
        run("enum", data, threads, state="ENUM('open', 'closed', 'held')")
        run("CHECK", data, threads, state="VARCHAR CHECK (state IN ('open', 'closed', 'held'))")
        run("PRIMARY KEY before", data, threads, key="PRIMARY KEY")
        run("PRIMARY KEY after", data, threads, after=keyed)
        run("FOREIGN KEY", data, threads, link=link)
        run("FOREIGN KEY, PRIMARY KEY before", data, threads, link=link, key="PRIMARY KEY")
        run("FOREIGN KEY, PRIMARY KEY after", data, threads, link=link, after=keyed)
        run("the same in 8 statements", data, threads, link=link, after=keyed, parts=8)


if __name__ == "__main__":
    main()
