"""A relbench task: what is asked, of which rows, at which times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from plurel_sql import _sampler
from plurel_sql.context.batch import TIMELESS, Int64
from plurel_sql.context.folder import nanoseconds, spread
from plurel_sql.context.source import TYPES, Column, ContextSource
from plurel_sql.errors import InputError
from plurel_sql.sample import mapped

_NEVER = np.iinfo(np.int64).max
_SPLITS = ("train", "val", "test")
_KINDS: dict[str, Literal["number", "boolean"]] = {"regression": "number", "binary_classification": "boolean"}


@dataclass(frozen=True)
class Task:
    """Rows that each ask for a label of one row of the entity table, as of a time.

    A forecast's rows are a table of their own beside the database: a row refers to its entity, and has the label and
    the time as cells. Rows that are ``known`` may stand in the contexts of others, from the moment on when their label
    is known: ``horizon`` after their time, and never at it. An autocomplete task (``is_column``) asks for a column of
    the entity table itself.

    Attributes:
        name: of the task, and of its table.
        table: the entity table.
        rows: (n,) row numbers in it.
        times: (n,) nanoseconds since 1970.
        labels: (n,) NaN where it is not known.
        kind: "number" or "boolean" (0 and 1).
        target, time: names of the label's and the time's columns.
        known: (n,) bool, which rows other contexts may show; None: none.
        horizon: nanoseconds.
        leaks: (table, column) of what tells the target: left out of the seed's row and of rows at the seed's time.
        mean, std: labels stand in batches as (label - mean) / std; 0 and 1 for booleans.
        splits: parts of the rows by name.
        is_column: see above.
    """

    name: str
    table: str
    rows: Int64
    times: Int64
    labels: npt.NDArray[np.float64]
    kind: Literal["number", "boolean"]
    target: str
    time: str = "timestamp"
    known: npt.NDArray[np.bool_] | None = None
    horizon: int = 0
    leaks: tuple[tuple[str, str], ...] = ()
    mean: float = 0.0
    std: float = 1.0
    splits: Mapping[str, slice] = field(default_factory=dict)
    is_column: bool = False

    @classmethod
    def open(cls, path: str | Path, name: str, source: ContextSource) -> Task:
        """Task ``name`` of the dataset in folder ``path``, all splits one after another; train's labels are ``known``.

        Raises:
            InputError: there is no such task, or it is neither a binary classification nor a regression.
        """
        place = Path(path) / "tasks" / name
        try:
            manifest = yaml.safe_load((place / "manifest.yaml").read_text(encoding="utf-8"))
            parts = {split: pq.read_table(place / f"{split}.parquet") for split in _SPLITS}
        except OSError as error:
            found = sorted(each.parent.name for each in Path(path).glob("tasks/*/manifest.yaml"))
            raise InputError("is no task", place=str(place), hint=f"there are {', '.join(found) or 'none'}") from error
        if (kind := _KINDS.get(manifest["task_type"])) is None:
            said = f"asks for {manifest['task_type']}, not for a number or yes and no"
            raise InputError(said, place=str(place))
        is_column = manifest["kind"] == "autocomplete"
        target = manifest["target_col"]
        keys = _keys(manifest, parts["train"], target)
        whole = {split: _arrays(part, *keys, target) for split, part in parts.items()}
        rows, times, labels = (np.concatenate([part[k] for part in whole.values()]) for k in range(3))
        ends = np.cumsum([0, *(len(part[0]) for part in whole.values())])
        splits = {split: slice(int(ends[k]), int(ends[k + 1])) for k, split in enumerate(whole)}
        mean, std = spread(whole["train"][2].astype(np.float64)) if kind == "number" else (0.0, 1.0)
        leaks = tuple((table, column) for table, column in manifest.get("remove_columns") or ())
        return cls(
            name=name,
            table=manifest["entity_table"],
            rows=rows.astype(np.int64),
            times=times.astype(np.int64),
            labels=labels.astype(np.float64),
            kind=kind,
            target=target,
            time=keys[1],
            known=np.arange(len(rows)) < ends[1],
            horizon=_length(manifest.get("timedelta")),
            leaks=(*leaks, (manifest["entity_table"], target)) if is_column else leaks,
            mean=mean,
            std=std or 1.0,
            splits=splits,
            is_column=is_column,
        )

    def columns(self, source: ContextSource) -> tuple[Column, ...]:
        """Columns that batches of the task have after the source's: the label and the row's time; none of an
        autocomplete task."""
        if self.is_column:
            return ()
        return (
            Column(self.name, self.target, self.kind, self.mean, self.std),
            Column(self.name, self.time, "datetime", *source.moments),
        )

    def over(self, source: ContextSource) -> _sampler.ContextTask:
        """The task's table beside the source's, in the core. InputError where a row's time is missing, RunError where
        an entity does not exist."""
        if (self.times == TIMELESS).any():
            raise InputError("a row has no time", place=self.name)
        labels = np.where(np.isnan(self.labels), 0.0, (self.labels - self.mean) / self.std).astype(np.float32)
        shown = ~np.isnan(self.labels) & (False if self.known is None else self.known)
        known = np.where(shown, self.times + max(self.horizon, 1), _NEVER)
        return mapped(
            lambda: source.native.task(
                name=self.name,
                entity=source.table(self.table),
                column=len(source.columns),
                kind=TYPES.index(self.kind),
                rows=self.rows.tobytes(),
                times=self.times.tobytes(),
                known=known.tobytes(),
                labels=labels.tobytes(),
                moments=source.standard(self.times).tobytes(),
            )
        )


def _keys(manifest: Mapping[str, Any], train: pa.Table, target: str) -> tuple[str, str]:
    """The columns of entity and time: autocomplete manifests may leave them out."""
    others = [field for field in train.schema if field.name != target]
    entity = manifest.get("entity_col") or next(f.name for f in others if pa.types.is_integer(f.type))
    time = manifest.get("time_col") or next(f.name for f in others if pa.types.is_temporal(f.type))
    return entity, time


def _arrays(part: pa.Table, entity: str, time: str, target: str) -> tuple[Any, Any, Any]:
    moments = nanoseconds(part[time]).cast(pa.int64()).fill_null(TIMELESS)
    return part[entity].to_numpy(), moments.to_numpy(), pc.cast(part[target], pa.float64()).to_numpy()


def _length(written: str | None) -> int:
    """A span as relbench writes it ("30 days") in nanoseconds."""
    if written is None:
        return 0
    with duckdb.connect(":memory:") as connection:
        ((seconds,),) = connection.execute("SELECT epoch(?::INTERVAL)", [str(written)]).fetchall()
    return int(seconds * 1e9)
