"""Small relbench folders of every awkward shape: NULLs, rows without time, self references, tables without rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

DAY = 86_400 * 10**9
START = 18_000 * DAY


def random_folder(path: Path, seed: int, most: int = 40) -> Path:
    """A folder of 1 to 4 tables of up to ``most`` rows."""
    chance = np.random.default_rng(seed)
    count = int(chance.integers(1, 5))
    names = [f"t{k}" for k in range(count)]
    rows = {name: int(chance.integers(1 if k == 0 else 0, most)) for k, name in enumerate(names)}
    tables = {}
    (path / "db").mkdir(parents=True)
    for name in names:
        n = rows[name]
        links = {f"f{k}": str(chance.choice(names)) for k in range(int(chance.integers(0, 4)))}
        data = {"id": pa.array(np.arange(n))}
        time = None
        if chance.random() < 0.7:
            time = "at"
            # Few days, so that many rows have one time; relbench has them sorted, but nothing says that a folder is.
            moments = START + DAY * chance.integers(0, 12, n)
            moments = np.sort(moments) if chance.random() < 0.7 else moments
            data[time] = pa.array(moments, pa.int64(), mask=chance.random(n) < 0.1).cast(pa.timestamp("ns"))
        for column, parent in links.items():
            empty = rows[parent] == 0
            numbers = np.zeros(n, int) if empty else chance.integers(0, rows[parent], n)
            data[column] = pa.array(numbers, mask=np.full(n, True) if empty else chance.random(n) < 0.2)
        for k in range(int(chance.integers(0, 6))):
            data[f"c{k}"] = _cells(chance, n)
        data["x"] = pa.array(chance.normal(size=n))
        tables[name] = {"pkey": "id", "time_col": time, "fkeys": links}
        pq.write_table(pa.table(data), path / "db" / f"{name}.parquet")
    write_manifest(path, tables)
    return path


def write_manifest(path: Path, tables: dict[str, object]) -> None:
    manifest = {"name": "made", "val_timestamp": "2020-01-01", "test_timestamp": "2021-01-01", "tables": tables}
    (path / "manifest.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False))


def _cells(chance: np.random.Generator, n: int) -> pa.Array:
    mask = chance.random(n) < 0.3
    match int(chance.integers(4)):
        case 0:
            return pa.array(chance.integers(0, 9, n), mask=mask)
        case 1:
            return pa.array(chance.choice(["red", "green", "blue", ""], n), pa.string(), mask=mask)
        case 2:
            return pa.array(START + DAY * chance.integers(0, 99, n), pa.int64(), mask=mask).cast(pa.timestamp("ns"))
        case _:
            return pa.array(chance.random(n) < 0.5, mask=mask)
