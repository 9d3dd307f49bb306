"""The command line: exit codes, one clear message, nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import duckdb
import pytest

from plurel_sql import cli


@pytest.fixture
def folder(tmp_path, monkeypatch, shop):
    """A working folder that holds shop.sql alone."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    def call(*arguments):
        code = cli.run(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_synth_fills_a_database(folder, run):
    code, out, err = run("synth", "shop.sql", "--out", "x.duckdb", "--rows", "100")
    assert (code, err) == (0, "")
    for text in ("customer", "orders", "seconds", "MB", "--seed 0", "Again: plurel-sql"):
        assert text in out
    with duckdb.connect("x.duckdb", read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone()[0] > 0
    assert sorted(os.listdir(folder)) == ["shop.sql", "x.duckdb"]


def test_quiet_says_nothing(folder, run):
    assert run("synth", "shop.sql", "--out", "x.duckdb", "--rows", "50", "--quiet") == (0, "", "")


def test_rows_of_single_tables(folder, run):
    code, _, _ = run("synth", "shop.sql", "--out", "x.duckdb", "--rows", "1k", "--rows", "orders=37", "--quiet")
    assert code == 0
    with duckdb.connect("x.duckdb", read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (37,)


def test_plan_then_synth_gives_the_same(folder, run):
    assert run("plan", "shop.sql", "-o", "plan.json", "--rows", "200", "--seed", "7")[0] == 0
    assert json.loads((folder / "plan.json").read_bytes())["seed"] == 7
    assert run("synth", "--plan", "plan.json", "--out", "a.duckdb", "--quiet")[0] == 0
    assert run("synth", "shop.sql", "--plan", "plan.json", "--out", "c.duckdb", "--quiet")[0] == 0
    assert run("synth", "shop.sql", "--rows", "200", "--seed", "7", "--out", "b.duckdb", "--quiet")[0] == 0
    rows = []
    for name in "abc":
        with duckdb.connect(f"{name}.duckdb", read_only=True) as connection:
            rows.append(connection.execute("SELECT * FROM orders").fetchall())
    assert rows[0] == rows[1] == rows[2]
    assert rows[0]


def test_explain(folder, run):
    code, out, _ = run("explain", "shop.sql", "--rows", "100")
    assert code == 0
    assert "customer" in out
    code, out, _ = run("explain", "shop.sql", "--rows", "100", "--format", "json")
    assert {table["name"] for table in json.loads(out)["tables"]} == {"customer", "orders"}


def test_schemas_lists_the_bundled_ones(run):
    code, out, _ = run("schemas")
    assert code == 0
    assert [line.partition(":")[0] for line in out.splitlines()] == ["clinic", "retail", "tracker"]
    assert all(len(line.partition(":")[2].split()) > 4 for line in out.splitlines())


SYNTH = ["--out", "x.duckdb"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["synth", "nowhere.sql", *SYNTH], "nowhere.sql: no such file"),
        (["synth", "retial", *SYNTH], "did you mean 'retail'?"),
        (["synth", "hollow", *SYNTH], "hollow: no .sql file"),
        (["synth", "binary.sql", *SYNTH], "binary.sql: is not a text file"),
        (["synth", "empty.sql", *SYNTH], "empty.sql: is empty"),
        (["synth", "prose.sql", *SYNTH], "prose.sql: no table was found"),
        (["synth", *SYNTH], "SCHEMA: nothing to fill"),
        (["synth", "shop.sql"], "--out"),
        (["synth", "shop.sql", *SYNTH, "--rows", "-5"], "--rows"),
        (["synth", "shop.sql", *SYNTH, "--rows", "0"], "--rows"),
        (["synth", "shop.sql", *SYNTH, "--rows", "nan"], "not a number of rows"),
        (["synth", "shop.sql", *SYNTH, "--rows", "inf"], "not a number of rows"),
        (["synth", "shop.sql", *SYNTH, "--rows", "1e13"], "1e13 rows can't be made"),
        (["synth", "shop.sql", *SYNTH, "--rows", "1e999"], "can't be made"),
        (["synth", "shop.sql", *SYNTH, "--rows", "many"], "not a number of rows"),
        (["synth", "shop.sql", *SYNTH, "--rows", "1.5"], "not a whole number"),
        (["synth", "shop.sql", *SYNTH, "--rows", "=5"], "no table is named"),
        (
            ["synth", "shop.sql", *SYNTH, "--rows", "order=5"],
            "--rows: tables.order: unknown table 'order' (did you mean 'orders'?)",
        ),
        (["synth", "shop.sql", *SYNTH, "--config", "lost.yaml"], "unknown table 'order' (did you mean 'orders'?)"),
        (["synth", "shop.sql", "--out", "/proc/x.duckdb"], "/proc/x.duckdb: can't be used"),
        (["synth", "shop.sql", *SYNTH, "--seed", "-1"], "is not a seed"),
        (["synth", "shop.sql", *SYNTH, "--seed", "x"], "--seed"),
        (["synth", "shop.sql", *SYNTH, "--threads", "-1"], "threads"),
        (["synth", "shop.sql", *SYNTH, "--dialect", "postgrs"], "did you mean 'postgres'?"),
        (["synth", "shop.sql", *SYNTH, "--constraints", "some"], "--constraints"),
        (["synth", "shop.sql", *SYNTH, "--config", "none.yaml"], "none.yaml: can't be read"),
        (["synth", "shop.sql", *SYNTH, "--config", "shop.sql"], "not a configuration file"),
        (["synth", "shop.sql", *SYNTH, "--config", "bad.yaml"], "did you mean 'note'?"),
        (["synth", "shop.sql", "--out", "none/x.duckdb"], "its folder does not exist"),
        (["synth", "shop.sql", "--out", "hollow"], "is a folder"),
        (["synth", "shop.sql", "--out", "prose.sql"], "exists already"),
        (["synth", "shop.sql", "--out", "prose.sql", "--overwrite"], "not a DuckDB file"),
        (["synth", "--plan", "none.json", *SYNTH], "none.json: can't be read"),
        (["synth", "--plan", "prose.sql", *SYNTH], "is not a plan"),
        (["synth", "--plan", "prose.sql", "--rows", "5", *SYNTH], "the plan fixes them"),
        (["plan", "shop.sql", "-o", "none/p.json"], "its folder does not exist"),
        (["plan", "shop.sql", "-o", "hollow"], "is a folder"),
        (["explain"], "SCHEMA"),
        (["explain", "shop.sql", "--format", "xml"], "--format"),
        (["nosuchverb"], "nosuchverb"),
        (["synth", "--nosuch"], "--nosuch"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(folder, run, arguments, message):
    (folder / "hollow").mkdir()
    (folder / "binary.sql").write_bytes(b"\x7fELF\x00\x01\x02")
    (folder / "empty.sql").write_text(" \n")
    (folder / "prose.sql").write_text("Dear reader, there is no table here.")
    (folder / "bad.yaml").write_text("tables: {orders: {columns: {not: {null_rate: 0.1}}}}")
    (folder / "lost.yaml").write_text("rows: {order: 5}")
    before = {name: (folder / name).stat().st_mtime_ns for name in os.listdir(folder)}
    code, out, err = run(*arguments)
    assert code == 2, err
    assert message in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert out == ""
    assert {name: (folder / name).stat().st_mtime_ns for name in os.listdir(folder)} == before


def test_unwritable_folder(folder, run):
    locked = folder / "locked"
    locked.mkdir(mode=0o555)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write anywhere")
    assert run("synth", "shop.sql", "--out", "locked/x.duckdb")[0] == 2


def test_a_failure_while_running_is_exit_code_1(folder, run, monkeypatch):
    from plurel_sql.errors import RunError
    from plurel_sql.sample import Sampler

    def broken(self, table, *rest):
        raise RunError("the disk is full", place=table)

    monkeypatch.setattr(Sampler, "batches", broken)
    code, out, err = run("synth", "shop.sql", "--out", "x.duckdb", "--rows", "10")
    assert (code, out) == (1, "")
    assert err == "error: customer: the disk is full; the target is as it was before\n"
    assert os.listdir(folder) == ["shop.sql"]
    with pytest.raises(RunError):
        cli.run(["synth", "shop.sql", "--out", "x.duckdb", "--rows", "10", "--debug"])


def test_a_fault_of_ours_is_no_traceback(folder, run, monkeypatch):
    from plurel_sql.sample import Sampler

    monkeypatch.setattr(Sampler, "batches", lambda *_: 1 / 0)
    code, _, err = run("synth", "shop.sql", "--out", "x.duckdb", "--rows", "10")
    assert code == 1
    assert "ZeroDivisionError" in err
    assert "Traceback" not in err


def test_interrupted_is_exit_code_130(folder, run, monkeypatch):
    from plurel_sql.sample import Sampler

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Sampler, "batches", interrupted)
    assert run("synth", "shop.sql", "--out", "x.duckdb", "--rows", "10")[0] == 130
    assert os.listdir(folder) == ["shop.sql"]


def test_strict_lists_what_is_not_honoured(folder, run, monkeypatch):
    import msgspec

    from plurel_sql import ddl
    from plurel_sql.schema.model import Note

    read = ddl.read
    faults = (Note("a broken statement", "customer"), Note("harmless", level="info"))
    monkeypatch.setattr(ddl, "read", lambda *given: msgspec.structs.replace(read(*given), notes=faults))
    for arguments in (["synth", "shop.sql", *SYNTH], ["explain", "shop.sql"], ["plan", "shop.sql", "-o", "p.json"]):
        code, _, err = run(*arguments, "--strict")
        assert code == 2
        assert "customer: a broken statement" in err
        assert "harmless" not in err
        assert os.listdir(folder) == ["shop.sql"]
    code, out, _ = run("synth", "shop.sql", *SYNTH, "--rows", "20")
    assert code == 0
    assert "a broken statement" in out
    assert "harmless" in out


def test_a_folder_and_standard_input(folder, run, monkeypatch):
    import io

    (folder / "sql").mkdir()
    (folder / "shop.sql").rename(folder / "sql" / "shop.sql")
    assert run("explain", "sql")[0] == 0
    text = (folder / "sql" / "shop.sql").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert run("explain", "-")[0] == 0


@pytest.mark.parametrize("verb", [["schemas"], ["synth", "--help"], ["explain", "--help"], ["plan", "--help"]])
def test_a_closed_pipe_is_quiet(verb):
    script = f"import sys; from plurel_sql import cli; sys.exit(cli.run({verb!r}))"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-c", script], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert done.stderr == ""
    assert done.returncode in (0, 1)


def test_importing_the_package_is_light():
    script = "import sys, plurel_sql.cli; print([m for m in ('pyarrow', 'duckdb', 'sqlglot') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"
