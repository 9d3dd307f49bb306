"""How rows are shared out."""

from __future__ import annotations

import pytest

import plurel_sql
from plurel_sql import ImpossibleError

SQL = """
CREATE TABLE country (code char(2) PRIMARY KEY, name text NOT NULL);
CREATE TABLE customer (id int PRIMARY KEY, country char(2) NOT NULL REFERENCES country);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, at timestamp NOT NULL);
CREATE TABLE line (order_id int REFERENCES orders, no int, qty int, PRIMARY KEY (order_id, no));
"""


def rows(sql: str, wanted: object) -> dict[str, int]:
    return {table.name: table.rows for table in plurel_sql.plan(sql, rows=wanted).tables}  # type: ignore[arg-type]


@pytest.mark.parametrize("total", [1, 2, 3, 4, 5, 17, 100, 999, 12_345, "1e6", 10**9])
def test_the_total_is_met_exactly(total: object) -> None:
    assert sum(rows(SQL, total).values()) == int(float(str(total)))


@pytest.mark.parametrize("name", ["retail", "clinic", "tracker"])
@pytest.mark.parametrize("total", [50, 1000, 54_321, 10**7])
def test_the_total_of_a_bundled_schema_is_met(name: str, total: int) -> None:
    found = rows(name, total)
    assert sum(found.values()) == total
    assert min(found.values()) > 0


def test_few_rows_go_to_those_that_others_need() -> None:
    assert rows(SQL, 2) == {"country": 1, "customer": 1, "orders": 0, "line": 0}


def test_fixed_counts_are_kept_beside_a_total() -> None:
    found = rows(SQL, ["10000", "customer=77", "orders=1"])
    assert found["customer"] == 77
    assert found["orders"] == 1
    assert sum(found.values()) == 10_000


def test_all_counts_fixed() -> None:
    fixed = {"country": 3, "customer": 1, "orders": 2, "line": 40}
    assert rows(SQL, fixed) == fixed


def test_a_total_below_the_fixed_counts_is_refused() -> None:
    with pytest.raises(ImpossibleError, match="add up to 500"):
        plurel_sql.plan(SQL, rows=["100", "customer=500"])


def test_activity_is_large_and_lookups_are_small() -> None:
    found = rows(SQL, 100_000)
    assert found["country"] < found["customer"] < found["orders"] < found["line"]


def test_a_share_above_capacity_goes_to_the_others_and_is_noted() -> None:
    plan = plurel_sql.plan("CREATE TABLE t (f boolean PRIMARY KEY);", rows=1000)
    assert plan.table("t").rows == 2
    assert any("2 rows instead of 1,000" in note.message for note in plan.notes)
