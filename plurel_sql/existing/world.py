"""What is known while new rows are put beside old ones: the plan, who gets rows, and the keys that the target holds."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from plurel_sql.existing.choose import Choice
from plurel_sql.existing.design import Design
from plurel_sql.existing.live import Live
from plurel_sql.existing.shift import folded
from plurel_sql.existing.steps import Parents, as_text
from plurel_sql.plan.axes import time_column
from plurel_sql.plan.model import Plan
from plurel_sql.plan.types import arrow_type
from plurel_sql.sample import Sampler
from plurel_sql.schema.model import ForeignKey, Schema, Table


class Target:
    """Keys read from the target, each column at most once for each use; of the rows themselves nothing else is read."""

    def __init__(self, live: Live, schema: Schema, choice: Choice, design: Design) -> None:
        self._live = live
        self._schema = schema
        self._counts = choice.counts
        self.held: dict[str, pa.Table] = {
            id: self.columns(id, columns) for id, columns in design.needed.items() if columns
        }
        for vacancy in design.vacancies:
            rows = self.columns(vacancy.parent, vacancy.key.parent_columns)
            taken = self.columns(vacancy.child, vacancy.key.columns)
            free = pc.invert(pc.is_in(as_text(rows.columns), value_set=as_text(taken.columns)))
            self.held[vacancy.id] = rows.filter(free)
        self._read: dict[tuple[str, tuple[str, ...]], pa.Table] = {}

    def columns(self, id: str, columns: tuple[str, ...]) -> pa.Table:
        """These columns of all rows of a table."""
        table = self._schema.table(id)
        types = {name: arrow(arrow_type(table.column(name).type)) for name in columns}
        if not self._counts.get(id):
            return pa.table({name: pa.array([], type_) for name, type_ in types.items()})
        return self._live.columns(table, types)

    def time(self, id: str) -> str | None:
        """The column that says when rows of a table came about."""
        return time_column(self._schema.table(id))

    def old(self, id: str, columns: tuple[str, ...]) -> pa.Table:
        """The same, kept for the next time."""
        if (id, columns) not in self._read:
            self._read[id, columns] = self.columns(id, columns)
        return self._read[id, columns]

    def labels(self, id: str, column: str) -> set[str]:
        """The values in a column as texts, folded."""
        return {folded(str(value)) for value in self.old(id, (column,))[column].to_pylist() if value is not None}

    def numbers(self, id: str, column: str) -> list[int]:
        """The whole numbers in a column, ascending."""
        found = self.old(id, (column,))[column].drop_null()
        whole = pc.floor(found.cast(pa.decimal128(38, 10))) if pa.types.is_decimal(found.type) else found
        return sorted(whole.cast(pa.int64(), safe=False).to_pylist())

    def last(self, id: str, column: str, key: ForeignKey, held: pa.Table) -> tuple[npt.NDArray[np.int64], pa.Array]:
        """For each row of ``held`` the largest value of ``column`` among the table's rows below it, and whether there
        is one."""
        table: Table = self._schema.table(id)
        found = [row for row in self._live.largest(table, column, key.columns) if None not in row]
        last, known = np.zeros(held.num_rows, np.int64), np.zeros(held.num_rows, bool)
        if found:
            *below, values = (list(column) for column in zip(*found, strict=True))
            parents = [
                pa.array(part, held[source].type) for part, source in zip(below, key.parent_columns, strict=True)
            ]
            rows = pc.index_in(as_text(parents), value_set=as_text([held[name] for name in key.parent_columns]))
            for row, value in zip(rows.to_pylist(), values, strict=True):
                if row is not None:
                    last[row], known[row] = int(value), True
        return last, known


class World:
    """One plan of the new rows, opened."""

    def __init__(self, plan: Plan, design: Design, choice: Choice, target: Target, sampler: Sampler) -> None:
        self.plan = plan
        self.design = design
        self.choice = choice
        self.target = target
        self.sampler = sampler
        self.filled = frozenset(choice.fill)

    def parents(self, id: str, link: int) -> Parents:
        """The parent rows of a range of rows along a link of the plan."""
        return lambda start, stop: self.sampler.parents(id, link, start, stop)


def arrow(short: str) -> pa.DataType:
    """The Arrow type of a plan's short name (``plan.model.Column.type``)."""
    if match := re.fullmatch(r"decimal128\((\d+),(\d+)\)", short):
        return pa.decimal128(int(match[1]), int(match[2]))
    made: dict[str, Callable[[], pa.DataType]] = {
        "bool": pa.bool_,
        "date32": pa.date32,
        "time64": lambda: pa.time64("us"),
        "timestamp": lambda: pa.timestamp("us"),
        "timestamptz": lambda: pa.timestamp("us", "UTC"),
        "binary": pa.binary,
        "float32": pa.float32,
        "float64": pa.float64,
        **{f"{sign}int{bits}": getattr(pa, f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)},
    }
    return made.get(short, pa.string)()
