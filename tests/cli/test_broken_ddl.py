"""Each kind of fault in DDL: named with file and line and left out while the rest goes on; refused by --strict."""

from __future__ import annotations

import os

import duckdb
import pytest

from plurel_sql import cli

GOOD = """CREATE TABLE customer (id integer PRIMARY KEY, code integer NOT NULL);
CREATE TABLE region (a integer, b integer, PRIMARY KEY (a, b));
"""  # two lines: what follows starts on line 3

FAULTS = {
    "broken statement": ("CREATE TABLE broken (id integer,, x;", 3, []),
    "statement cut short": ("CREATE TABLE broken (id integer", 3, []),
    "foreign key to a missing table": ("CREATE TABLE c (id integer,\n x integer REFERENCES nowhere (id));", 4, ["c"]),
    "foreign key to a missing column": (
        "CREATE TABLE c (id integer, x integer,\n FOREIGN KEY (x) REFERENCES customer (nope));",
        4,
        ["c"],
    ),
    "foreign key of a missing column": (
        "CREATE TABLE c (id integer,\n FOREIGN KEY (nope) REFERENCES customer (id));",
        4,
        ["c"],
    ),
    "foreign key with the wrong number of columns": (
        "CREATE TABLE c (x integer,\n FOREIGN KEY (x) REFERENCES region (a, b));",
        4,
        ["c"],
    ),
    "foreign key to what is not a key": ("CREATE TABLE c (\n x integer REFERENCES customer (code));", 4, ["c"]),
    "type clash along a foreign key": ("CREATE TABLE c (\n x date REFERENCES customer (id));", 4, ["c"]),
    "duplicate table": ("\nCREATE TABLE customer (other integer);", 4, []),
    "duplicate column": ("CREATE TABLE c (x integer,\n x text);", 4, ["c"]),
    "unknown type": ("CREATE TABLE c (x integer,\n y hologram NOT NULL);", 4, ["c"]),
    "CHECK not understood": ("CREATE TABLE c (x integer,\n CHECK (made_up(x) = 3));", 4, ["c"]),
}


@pytest.fixture
def fault(request, tmp_path, monkeypatch):
    """(line, tables that go on) of the fault in bad.sql, in an otherwise empty working folder."""
    text, line, more = FAULTS[request.param]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.sql").write_text(GOOD + text + "\nCREATE TABLE last (id integer PRIMARY KEY);\n")
    return line, more


@pytest.mark.parametrize("fault", FAULTS, indirect=True)
def test_named_and_left_out(fault, capsys):
    line, more = fault
    assert cli.run(["synth", "bad.sql", "--dialect", "postgres", "--out", "x.duckdb", "--rows", "200"]) == 0
    out = capsys.readouterr().out
    assert f"bad.sql:{line}: " in out.partition("Not honoured")[2], out
    with duckdb.connect("x.duckdb", read_only=True) as connection:
        counts = {name: connection.execute(f"SELECT count(*) > 0 FROM {name}").fetchone()[0]
                  for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}  # fmt: skip
    cut_short = "last" not in counts
    assert set(counts) == {"customer", "region", *more, *([] if cut_short else ["last"])}
    assert counts["customer"]
    assert counts["region"]


@pytest.mark.parametrize("fault", FAULTS, indirect=True)
@pytest.mark.parametrize("verb", [["synth", "--out", "x.duckdb"], ["explain"], ["plan", "-o", "p.json"]])
def test_refused_by_strict(fault, verb, capsys):
    line, _ = fault
    assert cli.run([*verb, "bad.sql", "--dialect", "postgres", "--rows", "200", "--strict"]) == 2
    captured = capsys.readouterr()
    assert f"bad.sql:{line}: " in captured.err
    assert captured.out == ""
    assert os.listdir() == ["bad.sql"]


@pytest.mark.parametrize("fault", FAULTS, indirect=True)
def test_explain_names_it(fault, capsys):
    line, _ = fault
    assert cli.run(["explain", "bad.sql", "--dialect", "postgres", "--rows", "200"]) == 0
    assert f"bad.sql:{line}: " in capsys.readouterr().out
