"""A plan's database as contexts see it, without making it: which tables, links and columns of the plan stand for what.

The dataset is the one that ``export`` would make. What can't be had row by row is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from plurel_sql import _sampler
from plurel_sql.context import folder
from plurel_sql.context.folder import BOOLEAN, DATETIME, NUMBER, TEXT, Described, picked
from plurel_sql.errors import InputError
from plurel_sql.export.convert import Relation, cast, unique
from plurel_sql.export.design import design
from plurel_sql.export.folder import manifest
from plurel_sql.export.layout import Layout, OutTable
from plurel_sql.export.moments import holds_times
from plurel_sql.export.times import planned
from plurel_sql.plan.model import Plan
from plurel_sql.sample import Sampler, mapped
from plurel_sql.schema.model import Schema

Unmade = tuple[_sampler.ContextSource, list[Described], dict[str, int], int]
"""The source, its columns, rows by table, and the most links of a table."""

_LETTERED = ("utf8", "time64", "list<utf8>", "list<bool>", "list<int16>", "list<int32>", "list<int64>")
"""Types that the core writes as DuckDB does: of reals and intervals it is not sure."""

_MADE = "ContextSource.of_plan makes the database, and can"


def links(plan: Plan, schema: Schema, table: OutTable) -> list[int | None]:
    """Which of the planned table's links each link of a dataset's table is; None where it is none."""
    keys = reversed(schema.table(table.source).foreign_keys)
    labels = {(key.columns, key.parent_columns): key.label for key in keys}
    places = {link.name: place for place, link in enumerate(plan.table(table.source).links)}
    return [places.get(labels[link.source, link.parent_source]) for link in table.links]


def unmade(name: str, plan: Plan, schema: Schema, sampler: Sampler) -> Unmade:
    """The source of a plan with this schema.

    Raises:
        InputError: something of it is known only when all rows are made.
    """
    times = planned(plan)
    tables, _ = design(schema, times)
    given = [_given(plan, schema, tables, table, times[table.source]) for table in tables]
    rows = {table.name: plan.table(table.source).rows for table in tables}
    # Times that are lent are asked of a source without cells, to know their mean.
    bare = mapped(lambda: _sampler.ContextSource.unmade(sampler.native, given))
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        sample = _Sample(plan, schema, sampler, bare, connection)
        data = {table.name: sample.table(place, table) for place, table in enumerate(tables)}
    specs: Mapping[str, Any] = manifest(Layout(name, tables, None, None))["tables"]
    columns = folder.described(specs, data, rows)
    for table, found in zip(tables, given, strict=True):
        own = [(k, column) for k, column in enumerate(columns) if column.table == table.name]
        found["columns"] = [(k, c.kind, _column(plan, table, c), c.mean, c.std or 1.0) for k, c in own]
        held = [1 - data[table.name][column.name].null_count / max(1, len(data[table.name])) for _, column in own]
        found["fullness"] = float(sum(held))
    return mapped(lambda: _sampler.ContextSource.unmade(sampler.native, given)), columns, rows, folder.width(specs)


def _given(plan: Plan, schema: Schema, tables: Sequence[OutTable], table: OutTable, time: str | None) -> dict[str, Any]:
    """A table as the core takes it, without its cells."""
    if plan.table(table.source).retries:
        raise InputError("has rows that are made again to meet a CHECK", place=table.source, hint=_MADE)
    places = {each.name: place for place, each in enumerate(tables)}
    found = []
    for link, law in zip(table.links, links(plan, schema, table), strict=True):
        parent = places[link.parent]
        if law is None or not unique(schema.table(tables[parent].source), link.parent_source):
            said = "refers by no law of the plan, or to columns that are not unique"
            raise InputError(said, place=f"{table.source}.{','.join(link.source)}", hint=_MADE)
        found.append((parent, law))
    return {
        "name": table.name,
        "planned": table.source,
        "time": time,
        "lenders": [place for place, link in enumerate(table.links) if link.column in table.lenders],
        "links": found,
        "columns": [],
        "fullness": 0.0,
    }


def _column(plan: Plan, table: OutTable, column: Described) -> str | None:
    """The planned column that a column's cells are made of, None for a time that is lent.

    Raises:
        InputError: they can't be made without the database.
    """
    source = table.column(column.name).source
    if not source:
        return None
    type_ = next(each.type for each in plan.table(table.source).columns if each.name == source[0])
    is_time = type_ in ("date32", "timestamp", "timestamptz")
    is_made = {
        NUMBER: type_.startswith(("int", "uint", "float", "decimal")) and type_ != "interval",
        BOOLEAN: type_ == "bool",
        DATETIME: is_time,
        TEXT: type_ in _LETTERED,
    }[column.kind]
    if not is_made:
        said = f"its {folder.NAMES[column.kind]} cells can't be made of {type_} row by row"
        raise InputError(said, place=f"{table.source}.{source[0]}", hint=_MADE)
    return source[0]


class _Sample:
    """Rows that stand for all, as a folder has them but for keys and links."""

    def __init__(
        self,
        plan: Plan,
        schema: Schema,
        sampler: Sampler,
        bare: _sampler.ContextSource,
        connection: duckdb.DuckDBPyConnection,
    ) -> None:
        self._plan = plan
        self._schema = schema
        self._sampler = sampler
        self._bare = bare
        self._connection = connection

    def table(self, place: int, table: OutTable) -> pa.Table:
        """Of a table its columns that are neither key nor link, at ``picked`` rows."""
        rows = picked(self._plan.table(table.source).rows)
        wanted = [column for column in table.columns if column.role in ("feature", "time")]
        names = [column.source[0] for column in wanted if column.source]
        made = self._sampler.rows_at(table.source, rows.astype(np.uint64), names)
        relation = Relation("plurel_sample", {name: f"c{k}" for k, name in enumerate(names)})
        found: dict[str, Any] = {}
        if names:
            self._connection.register("plurel_rows", made.rename_columns(list(relation.columns.values())))
            self._connection.execute("CREATE OR REPLACE TABLE plurel_sample AS FROM plurel_rows")
            self._refuse_times(table, relation)
            values = ", ".join(self._value(table, column.name, relation) for column in wanted if column.source)
            found = dict(
                zip(
                    [column.name for column in wanted if column.source],
                    self._connection.sql(f"SELECT {values} FROM plurel_sample ORDER BY rowid").to_arrow_table().columns,
                    strict=True,
                )
            )
        for column in wanted:
            if not column.source:
                times = self._bare.times(np.full(len(rows), place).tobytes(), rows.tobytes())
                found[column.name] = pa.array(np.frombuffer(times, "datetime64[ns]"))
        return pa.table({column.name: found[column.name] for column in wanted})

    def _value(self, table: OutTable, name: str, relation: Relation) -> str:
        column = table.column(name)
        type_ = self._schema.table(table.source).column(column.source[0]).type
        return cast(relation.columns[column.source[0]], type_, column.kind)

    def _refuse_times(self, table: OutTable, relation: Relation) -> None:
        source = self._schema.table(table.source)
        for name in relation.columns:
            if holds_times(self._connection, source, source.column(name), relation):
                said = "holds times as numbers or text, which is known only when all rows are made"
                raise InputError(said, place=f"{table.source}.{name}", hint=_MADE)
