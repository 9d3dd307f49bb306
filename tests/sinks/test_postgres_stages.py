"""PostgreSQL loads that the server's table of locks can't hold in one transaction."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.servers import POSTGRES, database, rows, run_script

import plurel_sql
from plurel_sql import inputs
from plurel_sql.errors import RunError, TargetError
from plurel_sql.sinks.postgres import stages
from plurel_sql.sinks.targets import Options, open_target

SCRIPT = """
CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE TABLE other.parent (id serial PRIMARY KEY, mood mood);
CREATE TABLE child (id serial PRIMARY KEY, parent_id integer NOT NULL REFERENCES other.parent,
  self integer REFERENCES child, n integer, m integer GENERATED ALWAYS AS (twice(n)) STORED);
CREATE VIEW seen AS SELECT * FROM child;
"""
MARK = "SELECT to_regclass('public.plurel_sql_unfinished') IS NOT NULL"
LEFT = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    " WHERE nspname IN ('public', 'other') AND relname <> 'mine'"
)


@pytest.fixture
def url():
    with database(POSTGRES) as made:
        yield made


@pytest.fixture
def few_locks(monkeypatch):
    """As if the table of locks were full after every statement."""
    monkeypatch.setattr(stages, "_EVERY", 1)
    monkeypatch.setattr(stages.Stages, "_held", lambda self: 10**6)


def fill(url: str, source=None):
    source = source or plurel_sql.synthesize(inputs.read(SCRIPT, "postgres"), rows=300)
    return open_target(url, Options()).write(source)


class Broken:
    """A source that breaks at its last table."""

    def __init__(self, act) -> None:
        self.source, self.act = plurel_sql.synthesize(inputs.read(SCRIPT, "postgres"), rows=300), act
        self.schema, self.rows, self.types = self.source.schema, self.source.rows, self.source.types

    def stream(self, table):
        if table.endswith("child"):
            self.act()
        return self.source.stream(table)


def run_apart(url: str, code: str) -> int:
    """How a process of its own ends that runs ``code`` with few locks, in the names of this module."""
    script = (
        "import importlib.util, os, sys\n"
        "sys.path.insert(0, sys.argv[3])\n"
        "from plurel_sql.sinks.postgres import stages\n"
        "stages._EVERY, stages.Stages._held = 1, lambda self: 10**6\n"
        "spec = importlib.util.spec_from_file_location('these', sys.argv[2])\n"
        "these = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(these)\n"
        "exec(sys.argv[4], vars(these) | {'url': sys.argv[1]})\n"
    )
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return subprocess.run([sys.executable, "-c", script, url, __file__, folder, code], timeout=120).returncode


def refuse():
    raise RunError("broken")


def test_the_database_is_the_same_in_stages(url, few_locks, monkeypatch):
    loaded = fill(url)
    assert loaded.notes == () and rows(url, MARK) == [(False,)]
    monkeypatch.undo()
    with database(POSTGRES) as whole:
        fill(whole)
        for sql in (
            "SELECT * FROM child ORDER BY id",
            "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conrelid <> 0 ORDER BY 1",
            "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'other') ORDER BY 1",
            "SELECT last_value, is_called FROM child_id_seq",
        ):
            assert rows(url, sql) == rows(whole, sql)


def test_a_failure_removes_what_earlier_stages_made(url, few_locks):
    run_script(url, "CREATE TABLE mine (n integer)")
    with pytest.raises(RunError, match="broken; what was made has been removed"):
        fill(url, Broken(refuse))
    assert rows(url, LEFT) == [(0,)]
    assert rows(url, "SELECT count(*) FROM mine") == [(0,)]
    assert rows(url, "SELECT count(*) FROM pg_type WHERE typname = 'mood'") == [(0,)]


def test_a_killed_run_is_marked_and_the_next_removes_what_it_made_and_nothing_else(url):
    assert run_apart(url, "fill(url, Broken(lambda: os.kill(os.getpid(), 9)))") == -9
    assert rows(url, MARK) == [(True,)] and rows(url, LEFT)[0][0] > 2
    run_script(url, "CREATE TABLE mine (n integer)")
    loaded = fill(url)
    assert any("an earlier run was stopped here: its 2 tables were removed" in note.message for note in loaded.notes)
    assert rows(url, "SELECT count(*) FROM mine") == [(0,)] and rows(url, MARK) == [(False,)]


def test_what_hangs_on_a_stopped_runs_tables_is_not_removed(url, few_locks):
    def hang():
        run_script(url, "CREATE VIEW mine AS SELECT id FROM other.parent")
        refuse()

    with pytest.raises(RunError, match="broken; what was made is marked, and the next run removes it"):
        fill(url, Broken(hang))
    with pytest.raises(TargetError, match="can't be removed"):
        fill(url)
    run_script(url, "DROP VIEW mine")
    fill(url)
    assert rows(url, MARK) == [(False,)]


OLD = SCRIPT.replace("mood mood)", "mood mood, old text)").replace("self integer", "more integer, self integer")
"""As ``SCRIPT``, with other columns, so that the old tables are told from the new ones."""


def state(url: str) -> list[object]:
    """What stands in the database, and the rows in it."""
    tables = (
        "SELECT n.nspname, c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    )
    tables += " WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2"
    kinds = "SELECT typname, typnamespace::regnamespace::text FROM pg_type WHERE typtype = 'e' ORDER BY 1"
    routines = "SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'twice'"
    keys = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0 ORDER BY 1"
    return [
        rows(url, sql) for sql in (tables, kinds, routines, keys, "TABLE other.parent", "TABLE child", "TABLE seen")
    ]


@pytest.fixture
def replaced(url, monkeypatch):
    """Tables of an earlier run, and one of the user's own."""
    fill(url, plurel_sql.synthesize(inputs.read(OLD, "postgres"), rows=200))
    run_script(url, "CREATE TABLE mine (n integer)")
    monkeypatch.setattr(stages, "_EVERY", 1)
    monkeypatch.setattr(stages.Stages, "_held", lambda self: 10**6)
    return state(url)


