"""CHECKs and type limits merged into one domain."""

from __future__ import annotations

import pytest

from plurel_sql.plan.domains import Domain, domain, iso, micros
from plurel_sql.schema.model import (
    Check,
    Column,
    Matches,
    NotNull,
    OneOf,
    Predicate,
    Range,
    SqlType,
    Table,
)


def of(type_: SqlType, *predicates: Predicate, nullable: bool = True) -> Domain:
    column = Column("x", type_, nullable=nullable)
    table = Table("t", (column,), checks=tuple(Check("...", ("x",), predicates=(p,)) for p in predicates))
    return domain(table, column)


INT = SqlType("integer", bits=32)
MONEY = SqlType("decimal", precision=6, scale=2)


@pytest.mark.parametrize(
    ("type_", "low", "high"),
    [
        (SqlType("integer", bits=8), -128, 127),
        (SqlType("integer", bits=24, signed=False), 0, 16_777_215),
        (SqlType("integer", bits=64), -(2**63), 2**63 - 1),
        (SqlType("integer", bits=64, signed=False), 0, 2**64 - 1),
        (MONEY, -9999.99, 9999.99),
        (SqlType("decimal", precision=3, scale=3), -0.999, 0.999),
    ],
)
def test_limits_of_types(type_: SqlType, low: float, high: float) -> None:
    found = of(type_)
    assert (found.low, found.high) == (low, high)
    assert not found.bounded


def test_open_bounds_move_inward_by_the_type_s_step() -> None:
    assert of(INT, Range("x", 0, 10, low_open=True, high_open=True)).low == 1
    assert of(INT, Range("x", 0, 10, low_open=True, high_open=True)).high == 9
    assert of(MONEY, Range("x", 0, low_open=True)).low == 0.01
    assert of(MONEY, Range("x", None, 100, high_open=True)).high == 99.99
    assert of(INT, Range("x", 0.5, 9.5)).low == 1
    assert of(INT, Range("x", 0.5, 9.5)).high == 9
    tiny = of(SqlType("float", bits=64), Range("x", 0, low_open=True)).low
    assert tiny is not None and 0 < tiny < 1e-300


def test_ranges_intersect() -> None:
    found = of(INT, Range("x", 0, 100), Range("x", 50, None), Range("x", None, 70, high_open=True))
    assert (found.low, found.high, found.bounded) == (50, 69, True)


def test_lists_intersect_and_are_filtered() -> None:
    text = SqlType("text", length=3)
    found = of(text, OneOf("x", ("a", "bb", "cccc")), OneOf("x", ("bb", "a", "z")), OneOf("x", ("a",), negated=True))
    assert found.values == ("bb",)
    assert of(INT, OneOf("x", (1, 2, 3, 9)), Range("x", 2, 5)).values == (2, 3)
    assert of(SqlType("enum", labels=("a", "b")), OneOf("x", ("b",))).values == ("b",)
    assert of(text, OneOf("x", ("a", "B")), Matches("x", "case", "lower")).values == ("a",)
    assert of(text, OneOf("x", ("a1", "b")), Matches("x", "like", "a%")).values == ("a1",)


@pytest.mark.parametrize(
    "found",
    [
        of(INT, Range("x", 5, low_open=True), Range("x", None, 3, high_open=True)),
        of(INT, OneOf("x", (1, 2)), Range("x", 3)),
        of(SqlType("text", length=5), Range("x", 6, unit="length")),
        of(SqlType("enum", labels=("a",)), OneOf("x", ("b",))),
        of(SqlType("boolean"), OneOf("x", (True,)), OneOf("x", (True,), negated=True)),
        of(INT, Range("x", 3, 3), OneOf("x", (3,), negated=True)),
    ],
)
def test_contradictions_are_told(found: Domain) -> None:
    assert found.empty


def test_excluded_numbers_leave_the_wider_side() -> None:
    assert of(INT, OneOf("x", (0,), negated=True)).low == 1
    assert of(INT, Range("x", 0, 10), OneOf("x", (10,), negated=True)).high == 9


def test_times_are_microseconds() -> None:
    found = of(SqlType("date"), Range("x", "2000-01-01", "2001-01-01", low_open=True))
    assert found.low == micros("2000-01-02", "date")
    assert iso(found.high or 0, "date") == "2001-01-01"
    assert of(SqlType("time", precision=0)).high == micros("23:59:59", "time")
    assert of(SqlType("timestamp"), Range("x", "soon")).notes


def test_lengths_patterns_case_and_null() -> None:
    found = of(
        SqlType("text", length=20),
        Range("x", 3, unit="length", low_open=True),
        Range("x", None, 10, unit="length"),
        Matches("x", "regex", "^a"),
        Matches("x", "case", "upper"),
        NotNull("x"),
    )
    assert (found.min_length, found.max_length, found.case, found.not_null) == (4, 10, "upper", True)
    assert len(found.patterns) == 1
