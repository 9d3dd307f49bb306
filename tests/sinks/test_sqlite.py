"""The SQLite sink: the user's own definitions, the engine as the judge, files that are there."""

from __future__ import annotations

import os
import sqlite3

import pytest
import sqlalchemy as sa

import plurel_sql
from plurel_sql.errors import RunError, TargetError
from plurel_sql.sinks.sqlite import SQLiteFile
from plurel_sql.sinks.targets import Options, open_target

OWN = """
CREATE TABLE log (n INTEGER);
CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, shout TEXT AS (upper(name)));
CREATE TABLE child (a INTEGER, b INTEGER, parent_id INTEGER NOT NULL REFERENCES parent, anything,
    made DATETIME NOT NULL, day DATE, price DECIMAL(10, 2), PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE exact (id INTEGER PRIMARY KEY, r REAL NOT NULL, t TEXT, b BLOB) STRICT;
CREATE INDEX child_day ON child (day);
CREATE TRIGGER counted AFTER INSERT ON child BEGIN INSERT INTO log VALUES (new.a); END;
CREATE VIEW parents AS SELECT name FROM parent;
ATTACH DATABASE 'elsewhere.db' AS other;
"""
ROWS = {"parent": 50, "child": 300, "exact": 20, "log": 3}


def query(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return plurel_sql.synthesize(OWN, rows=ROWS, dialect="sqlite")


def test_the_users_own_definitions(own, tmp_path):
    path = tmp_path / "x.sqlite"
    loaded = own.write(path)
    assert {table.name: table.rows for table in loaded.tables} == ROWS
    assert [note for note in loaded.notes if note.level == "error"] == []
    made = dict(query(path, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    for part in ("AUTOINCREMENT", "upper(name)"):
        assert part in made["parent"]
    assert "WITHOUT ROWID" in made["child"]
    assert "STRICT" in made["exact"]
    assert {"counted", "parents", "child_day"} <= made.keys()
    assert query(path, "SELECT count(*) FROM log") == [(3,)]  # the trigger was silent
    assert query(path, "SELECT count(*) FROM parent WHERE shout <> upper(name)") == [(0,)]
    assert os.listdir(tmp_path) == ["x.sqlite"]  # nothing was attached
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO parent (name) VALUES ('next')")
    assert connection.execute("SELECT max(id) FROM parent").fetchone() > (50,)
    connection.execute("INSERT INTO child SELECT 999, 999, id, NULL, '2024-01-01', NULL, 1 FROM parent LIMIT 1")
    assert connection.execute("SELECT count(*) FROM log").fetchone() == (4,)  # and speaks again
    connection.close()


def test_a_definition_that_refuses_the_rows_gives_way_with_a_note(tmp_path):
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, CHECK (typeof(a) = 'blob'));"
    sql += "CREATE TABLE u (id INTEGER PRIMARY KEY, t_id INTEGER NOT NULL REFERENCES t);"
    loaded = plurel_sql.synthesize(sql, rows={"t": 10, "u": 10}, dialect="sqlite").write(tmp_path / "x.sqlite")
    assert query(tmp_path / "x.sqlite", "SELECT count(*) FROM t") == [(10,)]
    assert any("is not made as it is written" in note.message and note.level == "error" for note in loaded.notes)


def test_another_dialect(shop, tmp_path):
    database = plurel_sql.synthesize(shop, rows=200, dialect="postgres")
    database.write(f"sqlite:///{tmp_path}/x.db3")
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db3")
    inspector = sa.inspect(engine)
    assert inspector.get_pk_constraint("orders")["constrained_columns"] == ["id"]
    assert inspector.get_foreign_keys("orders")[0]["referred_table"] == "customer"
    assert [entry["column_names"] for entry in inspector.get_unique_constraints("customer")] == [["email"]]


def test_values_that_sqlalchemy_reads_back(tmp_path):
    sql = "CREATE TABLE t (id int PRIMARY KEY, u uuid NOT NULL, d date NOT NULL, z timestamptz NOT NULL,"
    sql += " c time NOT NULL, b boolean NOT NULL, n numeric(8,2) NOT NULL, j jsonb NOT NULL, x bytea NOT NULL);"
    database = plurel_sql.synthesize(sql, rows=30, dialect="postgres")
    database.write(tmp_path / "x.sqlite")
    names = {
        "u": sa.Uuid(as_uuid=False),
        "d": sa.Date(),
        "z": sa.DateTime(),
        "c": sa.Time(),
        "b": sa.Boolean(),
        "n": sa.Numeric(8, 2),
    }
    there = sa.table("t", *(sa.column(name, type) for name, type in {**names, "x": sa.LargeBinary()}.items()))
    with sa.create_engine(f"sqlite:///{tmp_path}/x.sqlite").connect() as connection:
        read = [row._asdict() for row in connection.execute(sa.select(there).order_by(sa.text("id")))]
    arrow = database["t"].arrow().select([*names, "x"]).to_pylist()
    for row in arrow:
        row["z"] = row["z"].replace(tzinfo=None)
    assert read == arrow


def test_what_is_there_is_safe(shop, tmp_path):
    database = plurel_sql.synthesize(shop, rows=50)
    (tmp_path / "x.sqlite").write_text("no database")
    for overwrite in (False, True):
        with pytest.raises(TargetError):
            database.write(tmp_path / "x.sqlite", overwrite=overwrite)
    database.write(tmp_path / "y.sqlite")
    with pytest.raises(TargetError, match="exists already"):
        database.write(tmp_path / "y.sqlite")
    database.write(tmp_path / "y.sqlite", overwrite=True)
    os.rename(tmp_path / "y.sqlite", tmp_path / "z.db")
    assert isinstance(open_target(tmp_path / "z.db"), SQLiteFile)  # by its first bytes
    with pytest.raises(TargetError, match="names no file"):
        database.write("sqlite://")


def filled(path, *statements):
    connection = sqlite3.connect(path)
    connection.executescript("".join(f"{one};" for one in statements))
    connection.close()
    return SQLiteFile(path, existing=True)


TABLES = (
    "CREATE TABLE customer (id integer PRIMARY KEY, email varchar(80) NOT NULL UNIQUE)",
    "CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer (id), note text)",
    "CREATE TABLE other (a); INSERT INTO other VALUES (1)",
    "CREATE TRIGGER once AFTER INSERT ON orders BEGIN INSERT INTO other VALUES (2); END",
)


def test_tables_that_are_there_are_filled(shop, tmp_path):
    sink = filled(tmp_path / "x.sqlite", *TABLES)
    sink.check()
    sink.write(plurel_sql.synthesize(shop, rows={"customer": 5, "orders": 9}))
    assert query(tmp_path / "x.sqlite", "SELECT count(*) FROM orders JOIN customer ON customer_id = customer.id") == [
        (9,)
    ]
    assert query(tmp_path / "x.sqlite", "SELECT a FROM other") == [(1,)]
    assert query(tmp_path / "x.sqlite", "SELECT name FROM sqlite_master WHERE type = 'trigger'") == [("once",)]


def test_a_file_that_is_there_stays_as_it_was_when_the_load_fails(shop, tmp_path):
    sink = filled(tmp_path / "x.sqlite", *TABLES, "INSERT INTO orders VALUES (3, 77, NULL)")
    with pytest.raises(RunError):
        sink.write(plurel_sql.synthesize(shop, rows={"customer": 5, "orders": 9}))
    assert query(tmp_path / "x.sqlite", "SELECT count(*) FROM customer") == [(0,)]
    assert query(tmp_path / "x.sqlite", "SELECT count(*) FROM orders") == [(1,)]
    assert query(tmp_path / "x.sqlite", "SELECT name FROM sqlite_master WHERE type = 'trigger'") == [("once",)]


def test_the_router(tmp_path):
    for name in ("x.sqlite", "x.SQLITE3", "x.db3", "sqlite:///x.whatever"):
        assert isinstance(open_target(name, Options()), SQLiteFile)


def test_what_means_something_else_in_sqlite_is_left_out(tmp_path):
    script = """CREATE TABLE bill (id int PRIMARY KEY, net numeric(12, 2) NOT NULL, tax numeric(12, 2) NOT NULL,
        gross numeric(12, 2) NOT NULL CHECK (gross = net + tax), made date NOT NULL, due date,
        CONSTRAINT soon CHECK (due >= made AND due <= made + INTERVAL '90 days'),
        code text CHECK (code ~ '^[A-Z]{3}$'), kept int NOT NULL CHECK (kept < 50));
    CREATE UNIQUE INDEX start ON bill (left(code || id, 8));"""
    source = plurel_sql.synthesize(script, rows=400, dialect="postgres")
    loaded = source.write(tmp_path / "x.sqlite")
    lost = " ".join(note.message for note in loaded.notes if note.level == "error")
    for part in ("no such function: REGEXP", "'90' DAYS", "as SQLite reads it"):
        assert part in lost
    (made,) = query(tmp_path / "x.sqlite", "SELECT sql FROM sqlite_master WHERE name = 'bill'")
    assert "kept" in made[0].partition("CHECK")[2] and "REGEXP" not in made[0] and "soon" not in made[0]
    assert query(tmp_path / "x.sqlite", "SELECT count(*), count(DISTINCT id) FROM bill") == [(400, 400)]
    assert query(tmp_path / "x.sqlite", "PRAGMA integrity_check") == [("ok",)]
