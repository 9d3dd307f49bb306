"""Expressions that mean the same in DuckDB as where they were written; DuckDB itself is the judge."""

import duckdb
import pytest

from plurel_sql.ddl import transpile


@pytest.mark.parametrize(
    ("dialect", "expression", "true", "false"),
    [
        ("tsql", "a LIKE '[A-Z]'", ["K"], ["k", "KK", "[A-Z]"]),
        ("tsql", "a NOT LIKE '%[^0-9]%'", ["123"], ["12x", "x\n1"]),
        ("tsql", "a LIKE 'a.%'", ["a.b"], ["axb"]),
        ("tsql", "a + N'x' + 'y' = 'axy'", ["a"], ["b"]),
        ("postgres", r"a LIKE 'x\_%'", ["x_1"], ["xy1"]),
        ("postgres", r"a NOT LIKE 'x\_%'", ["xy1"], ["x_1"]),
        ("mysql", r"a LIKE 'x\\_%'", ["x_1"], ["xy1"]),
        ("postgres", "a LIKE 'x!_%' ESCAPE '!'", ["x_1"], ["xy1"]),
        ("sqlite", "a GLOB '[a-z]*'", ["k9"], ["9k"]),
        ("mysql", "a REGEXP '^[a-z]+$'", ["abc"], ["ab1"]),
        ("postgres", "a !~* '^x'", ["ax"], ["Xa"]),
    ],
)
def test_patterns(dialect, expression, true, false):
    text = transpile(expression, dialect, "duckdb")
    for value, holds in [*((v, True) for v in true), *((v, False) for v in false)]:
        assert duckdb.execute(f"SELECT {text} FROM (SELECT $1::VARCHAR AS a)", [value]).fetchall() == [(holds,)], text


@pytest.mark.parametrize(
    ("dialect", "expression", "expected"),
    [
        ("postgres", "a SIMILAR TO 'x%'", None),
        ("tsql", "a / 2", None),
        ("tsql", "a / 2.0", "a / 2.0"),
        ("duckdb", "a / 2", "a / 2"),
        ("tsql", "CONVERT([bit], 1)", "TRY_CAST(1 AS BOOLEAN)"),
        ("ansi", "a = (", None),
    ],
)
def test_what_has_no_twin_is_none(dialect, expression, expected):
    assert transpile(expression, "" if dialect == "ansi" else dialect, "duckdb") == expected
