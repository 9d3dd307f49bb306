"""Folders of Parquet, CSV and SQL: what is in them, and that a stopped run goes on to the same bytes."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import plurel_sql
from plurel_sql import cli
from plurel_sql.errors import RunError, TargetError
from plurel_sql.schema.model import Column, Schema, SqlType, Table
from plurel_sql.sinks import folder as module
from plurel_sql.sinks.folder import Folder
from plurel_sql.sinks.literals import literals

SQL = """
CREATE TABLE a (id int PRIMARY KEY, name text, b_id int, whole numeric(10,2) GENERATED ALWAYS AS (id * 2.5) STORED);
CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a, day date, flag boolean);
ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b;
"""
AWKWARD = [
    "",
    None,
    "a,b",
    'say "no"',
    "it's",
    "x\ny",
    "back\\slash",
    "semi;colon",
    "\\N",
    "NULL",
    "%s :x $1",
    "ß漢😀",
    "\ttab",
]


class Awkward:
    """A Source of one table whose name and values try to break a file."""

    def __init__(self, dialect="sqlite", name="odd/../na;me", fail=None):
        columns = (Column("id", SqlType("integer", bits=32), False), Column('te"x`t]', SqlType("text")))
        self.schema = Schema((Table(name, columns),), dialect)
        self.fail = fail
        self.table = pa.table({"id": pa.array(range(len(AWKWARD)), pa.int32()), 'te"x`t]': AWKWARD})

    def rows(self, table):
        return self.table.num_rows

    def types(self, table):
        return {"id": "int32", 'te"x`t]': "utf8"}

    def stream(self, table):
        def batches():
            yield from self.table.to_batches(max_chunksize=5)
            if self.fail:
                raise self.fail

        return pa.RecordBatchReader.from_batches(self.table.schema, batches())


def digests(folder):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def database(rows=40, seed=0):
    return plurel_sql.synthesize(SQL, rows=rows, seed=seed, dialect="postgres")


def test_parquet_holds_the_stream_and_what_the_engine_would_compute(tmp_path):
    made = database()
    loaded = made.write(tmp_path / "out", format="parquet")
    with duckdb.connect() as connection:
        read = connection.sql(f"SELECT * FROM read_parquet('{tmp_path}/out/a.parquet')").to_arrow_table()
        wrong = connection.execute(
            f"SELECT count(*) FROM read_parquet('{tmp_path}/out/a.parquet') WHERE whole <> id * 2.5 OR whole IS NULL"
        ).fetchone()
    assert read.drop_columns("whole").to_pylist() == made["a"].arrow().drop_columns("whole").to_pylist()
    assert wrong == (0,)
    assert [table.name for table in loaded.tables] == ["a", "b"]
    assert loaded.notes == ()


def test_the_manifest(tmp_path):
    made = database()
    made.write(tmp_path / "out", format="parquet")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["format"], manifest["dialect"], manifest["rows"]) == ("parquet", "postgres", 40)
    assert [table["name"] for table in manifest["tables"]] == ["a", "b"]
    (file,) = manifest["tables"][1]["files"]
    assert file["rows"] == made.rows("b")
    assert file["bytes"] == (tmp_path / "out" / file["path"]).stat().st_size
    assert manifest["tables"][1]["columns"][2] == {"name": "day", "arrow": "date32[day]", "type": "date"}


def test_csv_tells_null_from_empty(tmp_path):
    Folder(tmp_path / "out", "csv").write(Awkward())
    (path,) = (tmp_path / "out").glob("*.csv")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", 'te"x`t]']
    assert [row[1] for row in rows[1:]] == [value or "" for value in AWKWARD]
    text = path.read_text()
    assert '\n0,""\n' in text
    assert "\n1,\n" in text
    with duckdb.connect() as connection:
        read = connection.execute(
            f"SELECT * FROM read_csv('{path}', all_varchar = true, header = true, allow_quoted_nulls = false)"
        ).fetchall()
    assert [value for _, value in read] == AWKWARD


def test_awkward_names_stay_in_the_folder(tmp_path):
    for format in ("parquet", "csv", "sql"):
        Folder(tmp_path / format, format).write(Awkward())
    assert sorted(os.listdir(tmp_path)) == ["csv", "parquet", "sql"]
    assert [path.parent for path in tmp_path.rglob("*me.parquet")] == [tmp_path / "parquet"]


def script(folder):
    return "".join(
        path.read_text()
        for path in (folder / "schema.sql", *sorted((folder / "data").rglob("*.sql")), folder / "after.sql")
    )


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 client")
def test_sql_for_the_sqlite_client(tmp_path):
    Folder(tmp_path / "out", "sql").write(Awkward())
    target = tmp_path / "x.sqlite"
    text = script(tmp_path / "out")
    subprocess.run(["sqlite3", "-bail", str(target)], input=text, text=True, check=True)
    connection = sqlite3.connect(target)
    assert [value for _, value in connection.execute('SELECT * FROM "odd/../na;me" ORDER BY 1')] == AWKWARD
    connection.close()


def psql(*arguments, input=None):
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *arguments]
    done = subprocess.run(command, input=input, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def postgres():
    """The name of an empty PostgreSQL database."""
    name = "plurel_files_folder"
    try:
        psql("-d", "postgres", "-c", f"DROP DATABASE IF EXISTS {name}")
        psql("-d", "postgres", "-c", f"CREATE DATABASE {name}")
    except (AssertionError, FileNotFoundError):
        pytest.skip("no PostgreSQL server")
    yield name
    psql("-d", "postgres", "-c", f"DROP DATABASE {name}")


def test_sql_for_psql(tmp_path, postgres):
    made = database()
    made.write(tmp_path / "out", format="sql")
    psql("-1", "-d", postgres, input=script(tmp_path / "out"))
    assert psql("-d", postgres, "-c", "SELECT count(*) FROM a WHERE whole = id * 2.5").strip() == str(made.rows("a"))
    assert psql("-d", postgres, "-c", "SELECT count(*) FROM pg_constraint WHERE contype = 'f'").strip() == "2"
    Folder(tmp_path / "odd", "sql").write(Awkward("postgres"))
    psql("-d", postgres, input=script(tmp_path / "odd"))
    found = psql("-d", postgres, "-c", """SELECT json_agg("te""x`t]" ORDER BY id) FROM "odd/../na;me" """)
    assert json.loads(found) == AWKWARD


@pytest.mark.skipif(shutil.which("mysql") is None, reason="no mysql client")
def test_sql_for_the_mysql_client(tmp_path):
    def mysql(*arguments, input=None):
        return subprocess.run(["mysql", *arguments], input=input, text=True, capture_output=True, check=False)

    if mysql("-e", "DROP DATABASE IF EXISTS plurel_files_folder; CREATE DATABASE plurel_files_folder").returncode:
        pytest.skip("no MySQL server")
    try:
        Folder(tmp_path / "odd", "sql").write(Awkward("mysql"))
        done = mysql("--default-character-set=utf8mb4", "plurel_files_folder", input=script(tmp_path / "odd"))
        assert done.returncode == 0, done.stderr
        query = 'SELECT JSON_ARRAYAGG(`te"x``t]` ORDER BY id) FROM `odd/../na;me`'
        found = mysql("--default-character-set=utf8mb4", "-r", "-N", "plurel_files_folder", "-e", query)
        assert json.loads(found.stdout) == AWKWARD
    finally:
        mysql("-e", "DROP DATABASE plurel_files_folder")


class Stopped(plurel_sql.Database):
    """A database whose rows end in an error after so many batches."""

    left = 0

    def stream_from(self, table, start):
        reader = self._sampler.batches(table, min(start, self.rows(table)), batch_rows=100)

        def batches():
            for batch in reader:
                if self.left == 0:
                    raise RunError("stopped")
                self.left -= 1
                yield batch

        return pa.RecordBatchReader.from_batches(reader.schema, batches())


@pytest.mark.parametrize("format", ["parquet", "csv", "sql"])
@pytest.mark.parametrize(("batches", "parts"), [(0, 0), (3, 1), (8, 4), (11, 6)])
def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path, monkeypatch, format, batches, parts):
    monkeypatch.setattr(module, "PART_ROWS", 200)
    plan = plurel_sql.plan(SQL, rows={"a": 450, "b": 700}, dialect="postgres")
    whole, stopped = Stopped(plan), Stopped(plan)
    whole.left, stopped.left = 10**9, batches
    whole.write(tmp_path / "whole", format=format)
    with pytest.raises(RunError, match="stopped"):
        stopped.write(tmp_path / "out", format=format, resume=True)
    first = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("0*." + format)}
    assert len(first) == parts  # a part has two batches, the last of each table one
    stopped.left = 10**9
    stopped.write(tmp_path / "out", format=format, resume=True)
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")
    assert {path: path.stat().st_mtime_ns for path in first} == first  # finished parts were not made again


def test_a_failed_run_leaves_nothing(tmp_path):
    with pytest.raises(RunError, match="stopped"):
        Folder(tmp_path / "out", "parquet").write(Awkward(fail=RunError("stopped")))
    assert os.listdir(tmp_path) == []
    Folder(tmp_path / "out", "parquet").write(Awkward())
    before = digests(tmp_path / "out")
    with pytest.raises(RunError, match="stopped"):
        Folder(tmp_path / "out", "parquet", overwrite=True).write(Awkward(fail=RunError("stopped")))
    assert digests(tmp_path / "out") == before
    assert os.listdir(tmp_path) == ["out"]


def test_leftovers_of_another_plan_are_refused(tmp_path):
    database(seed=1).write(tmp_path / "out", format="csv", resume=True)
    database(seed=1).write(tmp_path / "out", format="csv", resume=True)  # nothing is left to do
    before = digests(tmp_path / "out")
    with pytest.raises(TargetError, match="another plan"):
        database(seed=2).write(tmp_path / "out", format="csv", resume=True)
    assert digests(tmp_path / "out") == before
    database(seed=2).write(tmp_path / "out", format="csv", resume=True, overwrite=True)
    assert digests(tmp_path / "out") != before
    with pytest.raises(TargetError, match="exists already"):
        database().write(tmp_path / "out", format="csv")


def test_other_peoples_folders_are_not_touched(tmp_path):
    (tmp_path / "x").write_text("mine")
    for options in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(TargetError, match="not made by this program"):
            database().write(tmp_path, format="csv", **options)
    assert os.listdir(tmp_path) == ["x"]


def test_the_command_line(shop, capsys, tmp_path):
    arguments = ["synth", str(shop), "--rows", "30", "--out", str(tmp_path / "out")]
    assert cli.run([*arguments, "--format", "csv"]) == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["customer.csv", "manifest.json", "orders.csv"]
    assert cli.run([*arguments, "--format", "csv"]) == 2
    assert cli.run(arguments) == 2
    assert "--format" in capsys.readouterr().err


UNMET = """CREATE TABLE a (id integer PRIMARY KEY, kind smallint NOT NULL CHECK (kind % 97 = 96 AND my_own(kind) > 3),
  n integer NOT NULL, CONSTRAINT odd CHECK (n % 97 = 96 AND no_such(n)), CHECK (n IS NOT NULL));
