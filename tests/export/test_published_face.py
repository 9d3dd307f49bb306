"""A program written for the published package changes one import, and its parameters mean what they mean there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("relbench")

import pandas as pd

from plurel_sql.errors import ConfigError, InputError
from plurel_sql.plan.params import ACTIVATIONS
from plurel_sql.relbench import Choices, Config, DAGParams, DatabaseParams, SCMParams, SyntheticDataset

SMALL = DatabaseParams(
    table_layout_choices=Choices(kind="set", value=["ReverseRandomTree"]),
    num_tables_choices=Choices(kind="range", value=[4, 4]),
    num_rows_entity_table_choices=Choices(kind="range", value=[40, 60]),
    num_rows_activity_table_choices=Choices(kind="set", value=[300]),
    num_cols_choices=Choices(kind="range", value=[3, 5]),
    min_timestamp=pd.Timestamp("2000-01-01"),
    max_timestamp=pd.Timestamp("2002-01-01"),
    column_nan_perc_choices=Choices(kind="set", value=[0.2]),
)


def test_the_parameters_of_the_database() -> None:
    dataset = SyntheticDataset(seed=3, config=Config(database_params=SMALL))
    database = dataset.make_db()
    tables = database.table_dict
    assert len(tables) == 4
    leaves = [table for table in tables.values() if table.time_col is not None]
    assert len(leaves) == 1 and len(leaves[0].df) == 300  # of a reverse tree all edges lead to one table
    assert all(40 <= len(table.df) <= 60 for table in tables.values() if table.time_col is None)
    features = [[c for c in table.df.columns if c.startswith("feature")] for table in tables.values()]
    assert all(3 <= len(names) <= 5 for names in features)
    times = leaves[0].df[leaves[0].time_col]
    assert pd.Timestamp("2000-01-01") <= times.min() and times.max() <= pd.Timestamp("2002-01-02")
    assert times.min() < dataset.val_timestamp < dataset.test_timestamp < times.max()
    numbers = pd.concat([table.df.select_dtypes("float").stack(future_stack=True) for table in tables.values()])
    assert abs(numbers.isna().mean() - 0.2) < 0.06
    early = SyntheticDataset(seed=3, config=Config(database_params=SMALL, val_split=0.3, test_split=0.5))
    assert early.test_timestamp < dataset.val_timestamp
    kept = next(table for table in early.get_db().table_dict.values() if table.time_col is not None)
    assert 120 < len(kept.df) < 180


def test_the_same_seed_gives_the_same() -> None:
    one, same, other = (SyntheticDataset(seed=s, config=Config(database_params=SMALL)).make_db() for s in (0, 0, 1))
    assert all(table.df.equals(same.table_dict[name].df) for name, table in one.table_dict.items())
    assert any(not table.df.equals(other.table_dict[name].df) for name, table in one.table_dict.items())


def test_the_parameters_of_the_models_reach_the_core() -> None:
    scm = SCMParams(
        col_stype_choices=Choices(kind="set", value=["numerical"]),
        scm_layout_choices=Choices(kind="set", value=["RandomTree"]),
        activation_choices=Choices(kind="set", value=["tanh"]),
        source_gen_type_choices=Choices(kind="set", value=["uniform"]),
        propagation_mode_choices=Choices(kind="set", value=["type_lazy"]),
        propagate_batch_size=64,
    )
    dag = DAGParams(edge_weight_dist_choices=Choices(kind="set", value=["uniform"]))
    dataset = SyntheticDataset(seed=0, config=Config(database_params=SMALL, scm_params=scm, dag_params=dag))
    plan = dataset._source.plan
    assert {table.scm.layout for table in plan.tables} == {"RandomTree"}
    nodes = [node.mechanism for table in plan.tables for node in table.scm.nodes]
    used = {active["kind"] for node in nodes for active in node["encoder"]["activations"]}
    assert used == {"tanh"}
    sources = [node["cause"]["source"]["law"] for node in nodes if node["cause"]["kind"] == "source"]
    assert set(sources) == {"uniform"}
    weights = [w for node in nodes for w in node["cause"].get("weights", [])[: node["cause"].get("local", 0)]]
    assert weights and max(map(abs, weights)) <= 2
    kinds = {str(t) for table in dataset.make_db().table_dict.values() for t in table.df.filter(like="feature").dtypes}
    assert kinds == {"float64"}


def test_a_schema_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.sql"
    file.write_text(
        "CREATE TABLE a (id INT PRIMARY KEY, name TEXT, x REAL);\n"
        "CREATE TABLE b (id INT PRIMARY KEY, a_id INT NOT NULL REFERENCES a (id), day DATE NOT NULL,\n"
        "  up INT REFERENCES b);"
    )
    database = SyntheticDataset(seed=1, config=Config(database_params=SMALL, schema_file=str(file))).make_db()
    assert set(database.table_dict) == {"a", "b"}
    assert set(database.table_dict["b"].fkey_col_to_pkey_table.values()) == {"a", "b"}
    with pytest.raises(InputError, match="nowhere"):
        SyntheticDataset(seed=1, config=Config(schema_file="nowhere.sql"))


def test_what_is_cached_is_read_again(tmp_path: Path) -> None:
    config = Config(database_params=SMALL, cache_dir=str(tmp_path / "kept"))
    first = SyntheticDataset(seed=2, config=config).make_db()
    again = SyntheticDataset(seed=2, config=config).make_db()
    fresh = SyntheticDataset(seed=2, config=Config(database_params=SMALL)).make_db()
    for name, table in fresh.table_dict.items():
        assert list(first.table_dict[name].df) == list(table.df)
        pd.testing.assert_frame_equal(again.table_dict[name].df, table.df, check_dtype=False)


def test_choices() -> None:
    def kaiming_normal_(weights: object) -> None: ...

    assert Choices(kind="set", value=[kaiming_normal_]).value == ("kaiming_normal",)
    assert set(ACTIVATIONS) >= {"relu", "hardshrink"}
    assert DatabaseParams(min_timestamp="1999-05-01").min_timestamp == date(1999, 5, 1)  # type: ignore[arg-type]
    for kind, value in (("rang", [1, 2]), ("range", [2, 1]), ("range", [1]), ("set", []), ("set", [lambda x: x])):
        with pytest.raises(ConfigError):
            Choices(kind=kind, value=value)  # type: ignore[arg-type]
    unknown = SCMParams(activation_choices=Choices(kind="set", value=["magic"]))
    with pytest.raises(InputError, match="magic"):
        SyntheticDataset(seed=0, config=Config(database_params=SMALL, scm_params=unknown))
