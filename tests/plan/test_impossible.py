"""Requests that can't be met: told before any row is made, with the place and the largest possible count."""

from __future__ import annotations

from pathlib import Path

import pytest

import plurel_sql
from plurel_sql import ImpossibleError, cli

IMPOSSIBLE = {
    "UNIQUE flag": ("CREATE TABLE t (flag boolean NOT NULL UNIQUE, v text);", {"t": 1_000_000}, "t", "flag", "2"),
    "enum key": (
        "CREATE TABLE t (c varchar(5) PRIMARY KEY CHECK (c IN ('red', 'green', 'blue')));",
        {"t": 4},
        "t",
        "c",
        "3",
    ),
    "one-to-one": (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY REFERENCES p);",
        {"p": 10, "c": 11},
        "c",
        "id",
        "10",
    ),
    "no value fits": (
        "CREATE TABLE t (id int PRIMARY KEY, x int NOT NULL CHECK (x > 5 AND x < 3));",
        {"t": 1},
        "t",
        "x",
        "0",
    ),
    "short key": ("CREATE TABLE t (k varchar(2) PRIMARY KEY, v int);", {"t": 1_000_000}, "t", "k", None),
    "narrow key": ("CREATE TABLE t (k tinyint PRIMARY KEY, v int);", {"t": 1000}, "t", "k", None),
    "junction": (
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"
        "CREATE TABLE ab (a_id int REFERENCES a, b_id int REFERENCES b, PRIMARY KEY (a_id, b_id));",
        {"a": 6, "b": 7, "ab": 43},
        "ab",
        "a_id",
        "42",
    ),
    "line number": (
        "CREATE TABLE a (id int PRIMARY KEY);"
        "CREATE TABLE line (a_id int REFERENCES a, no int CHECK (no BETWEEN 1 AND 9), PRIMARY KEY (a_id, no));",
        {"a": 10, "line": 91},
        "line",
        "no",
        "90",
    ),
    "tuple of values": (
        "CREATE TABLE t (a boolean, b boolean, c varchar(1) CHECK (c IN ('x', 'y', 'z')), PRIMARY KEY (a, b, c));",
        {"t": 13},
        "t",
        "c",
        "12",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_an_explicit_count_is_refused_with_table_column_and_most(case: str) -> None:
    sql, rows, table, column, most = IMPOSSIBLE[case]
    with pytest.raises(ImpossibleError) as caught:
        plurel_sql.plan(sql, rows=rows)
    assert caught.value.place is not None
    assert caught.value.place.split(".")[0] == table
    assert column in str(caught.value)
    assert "at most" in str(caught.value)
    assert most is None or f"at most {most} " in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("case", [case for case in IMPOSSIBLE if IMPOSSIBLE[case][4] not in (None, "0")])
def test_the_largest_count_named_is_possible(case: str) -> None:
    sql, rows, table, _, most = IMPOSSIBLE[case]
    assert most is not None
    database = plurel_sql.synthesize(sql, rows={**rows, table: int(most)})
    assert database[table].arrow().num_rows == int(most)


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_from_a_total_the_share_is_lowered_and_said(case: str) -> None:
    sql, _, table, _, _ = IMPOSSIBLE[case]
    plan = plurel_sql.plan(sql + "CREATE TABLE ample (id bigint PRIMARY KEY);", rows=2_000_000)
    assert sum(t.rows for t in plan.tables) == 2_000_000, "what one can't hold goes to the others"
    assert plan.table(table).rows < 1_999_000
    if case not in ("one-to-one", "junction", "line number"):  # whose parents may grow as well
        assert any(table == note.where.split(".")[0] for note in plan.notes), plan.notes


def test_the_command_line_says_it_and_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema, target = tmp_path / "s.sql", tmp_path / "x.duckdb"
    schema.write_text("CREATE TABLE t (flag boolean NOT NULL UNIQUE);")
    assert cli.run(["synth", str(schema), "--rows", "t=1e6", "--out", str(target)]) == 2
    error = capsys.readouterr().err
    assert "flag" in error and "at most 2" in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.sql"]


def test_a_row_that_may_not_refer_to_itself_is_not_alone() -> None:
    sql = "CREATE TABLE t (id int PRIMARY KEY, up int NOT NULL REFERENCES t, CHECK (up <> id));"
    with pytest.raises(ImpossibleError, match="t: 1 rows asked for, but each refers to another one"):
        plurel_sql.plan(sql, rows={"t": 1})
    assert plurel_sql.synthesize(sql, rows={"t": 2})["t"].arrow().to_pydict() == {"id": [1, 2], "up": [2, 1]}


def test_keys_that_count_otherwise_are_noted() -> None:
    sql = (
        "CREATE TABLE a (id serial PRIMARY KEY);"
        "CREATE TABLE b (id int GENERATED ALWAYS AS IDENTITY (START 7) PRIMARY KEY);"
        "CREATE TABLE t (a int NOT NULL REFERENCES a, b int NOT NULL REFERENCES b, CHECK (a <> b));"
    )
    fitted = plurel_sql.open_plan(plurel_sql.plan(sql, rows=500, dialect="postgres")).plan
    assert ["a <> b" in note.message for note in fitted.notes] == [True]
