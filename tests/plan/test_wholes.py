"""Lines stand together below what they are lines of, whatever their key is."""

from __future__ import annotations

import duckdb
import pytest

import plurel_sql
from plurel_sql.plan import model

BILLS = """
CREATE TABLE customer (id int PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE track (id int PRIMARY KEY, title varchar(80) NOT NULL, unit_price numeric(6,2) NOT NULL);
CREATE TABLE {whole} (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, billed_at timestamp NOT NULL,
    total numeric(10,2) NOT NULL);
CREATE TABLE {part} (id int PRIMARY KEY, track_id int NOT NULL REFERENCES track,
    whole_id int NOT NULL REFERENCES {whole},
    unit_price numeric(6,2) NOT NULL, quantity int NOT NULL);
"""


def laws(whole: str, part: str) -> list[type[model.Law]]:
    plan = plurel_sql.plan(BILLS.format(whole=whole, part=part), rows=1_000, dialect="postgres")
    return [type(link.law) for link in plan.table(part).links]


@pytest.mark.parametrize(
    ("whole", "part"),
    [("invoice", "invoice_line"), ("invoices", "invoice_items"), ("salesorderheader", "salesorderdetail"),
     ("orders", "purchase_order_lines")],
)  # fmt: skip
def test_lines_hang_on_what_they_are_lines_of(whole: str, part: str) -> None:
    assert laws(whole, part) == [model.Affinity, model.Driver]


@pytest.mark.parametrize(
    ("whole", "part"), [("invoice", "payment"), ("invoice", "menu_item"), ("basket", "order_line")]
)
def test_other_tables_hang_on_nothing(whole: str, part: str) -> None:
    assert laws(whole, part) == [model.Affinity, model.Affinity]


def test_every_bill_has_lines_and_comes_to_their_sum() -> None:
    db = plurel_sql.synthesize(BILLS.format(whole="invoice", part="invoice_line"), rows=4_000, dialect="postgres")
    invoice, line = db["invoice"].arrow(), db["invoice_line"].arrow()
    wrong = duckdb.sql("""SELECT count(*) FROM invoice LEFT JOIN (SELECT whole_id, sum(unit_price * quantity) AS s
        FROM line GROUP BY 1) ON whole_id = id WHERE s IS NULL OR s <> total""").fetchall()
    assert (len(invoice) > 100, len(line) > len(invoice), wrong) == (True, True, [(0,)])
