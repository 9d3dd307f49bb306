"""Databases as SCHEMA: what is left out, what goes wrong, and that no password is ever shown."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import duckdb
import pytest
from support.servers import MYSQL, POSTGRES, database, rows, run_script

import plurel_sql
from plurel_sql import cli, inputs
from plurel_sql.errors import InputError
from plurel_sql.reflect import of_url


def test_what_an_extension_made_is_left_out() -> None:
    with database(POSTGRES) as url:
        try:
            run_script(url, "CREATE EXTENSION citext; CREATE EXTENSION pg_trgm")
        except Exception as error:  # whatever the driver calls it
            pytest.skip(f"no such extensions here: {error}")
        run_script(url, "CREATE TABLE t (id int PRIMARY KEY, c public.citext); CREATE TEMP TABLE gone (a int)")
        schema = of_url(url)
    assert [table.id for table in schema.tables] == ["t"]
    assert [s.text for s in schema.statements if "FUNCTION" in s.text] == []
    assert [s.text for s in schema.statements if "EXTENSION citext" in s.text.replace("IF NOT EXISTS ", "")]


@pytest.mark.slow
@pytest.mark.parametrize("server", [POSTGRES, MYSQL])
def test_two_thousand_tables_take_seconds(server: str) -> None:
    with database(server) as url:
        made = [
            f"CREATE TABLE t{k} (id int PRIMARY KEY, a varchar(20) NOT NULL, b numeric(8, 2), p int"
            f"{f' REFERENCES t{k - 1} (id)' if k % 5 else ''}, UNIQUE (a))"
            for k in range(2000)
        ]
        for k in range(0, len(made), 200):  # one transaction would hold too many locks
            run_script(url, ";".join(made[k : k + 200]))
        began = time.process_time()
        schema = of_url(url)
        seconds = time.process_time() - began
    assert len(schema.tables) == 2000
    assert sum(len(table.foreign_keys) for table in schema.tables) == 1600
    assert seconds < 20


def test_mariadb_keeps_json_as_a_checked_text() -> None:
    with database(MYSQL) as url:
        run_script(url, "CREATE TABLE t (id int PRIMARY KEY, a json NOT NULL, b longtext)")
        assert [column.type.kind for column in of_url(url).table("t").columns] == ["integer", "json", "text"]
        plurel_sql.fill(url, rows=50)
        assert rows(url, "SELECT count(*), sum(json_type(a) IN ('OBJECT', 'ARRAY')) FROM t") == [(50, 50)]


SECRET = "hush&%2Fword"

WRONG = {
    f"postgresql://root:{SECRET}@127.0.0.1:1/x": "refused",
    f"mysql://nobody:{SECRET}@127.0.0.1/x": "",
    f"nosuch://root:{SECRET}@127.0.0.1/x": "no dialect for 'nosuch' is installed",
    f"mssql+pyodbc://root:{SECRET}@127.0.0.1/x": "driver 'pyodbc' is not installed (pip install pyodbc)",
    f"mysql://root:{SECRET}@127.0.0.1": "",
    f"postgresql://a:{SECRET}@b@127.0.0.1/x": "%40",
    "sqlite:///nowhere.db": "there is no such file",
    "duckdb:///nowhere.duckdb": "there is no such file",
    "sqlite://": "names no file",
    "postgresql://[": "",
}


@pytest.mark.parametrize("url", WRONG)
@pytest.mark.parametrize("verb", ["explain", "synth", "plan"])
def test_what_goes_wrong_is_one_line_without_the_password(
    url: str, verb: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    more = {"explain": [], "synth": ["--out", str(tmp_path / "x.duckdb")], "plan": ["-o", str(tmp_path / "plan.json")]}
    assert cli.run([verb, url, *more[verb]]) == 2
    out, err = capsys.readouterr()
    assert not out and len(err.splitlines()) == 1 and WRONG[url] in err
    assert "hush" not in err and "word" not in err.replace("password", "")
    assert not list(tmp_path.iterdir())


def test_an_empty_database_is_told_of() -> None:
    with database(POSTGRES) as url, pytest.raises(InputError, match="holds no table"):
        of_url(url)


def test_rows_are_never_read(tmp_path: Path) -> None:
    path = tmp_path / "a b.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person VALUES (7, 'Zq')"
        )
    before = path.read_bytes()
    plan = plurel_sql.plan(f"sqlite:///{path}", rows=50)
    assert "Zq" not in str(plan) and path.read_bytes() == before


def test_a_database_file_named_without_its_scheme(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    with pytest.raises(InputError, match=f"write duckdb:///{path}"):
        inputs.read(path)
    assert [table.id for table in inputs.read(f"duckdb:///{path}").tables] == ["t"]


def test_the_command_to_run_again_hides_the_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with database(POSTGRES) as url:
        run_script(url, "CREATE TABLE t (id int PRIMARY KEY)")
        secret = url.replace("root@", "root:hush@")
        out = tmp_path / "x.duckdb"
        arguments = ["synth", secret, "--out", str(out), "--rows", "5"]
        assert cli.run(arguments) == 0
        assert "hush" not in capsys.readouterr().out
        assert "hush" not in cli._again(arguments, plurel_sql.plan(secret, rows=5))
        assert cli.run(["plan", secret, "-o", str(tmp_path / "plan.json")]) == 0
    assert b"hush" not in (tmp_path / "plan.json").read_bytes()
    with duckdb.connect(str(out), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (5,)
