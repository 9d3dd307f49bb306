"""The MySQL and MariaDB sink, against a server; the server is the judge of what it holds."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal

import pyarrow as pa
import pymysql
import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from support.servers import MYSQL, database, rows, run_script

import plurel_sql
from plurel_sql import inputs
from plurel_sql.errors import RunError, TargetError
from plurel_sql.schema.model import Unique
from plurel_sql.sinks.base import Loaded, Silent
from plurel_sql.sinks.mysql import load, mark, sink
from plurel_sql.sinks.sqlalchemy import _MARK, AnyDatabase
from plurel_sql.sinks.targets import Options, open_target

TABLES = """
CREATE TABLE customer (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(80) NOT NULL, size SMALLINT NOT NULL,
  doubled INT GENERATED ALWAYS AS (size * 2) STORED, raw VARBINARY(16), UNIQUE KEY email (email)) ENGINE=InnoDB;
CREATE TABLE orders (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id INT UNSIGNED NOT NULL, previous BIGINT,
  total DECIMAL(10,2), at DATETIME NOT NULL, flag BIT(1), KEY (at), CONSTRAINT positive CHECK (total >= 0),
  CONSTRAINT bought FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE,
  CONSTRAINT before_it FOREIGN KEY (previous) REFERENCES orders (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE log (what VARCHAR(20)) ENGINE=InnoDB;
"""
TRIGGER = "CREATE TRIGGER noted BEFORE INSERT ON orders FOR EACH ROW INSERT INTO log VALUES ('fired');\n"
VIEW = "CREATE VIEW spent AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id;\n"
SHOP = TABLES + TRIGGER + VIEW


@pytest.fixture
def url():
    with database(MYSQL) as made:
        yield made


def synthesize(script: str, count: int = 600):
    return plurel_sql.synthesize(inputs.read(script, "mysql"), rows=count)


def write(url: str, source, constraints="all", **options) -> Loaded:
    sink = open_target(url, Options(**options))
    sink.check()
    return sink.write(source, constraints=constraints)


def fill(url: str, script: str, count: int = 600, **options) -> Loaded:
    return write(url, synthesize(script, count), **options)


def one(url: str, sql: str):
    return rows(url, sql)[0][0]


def there(url: str) -> list[str]:
    return sorted(name for (name,) in rows(url, "SHOW TABLES"))


def definitions(url: str) -> list[object]:
    """Tables as the server writes them, without the counters; triggers."""
    tables = [rows(url, f"SHOW CREATE TABLE {name}")[0][1] for name in ("customer", "orders", "log")]
    found = rows(url, "SELECT trigger_name, action_statement FROM information_schema.triggers"
                      " WHERE trigger_schema = database()")  # fmt: skip
    return [" ".join(w for w in str(table).split() if not w.startswith("AUTO_INCREMENT=")) for table in tables] + found


def test_a_database_is_what_its_script_makes_with_rows_in_it(url):
    loaded = fill(url, SHOP)
    assert [note for note in loaded.notes if note.level == "error"] == []
    counts = {t.name: t.rows for t in loaded.tables}
    assert counts == {name: one(url, f"SELECT count(*) FROM {name}") for name in counts}
    assert there(url) == ["customer", "log", "orders", "spent"]
    with database(MYSQL) as bare:
        run_script(bare, SHOP)
        assert definitions(url) == definitions(bare)
    assert not rows(url, "SELECT * FROM customer WHERE doubled <> size * 2 OR doubled IS NULL")
    assert not rows(url, "SELECT * FROM log WHERE what = 'fired'")
    top = one(url, "SELECT max(id) FROM customer")
    run_script(url, "INSERT INTO customer (email, size) VALUES ('new', 1); INSERT INTO orders (customer_id, at)"
                    " VALUES (1, now());")  # fmt: skip
    assert one(url, "SELECT max(id) FROM customer") == top + 1
    assert one(url, "SELECT count(*) FROM log WHERE what = 'fired'") == 1


@pytest.mark.parametrize("local", [True, False])
def test_every_type_comes_back_as_it_went(url, monkeypatch, local):
    columns = {
        "i1": ("TINYINT UNSIGNED AUTO_INCREMENT PRIMARY KEY", pa.uint8(), [0, 1, 255], None),
        "b": ("BOOLEAN", pa.bool_(), [True, False, None], [1, 0, None]),
        "u8": ("BIGINT UNSIGNED", pa.uint64(), [2**64 - 1, 0, None], None),
        "f": ("DOUBLE", pa.float64(), [1.5, -0.1, 1e15], None),
        "n": ("DECIMAL(38,10)", pa.decimal128(38, 10), [Decimal("-1.0000000001"), Decimal(10) ** 27, None], None),
        "t": ("LONGTEXT CHARACTER SET utf8mb4", pa.string(), ["a\tb\\N\n\"'\0\r", "", "日本 😀"], None),
        "l": ("VARCHAR(9) CHARACTER SET latin1", pa.string(), ["é", "\\N", None], None),
        "d": ("DATE", pa.date32(), [dt.date(1000, 1, 1), dt.date(9999, 12, 31), None], None),
        "ti": ("TIME(6)", pa.time64("us"), [dt.time(0, 0), dt.time(23, 59, 59, 999999), None],
               [dt.timedelta(0), dt.timedelta(hours=23, minutes=59, seconds=59, microseconds=999999), None]),
        "ts": ("DATETIME(6)", pa.timestamp("us"), [dt.datetime(2000, 1, 1, 2, 3, 4, 5), None, None], None),
        "stamp": ("TIMESTAMP NULL", pa.timestamp("us", "UTC"), [dt.datetime(2000, 7, 1, 12, tzinfo=dt.UTC), None, None],
                  [dt.datetime(2000, 7, 1, 12), None, None]),
        "raw": ("BLOB", pa.binary(), [b"\0\\\t\n\xff'", b"", None], None),
        "bi": ("BIT(10)", pa.string(), ["1010101010", "0000000001", None], [b"\x02\xaa", b"\0\x01", None]),
        "b1": ("BIT(1)", pa.bool_(), [True, False, None], [b"\x01", b"\0", None]),
        "e": ("ENUM('a','it''s')", pa.string(), ["a", "it's", None], None),
        "s": ("SET('a','b')", pa.string(), ["a,b", "", None], None),
        "j": ("JSON", pa.string(), ['{"a": "\\u00e9"}', "[]", None], None),
        "y": ("YEAR", pa.int16(), [1999, 2155, None], None),
        "g": ("POINT", pa.string(), ["POINT(1 2)", None, None], [b"\0" * 4 + _point(1, 2), None, None]),
    }  # fmt: skip
    run_script(url, f"CREATE TABLE x ({', '.join(f'{name} {kind}' for name, (kind, *_) in columns.items())})")
    table = pa.table({name: pa.array(values, type) for name, (_, type, values, _) in columns.items()})
    from plurel_sql.sinks.base import Counted, Silent
    from plurel_sql.sinks.interrupts import Interrupts
    from plurel_sql.sinks.mysql.session import Session, opened

    with opened(sa.make_url(url)) as connection:
        session = Session(connection, sa.make_url(url), Interrupts())
        session.settle()
        reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=2))
        fields = [
            load.Field(name, kind.split("(")[0].split()[0].lower(), "AUTO_INCREMENT" in kind)
            for name, (kind, *_) in columns.items()
        ]
        loader = load.Loader(session)
        loader.local = local
        assert loader.load("x", fields, Counted(reader, Silent(), lambda: None), commit=True) == 3
        for name, (_, _, values, expected) in columns.items():
            found = [value for (value,) in session.rows(f"SELECT {name} FROM x ORDER BY i1")]
            assert found == (values if expected is None else expected), name


def _point(x: float, y: float) -> bytes:
    import struct

    return struct.pack("<BIdd", 1, 1, x, y)


def test_values_that_the_server_would_change_fail_the_load(url):
    script = "CREATE TABLE a (id INT PRIMARY KEY, n TINYINT NOT NULL);"
    source = synthesize(script, 10)
    stream = source.stream

    def wrong(table):
        batch = stream(table).read_all().set_column(1, "n", pa.array([1000] * 10, pa.int32()))
        return pa.RecordBatchReader.from_batches(batch.schema, batch.to_batches())

    source.stream = wrong
    with pytest.raises(RunError, match=r"Out of range.*the target is as it was before"):
        write(url, source)
    assert there(url) == []


def test_names_cannot_inject(url):
    names = [
        "a`; DROP TABLE victim; --",
        "b'c",
        'd"e',
        "d\\e",
        "f\ng",
        "%s %(h)s %%",
        "ü 日本",
        "select",
        "x.y",
        "$1",
        "?:z",
    ]
    quoted = ["`" + name.replace("`", "``") + "`" for name in names]
    run_script(url, "CREATE TABLE victim (n integer); INSERT INTO victim VALUES (7);")
    columns = ", ".join(f"{name} INT NOT NULL" for name in quoted)
    script = "".join(
        f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({quoted[0]}), parent INT, raw VARBINARY(5),"
        f" FOREIGN KEY (parent) REFERENCES {quoted[0]} ({quoted[0]})) ENGINE=InnoDB;\n"
        for table in quoted
    )
    loaded = fill(url, script, 200)
    assert [str(note) for note in loaded.notes if note.level == "error"] == []
    assert sum(table.rows for table in loaded.tables) == 200 and len(loaded.tables) == len(names)
    assert rows(url, "SELECT n FROM victim") == [(7,)]
    fill(url, script, 100, overwrite=True)
    assert rows(url, "SELECT n FROM victim") == [(7,)]


def test_what_was_there_before_is_not_touched(url):
    run_script(url, "CREATE TABLE mine (n INT); INSERT INTO mine VALUES (1), (2);")
    name = sa.make_url(url).database
    script = f"""
    CREATE DATABASE plurel_sql_never; USE plurel_sql_never;
    CREATE TABLE a (id INT PRIMARY KEY);
    DROP TABLE IF EXISTS mine;
    ALTER TABLE mine ADD COLUMN evil INT;
    DROP DATABASE {name};
    CREATE TRIGGER evil BEFORE INSERT ON mine FOR EACH ROW SET NEW.n = 0;
    CREATE USER evil; SET GLOBAL max_connections = 1;
    """
    fill(url, script, 10)
    assert rows(url, "SELECT n FROM mine ORDER BY n") == [(1,), (2,)]
    assert there(url) == ["a", "mine"]
    assert not rows(url, "SELECT 1 FROM information_schema.schemata WHERE schema_name = 'plurel_sql_never'")
    assert not rows(url, "SELECT 1 FROM information_schema.triggers WHERE trigger_schema = database()")


def test_tables_that_are_there_are_refused_or_replaced(url):
    fill(url, SHOP)
    checksum = rows(url, "CHECKSUM TABLE customer, orders")
    with pytest.raises(TargetError, match="exist already"):
        fill(url, SHOP, 50)
    assert rows(url, "CHECKSUM TABLE customer, orders") == checksum
    fill(url, TABLES, 90, overwrite=True)
    assert sum(one(url, f"SELECT count(*) FROM {t}") for t in ("customer", "orders", "log")) == 90
    run_script(url, "CREATE TABLE mine (id INT UNSIGNED, FOREIGN KEY (id) REFERENCES customer (id));")
    with pytest.raises(TargetError, match="mine refers to customer"):
        fill(url, TABLES, overwrite=True)
    assert one(url, "SELECT count(*) FROM customer") > 0


def test_existing_tables_are_filled_in_one_transaction(url):
    run_script(url, TABLES)
    run_script(url, TRIGGER)
    before = definitions(url)
    with pytest.raises(RunError, match="as it was before"):
        write(url, Failing(synthesize(TABLES, 500), lambda: _kill(url)), existing=True)
    assert definitions(url) == before and there(url) == ["customer", "log", "orders"]
    assert one(url, "SELECT count(*) FROM customer") == 0
    fill(url, TABLES, 500, existing=True)
    assert definitions(url) == before and there(url) == ["customer", "log", "orders"]
    assert sum(one(url, f"SELECT count(*) FROM {t}") for t in ("customer", "orders", "log")) == 500
    assert not rows(url, "SELECT * FROM log WHERE what = 'fired'")


def test_a_constraint_without_guarantee_is_left_out_and_named_or_fails_the_load(url):
    script = """
    CREATE TABLE a (id INT PRIMARY KEY, kind TINYINT UNSIGNED NOT NULL, low INT NOT NULL CHECK (low % 97 = 96),
      CONSTRAINT odd CHECK (kind % 97 = 96), UNIQUE KEY once (kind));
    CREATE TABLE b (id INT PRIMARY KEY, a_id INT NOT NULL, CONSTRAINT lost FOREIGN KEY (a_id) REFERENCES a (id));
    """
    schema = inputs.read(script, "mysql")
    tables = tuple(
        replace(table, checks=(), foreign_keys=(), uniques=(Unique(("id",), primary=True),)) for table in schema.tables
    )
    source = plurel_sql.synthesize(replace(schema, tables=tables), rows=["a=400", "b=400"])
    loaded = write(url, source)
    named = " ".join(note.message for note in loaded.notes if note.level == "error")
    assert all(name in named for name in ("UNIQUE once", "lost", "`kind` MOD 97", "`low` MOD 97")), named
    assert one(url, "SELECT count(*) FROM a") == one(url, "SELECT count(*) FROM b") == 400
    assert not rows(url, "SELECT * FROM information_schema.check_constraints WHERE constraint_schema = database()")
    with database(MYSQL) as other:
        run_script(other, script)
        with pytest.raises(RunError, match="as it was before"):
            write(other, source, existing=True)
        assert one(other, "SELECT count(*) FROM a") == 0


def test_a_schema_of_another_dialect_is_made_by_definitions_of_our_own(url):
    script = """
    CREATE SCHEMA s;
    CREATE TABLE s.kind (id serial PRIMARY KEY, label text NOT NULL UNIQUE, tags text[]);
    CREATE TABLE thing (id uuid PRIMARY KEY, kind_id integer NOT NULL REFERENCES s.kind, ok boolean, at timestamptz,
      n numeric(10, 2) CHECK (n > 0));
    """
    loaded = write(url, plurel_sql.synthesize(inputs.read(script, "postgres"), rows=400))
    assert [note for note in loaded.notes if note.level == "error"] == []
    assert one(url, "SELECT count(*) FROM thing JOIN s_kind k ON k.id = kind_id") == one(
        url, "SELECT count(*) FROM thing"
    )
    assert len(rows(url, "SELECT 1 FROM information_schema.referential_constraints"
                         " WHERE constraint_schema = database()")) == 1  # fmt: skip


class Failing:
    """A source that does something when half of the rows of its last table are out."""

    def __init__(self, source, act) -> None:
        self.source, self.act = source, act
        self.schema = source.schema
        self.rows, self.types = source.rows, source.types

    def stream(self, table):
        reader = self.source.stream(table)
        if table != "orders":
            return reader

        def batches():
            for batch in reader:
                half = batch.num_rows // 2
                yield batch.slice(0, half)
                self.act()
                yield batch.slice(half)

        return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _kill(url: str) -> None:
    """Ends every other connection to the database."""
    name = sa.make_url(url).database
    for (id,) in rows(
        url, f"SELECT id FROM information_schema.processlist WHERE db = '{name}' AND id <> connection_id()"
    ):
        rows_of = sa.create_engine(url, poolclass=sa.NullPool)
        with rows_of.connect() as connection:
            connection.exec_driver_sql(f"KILL CONNECTION {id}")


def test_a_connection_that_is_lost_leaves_nothing_behind(url):
    with pytest.raises(RunError, match="the target is as it was before") as caught:
        write(url, Failing(synthesize(SHOP, 2000), lambda: _kill(url)))
    assert "\n" not in str(caught.value)
    assert there(url) == []


def test_a_signal_ends_the_load_and_removes_what_was_made(url):
    with pytest.raises(KeyboardInterrupt):
        write(url, Failing(synthesize(SHOP, 2000), lambda: os.kill(os.getpid(), signal.SIGINT)))
    assert there(url) == []


def test_a_killed_run_is_marked_and_the_next_one_removes_what_it_made_and_nothing_else(url, tmp_path):
    (tmp_path / "shop.sql").write_text(SHOP)
    command = [sys.executable, "-m", "plurel_sql", "synth", str(tmp_path / "shop.sql"), "--dialect", "mysql"]
    process = subprocess.Popen(
        [*command, "--rows", "4e6", "--out", url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    deadline = time.monotonic() + 60
    name = sa.make_url(url).database
    busy = f"SELECT 1 FROM information_schema.processlist WHERE db = '{name}' AND info LIKE 'LOAD DATA%%'"
    while not rows(url, busy):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    with pytest.raises(TargetError, match="another run"):
        fill(url, SHOP)
    process.kill()
    process.wait()
    while rows(url, f"SELECT 1 FROM information_schema.processlist WHERE db = '{name}' AND id <> connection_id()"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert mark.TABLE in there(url)
    run_script(url, "CREATE TABLE mine (n INT);")
    loaded = fill(url, SHOP)
    assert any("an earlier run was stopped here" in note.message for note in loaded.notes)
    assert there(url) == ["customer", "log", "mine", "orders", "spent"]
    assert sum(one(url, f"SELECT count(*) FROM {t}") for t in ("customer", "orders", "log")) == 600


def test_tables_without_transactions_work(url):
    script = """
    CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), FULLTEXT KEY (name)) ENGINE=MyISAM;
    CREATE TABLE b (id INT PRIMARY KEY, a_id INT, KEY (a_id)) ENGINE=MEMORY;
    """
    fill(url, script, 300)
    assert one(url, "SELECT count(*) FROM a") + one(url, "SELECT count(*) FROM b") == 300
    with database(MYSQL) as other:
        run_script(other, script)
        with pytest.raises(TargetError, match="InnoDB"):
            fill(other, script, existing=True)


def test_secrets_are_never_shown(url):
    wrong = sa.make_url(url).set(username="no_such_user", password="hunter2;'%")
    with pytest.raises(TargetError) as caught:
        open_target(wrong.render_as_string(False), Options()).check()
    said = f"{caught.value} {caught.value!r} {caught.value.__cause__}"
    assert "hunter2" not in said and "\n" not in str(caught.value)


def test_the_server_is_asked_to_stop_a_long_statement(url):
    import threading

    script = "CREATE TABLE a (id INT PRIMARY KEY); CREATE VIEW v AS SELECT 1;"
    source = synthesize(script, 10)
    slow = source.schema.statements[0].__class__("DO SLEEP(60)", None)
    source.schema = replace(source.schema, statements=(*source.schema.statements, slow))
    began = time.monotonic()
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        write(url, source)
    assert time.monotonic() - began < 20
    assert there(url) == []


def test_a_dump_with_versioned_comments_is_run_whole(url: str) -> None:
    script = (
        "CREATE TABLE log (id int NOT NULL, y int NOT NULL, PRIMARY KEY (id, y)) ENGINE=InnoDB\n"
        "/*!50100 PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (9), PARTITION p1 VALUES LESS THAN (99)) */;\n"
        "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER t1 BEFORE INSERT ON log"
        " FOR EACH ROW BEGIN SET NEW.id = 0; END */;;\nDELIMITER ;\n"
        "/*!50001 CREATE ALGORITHM=MERGE */ /*!50013 SQL SECURITY DEFINER */ /*!50001 VIEW v AS SELECT 1 AS x */;\n"
    )
    loaded = fill(url, script, 50)
    assert loaded.notes == ()
    parts = "SELECT partition_name FROM information_schema.partitions WHERE table_schema = database() ORDER BY 1"
    assert rows(url, parts) == [("p0",), ("p1",)]
    triggers = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database()"
    assert rows(url, triggers) == [("t1",)]
    assert rows(url, "SELECT x FROM v") == [(1,)]
    assert rows(url, "SELECT count(*), count(DISTINCT id) > 1 FROM log") == [(50, 1)]


def test_a_table_whose_rows_may_find_no_partition_becomes_whole(url: str) -> None:
    script = """CREATE TABLE t (id int NOT NULL, k int NOT NULL, PRIMARY KEY (id, k)) PARTITION BY LIST (k MOD 4)
        (PARTITION a VALUES IN (0));"""
    loaded = fill(url, script, 50)
    assert [note.message for note in loaded.notes] == ["is one table: rows may fall outside its partitions"]
    assert rows(url, "SELECT count(*) FROM t") == [(50,)]


def test_a_check_that_another_dialect_means_otherwise_is_left_out(url: str) -> None:
    script = """CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL CHECK (code IN ('a', 'A') AND code <> 'a'),
        size int NOT NULL CHECK (size > 3));"""
    loaded = write(url, plurel_sql.synthesize(script, rows=50, dialect="postgres"))
    (note,) = (note for note in loaded.notes if note.level == "error")
    assert "<> 'a'" in note.message and "left out" in note.message
    with pytest.raises(sa.exc.DBAPIError):
        rows(url, "INSERT INTO t VALUES (99, 'A', 1)")
    assert rows(url, "SELECT count(*) FROM t") == [(50,)]


def test_the_mark_of_a_run_through_another_driver_is_understood(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateTable(_MARK))
        connection.execute(sa.insert(_MARK).values(position=0, name="half"))
        connection.exec_driver_sql("CREATE TABLE half (a int)")
        connection.exec_driver_sql("CREATE TABLE mine (a int)")
    engine.dispose()
    loaded = fill(url, "CREATE TABLE t (id int PRIMARY KEY);", 20)
    assert [note.message for note in loaded.notes] == ["an earlier run was stopped here: its 1 tables were removed"]
    assert {name for (name,) in rows(url, "SHOW TABLES")} == {"mine", "t"}


def test_tables_that_are_there_are_looked_at_when_a_stopped_run_is_cleared(url: str) -> None:
    """Its mark was taken for a table of the user's that holds rows."""
    run_script(url, "CREATE TABLE log (what VARCHAR(20)); CREATE TABLE half (a int);")
    run_script(url, f"CREATE TABLE {mark.TABLE} (kind VARCHAR(16), name LONGTEXT);")
    run_script(url, f"INSERT INTO {mark.TABLE} VALUES ('TABLE', 'half');")
    found = plurel_sql.fill(url, rows=20)
    assert [table.name for table in found.tables] == ["log"]
    assert any("an earlier run was stopped here" in str(note) for note in found.notes)
    assert {name for (name,) in rows(url, "SHOW TABLES")} == {"log"}