CREATE UNIQUE INDEX twice ON a ((kind > 5));
"""


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
def test_what_the_rows_may_break_is_not_in_the_script(tmp_path, dialect):
    made = plurel_sql.synthesize(UNMET, rows=200, dialect=dialect)
    loaded = made.write(tmp_path / "out", format="sql")
    left_out = [note.message for note in loaded.notes if "left out of schema.sql" in note.message]
    assert len(left_out) == 3
    schema = (tmp_path / "out" / "schema.sql").read_text()
    assert "my_own" not in schema and "n IS NOT NULL" in schema
    assert "-- CREATE UNIQUE INDEX twice" in schema
    if dialect == "postgres":
        assert 'DROP CONSTRAINT "odd"' in schema or "DROP CONSTRAINT odd" in schema
    else:
        assert "no_such" not in schema
        connection = sqlite3.connect(tmp_path / "x.sqlite")
        connection.executescript(script(tmp_path / "out"))
        assert connection.execute("SELECT count(*) FROM a").fetchone() == (200,)


def test_shapes_as_literals():
    point = pa.array(["POINT(1 2)", None])
    assert literals(point, SqlType("geometry", base="point"), "mysql") == ["ST_GeomFromText('POINT(1 2)', 0)", "NULL"]
    boxes = pa.array([["(3,4),(1,2)", "(1,1),(0,0)"]])
    kind = SqlType("array", item=SqlType("geometric", base="box"))
    assert literals(boxes, kind, "postgres") == ['\'{"(3,4),(1,2)";"(1,1),(0,0)"}\'']
