"""The example application's own tests pass, on each target that is there, and fail when the application is broken."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.servers import POSTGRES, database

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "testing-applications.md").read_text()


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(DOCS / "example", tmp_path / "example", ignore=shutil.ignore_patterns(".*", "__*")))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *arguments]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True)


def broken(example: Path, old: str, new: str) -> None:
    module = example / "ticketshop" / "shop.py"
    text = module.read_text()
    assert text.count(old) == 1
    module.write_text(text.replace(old, new))


def test_its_tests_pass_and_see_a_broken_shop(example: Path) -> None:
    whole = run(example)
    assert whole.returncode == 0, whole.stdout
    assert "11 passed" in whole.stdout
    assert "warning" not in whole.stdout
    broken(example, '.where(Order.status == "paid")', "")
    broken(example, "if seat not in taken", "")
    broken(example, "~Customer.orders.any()", "Customer.orders.any()")
    done = run(example)
    assert done.returncode == 1
    for name in ("test_best_customers", "test_a_sale", "test_free_seats", "test_never_ordered"):
        assert f"FAILED tests/test_shop.py::{name}" in done.stdout


def templates(connection: Any) -> set[str]:
    said = "SELECT datname FROM pg_database WHERE datname LIKE 'plurel\\_template\\_%'"
    return {name for (name,) in connection.execute(said).fetchall()}


def test_on_postgresql(example: Path) -> None:
    psycopg = pytest.importorskip("psycopg")
    with database(POSTGRES) as url, psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        before = templates(connection)
        done = run(example, "-o", f"plurel_target={url}")
        for name in templates(connection) - before:  # kept for a next run, which this server need not see
            connection.execute(f"DROP DATABASE {name}")
    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout


@pytest.mark.parametrize("language", ["ini", "python"])
def test_the_page_shows_what_is_there(language: str) -> None:
    """Each shown block stands in the example, line by line; what a reader has to add is shown as such."""
    files = "".join(path.read_text() for path in (DOCS / "example").rglob("*.*") if path.suffix in (".py", ".ini"))
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert blocks
    for block in blocks:
        if "plurel_db_factory" in block:
            continue
        for line in block.replace(": ...", ":").splitlines():
            assert line in files, line


def test_the_page_names_every_setting() -> None:
    from plurel_sql.testing.wanted import OPTIONS

    for name in OPTIONS:
        assert f"`plurel_{name}`" in PAGE
