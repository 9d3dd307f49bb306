"""Time columns and tables by their part in the schema."""

from __future__ import annotations

import pytest

from plurel_sql.schema.model import Column, ForeignKey, SqlType, Table, TypeKind, Unique
from plurel_sql.semantics.roles import table_role
from plurel_sql.semantics.times import time_role


@pytest.mark.parametrize(
    ("table", "column", "role"),
    [
        ("orders", "O_ORDERDATE", "event"),
        ("lineitem", "L_SHIPDATE", "closed"),
        ("lineitem", "L_COMMITDATE", "due"),
        ("lineitem", "L_RECEIPTDATE", "closed"),
        ("invoice", "invoice_date", "event"),
        ("employee", "birth_date", "birth"),
        ("employee", "hire_date", "start"),
        ("Orders", "RequiredDate", "due"),
        ("Orders", "ShippedDate", "closed"),
        ("payment", "payment_date", "event"),
        ("rental", "rental_date", "event"),
        ("rental", "return_date", "closed"),
        ("film", "last_update", "updated"),
        ("customer", "create_date", "created"),
        ("users", "created_at", "created"),
        ("users", "updatedAt", "updated"),
        ("users", "deleted_at", "deleted"),
        ("users", "last_login_at", "seen"),
        ("sessions", "expires_at", "expiry"),
        ("SpecialOffer", "StartDate", "start"),
        ("SpecialOffer", "EndDate", "end"),
        ("person", "date_voided", "deleted"),
        ("person", "birthdate", "birth"),
        ("admissions", "admittime", "start"),
        ("admissions", "dischtime", "end"),
        ("tasks", "due_date", "due"),
        ("tickets", "resolved_at", "closed"),
        ("obs", "obs_datetime", "event"),
        ("log", "timestamp", "event"),
        ("dept_emp", "from_date", "start"),
        ("dept_emp", "to_date", "end"),
        ("prices", "valid_from", "start"),
    ],
)
def test_time_role(table: str, column: str, role: str) -> None:
    found = time_role(table, column, "timestamp")
    assert found is not None
    assert found.role == role, found


def test_order_is_that_of_a_life() -> None:
    orders = [time_role("t", name, "timestamp") for name in ("created_at", "updated_at", "closed_at", "deleted_at")]
    ranks = [role.order for role in orders if role]
    assert len(ranks) == 4 and ranks == sorted(ranks)


@pytest.mark.parametrize(("name", "unit"), [("created_ts", "s"), ("updated_at", "s"), ("created_at_ms", "ms")])
def test_epoch_integers(name: str, unit: str) -> None:
    found = time_role("t", name, "integer")
    assert found is not None or unit == "ms"
    if found is not None:
        assert found.epoch == unit


def test_numbers_and_times_of_day_have_no_role() -> None:
    assert time_role("t", "duration", "integer") is None
    assert time_role("t", "opening_time", "time") is None
    assert time_role("t", "created_by", "integer") is None


def _table(name: str, columns: dict[str, TypeKind], primary: tuple[str, ...], *parents: tuple[str, str]) -> Table:
    keys = tuple(ForeignKey((column,), parent, ("id",)) for column, parent in parents)
    return Table(
        name,
        tuple(Column(each, SqlType(kind)) for each, kind in columns.items()),
        uniques=(Unique(primary, primary=True),),
        foreign_keys=keys,
    )


def test_table_roles() -> None:
    number: TypeKind = "integer"
    assert table_role(_table("genre", {"id": number, "name": "text"}, ("id",))) == "lookup"
    customer = _table("customer", {"id": number, "name": "text", "email": "text", "age": number}, ("id",))
    assert table_role(customer) == "entity"
    film_actor = _table("film_actor", {"f": number, "a": number}, ("f", "a"), ("f", "film"), ("a", "actor"))
    assert table_role(film_actor) == "junction"
    items = _table("order_item", {"o": number, "n": number, "qty": number}, ("o", "n"), ("o", "orders"))
    assert table_role(items) == "detail"
    orders = _table("orders", {"id": number, "c": number, "order_date": "timestamp"}, ("id",), ("c", "customer"))
    assert table_role(orders) == "event"
