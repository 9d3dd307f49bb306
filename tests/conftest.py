"""Fixtures of all tests."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's job in the background ignores Ctrl-C, and so would the programs that the tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
