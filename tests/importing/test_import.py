"""Databases that are there, as datasets: the same data, whatever holds it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from support import relbench as s

import plurel_sql
from plurel_sql import cli
from plurel_sql.errors import InputError, TargetError
from plurel_sql.importing import import_dataset

REL_F1 = Path(__file__).parents[3] / "shared" / "data" / "rel-f1"
POSTGRES, MYSQL = "postgresql+psycopg://root@127.0.0.1/", "mysql+pymysql://root@127.0.0.1/"
DATABASE = f"plurel_import_{os.getpid()}"


@pytest.fixture(scope="module")
def retail(tmp_path_factory):
    """A database, and the prints of the dataset that is made of it without an import."""
    database = plurel_sql.synthesize("retail", rows=3000, seed=2)
    own = tmp_path_factory.mktemp("own") / "retail"
    database.write(own, format="relbench", tasks=0)
    return database, own


def same_as(own, out):
    ours, theirs = s.out_prints(own), s.out_prints(out)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    one, other = s.read_layout(own), s.read_layout(out)
    assert (one.val_timestamp, one.test_timestamp) == (other.val_timestamp, other.test_timestamp)
    for table in one.tables:
        there = other.table(table.name)
        assert (table.key, table.time, sorted(table.lenders)) == (there.key, there.time, sorted(there.lenders))


@pytest.mark.parametrize("name", ["x.duckdb", "x.sqlite"])
def test_a_file(tmp_path, retail, name):
    database, own = retail
    database.write(tmp_path / name)
    import_dataset(str(tmp_path / name), tmp_path / "out", tasks=0)
    same_as(own, tmp_path / "out")


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_folder_of_files(tmp_path, retail, format):
    database, own = retail
    database.write(tmp_path / "files", format=format)
    import_dataset(str(tmp_path / "files"), tmp_path / "out", tasks=0, ddl=["retail"])
    same_as(own, tmp_path / "out")


@pytest.mark.parametrize("url", [POSTGRES, MYSQL], ids=["postgres", "mysql"])
def test_a_server(tmp_path, retail, url):
    database, own = retail
    engine = sa.create_engine(url + ("postgres" if url == POSTGRES else ""), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {DATABASE}")
            connection.exec_driver_sql(f"CREATE DATABASE {DATABASE}")
    except sa.exc.OperationalError:
        pytest.skip(f"no server at {url}")
    try:
        database.write(url + DATABASE)
        import_dataset(url + DATABASE, tmp_path / "out", tasks=0)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {DATABASE}")
        engine.dispose()
    same_as(own, tmp_path / "out")


F1 = """CREATE TABLE circuits ("circuitId" int PRIMARY KEY, "circuitRef" text, name text, location text, country text,
  lat float8, lng float8, alt float8);
CREATE TABLE drivers ("driverId" int PRIMARY KEY, "driverRef" text, code text, forename text, surname text,
  dob timestamp, nationality text);
CREATE TABLE constructors ("constructorId" int PRIMARY KEY, "constructorRef" text, name text, nationality text);
CREATE TABLE races ("raceId" int PRIMARY KEY, year int, round int, "circuitId" int REFERENCES circuits, name text,
  date timestamp, time text);
CREATE TABLE qualifying ("qualifyId" int PRIMARY KEY, "raceId" int REFERENCES races, "driverId" int REFERENCES drivers,
  "constructorId" int REFERENCES constructors, number int, position int, date timestamp);
