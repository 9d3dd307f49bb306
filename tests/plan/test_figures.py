"""Columns that other columns say: reports over the filled database add up, and nothing tells of later rows."""

from __future__ import annotations

import duckdb
import pytest

import plurel_sql
from plurel_sql.plan import model

SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, name varchar(80) NOT NULL, order_count int NOT NULL, since timestamp);
CREATE TABLE products (id int PRIMARY KEY, name varchar(60) NOT NULL, list_price numeric(8,2) NOT NULL);
CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, customer_name varchar(80) NOT NULL,
    ordered_at timestamp NOT NULL, subtotal numeric(12,2) NOT NULL CHECK (subtotal >= 0), tax_amount numeric(10,2),
    shipping_cost numeric(8,2) NOT NULL, tax_id varchar(20), discount_amount numeric(8,2), total numeric(12,2) NOT NULL,
    item_count int NOT NULL);
CREATE TABLE order_items (
    order_id int NOT NULL REFERENCES orders, line_no int NOT NULL, product_id int NOT NULL REFERENCES products,
    quantity int NOT NULL CHECK (quantity > 0), unit_price numeric(10,2) NOT NULL, discount numeric(3,2),
    line_total numeric(12,2) NOT NULL, PRIMARY KEY (order_id, line_no));
"""


@pytest.fixture(scope="module")
def shop() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    db = plurel_sql.synthesize(SHOP, rows=6_000, dialect="postgres")
    for table in ("customers", "products", "orders", "order_items"):
        connection.register(f"{table}_rows", db[table].arrow())
        connection.execute(f"CREATE TABLE {table} AS FROM {table}_rows")
    return connection


def rules(sql: str, table: str, **wishes: object) -> dict[str, model.Rule]:
    plan = plurel_sql.plan(sql, rows=1_000, dialect="postgres", **wishes)  # type: ignore[arg-type]
    return {column.name: column.rule for column in plan.table(table).columns}


def number(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    return float(connection.execute(query).fetchall()[0][0])


def test_lines_and_orders_add_up(shop: duckdb.DuckDBPyConnection) -> None:
    line = "round(quantity * unit_price * (1 - coalesce(discount, 0)), 2)"
    assert number(shop, f"SELECT count(*) FROM order_items WHERE line_total <> {line}") == 0
    assert number(shop, "SELECT avg((discount > 0)::int) FROM order_items") > 0.01
    sums = "SELECT order_id, sum(line_total) AS s, count(*) AS n FROM order_items GROUP BY 1"
    wrong = f"SELECT count(*) FROM orders LEFT JOIN ({sums}) ON order_id = id WHERE subtotal <> coalesce(s, 0) "
    assert number(shop, wrong + "OR item_count <> coalesce(n, 0)") == 0
    assert number(shop, "SELECT count(DISTINCT subtotal) FROM orders") > 100
    total = "greatest(0, subtotal + coalesce(tax_amount, 0) + shipping_cost - coalesce(discount_amount, 0))"
    assert number(shop, f"SELECT count(*) FROM orders WHERE total <> {total}") == 0


def test_prices_are_taken_over_and_names_copied(shop: duckdb.DuckDBPyConnection) -> None:
    joined = "FROM order_items i JOIN products p ON p.id = product_id"
    assert 0.75 < number(shop, f"SELECT avg((unit_price = list_price)::int) {joined}") < 0.85
    assert number(shop, f"SELECT max(abs(unit_price - list_price) / list_price) {joined} WHERE list_price > 1") < 0.16
    wrong = "SELECT count(*) FROM orders o JOIN customers c ON c.id = customer_id WHERE customer_name <> c.name"
    assert number(shop, wrong) == 0


def test_later_rows_are_not_counted() -> None:
    assert isinstance(rules(SHOP, "customers")["order_count"], model.Value)


def test_rows_are_the_same_alone_and_together() -> None:
    db = plurel_sql.synthesize(SHOP, rows=3_000, dialect="postgres")
    whole = db["orders"].arrow()
    assert db["orders"][11:57].arrow().equals(whole.slice(11, 46))


@pytest.mark.parametrize(
    ("column", "check"),
    [
        ("line_total", "CHECK (line_total < 1000)"),
        ("line_total", "CHECK (line_total > 5)"),
        ("line_total", "CHECK (line_total IN (1, 2))"),
        ("unit_price", "CHECK (unit_price > 3 OR quantity > 2)"),
        ("line_total", "UNIQUE (line_total)"),
    ],
)
def test_what_a_constraint_decides_is_left_to_it(column: str, check: str) -> None:
    assert not isinstance(rules(SHOP, "order_items")[column], model.Value)
    sql = SHOP.replace("PRIMARY KEY (order_id, line_no)", f"PRIMARY KEY (order_id, line_no), {check}")
    assert isinstance(rules(sql, "order_items")[column], model.Value | model.Sequence)


def test_a_wish_goes_first() -> None:
    wish = {"tables": {"orders": {"columns": {"subtotal": {"min": 5, "max": 6}}}}}
    assert isinstance(rules(SHOP, "orders", config=wish)["subtotal"], model.Value)


def test_a_price_that_a_check_draws_anew_is_not_taken_over() -> None:
    sql = SHOP.replace(
        "list_price numeric(8,2) NOT NULL)", "list_price numeric(8,2) NOT NULL, CHECK (list_price > length(name)))"
    )
    assert isinstance(rules(sql, "order_items")["unit_price"], model.Value)


@pytest.mark.parametrize("other", ["discount numeric(8,2)", "quantity_back int, discount numeric(3,2)"])
def test_a_total_is_left_where_it_is_unclear_what_a_line_comes_to(other: str) -> None:
    sql = SHOP.replace("discount numeric(3,2)", other)
    assert isinstance(rules(sql, "order_items")["line_total"], model.Value)
