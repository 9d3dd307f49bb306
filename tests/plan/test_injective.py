"""Distinct values for every row, and an honest count of them."""

from __future__ import annotations

import pytest
from tests_plan_evaluate import texts

from plurel_sql.plan.domains import domain
from plurel_sql.plan.injective import Injective, injective
from plurel_sql.plan.model import Bytes, Digit, Sequence, Text, Uuid, Value
from plurel_sql.plan.patterns import meets
from plurel_sql.plan.types import DAY
from plurel_sql.schema.model import Check, Column, Matches, OneOf, Predicate, Range, SqlType, Table
from plurel_sql.semantics.names import word_set


def made(name: str, type_: SqlType, rows: int, *predicates: Predicate, table: str = "customers") -> Injective:
    column = Column(name, type_, nullable=False)
    owner = Table(table, (column,), checks=tuple(Check("...", (name,), predicates=(p,)) for p in predicates))
    return injective(owner, column, domain(owner, column), rows, permute=False)


def distinct(found: Injective, rows: int) -> list[str]:
    assert isinstance(found.rule, Value) and isinstance(found.rule.codec, Text)
    written = texts(found.rule.codec, found.vocabularies, rows)
    assert len({text.casefold().rstrip() for text in written}) == rows
    return written


NAMES = word_set(
    """email username phone code sku reference name title slug url company product file_name isbn iban mac city street
    card_number vin licence_plate full_name domain path
    image_url job_title blorb description version status"""
)


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("length", [None, 60, 20, 10, 6, 4])
def test_texts_are_distinct_and_fit(name: str, length: int | None) -> None:
    rows = 2_000
    found = made(name, SqlType("text", length=length), rows)
    assert found.rule is not None, found
    assert found.capacity is None or found.capacity >= rows
    written = distinct(found, rows) if isinstance(found.rule, Value) else []
    assert all(len(text) <= (length or 10_000) for text in written)
    # The last rows of a table have more digits.
    assert isinstance(found.rule, Value) and isinstance(found.rule.codec, Text)


@pytest.mark.parametrize("name", ["email", "code", "phone", "name", "blorb"])
def test_large_tables(name: str) -> None:
    rows = 30_000_000
    found = made(name, SqlType("text", length=60), rows)
    assert isinstance(found.rule, Value) and isinstance(found.rule.codec, Text)
    tail = texts(found.rule.codec, found.vocabularies, 500, rows - 500)
    assert len(set(tail)) == 500
    assert all(len(text) <= 60 for text in tail)


def test_email_looks_like_one() -> None:
    assert all("@" in text for text in distinct(made("email", SqlType("text", length=60), 1000), 1000))


@pytest.mark.parametrize(
    ("type_", "capacity"),
    [
        (SqlType("boolean"), 2),
        (SqlType("bit", length=3), 8),
        (SqlType("enum", labels=("a", "b", "c")), 3),
        (SqlType("integer", bits=8), 256),
        (SqlType("integer", bits=8, signed=False), 256),
        (SqlType("decimal", precision=2, scale=0), 199),
        (SqlType("text", length=2), 36**2),
        (SqlType("binary", length=2, fixed=True), 65_536),
        (SqlType("time", precision=0), 86_400),
        (SqlType("uuid"), None),
        (SqlType("text"), None),
    ],
)
def test_capacity(type_: SqlType, capacity: int | None) -> None:
    few = made("x", type_, 2)
    assert few.capacity == capacity
    assert few.rule is not None
    if capacity is not None:
        assert made("x", type_, capacity).rule is not None
        assert made("x", type_, capacity + 1).rule is None


def test_numbers_stay_in_their_domain() -> None:
    found = made("x", SqlType("integer", bits=32), 11, Range("x", 100, 110))
    assert (found.rule, found.capacity) == (Sequence(100, 1, False), 11)
    assert made("x", SqlType("integer", bits=8), 200).rule == Sequence(-72, 1, False)
    assert made("x", SqlType("integer", bits=8), 100).rule == Sequence(1, 1, False)
    assert made("x", SqlType("integer", bits=32), 12, Range("x", 100, 110)).rule is None
    fraction = made("x", SqlType("decimal", precision=3, scale=2), 500)
    assert isinstance(fraction.rule, Digit) and len(set(fraction.rule.labels)) == 1999


def test_dates_step_by_days() -> None:
    found = made("x", SqlType("date"), 10_000)
    assert isinstance(found.rule, Sequence) and found.rule.step % DAY == 0
    far = made("x", SqlType("date"), 10_000, Range("x", "2020-01-01", "2020-01-31"))
    assert (far.rule, far.capacity) == (None, 31)


def test_lists_ignore_case() -> None:
    found = made("x", SqlType("text"), 2, OneOf("x", ("a", "A", "b ")))
    assert found.capacity == 2
    assert isinstance(found.rule, Digit) and len(found.rule.labels) == 2


def test_patterns() -> None:
    rule = Matches("code", "regex", "^[A-Z]{2}[0-9]{4}$")
    found = made("code", SqlType("text", length=6), 10_000, rule)
    assert found.capacity == 10_000
    assert all(meets(text, [rule]) for text in distinct(found, 10_000))
    assert made("code", SqlType("text", length=6), 10_001, rule).rule is None


def test_lookups_get_real_names() -> None:
    for column, table in (("name", "country"), ("code", "currency"), ("name", "language"), ("name", "department")):
        found = made(column, SqlType("text", length=60), 10, table=table)
        assert isinstance(found.rule, Digit), (column, table)


def test_country_name_and_code_agree() -> None:
    name = made("name", SqlType("text", length=60), 40, table="country").rule
    code = made("country_code", SqlType("text", length=2), 40, table="country").rule
    assert isinstance(name, Digit) and isinstance(code, Digit)
    assert (name.key, name.dims) == (code.key, code.dims)
    assert code.labels[name.labels.index("Germany")] == "DE"


def test_uuids_and_bytes() -> None:
    assert made("token", SqlType("text", length=64), 10**9).rule == Value(Uuid(4))
    assert made("x", SqlType("binary"), 10).rule == Value(Bytes(8, 16, serial=True))