"""


@pytest.mark.skipif(not REL_F1.is_dir(), reason=f"no rel-f1 at {REL_F1}")
@pytest.mark.parametrize("ddl", [(), [F1]], ids=["as a dataset", "as files with DDL"])
def test_real_data(tmp_path, ddl):
    source = REL_F1 / "db" if ddl else REL_F1
    if ddl:
        (tmp_path / "f1.sql").write_text(F1)
    import_dataset(str(source), tmp_path / "out", tasks=0, ddl=[tmp_path / "f1.sql"] if ddl else ())
    layout = s.read_layout(tmp_path / "out")
    times = {table.name: table.time for table in layout.tables}
    assert times["races"] == times["qualifying"] == "date"
    assert times["drivers"] is None  # a date of birth is no event
    for name in ("circuits", "drivers", "races", "qualifying"):
        ours = pq.read_table(tmp_path / "out" / "db" / f"{name}.parquet").to_pydict()
        assert ours == pq.read_table(REL_F1 / "db" / f"{name}.parquet").select(list(ours)).to_pydict(), name
    if not ddl:
        pd = pytest.importorskip("pandas")
        assert [pd.Timestamp(c, unit="us").year for c in (layout.val_timestamp, layout.test_timestamp)] == [2005, 2010]


@pytest.mark.skipif(not REL_F1.is_dir(), reason=f"no rel-f1 at {REL_F1}")
def test_the_tasks_of_a_dataset_come_along(tmp_path):
    relbench = pytest.importorskip("relbench")
    import_dataset(str(REL_F1), tmp_path / "out", tasks=0)
    there, here = (relbench.load_dataset(str(folder)) for folder in (REL_F1, tmp_path / "out"))
    assert here.get_task_names() == there.get_task_names() != []
    for name in here.get_task_names():
        one, other = there.load_task(name), here.load_task(name)
        for split in ("train", "val", "test"):
            tables = [task.get_table(split, mask_input_cols=False).df for task in (one, other)]
            assert len(tables[0]) > 0 and tables[0].equals(tables[1])
    again = here.load_task("driver-dnf", regenerate=True).get_table("val", mask_input_cols=False).df
    assert len(again) == len(here.load_task("driver-dnf").get_table("val"))


def test_tasks_of_other_keys_are_left_out(tmp_path, retail):
    """Labels speak of row numbers: where rows get other ones, they would speak of others."""
    _, own = retail
    folder = shutil.copytree(own, tmp_path / "shop")
    shutil.copytree(REL_F1 / "tasks", folder / "tasks")
    path = folder / "db" / "customer.parquet"
    rows = pq.read_table(path)
    other = rows["customer_id"].to_pylist()[::-1]
    pq.write_table(rows.set_column(0, "customer_id", [other]), path)
    notes = import_dataset(str(folder), tmp_path / "out", tasks=0).notes
    assert [note.where for note in notes if "tasks" in note.message] == ["customer"]
    assert not (tmp_path / "out" / "tasks").exists()


SLOWLY = """
import sys
import plurel_sql.tasks
from plurel_sql import cli

make = sys.modules["plurel_sql.tasks.make"]
examine = make.examine
def watched(*arguments):
    print("measuring", flush=True)
    return examine(*arguments)

make.examine = watched
sys.argv[0] = "plurel-sql"
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_kill_while_tasks_are_measured(tmp_path, retail, number):
    database, _ = retail
    database.write(tmp_path / "shop.duckdb")
    out = tmp_path / "there" / "out"
    out.parent.mkdir()
    command = [sys.executable, "-c", SLOWLY, "import", str(tmp_path / "shop.duckdb"), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "measuring\n"
        run.send_signal(number)
        _, said = run.communicate(timeout=300)
    assert not out.exists()
    if number is signal.SIGTERM:
        assert run.returncode == 130 and "the target is as it was before" in said
    else:
        import_dataset(str(tmp_path / "shop.duckdb"), out, tasks=0)
        assert out.exists()
    assert [path.name for path in out.parent.iterdir()] == (["out"] if out.exists() else [])


def sqlite(path, script):
    import sqlite3

    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return str(path)


def imported(tmp_path, script):
    """(layout, notes, rows of each table) of an import of a SQLite file."""
    loaded = import_dataset(sqlite(tmp_path / "x.sqlite", script), tmp_path / "out", tasks=0)
    layout = s.read_layout(tmp_path / "out")
    rows = {t.name: pq.read_table(tmp_path / "out" / "db" / f"{t.name}.parquet").to_pydict() for t in layout.tables}
    return layout, [str(note) for note in loaded.notes], rows


def test_the_column_that_orders_the_rows(tmp_path):
    """Not the birth, nor what is the same everywhere, later than the children, or often missing."""
    days = {k: f"{k % 28 + 1:02}" for k in range(1, 41)}
    joined = {k: f"'2023-01-{day}'" if k % 2 else "NULL" for k, day in days.items()}
    people = ", ".join(
        f"({k}, '19{k + 10}-01-01', '2020-01-01', '2024-12-{day}', {joined[k]}, '2022-03-{day}')"
        for k, day in days.items()
    )
    visits = ", ".join(f"({k}, {k}, '2023-05-{k % 28 + 1:02} 10:00:00')" for k in range(1, 41))
    layout, _, _ = imported(
        tmp_path,
        "CREATE TABLE person (id INTEGER PRIMARY KEY, born DATE, migrated DATE, event_date DATE, joined_date DATE,"
        f" created DATE); INSERT INTO person VALUES {people};"
        "CREATE TABLE visit (id INTEGER PRIMARY KEY, person_id INTEGER REFERENCES person (id), at DATETIME);"
        f"INSERT INTO visit VALUES {visits};",
    )
    assert layout.table("person").time == "created"
    assert layout.table("visit").time == "at"


def test_times_as_text_and_as_numbers(tmp_path):
    layout, notes, rows = imported(
        tmp_path,
        "CREATE TABLE a (id INTEGER PRIMARY KEY, created_at TEXT, n INTEGER);"
        "INSERT INTO a VALUES (1, '2020-01-02T00:00:00Z', 1), (2, '2020-01-01 00:00:00+02:00', 'many');"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, updated_ts INTEGER);"
        "INSERT INTO b VALUES (1, 1577923200), (2, 1577836800);",
    )
    assert [layout.table(name).time for name in ("a", "b")] == ["created_at", "updated_ts"]
    assert [str(t)[:16] for t in rows["a"]["created_at"]] == ["2019-12-31 22:00", "2020-01-02 00:00"]
    assert [str(t)[:10] for t in rows["b"]["updated_ts"]] == ["2020-01-01", "2020-01-02"]
    assert rows["a"]["n"] == [None, 1]
    assert notes == ["a.n: 1 values are no integer ('many', for one): null"]


