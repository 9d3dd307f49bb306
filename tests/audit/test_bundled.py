"""The bundled schemas, filled and audited in plain SQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.filled import fill


@pytest.mark.parametrize("name", ["retail", "clinic", "tracker"])
def test_bundled_schemas_hold_all_that_they_declare(name: str, tmp_path: Path) -> None:
    filled = fill(name, tmp_path / "x.duckdb", rows=20_000)
    assert filled.violations == []
    assert filled.left_out == [], "nothing of our own schemas is beyond us"
    assert sum(filled.rows.values()) == 20_000
    assert min(filled.rows.values()) > 0