def test_the_mark_of_this_sink_is_left_alone_by_others(url: str) -> None:
    run_script(url, f"CREATE TABLE {mark.TABLE} (kind VARCHAR(16), name LONGTEXT); CREATE TABLE half (a int);")
    run_script(url, f"INSERT INTO {mark.TABLE} VALUES ('TABLE', 'half');")
    with pytest.raises(TargetError, match="another kind of run"):
        AnyDatabase(url).write(synthesize("CREATE TABLE t (id int PRIMARY KEY);", 20))
    assert {name for (name,) in rows(url, "SHOW TABLES")} == {mark.TABLE, "half"}


class Mysql8:
    """Answers as MySQL 8 does, and writes down what it was asked; the rows break the CHECK that is called odd."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        checks = [("t", "odd"), ("t", "fine"), ("t", "sure"), ("other", "x")]
        return [(1,)] if "information_schema.columns" in statement else list(checks)

    def run(self, statement: str) -> None:
        self.ran.append(statement)

    def attempt(self, statement: str) -> pymysql.Error | None:
        self.ran.append(statement)
        return pymysql.OperationalError(3819, "Check constraint is violated.") if "`odd`" in statement else None


def test_mysql_8_looks_at_doubtful_checks_when_the_rows_are_in() -> None:
    source = synthesize("CREATE TABLE t (id int PRIMARY KEY, n int, CONSTRAINT sure CHECK (n > 3));", 5)
    server = Mysql8()
    run = sink._Load(server, source, Silent())  # type: ignore[arg-type]
    for table, name in run._ease({"t": "t"}, "all"):
        run._enforce(table, name, "t")
    head = "ALTER TABLE `t`"
    assert server.ran == [
        f"{head} ALTER CHECK `odd` NOT ENFORCED",
        f"{head} ALTER CHECK `fine` NOT ENFORCED",
        f"{head} ALTER CHECK `odd` ENFORCED",
        f"{head} DROP CHECK `odd`",
        f"{head} ALTER CHECK `fine` ENFORCED",
    ]
    assert [note.message for note in run.notes] == ["CHECK odd is left out: Check constraint is violated."]
