"""The face of the published package `plurel`: a program written for it changes one import.

    from plurel_sql.relbench import Choices, Config, DatabaseParams, DAGParams, SCMParams, SyntheticDataset

    database = SyntheticDataset(seed=0, config=Config()).make_db()

Parameters have the names, defaults and meaning that they have there (``plan.params``); what that package holds as
functions is given by name. Data are this project's: other numbers of the same prior, the same for a seed on any
machine, with any version of any library.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path

import msgspec
import pandas as pd
import relbench
from relbench.base import Database

from plurel_sql import api
from plurel_sql.plan import config as configuration
from plurel_sql.plan import model
from plurel_sql.plan.model import Plan
from plurel_sql.plan.params import DAGParams, DatabaseParams, Params, SCMParams
from plurel_sql.prior.published import random_schema
from plurel_sql.relbench.dataset import PlanDataset


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What databases are drawn from.

    ``val_split`` and ``test_split`` are the shares of the time span before the cuts. With ``schema_file``, SQL in any
    dialect, the schema is not random. A database is kept in the folder ``cache_dir`` (a relbench dataset), if one is
    named, and read from there the next time.
    """

    database_params: DatabaseParams = DatabaseParams()
    scm_params: SCMParams = SCMParams()
    dag_params: DAGParams = DAGParams()
    val_split: float = 0.8
    test_split: float = 0.9
    cache_dir: str | None = None
    schema_file: str | None = None


class SyntheticDataset(PlanDataset):
    """The database of a seed, as a relbench dataset: ``make_db()`` has all rows, ``get_db()`` those up to
    ``test_timestamp``.

    Args:
        seed: 0 to 2**64 - 1.
        config: what it is drawn from.

    Raises:
        InputError: a parameter or the schema file can't be.
    """

    def __init__(self, seed: int, config: Config | None = None) -> None:
        self.seed = seed
        self.config = config or Config()
        super().__init__(_plan(seed, self.config), name=f"plurel-{seed}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seed={self.seed})"

    @property
    def val_timestamp(self) -> pd.Timestamp:
        """The cut before validation; NaT where no table has times."""
        return self._cut(self.config.val_split)

    @property
    def test_timestamp(self) -> pd.Timestamp:
        """The cut before the test; NaT where no table has times."""
        return self._cut(self.config.test_split)

    def make_db(self) -> Database:
        """All rows, as data frames of its own."""
        if self.config.cache_dir is None:
            return super().make_db()
        folder = Path(self.config.cache_dir)
        if not (folder / "manifest.yaml").exists():
            self._source.write(folder, format="relbench")
        return relbench.load_dataset(str(folder)).get_db(upto_test_timestamp=False)

    def _cut(self, split: float) -> pd.Timestamp:
        if self._span is None:
            return pd.Timestamp("NaT")
        first, days = self._span
        return first + timedelta(days=int((days + 1) * split))

    @cached_property
    def _span(self) -> tuple[pd.Timestamp, int] | None:
        """The first day of the time span, and how many days after it the last one is."""
        axes = [table.axis for table in self._source.plan.tables if isinstance(table.axis, model.Own)]
        if not axes:
            return None
        first = pd.Timestamp(axes[0].start, unit="us")
        return first, (pd.Timestamp(axes[0].end, unit="us") - first).days - 1


def _plan(seed: int, config: Config) -> Plan:
    params = Params(database=config.database_params, scm=config.scm_params, dag=config.dag_params)
    schema = config.schema_file if config.schema_file is not None else random_schema(seed, params)
    return api.plan(schema, seed=seed, config=configuration.Config(prior=params))
