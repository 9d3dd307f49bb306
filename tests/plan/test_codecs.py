"""Every column gets a codec whose values lie in its domain."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests_plan_evaluate import finite, labels, numbers, texts

from plurel_sql.errors import ImpossibleError
from plurel_sql.plan.codecs import Choice, choose
from plurel_sql.plan.domains import domain
from plurel_sql.plan.model import Bool, Category, Cell, Codec, Constant, Number, Text, Uuid, Value, Vocab
from plurel_sql.plan.patterns import meets, segments
from plurel_sql.schema.model import Check, Column, Field, Matches, OneOf, Predicate, Range, SqlType, Table, TypeKind
from plurel_sql.semantics.names import word_set

RANKS = [0.0, 1e-6, *np.linspace(0.01, 0.99, 37), 1 - 1e-6, 1.0]


def made(
    name: str, type_: SqlType, *predicates: Predicate, table: str = "t", nullable: bool = False, locale: str = "en"
) -> Choice:
    column = Column(name, type_, nullable=nullable)
    owner = Table(table, (column,), checks=tuple(Check("...", (name,), predicates=(p,)) for p in predicates))
    return choose(owner, column, domain(owner, column), locale=locale)


def codec(choice: Choice) -> Codec:
    assert isinstance(choice.rule, Value)
    return choice.rule.codec


def written(choice: Choice, count: int = 40) -> list[str]:
    found = codec(choice)
    if isinstance(found, Category):
        return labels(found, RANKS)
    assert isinstance(found, Text)
    return texts(found, choice.vocabularies, count)


NAMES = st.sampled_from(
    sorted(
        word_set(
            """name price amount total quantity age rating rate status type priority email phone city state country_code
            zip code sku
            description notes first_name gender url hash token version latitude weight year month discount tax
            balance salary slug is_active deleted_flag iban ip file_name language currency widget blorb x1 percent score
            created_ts http_status"""
        )
    )
)


@st.composite
def numeric(draw: st.DrawFn) -> tuple[str, SqlType, list[Predicate]]:
    name = draw(NAMES)
    kind = draw(st.sampled_from(["integer", "decimal", "float"]))
    if kind == "integer":
        type_ = SqlType("integer", bits=draw(st.sampled_from([8, 16, 24, 32, 64])), signed=draw(st.booleans()))
    elif kind == "decimal":
        precision = draw(st.integers(1, 38))
        type_ = SqlType("decimal", precision=precision, scale=draw(st.integers(0, precision)))
    else:
        type_ = SqlType("float", bits=draw(st.sampled_from([32, 64])))
    bound = st.one_of(st.integers(-200, 200), st.floats(-1e4, 1e4, allow_nan=False).map(lambda x: round(x, 3)))
    predicates: list[Predicate] = []
    for _ in range(draw(st.integers(0, 2))):
        low, high = draw(st.none() | bound), draw(st.none() | bound)
        predicates.append(Range(name, low, high, draw(st.booleans()), draw(st.booleans())))
    if draw(st.booleans()):
        predicates.append(OneOf(name, (draw(st.integers(-3, 3)),), negated=True))
    return name, type_, predicates


@settings(max_examples=400, deadline=None)
@given(numeric())
def test_numbers_lie_in_their_domain(case: tuple[str, SqlType, list[Predicate]]) -> None:
    name, type_, predicates = case
    column = Column(name, type_, nullable=False)
    table = Table("orders", (column,), checks=tuple(Check("...", (name,), predicates=(p,)) for p in predicates))
    limits = domain(table, column)
    if limits.empty:
        with pytest.raises(ImpossibleError):
            choose(table, column, limits)
        return
    found = codec(choose(table, column, limits))
    assert finite(found)
    assert limits.low is not None and limits.high is not None
    if isinstance(found, Number):
        values = numbers(found, RANKS)
    else:
        assert isinstance(found, Category)
        values = [float(label) for label in labels(found, RANKS)]
    for value in values:
        assert limits.low <= value <= limits.high
        if limits.step and abs(value / limits.step) < 1e12:
            assert value / limits.step == pytest.approx(round(value / limits.step), abs=1e-3)


@st.composite
def textual(draw: st.DrawFn) -> tuple[str, SqlType, list[Predicate]]:
    name = draw(NAMES)
    type_ = SqlType("text", length=draw(st.none() | st.integers(1, 80)), fixed=draw(st.booleans()))
    predicates: list[Predicate] = []
    if draw(st.booleans()):
        low, high = draw(st.none() | st.integers(0, 30)), draw(st.none() | st.integers(0, 60))
        predicates.append(Range(name, low, high, unit="length"))
    if draw(st.booleans()):
        predicates.append(Matches(name, "case", draw(st.sampled_from(["lower", "upper"]))))
    return name, type_, predicates


@settings(max_examples=400, deadline=None)
@given(textual())
def test_texts_lie_in_their_domain(case: tuple[str, SqlType, list[Predicate]]) -> None:
    name, type_, predicates = case
    column = Column(name, type_, nullable=False)
    table = Table("customers", (column,), checks=tuple(Check("...", (name,), predicates=(p,)) for p in predicates))
    limits = domain(table, column)
    if limits.empty:
        return
    choice = choose(table, column, limits)
    assert choice.note is None
    for text in written(choice):
        assert limits.min_length <= len(text) <= (limits.max_length if limits.max_length is not None else 10**6)
        if limits.case == "lower":
            assert text == text.lower()
        if limits.case == "upper":
            assert text == text.upper()


@pytest.mark.parametrize("kind", get_args(TypeKind))
def test_every_kind_of_type_has_a_rule(kind: TypeKind) -> None:
    whole = SqlType("integer", bits=32)
    type_ = SqlType(
        kind,
        labels=("a", "b") if kind in ("enum", "set") else (),
        item=whole if kind in ("range", "multirange") else None,
        fields=(Field("key", whole), Field("value", whole)) if kind in ("struct", "map", "union") else (),
        base="pg_lsn" if kind == "special" else "",
    )
    choice = made("thing", type_)
    assert isinstance(choice.rule, Value)
    assert choice.null is None
    assert choice.why
    if kind == "unknown":
        assert choice.note and "thing" in choice.note
        assert made("thing", SqlType(kind), nullable=True).rule == Constant(None)


@pytest.mark.parametrize(
    ("syntax", "pattern"),
    [
        ("regex", "^[A-Z]{2}[0-9]{4}$"),
        ("glob", "[0-9][0-9]-*"),
        ("like", "A%"),
        ("like", "%@%"),
        ("like", "__-___"),
        ("regex", r"^\d{3}-\d{2}$"),
        ("regex", "^(red|green|blue)$"),
        ("regex", "^[[:alpha:]]+$"),
        ("regex", "^[^0-9]+$"),
        ("regex", r"^\+?[0-9 ]{7,15}$"),
        ("regex", "^https?://"),
        ("regex", "^[a-z0-9_]{3,20}$"),
        ("regex", r"^[0-9A-F]{2}(:[0-9A-F]{2}){5}$"),
        ("regex", "^.{5,}$"),
    ],
)
@pytest.mark.parametrize("name", ["code", "blorb", "email"])
def test_patterns_are_met(syntax: str, pattern: str, name: str) -> None:
    predicate = Matches(name, syntax, pattern)  # type: ignore[arg-type]
    choice = made(name, SqlType("text", length=40), predicate)
    assert choice.note is None
    assert all(meets(text, [predicate]) for text in written(choice))


def test_patterns_that_cannot_be_written_are_named() -> None:
    choice = made("code", SqlType("text", length=10), Matches("code", "regex", r"^(?=zz)yy\1$"))
    assert choice.note is not None and "zz" in choice.note


_PIECES = [
    "a",
    "Z",
    "[0-9]",
    "[^x]",
    ".",
    r"\d",
    r"\W",
    r"\b",
    "(?:ab|c)",
    "(",
    ")",
    "*",
    "+",
    "?",
    "{2,5}",
    "^",
    "$",
    "|",
    "%",
    "[",
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["regex", "like", "glob"]), st.lists(st.sampled_from(_PIECES), max_size=7).map("".join))
def test_any_pattern_is_met_or_named(syntax: str, pattern: str) -> None:
    predicate = Matches("code", syntax, pattern)  # type: ignore[arg-type]
    choice = made("code", SqlType("text", length=30), predicate)
    assert choice.note or all(meets(text, [predicate]) for text in written(choice))


def test_negated_patterns() -> None:
    rule = Matches("code", "regex", "[A-Z]", negated=True)
    assert all(not re.search("[A-Z]", text) for text in written(made("code", SqlType("text", length=10), rule)))


def test_segments_reach_the_least_length() -> None:
    parts = segments(Matches("x", "regex", "^[0-9]+$"), 10, 12)
    assert 10 <= sum(getattr(part, "count", 0) for part in parts) <= 12


def test_meaning_shapes_the_marginal() -> None:
    price = codec(made("price", SqlType("decimal", precision=10, scale=2)))
    assert isinstance(price, Number) and 0.99 in price.endings
    rating = codec(made("rating", SqlType("integer", bits=16)))
    assert isinstance(rating, Number) and (rating.low, rating.high) == (1, 5)
    assert isinstance(codec(made("is_deleted", SqlType("boolean"))), Bool)
    assert codec(made("is_deleted", SqlType("boolean"))) == Bool(0.05)
    assert codec(made("id", SqlType("uuid"))) == Uuid(4)
    assert set(written(made("order_status", SqlType("text", length=1), table="orders"))) <= set("CSPR")
    assert all(re.fullmatch(r"[^@]+@[a-z.]+", each) for each in written(made("email", SqlType("text", length=60))))
    cents = codec(made("price_cents", SqlType("integer", bits=32)))
    assert isinstance(cents, Number) and np.interp(0.5, cents.knots.u, cents.knots.x) > 1000


PEOPLE = Table(
    "customers",
    tuple(
        Column(n, SqlType("text", length=60), nullable=False) for n in ("gender", "first_name", "last_name", "email")
    ),
)


def test_a_domain_cuts_the_marginal_where_it_can() -> None:
    price = codec(made("price", SqlType("decimal", precision=10, scale=2), Range("price", 0, 100)))
    assert isinstance(price, Number)
    assert 20 < np.interp(0.5, price.knots.u, price.knots.x) < 28
    far = codec(made("price", SqlType("decimal", precision=12, scale=2), Range("price", 1e6, 2e6)))
    assert isinstance(far, Number)
    assert len({round(value) for value in numbers(far, RANKS)}) > 20


def test_addresses_keep_their_end() -> None:
    for length in (40, 30, 24, 20):
        emails = written(made("email", SqlType("text", length=length)), 300)
        assert all(re.search(r"@[a-z.]+\.(com|org|net)$", text) for text in emails)


def test_what_ends_together_is_null_together() -> None:
    names = ("date_voided", "voided_by", "void_reason")
    kinds: tuple[TypeKind, ...] = ("timestamp", "integer", "text")
    nulls = {made(name, SqlType(kind), nullable=True).null for name, kind in zip(names, kinds, strict=True)}
    assert len(nulls) == 1


def test_first_name_and_gender_agree() -> None:
    columns = (PEOPLE.column("gender"), PEOPLE.column("first_name"))
    gender, first = (choose(PEOPLE, column, domain(PEOPLE, column)) for column in columns)
    assert isinstance(gender.rule, Value) and isinstance(first.rule, Value)
    assert gender.rule.node == first.rule.node == "gender"
    names = first.vocabularies["first_name"]
    assert codec(gender) == Category(("Female", "Male"), (0.5, 0.5))
    assert "Mary" not in names[len(names) // 2 :] and "Bryan" in names[len(names) // 2 :]
    assert codec(first) == Text((Vocab("first_name", by="rank"),), max_length=60)


def test_email_is_made_of_the_row_s_names() -> None:
    email = codec(choose(PEOPLE, PEOPLE.column("email"), domain(PEOPLE, PEOPLE.column("email"))))
    assert isinstance(email, Text)
    assert [part.column for part in email.segments if isinstance(part, Cell)] == ["first_name", "last_name"]


def test_places_walk_parallel_lists() -> None:
    names = ("city", "state", "zip", "latitude")
    types = (SqlType("text", length=30), SqlType("text", length=2), SqlType("text", length=10), SqlType("float"))
    table = Table("stores", tuple(Column(n, t, nullable=False) for n, t in zip(names, types, strict=True)))
    choices = [choose(table, column, domain(table, column)) for column in table.columns]
    assert {choice.rule.node for choice in choices if isinstance(choice.rule, Value)} == {"city"}
    lengths = {len(entries) for choice in choices for entries in choice.vocabularies.values()}
    assert len(lengths) == 1
    city, state = (next(iter(choice.vocabularies.values())) for choice in choices[:2])
    assert (city[0], state[0]) == ("New York", "NY")
    spot = codec(choices[3])
    assert isinstance(spot, Number) and numbers(spot, [0.001])[0] == pytest.approx(40.71, abs=0.1)


def test_listed_genders_keep_the_order_of_names() -> None:
    column = Column("sex", SqlType("text", length=1), nullable=False)
    table = Table("p", (column,), checks=(Check("...", ("sex",), predicates=(OneOf("sex", ("M", "F", "U")),)),))
    found = codec(choose(table, column, domain(table, column)))
    assert isinstance(found, Category) and found.labels == ("F", "U", "M")


def test_nulls_only_where_allowed() -> None:
    assert made("notes", SqlType("text")).null is None
    notes = made("notes", SqlType("text"), nullable=True).null
    assert notes is not None and notes.rate == 0.5
    email = made("email", SqlType("text"), nullable=True).null
    assert email is not None and email.rate < 0.05


@pytest.mark.parametrize("locale", ["en", "de", "ja", "ru", "pt-br"])
def test_locales(locale: str) -> None:
    for name in ("first_name", "last_name", "city", "street", "email", "company", "phone"):
        choice = made(name, SqlType("text", length=60), locale=locale)
        assert choice.note is None
        assert all(0 < len(text) <= 60 for text in written(choice))
        if name == "email":
            assert all(text.isascii() for text in written(choice))


def test_same_choice_in_every_process() -> None:
    code = (
        "from plurel_sql.schema.model import *; from plurel_sql.plan.codecs import choose; import msgspec;"
        "from plurel_sql.plan.domains import domain;"
        "t = Table('orders', tuple(Column(n, SqlType('text', length=40)) for n in"
        " ('status','city','email','notes','kind','tags','colour','company')));"
        "print(msgspec.json.encode([choose(t, c, domain(t, c)) for c in t.columns]).decode())"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    outs = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True, check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }  # fmt: skip
    assert len(outs) == 1
    assert msgspec.json.decode(outs.pop())
