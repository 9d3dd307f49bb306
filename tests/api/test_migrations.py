"""Folders of migrations as their tools run them, and files that hold the way back too."""

import pytest

import plurel_sql
from plurel_sql import inputs
from plurel_sql.migrations import forward, ordered


def columns(schema):
    return {table.name: [column.name for column in table.columns] for table in schema.tables}


@pytest.mark.parametrize(
    "names",
    [
        ["V1__init.sql", "V1.2__a.sql", "V2__b.sql", "V10__c.sql", "R__views.sql"],
        ["1_init.sql", "2_b.sql", "10_c.sql"],
        ["20200101000000_a/migration.sql", "20200102000000_b/migration.sql"],
        ["001.sql", "002.sql", "010.sql"],
        ["a.sql", "B.sql", "c.sql"],
    ],
)
def test_order(tmp_path, names):
    assert ordered([tmp_path / name for name in reversed(names)], tmp_path) == [tmp_path / name for name in names]


@pytest.mark.parametrize(
    "back", ["0001_init.down.sql", "0001/down.sql", "0001_down.sql", "U1__init.sql", "1-undo.sql", "revert/revert.sql"]
)
def test_the_way_back_is_left_out(tmp_path, back):
    files = [tmp_path / back, tmp_path / "0001_slowdown.sql", tmp_path / "User__x.sql"]
    assert tmp_path / back not in ordered(files, tmp_path)
    assert len(ordered(files, tmp_path)) == 2
    assert ordered(files[:1], tmp_path) == files[:1]  # who names nothing else means it


def test_a_folder_is_read_as_its_tool_runs_it(tmp_path):
    (tmp_path / "2_name.up.sql").write_text("ALTER TABLE t ADD COLUMN name text; ALTER TABLE t DROP COLUMN old;")
    (tmp_path / "2_name.down.sql").write_text("ALTER TABLE t DROP COLUMN name;")
    (tmp_path / "1_init.up.sql").write_text("CREATE TABLE t (id int PRIMARY KEY, old int);")
    (tmp_path / "1_init.down.sql").write_text("DROP TABLE t;")
    (tmp_path / "10_rename.up.sql").write_text("ALTER TABLE t RENAME COLUMN name TO title;")
    (tmp_path / "10_rename.down.sql").write_text("ALTER TABLE t RENAME COLUMN title TO name;")
    assert columns(inputs.read(tmp_path)) == {"t": ["id", "title"]}


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("-- +goose Up", "-- +goose Down"),
        ("-- +migrate Up notransaction", "-- +migrate Down"),
        ("-- migrate:up transaction:false", "-- migrate:down"),
        ("-- rambler up", "-- rambler down"),
        ("# --- !Ups", "# --- !Downs"),
        ("--- !Ups", "--- !Downs"),
        ("-- Up Migration", "-- Down Migration"),
        ("-- // first", "-- //@UNDO"),
    ],
)
def test_parts_of_a_file(up, down):
    text = f"{up}\nCREATE TABLE t (id int);\n-- up to here\n\n{down}\nDROP TABLE t;\n"
    assert forward(text) == f"{up}\nCREATE TABLE t (id int);\n-- up to here\n\n{down}\n\n"
    assert columns(inputs.read(text)) == {"t": ["id"]}


def test_other_comments_are_no_marks():
    text = "-- going down\nCREATE TABLE t (id int);\n-- down here\n-- undo\nCREATE TABLE u (id int);"
    assert forward(text) == text


def test_several_files_with_both_ways(tmp_path):
    for number, (up, down) in enumerate([("CREATE TABLE t (id int)", "DROP TABLE t"), ("DROP TABLE u", "SELECT 1")]):
        (tmp_path / f"{number}.sql").write_text(f"-- +goose Up\n{up};\n-- +goose Down\n{down};\n")
    assert columns(inputs.read(tmp_path)) == {"t": ["id"]}
    assert plurel_sql.plan(tmp_path, rows=5).table("t").rows == 5
