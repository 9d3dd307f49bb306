"""The published prior's own schemas: neutral names, numbers and categories alone, a ``date`` for tables that no other
refers to."""

from __future__ import annotations

from plurel_sql.plan.draws import Draws
from plurel_sql.plan.params import Params
from plurel_sql.prior.layouts import Graph, layout
from plurel_sql.schema.model import Check, Column, ForeignKey, OneOf, Schema, SqlType, Table, Unique

_KEY = SqlType("integer", "BIGINT", bits=64)
_NUMBER = SqlType("float", "DOUBLE", bits=64)
_CATEGORY = SqlType("integer", "INTEGER", bits=32)
_DATE = SqlType("timestamp", "TIMESTAMP", precision=6)


def random_schema(seed: int, params: Params) -> Schema:
    """The schema of seed ``seed``; rows, time span and marginals are the planner's, with ``Config(prior=params)``."""
    draws = Draws(seed, "published", "graph")
    count = int(draws.of(params.database.num_tables_choices))
    graph = layout(str(draws.of(params.database.table_layout_choices)), count, params.dag, draws)
    return Schema(tuple(_table(seed, number, graph, params) for number in range(count)))


def _table(seed: int, number: int, graph: Graph, params: Params) -> Table:
    name = f"table_{number}"
    draws = Draws(seed, "published", name, "columns")
    keys = tuple(
        ForeignKey((f"foreign_row_{k}",), f"table_{parent}", ("row_idx",)) for k, parent in enumerate(graph[number])
    )
    columns = [Column("row_idx", _KEY, nullable=False, identity=True)]
    columns += [Column(key.columns[0], _KEY, nullable=False) for key in keys]
    checks = []
    for k in range(draws.power_law(params.database.num_cols_choices)):
        feature = f"feature_{k}"
        if draws.of(params.scm.col_stype_choices) == "numerical":
            columns.append(Column(feature, _NUMBER))
            continue
        columns.append(Column(feature, _CATEGORY, nullable=False))
        codes = tuple(range(int(draws.of(params.scm.num_categories_choices))))
        listed = OneOf(feature, codes)
        checks.append(Check(f"{feature} IN ({', '.join(map(str, codes))})", (feature,), None, (listed,), True))
    if all(number not in parents for parents in graph):
        columns.append(Column("date", _DATE, nullable=False))
    return Table(
        name, tuple(columns), uniques=(Unique(("row_idx",), primary=True),), foreign_keys=keys, checks=tuple(checks)
    )