def test_files_whose_types_are_not_those_of_the_schema(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.sql").write_text("CREATE TABLE a (id int PRIMARY KEY, part int, whole int, at timestamp);")
    with duckdb.connect() as connection:
        rows = '(VALUES (1, 1.5::DOUBLE, 3::DOUBLE, 1577923200), (2, NULL, 4, 1577836800)) v (id, part, whole, "at")'
        connection.execute(f"COPY (FROM {rows}) TO '{folder / 'a.parquet'}'")
    import_dataset(str(folder), tmp_path / "out", tasks=0)
    table = pq.read_table(tmp_path / "out" / "db" / "a.parquet")
    assert [str(type_) for type_ in table.schema.types] == ["int64", "double", "int64", "timestamp[ns]"]
    assert table["part"].to_pylist() == [None, 1.5] and table["whole"].to_pylist() == [4, 3]


def test_names_with_signs_of_drivers(tmp_path):
    _, _, rows = imported(tmp_path, 'CREATE TABLE "a%s" (id INTEGER PRIMARY KEY, "100%" INTEGER, ":b" INTEGER);'
                                    'INSERT INTO "a%s" VALUES (1, 2, 3);')  # fmt: skip
    assert rows["a_s"] == {"id": [0], "100%": [2], ":b": [3]}


def test_rows_that_refer_to_nothing(tmp_path):
    _, notes, rows = imported(
        tmp_path,
        "CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (7), (9);"
        "CREATE TABLE b (a_id INTEGER REFERENCES a (id)); INSERT INTO b VALUES (9), (8), (NULL), (7);",
    )
    assert rows["b"]["a_id"] == [1, None, None, 0]
    assert notes == ["b.a_id: 1 rows refer to no row of a: null"]


def test_keys_that_are_not_unique_are_refused(tmp_path, capsys):
    with duckdb.connect() as connection:
        connection.execute("COPY (SELECT unnest([1, 2, 2]) AS id, 'x' AS name) TO '" + str(tmp_path / "a.csv") + "'")
    (tmp_path / "a.sql").write_text("CREATE TABLE a (id int PRIMARY KEY, name text);")
    assert cli.run(["import", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert ": a: its key (id) is not unique: 2 rows have id = 2" in said
    assert not (tmp_path / "out").exists()


def test_what_does_not_fit_is_said(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    with pytest.raises(InputError, match="has no schema"):
        import_dataset(str(folder), tmp_path / "out", tasks=0)
    with pytest.raises(InputError, match="no such file"):
        import_dataset(str(tmp_path / "nothing.duckdb"), tmp_path / "out", tasks=0)
    (folder / "a.sql").write_text("CREATE TABLE orders (id int PRIMARY KEY, total int);")
    (folder / "order.csv").write_text("id,amount\n1,2\n")
    with pytest.raises(InputError, match=r"files: orders: no file holds it .*did you mean 'order'"):
        import_dataset(str(folder), tmp_path / "out", tasks=0)
    (folder / "order.csv").rename(folder / "Orders.csv")
    with pytest.raises(InputError, match="has no column 'total' of orders"):
        import_dataset(str(folder), tmp_path / "out", tasks=0)
    (tmp_path / "text.db").write_text("hello")
    with pytest.raises(InputError, match="neither a DuckDB nor a SQLite file"):
        import_dataset(str(tmp_path / "text.db"), tmp_path / "out", tasks=0)
    assert not (tmp_path / "out").exists()


def test_the_command_line(tmp_path, retail, capsys):
    database, own = retail
    database.write(tmp_path / "shop.duckdb")
    arguments = [
        "import",
        str(tmp_path / "shop.duckdb"),
        "--out",
        str(tmp_path / "out"),
        "--format",
        "relbench",
        "--tasks",
        "none",
    ]
    assert cli.run(arguments) == 0
    assert "order_item" in capsys.readouterr().out
    assert cli.run(arguments) == 2
    assert "--overwrite" in capsys.readouterr().err
    with pytest.raises(TargetError, match="exists already"):
        import_dataset(str(tmp_path / "shop.duckdb"), tmp_path / "out", tasks=0)
    assert cli.run([*arguments, "--overwrite", "--quiet"]) == 0
    same_as(own, tmp_path / "out")
