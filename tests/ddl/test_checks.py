"""CHECK expressions to predicates: what is understood, and that `exact` keeps its promise."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plurel_sql.ddl import Text, read, transpile
from plurel_sql.schema.model import Check, Compare, Matches, NotNull, OneOf, Predicate, Range

COLUMNS = "a INT, b INT, c TEXT, d TEXT, f BOOLEAN, t DATE"


def check_of(expression: str, dialect: str = "postgres", columns: str = COLUMNS) -> Check:
    schema = read([Text("x.sql", f"CREATE TABLE x ({columns}, CHECK ({expression}));")], dialect)
    assert not schema.notes
    return schema.tables[0].checks[0]


@pytest.mark.parametrize(
    ("expression", "predicates"),
    [
        ("a > 5", (Range("a", low=5, low_open=True),)),
        ("5 > a", (Range("a", high=5, high_open=True),)),
        ("a >= 0 AND a < 10 AND a >= 2", (Range("a", 2, 10, high_open=True),)),
        ("a BETWEEN -1 AND 5", (Range("a", -1, 5),)),
        ("NOT a > 5", (Range("a", high=5),)),
        ("a <> 3", (OneOf("a", (3,), negated=True),)),
        ("c IN ('x', 'y')", (OneOf("c", ("x", "y")),)),
        ("c NOT IN ('x')", (OneOf("c", ("x",), negated=True),)),
        (
            "(c)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])",
            (OneOf("c", ("x", "y")),),
        ),
        ("c = ANY ('{x,\"y z\"}'::text[])", (OneOf("c", ("x", "y z")),)),
        ("c <> ALL (ARRAY['x'])", (OneOf("c", ("x",), negated=True),)),
        ("upper(c) IN ('X', 'y')", (OneOf("c", ("X",)),)),
        ("c = lower(c)", (Matches("c", "case", "lower"),)),
        ("char_length(c) <= 10", (Range("c", high=10, unit="length"),)),
        ("c ~ '^a+$'", (Matches("c", "regex", "^a+$"),)),
        ("c ~* '^a+$'", (Matches("c", "regex", "^a+$", ignore_case=True),)),
        ("c !~ 'b'", (Matches("c", "regex", "b", negated=True),)),
        ("c LIKE 'a%'", (Matches("c", "like", "a%"),)),
        ("c NOT LIKE 'a%'", (Matches("c", "like", "a%", negated=True),)),
        ("a <= b", (Compare("a", "<=", "b"),)),
        ("a > b", (Compare("b", "<", "a"),)),
        ("a < b OR b IS NULL", (Compare("a", "<", "b"),)),
        ("a IS NULL OR a > 5", (Range("a", low=5, low_open=True),)),
        ("a IS NOT NULL", (NotNull("a"),)),
        ("NOT (a IS NULL)", (NotNull("a"),)),
        ("f", (OneOf("f", (True,)),)),
        ("NOT f", (OneOf("f", (False,)),)),
        ("f IS TRUE", (OneOf("f", (True,)), NotNull("f"))),
        ("t > '1900-01-01'::date", (Range("t", low="1900-01-01", low_open=True),)),
        ("a = 0 OR a > 10", (Range("a", low=10, low_open=True),)),
        ("c = 'x' OR c = 'y'", (OneOf("c", ("x", "y")),)),
        ("a <> 2 OR (a = 2 AND b IS NULL)", (OneOf("a", (2,), negated=True),)),
        ("NOT (a < 1 OR a > 3)", (Range("a", 1, 3),)),
        ("COALESCE(a, 0) >= 0", (Range("a", low=0),)),
        ("COALESCE(a, 0) > 0", (Range("a", low=0, low_open=True), NotNull("a"))),
        ("a IS DISTINCT FROM 4", (OneOf("a", (4,), negated=True),)),
        ("c OPERATOR(public.~) 'x'", (Matches("c", "regex", "x"),)),
    ],
)
def test_understood(expression: str, predicates: tuple[Predicate, ...]) -> None:
    check = check_of(expression)
    assert check.predicates == predicates
    assert check.exact


@pytest.mark.parametrize(
    "expression",
    [
        "(a IS NULL) = (b IS NULL)",
        "a + b < 3",
        "own_function(c)",
        "a IS NULL",
        "c > 'm'",
        "c SIMILAR TO 'a|b'",
        "a % 2 = 0",
        "c <> ANY (ARRAY['x', 'y'])",
    ],
)
def test_not_understood_is_never_exact(expression: str) -> None:
    check = check_of(expression)
    assert not check.exact
    assert not check.predicates


def test_a_part_that_is_understood_is_kept() -> None:
    check = check_of("a > 1 AND own_function(c)")
    assert (check.predicates, check.exact, check.columns) == ((Range("a", low=1, low_open=True),), False, ("a", "c"))


@pytest.mark.parametrize(
    ("dialect", "expression", "predicates"),
    [
        ("tsql", "[c] LIKE '[A-Z]_%'", (Matches("c", "regex", "^[A-Z]..*$"),)),
        ("tsql", "LEN([c]) > 2 AND [a] >= (0)", (Range("c", low=2, low_open=True, unit="length"), Range("a", low=0))),
        ("mysql", "`c` REGEXP '^x'", (Matches("c", "regex", "^x"),)),
        ("oracle", "REGEXP_LIKE(c, '^x', 'i')", (Matches("c", "regex", "^x", ignore_case=True),)),
        ("sqlite", "c GLOB 'x*' AND d <> \"\"", (Matches("c", "glob", "x*"), OneOf("d", ("",), negated=True))),
        ("sqlite", "c NOT LIKE 'x%'", (Matches("c", "like", "x%", negated=True, ignore_case=True),)),
        ("sqlite", "a IS NOT 4", (OneOf("a", (4,), negated=True),)),
    ],
)
def test_dialects(dialect: str, expression: str, predicates: tuple[Predicate, ...]) -> None:
    check = check_of(expression, dialect)
    assert check.predicates == predicates
    assert check.exact


def test_transpile() -> None:
    assert transpile("`a` > 5 AND CHAR_LENGTH(`b`) < 3", "mysql", "duckdb") == '"a" > 5 AND LENGTH("b") < 3'
    assert transpile("[x] = N'a'", "tsql", "duckdb") == "\"x\" = 'a'"
    assert transpile("a >", "postgres", "duckdb") is None
    assert transpile("(" * 5000 + "a" + ")" * 5000, "postgres", "duckdb") is None


# Soundness: whatever meets the predicates of an exact check meets the check itself, as an engine evaluates it.

ATOMS = st.sampled_from(
    [
        *("a > 1", "a <= 0", "a <> 1", "a = 2", "a < b", "a >= b", "a = b", "a IS NULL", "a IS NOT NULL", "a % 2 = 0"),
        *("b IN (0, 2)", "b NOT IN (0, 1)", "b BETWEEN 0 AND 1", "b NOT BETWEEN 0 AND 1", "f", "NOT f", "f IS TRUE"),
        *("c = 'x'", "c <> 'X'", "c IN ('x', 'yy')", "c NOT IN ('', 'x')", "c LIKE 'x%'", "c NOT LIKE '%y'"),
        *("upper(c) = 'X'", "upper(c) IN ('X', 'yy')", "c = lower(c)", "length(c) > 1", "length(c) = 1"),
        *("length(c) <> 0", "c = ANY (ARRAY['x', 'yy'])", "c <> ALL (ARRAY['x'])", "c IS NULL", "true", "false"),
        *("COALESCE(a, 0) > 0", "COALESCE(b, 5) > 1", "COALESCE(c, 'x') = 'x'"),
        *("a IS DISTINCT FROM 2", "a IS NOT DISTINCT FROM 1", "a IS DISTINCT FROM b", "a IS NOT DISTINCT FROM b"),
    ]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        inner.map(lambda text: f"NOT ({text})"),
    ),
    max_leaves=5,
)
ROWS = [
    {"a": a, "b": b, "c": c, "d": None, "f": f, "t": None}
    for a in (None, 0, 1, 2, 3)
    for b in (None, 0, 1, 2)
    for c in (None, "", "x", "X", "yy", "xY")
    for f in (None, True, False)
]


def holds(predicate: Predicate, row: Mapping[str, Any]) -> bool:
    """Whether a row meets a predicate; NULL passes all but NotNull."""
    match predicate:
        case NotNull(column):
            return row[column] is not None
        case Compare(left, op, right):
            x, y = row[left], row[right]
            if x is None or y is None:
                return True
            return bool({"<": x < y, "<=": x <= y, "=": x == y, "<>": x != y}[op])
    value = row[predicate.column]
    if value is None:
        return True
    match predicate:
        case OneOf(values=values, negated=negated):
            return (value in values) != negated
        case Range() as bounds:
            value = len(value) if bounds.unit == "length" else value
            low: Any = -math.inf if bounds.low is None else bounds.low
            high: Any = math.inf if bounds.high is None else bounds.high
            at_open_end = (bounds.low_open and value == low) or (bounds.high_open and value == high)
            return bool(low <= value <= high) and not at_open_end
        case Matches(syntax="case", pattern=pattern):
            return bool(value == getattr(value, pattern)())
        case Matches(syntax="like", pattern=pattern, negated=negated):
            return fnmatchcase(value, pattern.replace("%", "*").replace("_", "?")) != negated
        case Matches(pattern=pattern, negated=negated):
            return bool(re.search(pattern, value)) != negated
    raise AssertionError(predicate)


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE x (row_number INT, a INT, b INT, c TEXT, d TEXT, f BOOLEAN, t DATE)")
    connection.executemany(
        "INSERT INTO x VALUES (?, ?, ?, ?, ?, ?, ?)", [[k, *row.values()] for k, row in enumerate(ROWS)]
    )
    return connection


@settings(max_examples=300, deadline=None)
@given(expression=EXPRESSIONS)
def test_exact_predicates_imply_the_check(engine: duckdb.DuckDBPyConnection, expression: str) -> None:
    check = check_of(expression)
    refused = {k for (k,) in engine.execute(f"SELECT row_number FROM x WHERE NOT ({expression})").fetchall()}
    accepted = {k for k, row in enumerate(ROWS) if all(holds(p, row) for p in check.predicates)}
    if check.exact:
        assert not accepted & refused
    else:  # what was understood is a part of a conjunction, so it refuses nothing that alone would pass
        assert set(check.columns) <= {"a", "b", "c", "d", "f", "t"}
