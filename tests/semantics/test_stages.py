"""Statuses against the times of a row, and how long its stages take."""

from __future__ import annotations

import pytest

from plurel_sql.semantics.delays import delay
from plurel_sql.semantics.stages import flags, reached


@pytest.mark.parametrize(
    ("column", "labels", "expected"),
    [
        ("paid on", "open paid void", "paid"),
        ("shipped at", "pending paid shipped delivered returned cancelled", "shipped delivered returned"),
        ("delivered at", "pending paid shipped delivered cancelled", "delivered"),
        ("cancelled at", "pending shipped cancelled", "cancelled"),
        ("resolved at", "open in_progress resolved closed", "resolved closed"),
        ("closed at", "open in_progress resolved closed", "closed"),
        ("termination date", "active on_leave terminated", "terminated"),
        ("created at", "open closed", ""),
        ("paid on", "red green", ""),
        ("paid on", "paid", ""),
    ],
)
def test_labels_that_say_that_a_stage_is_reached(column: str, labels: str, expected: str) -> None:
    assert reached(column.split(), labels.split()) == tuple(expected.split())


def test_flags_name_the_stage() -> None:
    assert flags(["deleted"], ["is", "deleted"])
    assert flags(["date", "voided"], ["voided"])
    assert not flags(["deleted"], ["active"])
    assert not flags(["created"], ["created"])


@pytest.mark.parametrize(
    ("table", "column", "role", "low", "high"),
    [
        ("employees", "fired", "closed", 300, 1500),
        ("orders", "shipped_at", "closed", 0.5, 5),
        ("appointments", "end_time", "end", 0.01, 0.2),
        ("rental", "return_date", "closed", 1, 10),
        ("projects", "end_date", "end", 60, 500),
        ("phone_calls", "ended_at", "closed", 0.001, 0.02),
        ("users", "deleted_at", "deleted", 60, 400),
    ],
)
def test_stages_take_their_time(table: str, column: str, role: str, low: float, high: float) -> None:
    found = delay(table, column, role, "timestamp")  # type: ignore[arg-type]
    assert low <= found.days <= high
