"""The dataset in memory is the one in the folder."""

from __future__ import annotations

import pytest

import plurel_sql
from plurel_sql import cli

relbench = pytest.importorskip("relbench")

from pandas.testing import assert_frame_equal  # noqa: E402

from plurel_sql.relbench import PlanDataset, SchemaDataset  # noqa: E402


def same(one, other):
    assert list(one.table_dict) == list(other.table_dict)
    for name, table in one.table_dict.items():
        there = other.table_dict[name]
        assert_frame_equal(table.df, there.df)
        assert (table.pkey_col, table.time_col) == (there.pkey_col, there.time_col)
        assert table.fkey_col_to_pkey_table == there.fkey_col_to_pkey_table


def test_in_memory_as_in_the_folder(tmp_path):
    assert (
        cli.run(
            [
                "synth",
                "clinic",
                "--rows",
                "2000",
                "--out",
                str(tmp_path / "x"),
                "--format",
                "relbench",
                "--tasks",
                "none",
            ]
        )
        == 0
    )
    folder = relbench.load_dataset(str(tmp_path / "x"))
    for dataset in (
        SchemaDataset("clinic", rows=2000),
        PlanDataset(plurel_sql.plan("clinic", rows=2000)),
    ):
        same(dataset.get_db(), folder.get_db())
        same(dataset.get_db(upto_test_timestamp=False), folder.get_db(upto_test_timestamp=False))
        assert (dataset.val_timestamp, dataset.test_timestamp) == (folder.val_timestamp, folder.test_timestamp)


def test_each_database_is_the_callers_own():
    dataset = SchemaDataset("tracker", rows=500)
    first = dataset.get_db()
    first.table_dict.clear()
    assert dataset.get_db().table_dict


def test_a_schema_without_times():
    dataset = SchemaDataset("CREATE TABLE a (id int PRIMARY KEY, n int);", rows=10)
    assert len(dataset.get_db().table_dict["a"]) == 10
