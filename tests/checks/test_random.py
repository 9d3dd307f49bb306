"""Random expressions over typed columns: met or noted, never broken, never an error of ours."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plurel_sql
from plurel_sql.errors import ImpossibleError

SQL = """CREATE TABLE t (id int PRIMARY KEY, a int, b int NOT NULL, p decimal(8,2), s varchar, c varchar NOT NULL,
    d date, e date NOT NULL, f boolean, CHECK ({}))"""

numbers = st.sampled_from(["a", "b", "p", "length(s)", "0", "1", "7", "50", "-3", "year(d)", "coalesce(a, 0)"])
texts = st.sampled_from(["s", "c", "lower(s)", "upper(c)", "trim(s)", "'x'", "'abc'", "''"])
days = st.sampled_from(["d", "e", "DATE '2023-05-01'", "d + 7", "e - 30"])
comparisons = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def compared(sides: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(sides, comparisons, sides).map(" ".join)


def arithmetic(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda parts: f"({' '.join(parts)})")


sums = st.recursive(numbers, arithmetic, max_leaves=3)
nulls = st.sampled_from(["f", "a IS NULL", "s IS NOT NULL", "d IS NULL"])
others = st.sampled_from(["s LIKE '%a%'", "c NOT LIKE 'a_%'", "a IN (1, 2)"])
leaves = st.one_of(
    compared(sums),
    compared(texts),
    compared(days),
    nulls,
    others,
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda x: f"({' '.join(x)})"),
        inner.map(lambda x: f"(NOT ({x}))"),
        st.tuples(inner, inner, inner).map(lambda x: f"(CASE WHEN {x[0]} THEN {x[1]} ELSE {x[2]} END)"),
        st.tuples(inner, inner).map(lambda x: f"(({x[0]}) = ({x[1]}))"),
    ),
    max_leaves=5,
)


GRID = """FROM (VALUES (NULL), (-3), (0), (1), (2), (7), (50), (51)) AS a (a),
    (VALUES (-3), (0), (1), (7), (50), (51)) AS b (b),
    (VALUES (NULL), (-3), (0), (1), (50.5)) AS p (p), (VALUES (NULL), (''), ('x'), ('abc'), ('A')) AS s (s),
    (VALUES (''), ('x'), ('abc'), ('A')) AS c (c),
    (SELECT NULL::date AS d UNION ALL SELECT DATE '2023-05-01' + k FROM (VALUES (-7), (0), (1), (30)) AS v (k)) AS d,
    (SELECT DATE '2023-05-01' + k AS e FROM (VALUES (-1), (0), (30), (37)) AS v (k)) AS e,
    (VALUES (NULL), (true), (false)) AS f (f)"""
"""Rows of all kinds."""


def judged(condition: str, rows: int) -> None:
    statement = SQL.format(condition)
    with duckdb.connect() as connection:
        try:
            connection.execute(statement)
        except duckdb.Error:
            return  # no CHECK that the engine accepts
        try:
            made = plurel_sql.synthesize(statement, rows={"t": rows}, dialect="duckdb")
        except ImpossibleError:
            found = connection.execute(f"SELECT count(*) {GRID} WHERE ({condition}) IS NOT FALSE").fetchone()
            assert found == (0,), "rows are possible"
            return
        if any(note.level == "error" for note in made.notes):
            return
        connection.register("made", made["t"].arrow())
        connection.execute("INSERT INTO t SELECT * FROM made")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions)
def test_a_few_random_conditions(condition: str) -> None:
    judged(condition, 200)


@pytest.mark.slow
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions)
def test_random_conditions(condition: str) -> None:
    judged(condition, 700)


IMPOSSIBLE = "(e = DATE '2023-05-01' AND e <> DATE '2023-05-01')"


@pytest.mark.parametrize(
    "condition", ["1 = 2", "DATE '2023-05-01' <> DATE '2023-05-01'", "1 = 1", "a IS NULL OR a = a", IMPOSSIBLE]
)
def test_conditions_on_nothing(condition: str) -> None:
    judged(condition, 50)


def test_the_judge_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.ConstraintException):
        connection.execute(SQL.format("a < b"))
        connection.execute("INSERT INTO t VALUES (1, 5, 3, NULL, NULL, 'x', NULL, DATE '2024-01-01', true)")

    def refuse(*given: object, **named: object) -> None:
        raise ImpossibleError("no row", place="t")

    monkeypatch.setattr(plurel_sql, "synthesize", refuse)
    judged(IMPOSSIBLE, 50)
    with pytest.raises(AssertionError, match="rows are possible"):
        judged("a < b", 50)
