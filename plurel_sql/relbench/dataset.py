"""Datasets of relbench that need no folder: rows are made when the database is asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import cast

import duckdb
import pandas as pd
import pyarrow as pa
from relbench.base import Database as RelbenchDatabase
from relbench.base import Dataset, Table

from plurel_sql import api
from plurel_sql.api import ConfigLike, Rows
from plurel_sql.attempts.judge import quoted
from plurel_sql.export.build import build
from plurel_sql.export.layout import Layout
from plurel_sql.inputs import SchemaLike
from plurel_sql.plan.model import Plan
from plurel_sql.sinks import relbench as sink
from plurel_sql.sinks.base import Silent


class PlanDataset(Dataset):  # type: ignore[misc]  # relbench has no types
    """The dataset that ``synth --format relbench`` would write of a plan, without its folder.

    Attributes:
        layout: which table and column of the schema each table and column stands for.
        val_timestamp, test_timestamp: pandas Timestamps; NaT where no table has times.
    """

    def __init__(self, plan: Plan | str | Path, *, name: str = "synthetic", threads: int = 0) -> None:
        self.name = name
        self._source = api.open_plan(plan, threads)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, seed={self._source.plan.seed})"

    @property
    def layout(self) -> Layout:
        return self._made[0]

    @property
    def val_timestamp(self) -> pd.Timestamp:
        return _timestamp(self.layout.val_timestamp)

    @property
    def test_timestamp(self) -> pd.Timestamp:
        return _timestamp(self.layout.test_timestamp)

    def make_db(self) -> RelbenchDatabase:
        """All rows, as data frames of its own: whoever gets them may change them."""
        layout, data = self._made
        return RelbenchDatabase(
            {
                table.name: Table(
                    df=_frame(data[table.name]),
                    fkey_col_to_pkey_table={link.column: link.parent for link in table.links},
                    pkey_col=table.key,
                    time_col=table.time,
                )
                for table in layout.tables
            }
        )

    @cached_property
    def _made(self) -> tuple[Layout, dict[str, pa.Table]]:
        rows = sink.Rows(sink.streams(self._source, []), Silent())
        with duckdb.connect(":memory:") as connection, rows.errors(self.name):
            layout = build(self.name, self._source.schema, sink.times(self._source), rows.stream, connection)
            held = {t.name: connection.table(quoted(t.name)).to_arrow_table() for t in layout.tables}
        return layout, held


class SchemaDataset(PlanDataset):
    """The dataset of a schema, rows and a seed; arguments and errors as in ``plurel_sql.synthesize``."""

    def __init__(
        self,
        schema: SchemaLike,
        *,
        rows: Rows = None,
        seed: int = 0,
        dialect: str | None = None,
        config: ConfigLike = None,
        name: str = "synthetic",
        threads: int = 0,
    ) -> None:
        plan = api.plan(schema, rows=rows, seed=seed, dialect=dialect, config=config, threads=threads)
        super().__init__(plan, name=name, threads=threads)


def _timestamp(micros: int | None) -> pd.Timestamp:
    return cast(pd.Timestamp, pd.NaT) if micros is None else pd.Timestamp(micros, unit="us")


def _frame(table: pa.Table) -> pd.DataFrame:
    """As relbench reads a folder's file: text as objects, which is what it hands to DuckDB."""
    frame: pd.DataFrame = table.to_pandas()
    texts = [name for name in frame.columns if isinstance(frame[name].dtype, pd.StringDtype)]
    return frame.astype(dict.fromkeys(texts, object))
