"""Each kind of CHECK, filled and judged by the engine itself: met, or noted; never broken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from support.check_engines import ENGINES
from support.check_expressions import COLUMNS, OWN, expressions

import plurel_sql

ROWS = int(os.environ.get("PLUREL_CHECK_ROWS", "600"))
CASES = [(dialect, text) for dialect in COLUMNS for text in expressions(dialect)]
BUILT_IN = ("sqlite", "duckdb")


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, Any]]:
    opened: dict[str, Any] = {}
    yield opened
    for engine in opened.values():
        engine.close()


def engine(engines: dict[str, Any], dialect: str) -> Any:
    if dialect not in engines:
        try:
            engines[dialect] = ENGINES[dialect]()
        except Exception as error:
            if dialect in BUILT_IN:
                raise
            pytest.skip(f"no {dialect} server here: {error}")
    return engines[dialect]


def outcome(judge: Any, dialect: str, text: str, rows: int = ROWS) -> tuple[str, str]:
    """("met" or "noted" or "broken" or "refused", why)."""
    expression = text.removeprefix("* ")
    statement = f"CREATE TABLE t ({COLUMNS[dialect]}, CHECK ({expression}))"
    if "secret_function" not in text and (reason := judge.accepts(statement)):
        return "refused", reason
    made = plurel_sql.synthesize(statement, rows={"t": rows}, dialect=dialect, seed=1)
    noted = [str(note) for note in made.notes if note.level == "error" and "CHECK" in str(note)]
    if noted:
        return "noted", noted[0]
    reason = judge.refusal(statement, made["t"].arrow())
    return ("broken", reason) if reason else ("met", "")


@pytest.mark.slow
@pytest.mark.parametrize(("dialect", "text"), CASES, ids=[f"{dialect}: {text}" for dialect, text in CASES])
def test_met_or_noted_as_expected(engines: dict[str, Any], dialect: str, text: str) -> None:
    found, why = outcome(engine(engines, dialect), dialect, text)
    assert found == ("noted" if text.startswith("* ") else "met"), why


@pytest.mark.parametrize("dialect", COLUMNS)
def test_some_of_each(engines: dict[str, Any], dialect: str) -> None:
    for text in (*OWN[dialect][:4], "total = price * qty", "* secret_function(a) > 3"):
        found, why = outcome(engine(engines, dialect), dialect, text, 300)
        assert found == ("noted" if text.startswith("* ") else "met"), (text, why)
