"""What the servers' benchmarks share: a table in memory, a database of its own, medians of several runs."""

from __future__ import annotations

import resource
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

import plurel_sql

BATCH = 122_880


def table(rows: int) -> pa.Table:
    """Eight columns: two integers, a float, a decimal, a text, a timestamp, a date, a truth value."""
    random = np.random.default_rng(0)
    whole = pa.array(random.integers(0, 10**8, rows))
    return pa.table(
        {
            "id": pa.array(np.arange(rows)),
            "a": pa.array(random.integers(0, 1000, rows).astype("int32")),
            "f": random.normal(size=rows),
            "n": whole.cast(pa.decimal128(20, 0)).cast(pa.decimal128(22, 2)),
            "t": pa.array([f"customer {k}" for k in range(rows)]),
            "ts": pa.array(random.integers(0, 10**15, rows)).cast(pa.timestamp("us")),
            "d": pa.array(random.integers(0, 20_000, rows).astype("int32")).cast(pa.date32()),
            "b": pa.array(random.integers(0, 2, rows).astype(bool)),
        }
    )


@contextmanager
def database(server: str) -> Iterator[sa.URL]:
    """A new database on the server, dropped at the end."""
    url = sa.make_url(server)
    name = f"plurel_bench_{uuid.uuid4().hex[:8]}"
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}")


def timed(work: Callable[[], object], times: int = 3) -> dict[str, float]:
    """Wall time of some runs, in seconds: the median and the range."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    found = {"wall_s": statistics.median(seconds), "wall_min_s": min(seconds), "wall_max_s": max(seconds)}
    return {name: round(value, 3) for name, value in found.items()} | {"runs": times}


def ratio(one: dict[str, float], other: dict[str, float]) -> float:
    """How many times the median of ``other`` that of ``one`` is."""
    return round(one["wall_s"] / other["wall_s"], 2)


def retail(server: str, rows: int) -> dict[str, object]:
    """The bundled schema as a whole, made and loaded through the door that users take."""
    source = plurel_sql.synthesize("retail", rows=rows)
    with database(server) as url:
        target = url.render_as_string(hide_password=False)
        declared = timed(lambda: source.write(target, overwrite=True))
        bare = timed(lambda: source.write(target, overwrite=True, constraints="none"))
    return {"retail with keys and constraints": declared, "retail without": bare}


def peak() -> int:
    """The highest resident size of this process, in MiB (the server's own is not in it)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
