"""Folders that relbench loads, and that hold what a DuckDB file of the same plan holds."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support import relbench as s

import plurel_sql
from plurel_sql import bundled
from plurel_sql.export import folder
from plurel_sql.export.build import build
from plurel_sql.export.times import planned
from plurel_sql.importing import import_dataset

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


EPOCHS = """
CREATE TABLE host (hostid bigint PRIMARY KEY, name varchar(40), created_at integer NOT NULL);
CREATE TABLE event (eventid bigint PRIMARY KEY, hostid bigint NOT NULL REFERENCES host, clock integer NOT NULL,
  value integer, seen timestamp);
CREATE TABLE alert (alertid bigint PRIMARY KEY, sent_ts bigint NOT NULL, score integer);
"""


def test_times_that_are_numbers(tmp_path):
    """Found as ``import`` finds them, where the plan has no time of its own."""
    (tmp_path / "epochs.sql").write_text(EPOCHS)
    database = plurel_sql.synthesize(tmp_path / "epochs.sql", rows=3000, dialect="postgres")
    layout = made(database, tmp_path / "out")
    database.write(tmp_path / "x.duckdb")
    assert {table.name: table.time for table in layout.tables}["alert"] == "sent_ts"
    assert layout.table("event").column("clock").kind == "timestamp"
    ours, theirs = s.out_prints(tmp_path / "out"), s.source_prints(layout, tmp_path / "x.duckdb")
    assert ours == theirs
    import_dataset(str(tmp_path / "x.duckdb"), tmp_path / "imported", tasks=0)
    assert s.read_layout(tmp_path / "imported").table("alert") == layout.table("alert")


@pytest.mark.parametrize("schema", [*bundled.names(), AWKWARD], ids=str)
def test_relbench_loads_it(tmp_path, schema):
    layout = made(plurel_sql.synthesize(schema, rows=1500), tmp_path / "out")
    dataset = relbench.load_dataset(str(tmp_path / "out"))
    whole, seen = dataset.get_db(upto_test_timestamp=False), dataset.get_db()
    assert set(whole.table_dict) == {table.name for table in layout.tables}
    cut = 0
    assert not {"items", "keys", "values"} & set(whole.table_dict)  # attributes of torch's ModuleDict
    for table in layout.tables:
        full, part = whole.table_dict[table.name], seen.table_dict[table.name]
        if table.key is not None:
            for each in (full, part):  # before the cut and after it
                assert each.df[table.key].tolist() == list(range(len(each)))
        for link in table.links:
            assert not (part.df[link.column] < 0).any()  # relbench takes -1 for a row
            assert not (part.df[link.column] >= len(seen.table_dict[link.parent])).any()
        held = pq.read_schema(tmp_path / "out" / "db" / f"{table.name}.parquet")
        times = {column.name for column in table.columns if column.kind == "timestamp"}
        assert {name for name in held.names if pa.types.is_temporal(held.field(name).type)} == times
        assert {str(held.field(name).type) for name in times} <= {"timestamp[ns]"}
        if table.time is not None:
            assert table.time.isidentifier()
        if table.time is not None:
            times = full.df[table.time]
            assert str(times.dtype) == "datetime64[ns]"
            assert relbench.base.table.is_time_sorted(times)
            cut += len(full) - len(part)
    assert cut > 0
