"""The published prior through the planner: names say nothing, marginals are those of the nodes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import plurel_sql
from plurel_sql.errors import ConfigError
from plurel_sql.plan import model
from plurel_sql.plan.config import Config
from plurel_sql.plan.params import Choices, DatabaseParams, Params, SCMParams
from plurel_sql.plan.published import chance_spread
from plurel_sql.prior.published import random_schema

SHOP = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT NOT NULL, first_name TEXT, age INTEGER, vip BOOLEAN NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'closed', 'lost')));
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id),
  placed_at TIMESTAMP NOT NULL, price DOUBLE PRECISION, discount DECIMAL(8,2) CHECK (discount BETWEEN 0 AND 5));
"""


@pytest.fixture(scope="module")
def shop() -> plurel_sql.Database:
    return plurel_sql.synthesize(SHOP, prior="plurel", seed=3)


def test_names_are_not_interpreted(shop: plurel_sql.Database) -> None:
    customers = shop["customer"].arrow()
    assert not any("@" in email for email in customers["email"].to_pylist())
    plain = {column.name: column for table in shop.plan.tables for column in table.columns}
    told = json.dumps([column.why for column in plain.values()])
    assert "name ends in" not in told and "email" not in told
    # Other names for the same tables: the same kinds of codecs.
    other = SHOP.replace("email", "zz").replace("first_name", "qq").replace("price", "ww").replace("age", "xx")
    renamed = plurel_sql.plan(other, prior="plurel", seed=3)
    kinds = [[type(column.rule).__name__ for column in table.columns] for table in shop.plan.tables]
    assert kinds == [[type(column.rule).__name__ for column in table.columns] for table in renamed.tables]


def test_rows_and_times_are_the_published_ones(shop: plurel_sql.Database) -> None:
    assert 500 <= shop.rows("customer") <= 1000 and 2000 <= shop.rows("orders") <= 5000
    times = shop["orders"].arrow()["placed_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    gaps = np.diff(times)
    assert gaps.min() >= 0
    evenness = np.abs(times - np.linspace(times[0], times[-1], len(times))).max() / (times[-1] - times[0])
    assert evenness < 2 / len(times)
    assert plurel_sql.plan(SHOP, prior="plurel", rows=600).tables[0].rows < 500


def test_constraints_hold(shop: plurel_sql.Database) -> None:
    orders, customers = shop["orders"].arrow(), shop["customer"].arrow()
    assert set(orders["customer_id"].to_pylist()) <= set(customers["id"].to_pylist())
    discounts = [float(x) for x in orders["discount"].to_pylist() if x is not None]
    assert min(discounts) >= 0 and max(discounts) <= 5
    assert set(customers["status"].to_pylist()) <= {"open", "closed", "lost"}
    missing = [customers[name].null_count / len(customers) for name in ("age",)]
    missing += [orders[name].null_count / len(orders) for name in ("price", "discount")]
    assert all(0 < share < 0.16 for share in missing) and customers["vip"].null_count == 0


def test_the_seed_decides_the_time_span_and_the_rows() -> None:
    spans = {tuple(table.rows for table in plurel_sql.plan(SHOP, prior="plurel", seed=seed).tables) for seed in (1, 2)}
    assert len(spans) == 2


def config(**params: Choices) -> Config:
    scm = {name: choices for name, choices in params.items() if name in SCMParams.__struct_fields__}
    database = {name: choices for name, choices in params.items() if name not in scm}
    return Config(prior=Params(database=DatabaseParams(**database), scm=SCMParams(**scm)))  # type: ignore[arg-type]


def numbers(transform: str) -> list[np.ndarray]:
    """The numeric columns of a random database under one transform, missing values left out."""
    wishes = config(num_tables_choices=Choices("range", (3, 3)), col_transform_choices=Choices("set", (transform,)))
    assert wishes.prior is not None
    made = plurel_sql.synthesize(random_schema(0, wishes.prior), config=wishes)
    columns = ((name, column) for name in made for column, kind in made.types(name).items() if kind == "float64")
    return [np.array(made[name].arrow()[column].drop_null().to_pylist()) for name, column in columns]


def test_transforms() -> None:
    plain = numbers("identity")
    assert len(plain) > 5 and any((column.min() < 0 < column.max()) for column in plain)
    for raw, log, root, even, standard in zip(
        plain, numbers("log"), numbers("sqrt"), numbers("rank_uniform"), numbers("standardize"), strict=True
    ):
        for by, found in ((np.log1p, log), (np.sqrt, root)):
            wanted = np.sign(raw) * by(np.abs(raw))
            assert np.quantile(np.abs(wanted - found), 0.9) <= 0.02 * np.abs(wanted).max() + 1e-6
        assert even.min() >= 0 and even.max() <= 1 and abs(even.mean() - 0.5) < 0.1
        if raw.std() > 1e-3 * np.abs(raw).max():
            assert abs(standard.mean()) < 0.25 and abs(standard.std() - 1) < 0.5
            assert np.all(np.diff(standard[np.argsort(raw, kind="stable")]) >= -1e-6)


def test_degrees_vary_as_by_chance() -> None:
    alone = Choices("range", (1, 1))
    wishes = config(bi_hsbm_levels_choices=alone, bi_hsbm_clusters_per_level_choices=alone)
    made = plurel_sql.synthesize(SHOP, config=wishes, seed=5, rows={"customer": 600, "orders": 4000})
    law = made.plan.table("orders").links[0].law
    assert isinstance(law, model.Affinity) and law.levels == ()
    degrees = np.bincount(np.array(made["orders"].arrow()["customer_id"].to_pylist()) - 1, minlength=600)
    assert 0.7 < degrees.var() / degrees.mean() < 1.4
    assert chance_spread(100.0) < chance_spread(5.0) < chance_spread(0.5)


def test_levels_are_the_published_ones() -> None:
    plans = [plurel_sql.plan(SHOP, prior="plurel", seed=seed, rows=400) for seed in range(12)]
    laws = [plan.table("orders").links[0].law for plan in plans]
    levels = [level for law in laws if isinstance(law, model.Affinity) for level in law.levels]
    assert all(1 <= level.child <= 3 and 1 <= level.parent <= 3 and level.focus > 0.99 for level in levels)
    assert max(len(law.levels) for law in laws if isinstance(law, model.Affinity)) > 1
    assert {level.parent for level in levels} == {2, 3}


def test_the_configuration_names_the_prior(tmp_path: Path) -> None:
    file = tmp_path / "wishes.yaml"
    file.write_text("prior: plurel\n")
    assert plurel_sql.plan(SHOP, config=file, seed=3) == plurel_sql.plan(SHOP, prior="plurel", seed=3)
    assert plurel_sql.plan(SHOP, config=file, prior="default", seed=3) == plurel_sql.plan(SHOP, seed=3)
    file.write_text("prior: plurl\n")
    with pytest.raises(ConfigError, match="default or plurel"):
        plurel_sql.plan(SHOP, config=file)
