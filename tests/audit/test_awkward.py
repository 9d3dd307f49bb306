"""Awkward schemas at awkward sizes: whatever is not noted as left out must hold, in plain SQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit.awkward import AWKWARD
from support.filled import fill


@pytest.mark.parametrize("rows", [1, 7, 100, 5000])
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_schemas_hold(name: str, rows: int, tmp_path: Path) -> None:
    dialect, sql = AWKWARD[name]
    filled = fill(sql, tmp_path / "x.duckdb", rows=rows, dialect=dialect)
    assert filled.violations == []
    total = sum(filled.rows.values())
    short = [note for note in filled.plan.notes if note.where == "rows"]
    assert total == rows or (total < rows and short), f"{total} rows, and no note says why: {filled.plan.notes}"
