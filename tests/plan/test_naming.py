"""Names that tell rows apart, and columns that go by other columns of the row."""

from __future__ import annotations

import duckdb
import pytest

import plurel_sql
from plurel_sql import ddl
from plurel_sql.plan import model

SHOP = """
CREATE TABLE category (id integer PRIMARY KEY, name varchar(60) NOT NULL, slug varchar(80) NOT NULL UNIQUE);
CREATE TABLE currency (code char(3) PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE product (
    id integer PRIMARY KEY,
    category_id integer NOT NULL REFERENCES category (id),
    name varchar(80) NOT NULL,
    cost decimal(10, 2) NOT NULL CHECK (cost >= 0),
    price decimal(10, 2) NOT NULL CHECK (price > 0),
    helpful integer NOT NULL DEFAULT 0 CHECK (helpful >= 0),
    grade varchar(20) NOT NULL DEFAULT 'medium',
    CHECK (cost <= price)
);
CREATE TABLE orders (
    id integer PRIMARY KEY,
    ordered_at timestamp NOT NULL,
    shipped_at timestamp,
    delivered_at timestamp,
    city varchar(40) NOT NULL,
    country varchar(60) NOT NULL,
    phone varchar(40) NOT NULL
);
CREATE TABLE review (
    id integer PRIMARY KEY,
    product_id integer NOT NULL REFERENCES product (id),
    rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title varchar(100) NOT NULL,
    body text NOT NULL
);
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    made = plurel_sql.plan(ddl.read([ddl.Text("shop.sql", SHOP)], "postgres"), rows=6_000)
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    plurel_sql.open_plan(made).write(path)
    return duckdb.connect(str(path), read_only=True)


def value(shop: duckdb.DuckDBPyConnection, query: str) -> float:
    found = shop.execute(query).fetchone()
    assert found is not None
    return float(found[0])


def test_a_lookup_names_each_row_once_and_its_slug_follows(shop: duckdb.DuckDBPyConnection) -> None:
    assert value(shop, "SELECT count(*) - count(DISTINCT name) FROM category") == 0
    same = "regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g')"
    assert value(shop, f"SELECT count(*) FROM category WHERE slug NOT LIKE {same} || '%'") == 0


def test_a_code_and_its_name_belong_together(shop: duckdb.DuckDBPyConnection) -> None:
    known = dict(shop.execute("SELECT code, name FROM currency").fetchall())
    names = {"USD": "US Dollar", "EUR": "Euro", "GBP": "Pound Sterling", "JPY": "Yen"}
    assert known
    assert all(known[code] == name for code, name in names.items() if code in known)


def test_costs_stay_below_prices_without_piling_up(shop: duckdb.DuckDBPyConnection) -> None:
    assert value(shop, "SELECT count(*) FROM product WHERE cost > price") == 0
    assert value(shop, "SELECT avg((cost = price)::int) FROM product") < 0.05


def test_a_bound_on_one_side_does_not_stretch_a_number(shop: duckdb.DuckDBPyConnection) -> None:
    assert value(shop, "SELECT max(helpful) FROM product") < 10_000
    assert 0.1 < value(shop, "SELECT avg((helpful = 0)::int) FROM product") < 0.8


def test_the_default_of_a_text_is_its_most_frequent_value(shop: duckdb.DuckDBPyConnection) -> None:
    assert shop.execute("SELECT mode(grade) FROM product").fetchone() == ("medium",)


def test_later_stages_are_null_where_earlier_ones_are(shop: duckdb.DuckDBPyConnection) -> None:
    assert value(shop, "SELECT count(*) FROM orders WHERE shipped_at IS NULL AND delivered_at IS NOT NULL") == 0
    assert value(shop, "SELECT avg((delivered_at IS NULL)::int) FROM orders") > 0.05


def test_a_phone_is_of_its_country(shop: duckdb.DuckDBPyConnection) -> None:
    assert value(shop, "SELECT count(DISTINCT split_part(phone, ' ', 1)) FROM orders") > 10
    for country, prefix in (("Germany", "+49"), ("Japan", "+81"), ("United Kingdom", "+44")):
        query = f"SELECT count(*) FROM orders WHERE country = '{country}' AND phone NOT LIKE '{prefix} %'"
        assert value(shop, query) == 0


def test_a_review_speaks_as_its_rating(shop: duckdb.DuckDBPyConnection) -> None:
    bad = "title IN ('Waste of money', 'Very disappointed', 'Would not buy again', 'Not as described')"
    good = "title IN ('Excellent', 'Exactly what I wanted', 'Highly recommended', 'Love it', 'Five stars')"
    assert value(shop, f"SELECT max(rating) FROM review WHERE {bad}") <= 2
    assert value(shop, f"SELECT min(rating) FROM review WHERE {good}") >= 4


def test_sentences_end_and_begin_like_sentences(shop: duckdb.DuckDBPyConnection) -> None:
    odd = "SELECT count(*) FROM review WHERE NOT regexp_matches(body, '^[A-Z][^{}]*[.?!]$')"
    assert value(shop, odd) == 0
    assert value(shop, "SELECT count(DISTINCT body) FROM review") > 500


def test_two_numbers_of_a_pair_share_a_node() -> None:
    made = plurel_sql.plan(ddl.read([ddl.Text("shop.sql", SHOP)], "postgres"), rows=1_000)
    product = next(table for table in made.tables if table.name.endswith("product"))
    rules = {column.name: column.rule for column in product.columns}
    cost, price = rules["cost"], rules["price"]
    assert isinstance(cost, model.Value)
    assert isinstance(price, model.Value)
    assert cost.node == price.node