def test_what_is_replaced_in_stages_stands_aside_until_all_is_complete(url, replaced):
    source = plurel_sql.synthesize(inputs.read(SCRIPT, "postgres"), rows=300)
    seen = []

    def look():
        seen.append(rows(url, "SELECT nspname FROM pg_namespace WHERE nspname ~ 'aside' ORDER BY 1"))

    broken = Broken(look)
    loaded = open_target(url, Options(overwrite=True)).write(broken)
    assert seen == [[("plurel_sql_aside_0",), ("plurel_sql_aside_1",)]]
    assert loaded.notes == ()
    assert rows(url, "SELECT count(*) FROM child") == [(source.rows("public.child"),)]
    with database(POSTGRES) as whole:
        fill(whole)
        run_script(whole, "CREATE TABLE mine (n integer)")
        assert state(whole) == state(url)


def test_what_was_replaced_in_stages_comes_back_after_a_failure(url, replaced):
    with pytest.raises(RunError, match="broken; what was made has been removed"):
        open_target(url, Options(overwrite=True)).write(Broken(refuse))
    assert state(url) == replaced


def test_a_killed_run_leaves_what_it_was_to_replace_and_the_next_puts_it_back(url, replaced):
    kill = "lambda: os.kill(os.getpid(), 9)"
    assert run_apart(url, f"open_target(url, Options(overwrite=True)).write(Broken({kill}))") == -9
    assert state(url) != replaced
    with pytest.raises(TargetError, match="exist already"):
        fill(url)
    assert state(url) == replaced


def test_what_the_users_own_hangs_on_is_not_dropped(url, replaced):
    run_script(url, "ALTER TABLE mine ADD COLUMN felt mood")
    loaded = open_target(url, Options(overwrite=True)).write(Broken(lambda: None))
    assert any("something of your own depends on it" in note.message for note in loaded.notes)
    assert rows(url, "SELECT count(*) FROM child") == [(loaded.tables[-1].rows,)]
    assert rows(url, "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attname = 'felt'") == [
        ("plurel_sql_aside_1.mood",)
    ]
    open_target(url, Options(overwrite=True)).write(Broken(lambda: None))
    assert rows(url, "SELECT nspname FROM pg_namespace WHERE nspname ~ 'aside'") == [("plurel_sql_aside_1",)]


LABELS = """
CREATE TYPE grade AS ENUM ();
ALTER TYPE grade ADD VALUE 'ok';
ALTER TYPE grade ADD VALUE IF NOT EXISTS 'bad' BEFORE 'ok';
CREATE TABLE exam (id int PRIMARY KEY, grade grade NOT NULL DEFAULT 'bad', CHECK (grade = 'ok' OR id > 0));
DO $$ BEGIN ALTER TYPE grade ADD VALUE 'best'; END $$;
ALTER TABLE exam ALTER COLUMN grade SET DEFAULT 'best';
"""


def test_labels_that_a_migration_adds(url):
    """A new label can't be used in the transaction that made it."""
    loaded = fill(url, plurel_sql.synthesize(inputs.read(LABELS, "postgres"), rows=300))
    assert loaded.notes == () and rows(url, MARK) == [(False,)]
    found = {grade for (grade,) in rows(url, "SELECT DISTINCT grade::text FROM exam")}
    assert {"ok", "bad"} <= found <= {"ok", "bad", "best"}
    assert rows(url, "INSERT INTO exam (id) SELECT max(id) + 1 FROM exam RETURNING grade::text") == [("best",)]


def test_labels_that_a_migration_adds_to_a_type_that_is_replaced(url):
    for count in (30, 300):
        source = plurel_sql.synthesize(inputs.read(LABELS, "postgres"), rows=count)
        loaded = open_target(url, Options(overwrite=True)).write(source)
        assert loaded.notes == () and rows(url, "SELECT count(*) FROM exam") == [(count,)]
        assert rows(url, "SELECT count(*) FROM pg_namespace WHERE nspname ~ 'aside'") == [(0,)]


def test_labels_of_another_type_of_the_same_name_are_left_alone(url):
    run_script(url, "CREATE TYPE grade AS ENUM ('mine')")
    loaded = fill(url, plurel_sql.synthesize(inputs.read(LABELS, "postgres"), rows=30))
    assert any("is undone: it changes what was there before" in note.message for note in loaded.notes)
    assert rows(url, "SELECT enum_range(NULL::grade)::text") == [("{mine}",)]
