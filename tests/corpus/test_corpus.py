"""Every real schema in the engine of its dialect, as far as the time allows; `make corpus` runs them all."""

from __future__ import annotations

import os
import shutil
import time

import pytest
from corpus.table import ENGINES, Result, engine_of, entries, name_of, try_schema

BUDGET = float(os.environ.get("PLUREL_CORPUS_SECONDS", "240"))
"""Seconds for each test worker; what comes later is skipped, and says so."""

KNOWN: dict[str, str] = {}
"""Schemas that can't pass, and why."""

_began: list[float] = []


def _available(engine: str) -> bool:
    client = {"postgres": "psql", "mariadb": "mysql"}.get(engine)
    if client is None:
        return True
    if shutil.which(client) is None:
        return False
    from corpus import engines

    judge = engines.Postgres if engine == "postgres" else engines.MariaDB
    return judge.answers()


@pytest.mark.slow
@pytest.mark.parametrize(
    "entry", [pytest.param(e, id=name_of(e)) for e in entries()] or [pytest.param(None, id="none")]
)
def test_filled_without_a_violation(entry: dict[str, str] | None) -> None:
    if entry is None:
        pytest.skip("real schemas lie beside the repository, in ../shared/schemas, and are not there")
    if not _began:
        _began.append(time.monotonic())
    if time.monotonic() - _began[0] > BUDGET:
        pytest.skip(f"the {BUDGET:.0f} s of this worker are spent; `make corpus` runs all")
    if name_of(entry) in KNOWN:
        pytest.xfail(KNOWN[name_of(entry)])
    if not _available(engine_of(entry)):
        pytest.skip(f"no {ENGINES[engine_of(entry)]} server answers, or its client is missing")
    result: Result = try_schema(entry, f"p{os.getpid()}")
    assert result.error == ""
    assert result.violations == []
