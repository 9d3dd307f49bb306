"""A schema planned, written to a DuckDB file and audited in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

import plurel_sql
from plurel_sql import inputs
from plurel_sql.inputs import SchemaLike
from plurel_sql.plan import model
from plurel_sql.schema.model import Note, Schema
from support.audit import audit


@dataclass(frozen=True)
class Filled:
    """A filled file and what was found in it.

    ``violations`` are the audit's, of everything that the *given* schema asks for except what a note says is left
    out; ``left_out`` are those notes.
    """

    path: Path
    schema: Schema
    plan: model.Plan
    violations: list[str]
    left_out: list[Note]

    @property
    def rows(self) -> dict[str, int]:
        return {table.name: table.rows for table in self.plan.tables}

    def connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.path), read_only=True)


def fill(
    schema: SchemaLike,
    path: Path,
    rows: int | Mapping[str, int] | None = None,
    dialect: str | None = None,
    seed: int = 0,
) -> Filled:
    """Fills ``path`` and audits it: keys, NOT NULL, CHECKs, counts, and that no child is older than its parent."""
    read = inputs.read(schema, dialect)
    plan = plurel_sql.plan(read, rows=rows, seed=seed)
    assert plan.schema is not None
    path.unlink(missing_ok=True)
    plurel_sql.open_plan(plan).write(path)
    times = {
        table.name: column.name
        for table in plan.tables
        for column in table.columns
        if isinstance(column.rule, model.At)
    }
    with duckdb.connect(str(path), read_only=True) as connection:
        counts = {table.name: table.rows for table in plan.tables}
        violations = audit(connection, plan.schema, counts, times, [table.name for table in plan.tables])
    noted = [note for note in plan.notes if note.level == "error"]
    missing = constraints(read) - constraints(plan.schema)
    if missing and not noted:
        violations += [f"silently left out: {entry}" for entry in sorted(map(str, missing))]
    return Filled(path, read, plan, violations, noted)


def constraints(schema: Schema) -> set[tuple[str, ...]]:
    """Keys, foreign keys and checks of a schema, as comparable entries."""
    return {
        entry
        for table in schema.tables
        for entry in (
            *((table.id, "unique", *u.columns, *u.expressions, u.where or "") for u in table.uniques),
            *((table.id, "exclusion", *map(str, exclusion.elements)) for exclusion in table.exclusions),
            *([(table.id, "partitions")] if table.partitioning else []),
            *((table.id, "foreign key", fk.label) for fk in table.foreign_keys),
            *((table.id, "check", check.expression) for check in table.checks),
        )
    }
