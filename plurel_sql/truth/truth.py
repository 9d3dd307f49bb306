"""The door: everything that is known behind one database."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from plurel_sql.errors import InputError
from plurel_sql.plan.model import Plan
from plurel_sql.sample import Sampler
from plurel_sql.truth import conditions, write
from plurel_sql.truth.conditions import Conditions
from plurel_sql.truth.graph import Graph, graph
from plurel_sql.truth.mechanisms import mechanisms
from plurel_sql.truth.optimum import DRAWS, Optimum


class Truth:
    """What the generator knows about the rows of a plan. Tables are named by their ids."""

    def __init__(self, plan: Plan, sampler: Sampler) -> None:
        self._plan = plan
        self._sampler = sampler

    def graph(self, table: str | None = None) -> Graph:
        """The causal graph, over all tables or what makes one of them."""
        whole = graph(self._plan)
        return whole if table is None else whole.of(self._known(table))

    def mechanisms(self, table: str) -> dict[str, Any]:
        """The mechanisms of a table as plain data (``truth.mechanisms``)."""
        return mechanisms(self._plan, self._sampler, self._known(table))

    def latents(self, table: str) -> pa.RecordBatchReader:
        """Per row its latents, the parent rows that it read and their hidden traits (``Sampler.latents``)."""
        return write.latents(self._sampler, self._plan.table(self._known(table)))

    def conditions(self, table: str, column: str, knows: Literal["ceiling", "row"] = "ceiling") -> Conditions:
        """What the best prediction of a column knows (``truth.conditions``).

        Raises:
            InputError: there is no such column, the causal model doesn't make it, or there is no such optimum.
        """
        if knows == "ceiling":
            return conditions.ceiling(self._plan, self._known(table), column)
        found = conditions.row(self._plan, self._known(table), column)
        if found is None:
            message = "no optimum of the row alone can be had: a latent that bears on it has no density"
            raise InputError(message, place=f"{table}.{column}", hint='knows="ceiling" can')
        return found

    def optimum(
        self,
        table: str,
        column: str,
        rows: npt.NDArray[np.uint64] | None = None,
        *,
        knows: Literal["ceiling", "row"] = "ceiling",
        draws: int = DRAWS,
    ) -> pa.Table:
        """The best possible prediction of a column's cells at ``rows`` (all where None), one line each; see
        ``Optimum.predict`` for the fields and ``truth.conditions`` for what it knows.

        Raises:
            InputError: as ``conditions``, or the cells are neither numbers nor truth values nor categories.
        """
        found = Optimum(self._plan, self._sampler, self.conditions(table, column, knows), draws)
        every = np.arange(self._plan.table(table).rows, dtype=np.uint64)
        return found.predict(every if rows is None else np.asarray(rows, np.uint64))

    def write(self, folder: str | Path, *, overwrite: bool = False, dataset: str | Path | None = None) -> None:
        """Writes graph, mechanisms and latents into a folder (``truth.write``), and the optimum of each autocomplete
        task of a relbench ``dataset`` that was made from this database.

        Raises:
            TargetError: it may not be written.
            RunError: it can't be written, or the dataset is not this database's.
        """
        place = Path(dataset) if dataset is not None else None
        write.write(self._plan, self._sampler, folder, overwrite=overwrite, dataset=place)

    def _known(self, table: str) -> str:
        if not any(table == known.name for known in self._plan.tables):
            raise InputError("there is no such table", place=table)
        return table
