"""Folders that relbench loads, and that hold what a DuckDB file of the same plan holds."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from support import relbench as s

import plurel_sql
from plurel_sql import bundled
from plurel_sql.export import folder
from plurel_sql.export.build import build
from plurel_sql.export.times import planned

relbench = pytest.importorskip("relbench")

AWKWARD = Path(__file__).with_name("awkward.sql")


def made(database, path):
    path.mkdir()
    with duckdb.connect() as connection:
        layout = build(path.name, database.schema, planned(database.plan), database.stream, connection)
        for _ in folder.write(layout, connection, path):
            pass
    return layout


@pytest.mark.parametrize("schema", [*bundled.names(), AWKWARD], ids=str)
def test_the_same_data_as_in_a_duckdb_file(tmp_path, schema):
    database = plurel_sql.synthesize(schema, rows=1500, seed=3)
    layout = made(database, tmp_path / "out")
    database.write(tmp_path / "x.duckdb")
    ours, theirs = s.out_prints(tmp_path / "out"), s.source_prints(layout, tmp_path / "x.duckdb")
    for table in layout.tables:
        assert ours[table.name] == theirs[table.name], table.name
        assert sum(ours[table.name].values()) == database.rows(table.source)


@pytest.mark.parametrize("schema", [*bundled.names(), AWKWARD], ids=str)
def test_relbench_loads_it(tmp_path, schema):
    layout = made(plurel_sql.synthesize(schema, rows=1500), tmp_path / "out")
    dataset = relbench.load_dataset(str(tmp_path / "out"))
    whole, seen = dataset.get_db(upto_test_timestamp=False), dataset.get_db()
    assert set(whole.table_dict) == {table.name for table in layout.tables}
    cut = 0
    for table in layout.tables:
        full, part = whole.table_dict[table.name], seen.table_dict[table.name]
        if table.time is not None:
            times = full.df[table.time]
            assert str(times.dtype) == "datetime64[ns]"
            assert relbench.base.table.is_time_sorted(times)
            cut += len(full) - len(part)
    assert cut > 0
