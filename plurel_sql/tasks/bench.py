"""The database as tasks are measured on it."""

from __future__ import annotations

from dataclasses import dataclass

from plurel_sql.export.layout import Layout, OutTable
from plurel_sql.plan.model import Plan
from plurel_sql.tasks.effort import FULL, Effort
from plurel_sql.tasks.facts import Facts
from plurel_sql.tasks.sql import Connection

LABELS = "plurel_sql_labels"
"""Temporary table: the labels at hand: split, timestamp, entity, target."""
SAMPLE = "plurel_sql_sample"
"""Temporary table: those of them that are measured: id, split, timestamp, entity, target."""
SEEDS = "plurel_sql_seeds"
"""Temporary table: whose history is asked for: id, timestamp, entity."""
PAST = "plurel_sql_past"
"""Temporary table: their events, summed up to each."""


@dataclass(frozen=True)
class Bench:
    """A connection that holds the dataset's tables under their names, what they are, figures about them, and how much
    work is put into measuring. ``plan``: that the rows come of, if they do."""

    connection: Connection
    layout: Layout
    facts: Facts
    effort: Effort = FULL
    plan: Plan | None = None

    def table(self, name: str) -> OutTable:
        """The table of this name."""
        return self.layout.table(name)

    def clear(self) -> None:
        """Drops the temporary tables."""
        for name in (LABELS, SAMPLE, SEEDS, PAST):
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")
