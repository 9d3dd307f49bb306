"""The Python door."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

import plurel_sql
from plurel_sql import ConfigError, InputError, SchemaError
from plurel_sql.plan.model import encode


@pytest.fixture
def db(shop):
    return plurel_sql.synthesize(shop, rows=300)


def test_tables_are_views_that_read_alike_each_time(db):
    assert set(db.tables) == set(db) == {"customer", "orders"}
    orders = db["orders"]
    assert orders.arrow().num_rows == len(orders) == db.rows("orders")
    assert orders.arrow().equals(orders.arrow())
    assert db["ORDERS"].name == "orders"


def test_slices_are_rows_of_the_whole(db):
    orders = db["orders"]
    whole = orders.arrow()
    assert orders[10:20].arrow().equals(whole.slice(10, 10).combine_chunks())
    assert orders[10:40][5:-5].arrow().to_pylist() == whole.slice(15, 20).to_pylist()
    assert orders.batches(3, 7).read_all().to_pylist() == whole.slice(3, 4).to_pylist()
    assert len(orders[20:10]) == 0
    assert orders[10**6 :].arrow().num_rows == 0
    with pytest.raises(ValueError, match="step"):
        orders[::2]


def test_arrow_capsule_and_pandas(db):
    pytest.importorskip("pandas")
    assert pa.table(db["customer"]).num_rows == len(db["customer"]) == len(db["customer"].pandas())


def test_unknown_table(db):
    with pytest.raises(ConfigError, match="did you mean 'orders'"):
        db["ordres"]


def test_plan_is_callable_and_a_package(shop, tmp_path):
    from plurel_sql.plan.model import Plan

    plan = plurel_sql.plan(shop, rows=100)
    assert isinstance(plan, Plan)
    path = tmp_path / "plan.json"
    path.write_bytes(encode(plan))
    assert plurel_sql.load_plan(path) == plan
    assert plurel_sql.open_plan(path)["orders"].arrow().equals(plurel_sql.synthesize(shop, rows=100)["orders"].arrow())


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("tables", 1, "name"), "other"),
        (("tables", 1, "columns", 0, "name"), "other"),
        (("schema", "tables", 1, "name"), "other"),
        (("schema", "tables", 1, "foreign_keys", 0, "parent_columns"), ["null"]),
        (("schema", "tables", 1, "foreign_keys", 0, "columns"), ["null"]),
        (("schema", "tables", 1, "uniques", 0, "columns"), ["null"]),
    ],
)
def test_a_plan_file_whose_parts_disagree_is_refused(shop, tmp_path, place, value):
    path = tmp_path / "plan.json"
    tree = json.loads(encode(plurel_sql.plan(shop, rows=100)))
    node = tree
    for key in place[:-1]:
        node = node[key]
    assert node[place[-1]] != value
    node[place[-1]] = value
    path.write_text(json.dumps(tree))
    with pytest.raises(InputError, match="is not a plan: "):
        plurel_sql.load_plan(path)


@pytest.mark.parametrize(("many", "few"), [("orders", "order_item"), ("customer", "orders"), ("product", "review")])
def test_a_few_children_among_1e12_parents(many, few):
    """A row finds its parent in no more steps than where each parent has children."""
    db = plurel_sql.synthesize("retail", rows=[f"{many}=1e12", f"{few}=500"], seed=1)
    assert db.rows(many) == 10**12 and db[few].arrow().num_rows == 500


def test_write_and_explain(db, tmp_path):
    loaded = db.write(tmp_path / "x.duckdb", constraints="keys")
    assert {table.name: table.rows for table in loaded.tables} == {name: db.rows(name) for name in db}
    text = str(plurel_sql.explain(db.plan))
    assert "orders" in text
    assert plurel_sql.explain(db.plan).tables[0].name == "customer"


def test_rows_and_config_in_all_forms(shop, tmp_path):
    for rows in ({"orders": 12}, ["orders=12"], "orders=12"):
        assert plurel_sql.synthesize(shop, rows=rows).rows("orders") == 12
    (tmp_path / "c.toml").write_text("[tables.orders]\nrows = 12\n")
    for config in (tmp_path / "c.toml", {"rows": {"orders": 12}}, {"tables": {"orders": {"rows": "12"}}}):
        assert plurel_sql.synthesize(shop, config=config).rows("orders") == 12
    assert plurel_sql.synthesize(shop, rows={"orders": 9}, config={"rows": {"orders": 12}}).rows("orders") == 9


def test_sql_text_lists_and_what_is_no_schema(shop):
    text = shop.read_text()
    assert plurel_sql.synthesize(text, rows=20).tables == plurel_sql.synthesize([shop], rows=20).tables
    with pytest.raises(SchemaError):
        plurel_sql.synthesize("SELECT 1;")
    with pytest.raises(InputError):
        plurel_sql.synthesize("no_such_file.sql")


@pytest.mark.parametrize("bad", [{"seed": -1}, {"seed": 2**64}, {"seed": 1.0}, {"threads": -1}, {"rows": True}])
def test_bad_arguments(shop, bad):
    with pytest.raises(ConfigError):
        plurel_sql.synthesize(shop, **bad)
