"""What a task is: relbench's manifest, with what was measured about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

Kind = Literal["forecast", "autocomplete"]
Type = Literal["binary_classification", "regression", "recommendation"]


@dataclass(frozen=True)
class Task:
    """A task that may be written, in the terms of relbench's ``TaskManifest``.

    ``entity`` and ``entity_col`` are the source's of a recommendation, ``target`` its list of destination keys.
    ``window`` is None for an autocomplete task. ``subject`` names what is predicted (table or table.column), ``form``
    how.
    """

    name: str
    kind: Kind
    type: Type
    entity: str
    entity_col: str
    target: str
    time_col: str
    question: str
    subject: str
    form: str
    sql: str | None = None
    window: timedelta | None = None
    evaluations: int = 1
    destination: str | None = None
    eval_k: int | None = None
    remove_columns: tuple[tuple[str, str], ...] = ()

    @property
    def column(self) -> str:
        """The column that is predicted, or aggregated; empty for events as such."""
        return self.subject.partition(".")[2]

    def removing(self, columns: tuple[tuple[str, str], ...]) -> Task:
        """The task without these columns as well."""
        return replace(self, remove_columns=tuple(dict.fromkeys((*self.remove_columns, *columns))))

    def manifest(self, description: str) -> dict[str, Any]:
        """As ``relbench.manifest.TaskManifest`` has it on disk."""
        fields: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "task_type": self.type,
            "description": description,
        }
        if self.destination is not None:
            fields |= {
                "src_entity_table": self.entity,
                "src_entity_col": self.entity_col,
                "dst_entity_table": self.destination,
                "dst_entity_col": self.target,
                "time_col": self.time_col,
                "eval_k": self.eval_k,
            }
        else:
            fields |= {
                "entity_table": self.entity,
                "entity_col": self.entity_col,
                "target_col": self.target,
                "time_col": self.time_col,
            }
        if self.window is not None:
            fields["timedelta"] = spelled(self.window)
        if self.evaluations != 1:
            fields["num_eval_timestamps"] = self.evaluations
        if self.remove_columns:
            fields["remove_columns"] = [list(pair) for pair in self.remove_columns]
        if self.sql is not None:
            fields["sql"] = self.sql
        return fields | {"manifest_version": 1}


@dataclass(frozen=True)
class Dropped:
    """A task that was considered and not written, and why."""

    name: str
    reason: str


def spelled(window: timedelta) -> str:
    """A length of time as pandas and DuckDB both read it: ``30 days``, ``6 hours``, ``90 minutes``."""
    seconds = round(window.total_seconds())
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
