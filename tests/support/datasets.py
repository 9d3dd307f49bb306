"""Datasets made by hand, in DuckDB and with their layout, as ``plurel_sql.export`` would give them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import yaml

from plurel_sql.export.layout import Kind, Layout, OutColumn, OutLink, OutTable, Role

Shape = tuple[str | None, str | None, Mapping[str, str]]
"""Key, time and links (column -> table) of a table."""

START = datetime(2020, 1, 1)
VAL, TEST = datetime(2021, 8, 1), datetime(2021, 11, 1)
SPAN = 730
"""Days from ``START``."""


def dataset(
    connection: duckdb.DuckDBPyConnection, shapes: Mapping[str, Shape], val: datetime = VAL, test: datetime = TEST
) -> Layout:
    """The layout of tables that ``connection`` holds."""
    tables = []
    for name, (key, time, links) in shapes.items():
        columns = []
        for row in connection.execute(f'DESCRIBE "{name}"').fetchall():
            role: Role = (
                "key" if row[0] == key else "time" if row[0] == time else "link" if row[0] in links else "feature"
            )
            columns.append(OutColumn(row[0], (row[0],), role, _kind(row[1])))
        out = tuple(OutLink(column, parent, (column,), ()) for column, parent in links.items())
        tables.append(OutTable(name, name, key, time, out, tuple(columns)))
    return Layout("by hand", tuple(tables), _micros(val), _micros(test))


def folder(connection: duckdb.DuckDBPyConnection, path: Path) -> Layout:
    """A relbench folder that is not ours."""
    manifest = yaml.safe_load((path / "manifest.yaml").read_text())
    shapes = {}
    for name, spec in manifest["tables"].items():
        connection.execute(f"CREATE TABLE \"{name}\" AS SELECT * FROM '{path}/db/{name}.parquet'")
        shapes[name] = (spec["pkey"], spec["time_col"], spec["fkeys"])
    cuts = (datetime.fromisoformat(manifest[f"{split}_timestamp"]) for split in ("val", "test"))
    return dataset(connection, shapes, *cuts)


def shop(connection: duckdb.DuckDBPyConnection) -> Layout:
    """Customers, products and orders over two years, with known leaks and useless columns (see the comments)."""
    chance = np.random.default_rng(7)
    customers, products, orders = 300, 40, 9_000
    score = chance.normal(size=customers)
    late = np.arange(customers) >= 285  # after the test cut: relbench does not know them
    joined = np.sort(SPAN * np.where(late, chance.uniform(0.93, 0.97, customers), chance.uniform(0, 0.5, customers)))
    joined = joined.round(3)
    # Who has a high score orders more often, and spends more.
    rate = np.exp(0.8 * score + 0.5 * chance.normal(size=customers))
    customer = chance.choice(customers, orders, p=rate / rate.sum())
    placed = np.floor(chance.uniform(joined[customer], SPAN) * 1440) / 1440
    order = np.argsort(placed, kind="stable")
    customer, placed = customer[order], placed[order]
    product = chance.choice(products, orders, p=1 / np.arange(1, products + 1) / np.sum(1 / np.arange(1, products + 1)))
    price = np.round(np.exp(chance.normal(3, 1, products)), 2)
    base, fee = chance.gamma(3, 10, orders).round(2), chance.gamma(3, 10, orders).round(2)
    amount = np.round(50 + 10 * score[customer] + 8 * chance.normal(size=orders), 2)
    state = np.where(
        amount + 12 * chance.normal(size=orders) > 62, "returned", chance.choice(["open", "closed"], orders)
    )
    table_orders = {
        "order_id": np.arange(orders),
        "customer_id": customer,
        "product_id": product,
        "placed": _times(placed),
        "amount": amount,
        "doubled": 2 * amount + 1,  # the amount in other words
        "base": base,
        "fee": fee,
        "total": base + fee,  # from two columns
        "price": price[product],  # copied from the product, and told by any order of it before
        "quote_id": np.argsort(chance.uniform(size=orders)),
        "agreed": np.zeros(orders),  # copied from the quote
        "state": state,
        "returned": state == "returned",  # decided by the state
        "refund": np.where(state == "returned", amount / 3 + chance.normal(size=orders), np.nan),  # there if returned
        "coin": chance.normal(size=orders),  # predicted by nothing
        "rare": chance.uniform(size=orders) < 0.002,  # out of balance
        "score_then": np.round(score[customer], 6),  # told by any order before
    }
    offer = chance.gamma(2, 50, orders).round(2)
    table_orders["agreed"] = offer[table_orders["quote_id"]]
    table_quotes = {"quote_id": np.arange(orders), "offer": offer}
    last = np.array([placed[customer == one].max(initial=joined[one]) for one in range(customers)])
    table_customers = {
        "customer_id": np.arange(customers),
        "joined": _times(joined),
        "score": score + 0.3 * chance.normal(size=customers),
        "vip": score + chance.normal(size=customers) > 0.5,
        "last_seen": _times(last),  # lies after seed times
        "orders_ever": np.bincount(customer, minlength=customers),  # counts what is still to come
        "shoe": chance.normal(size=customers),
    }
    table_products = {"product_id": np.arange(products), "price": price}
    made = {"customer": table_customers, "product": table_products, "quote": table_quotes, "orders": table_orders}
    for name, data in made.items():
        frame = pd.DataFrame(data)
        connection.register("frame", frame)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
        connection.unregister("frame")
    return dataset(
        connection,
        {
            "customer": ("customer_id", "joined", {}),
            "product": ("product_id", None, {}),
            "quote": ("quote_id", None, {}),
            "orders": (
                "order_id",
                "placed",
                {"customer_id": "customer", "product_id": "product", "quote_id": "quote"},
            ),
        },
    )


def _times(days: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([START + timedelta(days=float(day)) for day in days]).round("us").astype("datetime64[ns]")


def _micros(time: datetime) -> int:
    return round(time.replace(tzinfo=UTC).timestamp() * 1_000_000)


def _kind(type_: str) -> Kind:
    if type_.startswith(("TIMESTAMP", "DATE")):
        return "timestamp"
    if type_ == "BOOLEAN":
        return "boolean"
    if type_.startswith(("FLOAT", "DOUBLE", "DECIMAL")):
        return "float"
    return "integer" if "INT" in type_ else "text"
