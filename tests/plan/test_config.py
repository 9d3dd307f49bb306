"""Configuration files: what they may say, and how they are refused."""
# ruff: noqa: E501 (tables of cases)

from datetime import date

import pytest

from plurel_sql.errors import ConfigError
from plurel_sql.plan.config import Config, from_mapping, load, row_count
from plurel_sql.schema.model import Column, ForeignKey, Schema, SqlType, Table

SCHEMA = Schema(
    (
        Table("customer", (Column("id", SqlType("integer")),)),
        Table(
            "orders",
            (Column("customer_id", SqlType("integer")), Column("status", SqlType("text"))),
            foreign_keys=(ForeignKey(("customer_id",), "customer", ("id",), name="fk_customer"),),
        ),
        Table("thing", (Column("id", SqlType("integer")),), namespace="a"),
        Table("thing", (Column("id", SqlType("integer")),), namespace="b"),
    )
)

YAML = """
locale: de
rows: 1e6
start: 2023-01-01
end: 2024-12-31
tables:
  Orders:
    rows: 50_000
    links: {fk_customer: {skew: 3, null_rate: 0.1}}
    columns:
      status: {values: {no: 0.7, yes: 0.3, true: 1}, null_rate: 0}
"""

TOML = """
locale = "de"
rows = "1e6"
start = 2023-01-01
end = 2024-12-31
[tables.Orders]
rows = 50_000
links.fk_customer = {skew = 3, null_rate = 0.1}
columns.status = {values = {no = 0.7, yes = 0.3, true = 1}, null_rate = 0}
"""


@pytest.mark.parametrize(("name", "text"), [("c.yaml", YAML), ("c.toml", TOML)])
def test_both_formats_say_the_same(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    config = load(tmp_path / name).resolve(SCHEMA)
    assert (config.locale, config.total, config.start) == ("de", 1_000_000, date(2023, 1, 1))
    assert config.end_micros - config.start_micros == 731 * 86_400_000_000
    orders = config.tables["orders"]
    assert orders.rows == 50_000
    assert orders.links["customer_id"].skew == 3
    assert orders.columns["status"].values == {"no": 0.7, "yes": 0.3, "true": 1}
    assert not orders.columns["status"].plain


@pytest.mark.parametrize(
    ("written", "rows"),
    [("1e6", 10**6), ("1_000_000", 10**6), ("10k", 10_000), ("2.5m", 2_500_000), (7, 7), (7.0, 7), ("1E3", 1000),
     ("1b", 10**9), (" 12 ", 12), ("1.0e2", 100), ("+5", 5), ("1e12", 10**12), ("999999999999", 999999999999)],
)  # fmt: skip
def test_row_counts(written, rows):
    assert row_count(written, "x") == rows


@pytest.mark.parametrize(
    "written",
    ["", "-1", "0", "0.5", "nan", "inf", "1e13", "1e999", "1e9999", "k", ".", "_", "e5", "1 2", "ten", True, None, [], "0x10", "9" * 5000],
)  # fmt: skip
def test_counts_that_are_none(written):
    with pytest.raises(ConfigError) as caught:
        row_count(written, "--rows")
    assert caught.value.place == "--rows"


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ({"row": 5}, "config", "did you mean 'rows'"),
        ({"locale": "xx"}, "config: locale", "no word lists for locale 'xx'"),
        ({"rows": "x"}, "config: rows", "not a number"),
        ({"start": "2024-13-01"}, "config: start", "not a date"),
        ({"start": "2024-01-02", "end": "2024-01-01"}, "config: start", "not before its end"),
        ({"tables": {"order": {}}}, "config: tables.order", "did you mean 'orders'"),
        ({"tables": {"thing": {}}}, "config: tables.thing", "a.thing or b.thing"),
        ({"tables": {"orders": 5}}, "config: tables.orders", "expected keys"),
        (
            {"tables": {"orders": {"columns": {"total": {"meaning": "emial"}}}}},
            "config: tables.orders.columns.total.meaning",
            "did you mean 'email'",
        ),
        ({"tables": {"orders": {"column": {}}}}, "config: tables.orders", "did you mean 'columns'"),
        ({"tables": {"orders": {"columns": {"statu": {}}}}}, "config: tables.orders.columns", "'status'"),
        ({"tables": {"orders": {"links": {"custmer_id": {}}}}}, "config: tables.orders.links", "'customer_id'"),
        ({"tables": {"orders": {"links": {"customer_id": {"skew": 0}}}}}, "config: tables.orders.links.customer_id.skew", "1 to 100"),
        ({"tables": {"orders": {"columns": {"status": {"null_rate": 1.5}}}}}, "config: tables.orders.columns.status.null_rate", "share"),
        ({"tables": {"orders": {"columns": {"status": {"null_rate": None}}}}}, "config: tables.orders.columns.status.null_rate", "share"),
        ({"tables": {"orders": {"columns": {"status": {"values": {"a": 0}}}}}}, "config: tables.orders.columns.status.values.a", "above 0"),
        ({"tables": {"orders": {"columns": {"status": {"values": {"a": "nan"}}}}}}, "config: tables.orders.columns.status.values.a", "above 0"),
        ({"tables": {"orders": {"columns": {"status": {"min": 2, "max": 1}}}}}, "config: tables.orders.columns.status", "above max"),
        ({"tables": {"orders": {"columns": {"status": {"min": 2, "max": "x"}}}}}, "config: tables.orders.columns.status", "different kinds"),
        ({"tables": {"orders": {"columns": {"status": {"min": []}}}}}, "config: tables.orders.columns.status.min", "neither"),
        ({"tables": {"orders": {"columns": {"status": {"meaning": 5}}}}}, "config: tables.orders.columns.status.meaning", "meaning"),
        ({"locale": {}}, "config: locale", "not a locale"),
        ([], "config", "expected keys"),
    ],
)  # fmt: skip
def test_refused_with_the_place(data, place, message):
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")) as caught:
        from_mapping(data).resolve(SCHEMA)
    assert caught.value.place == place


@pytest.mark.parametrize(
    "text", ["a: [", "a: 1\na: 2", "? [1, 2] : 3", "!!python/object:os.system {}", "&a [*a]", "- 1", "\x00"]
)
def test_files_that_are_no_yaml(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "c.yaml")
    assert str(tmp_path / "c.yaml") in str(caught.value)


def test_an_empty_file_wishes_nothing(tmp_path):
    (tmp_path / "c.yaml").write_text("# nothing\n")
    assert load(tmp_path / "c.yaml").tables == {}


def test_options_add_to_the_file():
    config = from_mapping({"rows": 10, "tables": {"orders": {"rows": 5, "columns": {"status": {"null_rate": 0.5}}}}})
    both = config.with_rows(["1k", "orders=7", "customer=3"]).resolve(SCHEMA)
    assert both.total == 1000
    assert both.tables["orders"].rows == 7
    assert both.tables["orders"].columns["status"].null_rate == 0.5
    assert both.tables["customer"].rows == 3
    assert Config().with_rows([]) == Config()
