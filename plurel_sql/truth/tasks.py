"""The best possible predictions for a relbench dataset's autocomplete tasks, beside which a model's scores can be laid.

    optimum/index.json             the tasks that have one, and why the others have none
    optimum/<task>/conditions.json     what each optimum knows, and what the task's models must not see
    optimum/<task>/train.parquet  val.parquet  test.parquet

Each row of a split has the task's key, its target, and the fields of ``Optimum.predict`` under ``ceiling.`` and, where
there is such an optimum, ``row.``. Of a training split with more than ``TRAIN`` rows every so manieth has its line.
Rows of the dataset are found in the plan by the order in which ``export`` has them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from plurel_sql.errors import InputError, RunError
from plurel_sql.export import layout
from plurel_sql.export.layout import Layout, OutTable
from plurel_sql.plan.model import Plan
from plurel_sql.sample import Sampler
from plurel_sql.truth import conditions
from plurel_sql.truth.optimum import Optimum

Rows = npt.NDArray[np.uint64]

TRAIN = 10_000

_NEVER = np.iinfo(np.int64).max  # after all times: missing ones stand last


_AHEAD = (
    "which rows come, and when, are laws of the whole table (how many a parent has is fixed by the plan): there is no "
    "noise of one row that could be drawn anew while the rest is held"
)


def optima(plan: Plan, sampler: Sampler, dataset: Path, folder: Path) -> None:
    """Writes ``folder``/optimum for the tasks in the dataset folder ``dataset``, which was made from the same plan.

    Raises:
        RunError: the dataset's rows are not the plan's.
    """
    found = layout.decode((dataset / "mapping.json").read_bytes())
    places = _Places(plan, sampler, found, dataset)
    written, without = [], {}
    (folder / "optimum").mkdir()
    for path in sorted((dataset / "tasks").glob("*/manifest.yaml")):
        task = yaml.safe_load(path.read_text(encoding="utf-8"))
        if task["kind"] != "autocomplete":
            without[task["name"]] = _AHEAD
            continue
        try:
            _task(places, task, path.parent, folder / "optimum" / path.parent.name)
            written.append(task["name"])
        except InputError as error:
            without[task["name"]] = str(error)
    index = {"written": written, "without": without}
    (folder / "optimum" / "index.json").write_bytes(msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n")


def _task(places: _Places, task: dict[str, Any], source: Path, folder: Path) -> None:
    table = places.layout.table(task["entity_table"])
    columns = {column.name: column.source for column in table.columns}
    (column,) = columns[task["target_col"]]
    asked = {"ceiling": conditions.ceiling(places.plan, table.source, column)}
    if (row := conditions.row(places.plan, table.source, column)) is not None:
        asked["row"] = row
    makers = {name: Optimum(places.plan, places.sampler, each) for name, each in asked.items()}
    folder.mkdir()
    removed = {name for owner, name in task.get("remove_columns", ()) if owner == table.name}
    told = {
        name: {**msgspec.to_builtins(each), "seen_by_the_task": _seen(table, each.unseen, removed)}
        for name, each in asked.items()
    }
    (folder / "conditions.json").write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")
    rows = places.rows(table)
    for split in ("train", "val", "test"):
        labels = pq.read_table(source / f"{split}.parquet")
        if split == "train":
            labels = labels.take(pa.array(range(0, labels.num_rows, -(-labels.num_rows // TRAIN) or 1)))
        keys = labels[task["entity_col"]].to_numpy()
        found = {name: maker.predict(rows[keys]).drop_columns("row") for name, maker in makers.items()}
        for name, each in found.items():
            for field in each.column_names:
                labels = labels.append_column(f"{name}.{field}", each[field])
        pq.write_table(labels, folder / f"{split}.parquet", compression="zstd")


def _seen(table: OutTable, unseen: tuple[str, ...], removed: set[str]) -> list[str]:
    """Columns of the dataset that the task leaves to its models though the bound asks that they are not seen."""
    return [c.name for c in table.columns if set(unseen).intersection(c.source) and c.name not in removed]


class _Places:
    """Which row of the plan each row of the dataset is: in the order of its times, then as in the plan."""

    def __init__(self, plan: Plan, sampler: Sampler, found: Layout, dataset: Path) -> None:
        self.plan = plan
        self.sampler = sampler
        self.layout = found
        self.dataset = dataset

    def rows(self, table: OutTable) -> Rows:
        """Row of the plan by key of the dataset."""
        times = self.times(table)
        order = np.argsort(times, kind="stable")
        if table.time is not None:
            held = pq.read_table(self.dataset / "db" / f"{table.name}.parquet", columns=[table.time])[table.time]
            if not np.array_equal(_micros(held), times[order]):
                raise RunError("its rows are not those of the plan", place=f"{self.dataset}: {table.name}")
        return order.astype(np.uint64)

    def times(self, table: OutTable) -> npt.NDArray[np.int64]:
        """Microseconds since 1970 of each row of the plan, ``_NEVER`` where it has none."""
        count = self.plan.table(table.source).rows
        if table.lenders:
            lent = [self._lent(table, column) for column in table.lenders]
            latest: npt.NDArray[np.int64] = np.max([np.where(each == _NEVER, -_NEVER, each) for each in lent], axis=0)
            return np.where(latest == -_NEVER, _NEVER, latest)
        if table.time is None:
            return np.zeros(count, np.int64)
        (name,) = table.column(table.time).source
        return _micros(self.sampler.batches(table.source, columns=[name]).read_all()[name])

    def _lent(self, table: OutTable, column: str) -> npt.NDArray[np.int64]:
        link = next(link for link in table.links if link.column == column)
        parent = self.layout.table(link.parent)
        label = next(
            key.label
            for key in self._schema(table).foreign_keys
            if (key.columns, key.parent, key.parent_columns) == (link.source, parent.source, link.parent_source)
        )
        number = next(k for k, each in enumerate(self.plan.table(table.source).links) if each.name == label)
        parents = self.sampler.parents(table.source, number)
        times = np.append(self.times(parent), _NEVER)
        found: npt.NDArray[np.int64] = times[pc.fill_null(parents, len(times) - 1).to_numpy()]
        return found

    def _schema(self, table: OutTable) -> Any:
        if self.plan.schema is None:
            raise InputError("the plan carries no schema", place="plan")
        return self.plan.schema.table(table.source)


def _micros(times: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    found = pc.cast(times, pa.timestamp("us"), safe=False) if pa.types.is_timestamp(times.type) else times
    found = pc.cast(found, pa.timestamp("us")) if pa.types.is_date(found.type) else found
    numbers: npt.NDArray[np.int64] = pc.fill_null(pc.cast(found, pa.int64()), _NEVER).to_numpy()
    return numbers
