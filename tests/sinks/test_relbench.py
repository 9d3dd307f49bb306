"""The relbench target; what is in its folders is the matter of tests/export."""

from __future__ import annotations

import os

import pytest

import plurel_sql
from plurel_sql import cli
from plurel_sql.context import ContextSource
from plurel_sql.errors import TargetError
from plurel_sql.sinks.targets import Options, open_target

SHOP = """CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, born date, logo bytea);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer (id), at timestamp NOT NULL);
"""


def digests(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("rows", [400, 400_000])
def test_the_same_bytes_at_any_number_of_threads(tmp_path, rows):
    plan = plurel_sql.plan(SHOP, rows=rows, seed=5, dialect="postgres")
    for threads in (1, 3):
        (tmp_path / str(threads)).mkdir()
        plurel_sql.open_plan(plan, threads=threads).write(tmp_path / str(threads) / "out", format="relbench", tasks=2)
    assert digests(tmp_path / "1") == digests(tmp_path / "3")


def test_other_peoples_folders_are_not_touched(tmp_path):
    database = plurel_sql.synthesize(SHOP, rows=30, dialect="postgres")
    (tmp_path / "manifest.yaml").write_text("name: somebody's dataset, downloaded")
    for overwrite in (False, True):
        with pytest.raises(TargetError, match="not made by this program"):
            database.write(tmp_path, format="relbench", overwrite=overwrite)
    assert os.listdir(tmp_path) == ["manifest.yaml"]


def test_what_is_left_out_is_said(tmp_path):
    database = plurel_sql.synthesize(SHOP, rows=30, dialect="postgres")
    sink = open_target(tmp_path / "out", Options(format="relbench"))
    assert [note.where for note in sink.undeclared(database)] == ["customer.logo"]
    loaded = sink.write(database)
    assert [note.where for note in loaded.notes] == ["customer.logo"]
    assert "customer.logo" in (tmp_path / "out" / "README.md").read_text()


def test_a_table_without_columns_is_left_out(tmp_path):
    script = "CREATE TABLE a (id INT PRIMARY KEY, x NUMERIC(8, 2)); CREATE TABLE nothing ();"
    database = plurel_sql.synthesize(script, rows=30, dialect="postgres")
    loaded = open_target(tmp_path / "out", Options(format="relbench")).write(database)
    assert [(note.where, note.message) for note in loaded.notes] == [("nothing", "is left out: it has no columns")]
    assert os.listdir(tmp_path / "out" / "db") == ["a.parquet"]
    assert ContextSource.of_plan(database.plan).tables == ContextSource.virtual(database.plan).tables == ("a",)


def test_the_command_line(capsys, tmp_path):
    (tmp_path / "shop.sql").write_text(SHOP)
    arguments = ["synth", str(tmp_path / "shop.sql"), "--rows", "30", "--out", str(tmp_path / "out"), "--format"]
    assert cli.run([*arguments, "relbench"]) == 0
    files = {"manifest.yaml", "db", "README.md", "schema.svg", "mapping.json"}
    assert files | {"tasks.json"} == set(os.listdir(tmp_path / "out"))
    assert cli.run([*arguments, "relbench", "--overwrite", "--tasks", "none"]) == 0
    assert files == set(os.listdir(tmp_path / "out"))
    assert cli.run([*arguments, "relbench", "--overwrite", "--tasks", "many"]) == 2
    assert "'many' is no number of tasks" in capsys.readouterr().err
    assert cli.run([*arguments, "parquet", "--tasks", "3"]) == 2
    assert cli.run([*arguments, "relbench"]) == 2
    assert cli.run([*arguments, "relbench", "--resume"]) == 2
    assert "can't be resumed" in capsys.readouterr().err
    assert cli.run([*arguments, "relbench", "--overwrite"]) == 0
    assert sorted(os.listdir(tmp_path)) == ["out", "shop.sql"]


def test_without_what_tasks_are_measured_with(monkeypatch, tmp_path):
    monkeypatch.setattr("plurel_sql.sinks.relbench.find_spec", lambda name: None)
    database = plurel_sql.synthesize(SHOP, rows=30, dialect="postgres")
    with pytest.raises(TargetError, match="scikit-learn"):
        database.write(tmp_path / "out", format="relbench", tasks=3)
    assert not os.listdir(tmp_path)
    with_note = database.write(tmp_path / "out", format="relbench").notes
    without = database.write(tmp_path / "out", format="relbench", overwrite=True, tasks=0).notes
    (note,) = [note for note in with_note if note not in without]
    assert "has no tasks" in note.message
