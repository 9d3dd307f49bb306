"""Autocomplete: a column of a row that has a time, from the rest of the row and all that was there before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plurel_sql.export.layout import Layout, OutTable
from plurel_sql.tasks.facts import Facts
from plurel_sql.tasks.model import Dropped, Task
from plurel_sql.tasks.names import slug

FILLED = 0.1
"""A column that is more often NULL than this leaves too few rows to complete."""

# relbench writes these names into SQL and pandas expressions as they are.
_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def autocompletes(layout: Layout, facts: Facts) -> Iterator[Task | Dropped]:
    """Numbers and flags of tables with a key and a time."""
    for table in layout.tables:
        if table.key is None or table.time is None:
            continue
        for column in facts.columns[table.name]:
            if column.use not in ("flag", "number") or not column.target:
                continue
            name = slug(table.name, column.name)
            if column.filled < FILLED:
                yield Dropped(name, f"{column.filled:.1%} of {table.name}.{column.name} is filled")
            elif not all(_PLAIN.fullmatch(word) for word in (table.key, table.time, column.name)):
                yield Dropped(name, "relbench can't spell its names in SQL")
            else:
                yield _task(table, column.name, column.use == "flag", name)


def _task(table: OutTable, column: str, flag: bool, name: str) -> Task:
    return Task(
        name=name,
        kind="autocomplete",
        type="binary_classification" if flag else "regression",
        entity=table.name,
        entity_col=str(table.key),
        target=column,
        time_col=str(table.time),
        question=f"What is {column} of a row of {table.name}?",
        subject=f"{table.name}.{column}",
        form="complete",
    )
