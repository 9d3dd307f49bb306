"""A translated CHECK that the rows break in the target is noted, and the load goes on."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace
from support.servers import MYSQL, POSTGRES, database, rows

import plurel_sql
from plurel_sql.plan.model import Plan
from plurel_sql.schema.model import Check
from plurel_sql.sinks.sqlalchemy import AnyDatabase
from plurel_sql.sinks.targets import open_target

SQL = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL CHECK (a > 0), up INTEGER REFERENCES t (id))"


def promised(dialect: str) -> Plan:
    """A plan that promises more than its rows keep, as a target with other words' meanings would read it."""
    plan = plurel_sql.plan(f"{SQL};", rows=300, dialect=dialect)
    assert plan.schema is not None
    (table,) = plan.schema.tables
    broken = Check("a < 3", ("a",), name="small")
    return replace(plan, schema=replace(plan.schema, tables=(replace(table, checks=(*table.checks, broken)),)))


def test_duckdb(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    loaded = open_target(str(path)).write(plurel_sql.open_plan(promised("sqlite")))
    assert [note.where for note in loaded.notes if "small" in note.message and "rows break it" in note.message] == ["t"]
    with duckdb.connect(str(path)) as made:
        assert made.execute("SELECT count(*) FROM t").fetchone() == (300,)
        with pytest.raises(duckdb.ConstraintException):
            made.execute("INSERT INTO t VALUES (999, -1, NULL)")


@pytest.mark.parametrize("server", [POSTGRES, MYSQL])
def test_servers(server: str) -> None:
    with database(server) as url:
        loaded = AnyDatabase(url).write(plurel_sql.open_plan(promised("sqlite")))
        assert [note.where for note in loaded.notes if "a < 3" in note.message] == ["t"]
        assert rows(url, "SELECT count(*) FROM t") == [(300,)]
        with pytest.raises(Exception, match=r"(?i)check|constraint"):
            rows(url, "INSERT INTO t VALUES (999, -1, NULL)")
