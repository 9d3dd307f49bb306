"""Whether the parts of a plan speak of the same tables and columns: a plan file may have been edited by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from plurel_sql.plan.model import Plan
from plurel_sql.schema.model import Table


def contradiction(plan: Plan) -> str | None:
    """What ``plan.schema`` says that the plan's tables, or other parts of the schema, don't; None where they agree."""
    if plan.schema is None:
        return None
    declared = {table.id: table for table in plan.schema.tables}
    if Counter(table.id for table in plan.schema.tables) != Counter(table.name for table in plan.tables):
        return "its schema has other tables than the plan"
    for table in plan.tables:
        columns = Counter(column.name for column in declared[table.name].columns)
        if columns != Counter(column.name for column in table.columns):
            return f"{table.name} has other columns in its schema than in the plan"
        for name, place in _mentioned(declared[table.name]):
            if name not in columns:
                return f"{place} of {table.name} names a column {name} that is not there"
        for key in declared[table.name].foreign_keys:
            parent = declared.get(key.parent)
            there = {column.name for column in parent.columns} if parent else set()
            if len(key.columns) != len(key.parent_columns) or not there.issuperset(key.parent_columns):
                return f"a foreign key of {table.name} refers to {key.parent} by columns that are not there"
    return None


def _mentioned(table: Table) -> Iterator[tuple[str, str]]:
    """Columns that constraints name, and what kind of constraint."""
    for unique in table.uniques:
        yield from ((name, "a unique key") for name in unique.all_columns)
    for exclusion in table.exclusions:
        yield from ((name, "an exclusion") for name in (*exclusion.span, *exclusion.group))
    for check in table.checks:
        yield from ((name, "a CHECK") for name in check.columns)
    for key in table.foreign_keys:
        yield from ((name, "a foreign key") for name in key.columns)
