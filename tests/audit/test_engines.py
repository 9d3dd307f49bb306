"""Awkward schemas in the engines they were written for: the user's own DDL, and the engine as judge of every row."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit.awkward import AWKWARD
from support.filled import fill
from support.servers import MYSQL, POSTGRES, database, rows, run_script

import plurel_sql
from plurel_sql.sinks.targets import open_target

JUDGED = {
    "postgres": (
        "composite keys", "self references", "cycles", "junctions", "keys that are foreign", "tenants",
        "keys to UNIQUE", "partial unique indexes", "indexes over expressions", "no overlap", "partitions",
        "inheritance", "keys onto unique indexes", "deep tenants", "pairs of keys",
        "keys against their own rows", "keys to two tables that differ",
        "partitions by several columns and texts", "times that must be there after times that need not",
    ),
    "mysql": ("what the target calls equal", "partitions of MySQL", "partitions of MySQL by several columns"),
}  # fmt: skip
SIZES = (1, 60, 3000)
CASES = [(dialect, name, size) for dialect, names in JUDGED.items() for name in names for size in SIZES]


@pytest.mark.parametrize(("dialect", "name", "size"), CASES)
def test_the_engine_takes_every_row(dialect: str, name: str, size: int, tmp_path: Path) -> None:
    _, sql = AWKWARD[name]
    filled = fill(sql, tmp_path / "x.duckdb", rows=size, dialect=dialect)
    assert [str(note) for note in filled.left_out] == []
    assert filled.violations == []
    with database(POSTGRES if dialect == "postgres" else MYSQL) as url:
        if dialect == "postgres":
            run_script(url, "CREATE EXTENSION btree_gist;")
        loaded = open_target(url).write(plurel_sql.open_plan(filled.plan))
        assert [str(note) for note in loaded.notes if note.level == "error"] == []
        for table in filled.schema.tables:
            quote = '"' if dialect == "postgres" else "`"
            only = "ONLY " if dialect == "postgres" and table.partitioning is None else ""
            ((count,),) = rows(url, f"SELECT count(*) FROM {only}{quote}{table.name}{quote}")
            assert count == filled.rows[table.id], table.id
