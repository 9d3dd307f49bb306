"""A dataset as it was at its test cut: what relbench's own baselines see."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml


def cut(folder: Path, to: Path) -> Path:
    """Writes the dataset of ``folder`` to ``to`` without rows later than its test cut; references to them are NULL.

    Tables stand by time, so the rows that are left keep their numbers, and tasks hold as they are.
    """
    manifest = yaml.safe_load((folder / "manifest.yaml").read_text(encoding="utf-8"))
    end = np.datetime64(str(manifest["test_timestamp"]), "ns")
    (to / "db").mkdir(parents=True)
    shutil.copy(folder / "manifest.yaml", to / "manifest.yaml")
    if (folder / "tasks").is_dir():
        shutil.copytree(folder / "tasks", to / "tasks")
    kept = {
        name: _seen(pq.read_table(folder / "db" / f"{name}.parquet"), table, end)
        for name, table in manifest["tables"].items()
    }
    for name, table in kept.items():
        for column, parent in (manifest["tables"][name]["fkeys"] or {}).items():
            there = pc.less(table[column], kept[parent].num_rows)
            values = pc.if_else(there, table[column], pa.scalar(None, table[column].type))
            table = table.set_column(table.schema.get_field_index(column), column, values)
        pq.write_table(table, to / "db" / f"{name}.parquet")
    return to


def _seen(table: pa.Table, manifest: dict[str, Any], end: np.datetime64) -> pa.Table:
    """The rows up to ``end``; all of a table without times."""
    time = manifest.get("time_col")
    if time is None:
        return table
    return table.filter(pc.fill_null(pc.less_equal(table[time].cast(pa.timestamp("ns")), pa.scalar(end)), False))
