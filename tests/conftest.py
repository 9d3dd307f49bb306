"""Fixtures of all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

SHOP = """
CREATE TABLE customer (id integer PRIMARY KEY, email varchar(80) NOT NULL UNIQUE);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer (id), note text);
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The path of a two-table schema: customer, orders."""
    path = tmp_path / "shop.sql"
    path.write_text(SHOP)
    return path
