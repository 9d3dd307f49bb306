"""Real schemas as datasets: each loads in relbench and holds what a DuckDB file of the same plan holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import relbench as s

import plurel_sql

relbench = pytest.importorskip("relbench")

SCHEMAS = Path(__file__).parents[3] / "shared" / "schemas"

NAMED = (
    "ansi/tpch",
    "ansi/benchbase_tpcc",
    "postgres/chinook",
    "sqlite/northwind",
    "tsql/northwind",
    "oracle/chinook",
    "mysql/sakila",
    "postgres/pagila",
    "postgres/adventureworks",
    "mysql/employees",
    "postgres/mimic4",
    "postgres/chirpstack",
    "postgres/lemmy",
    "sqlite/zotero",
    "mysql/openmrs",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SCHEMAS.is_dir(), reason=f"no real schemas at {SCHEMAS}"),
]


@pytest.mark.parametrize("name", NAMED)
def test_a_real_schema(tmp_path, name):
    database = plurel_sql.synthesize(SCHEMAS / f"{name}.sql", dialect=name.partition("/")[0], rows=6000, seed=1)
    database.write(tmp_path / "out", format="relbench", tasks=0)
    database.write(tmp_path / "x.duckdb")
    layout = s.read_layout(tmp_path / "out")
    ours, theirs = s.out_prints(tmp_path / "out"), s.source_prints(layout, tmp_path / "x.duckdb")
    different = [table.name for table in layout.tables if ours[table.name] != theirs[table.name]]
    assert different == []
    loaded = relbench.load_dataset(str(tmp_path / "out")).get_db()
    assert set(loaded.table_dict) == {table.name for table in layout.tables}
