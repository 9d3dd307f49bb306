"""A file to be replaced may have a log beside it, left by a process that was killed or is at work: it must neither be
read into the new file nor be lost with the old one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from sinks.test_sqlite import query as sqlite

import plurel_sql
from plurel_sql.errors import RunError, TargetError

WRITERS = {
    "x.duckdb": "import duckdb; c = duckdb.connect({0!r}); c.execute(\"SET checkpoint_threshold = '1GB'\")",
    "x.sqlite": "import sqlite3 as s; c = s.connect({0!r}, isolation_level=None); c.execute('PRAGMA journal_mode=wal')",
    "hot.sqlite": "import sqlite3; c = sqlite3.connect({0!r}, isolation_level=None)",
}
WORK = """
c.execute("CREATE TABLE old (i integer)")
c.execute("INSERT INTO old VALUES (1), (2), (3)")
"""
HOT = """
c.execute("PRAGMA cache_size = 1")  # pages go to the file before the transaction ends
c.execute("BEGIN")
c.execute("INSERT INTO old SELECT a.i FROM old a, old b, old c, old d, old e, old f, old g, old h, old i, old j")
"""
END = """
import os, sys
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
"""


@pytest.fixture(params=WRITERS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def opened(target: Path) -> subprocess.Popen[bytes]:
    """A process that holds ``target`` open, with a log beside it, and ends without a farewell."""
    program = WRITERS[target.name].format(str(target)) + WORK + (HOT if target.name == "hot.sqlite" else "") + END
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    assert len(os.listdir(target.parent)) > 1
    return process


def holds(target: Path) -> list[tuple[str, int]]:
    """Tables with their rows."""
    if target.suffix == ".duckdb":
        with duckdb.connect(str(target)) as connection:
            names = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            return [(n, connection.execute(f"SELECT count(*) FROM {n}").fetchone()[0]) for (n,) in names]
    assert sqlite(target, "PRAGMA integrity_check") == [("ok",)]
    names = sqlite(target, "SELECT name FROM sqlite_master")
    return [(n, sqlite(target, f"SELECT count(*) FROM {n}")[0][0]) for (n,) in names]


def fill(target: Path) -> None:
    plurel_sql.synthesize("CREATE TABLE made (n integer);", rows=10).write(target, overwrite=True)


def test_it_is_not_read_into_the_new_file(target: Path) -> None:
    opened(target).communicate()
    fill(target)
    assert holds(target) == [("made", 10)]


def test_a_failure_leaves_the_old_file_with_it(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(target).communicate()

    def broken(*_: object) -> None:
        raise RunError("broken")

    monkeypatch.setattr("plurel_sql.sinks.paths.sync", broken)
    with pytest.raises(RunError, match="broken"):
        fill(target)
    assert holds(target) == [("old", 3)]


def test_a_file_that_is_open_elsewhere_is_not_replaced(target: Path) -> None:
    process = opened(target)
    with pytest.raises(TargetError, match="is open in another process"):
        fill(target)
    process.communicate()
    assert holds(target) == [("old", 3)]


def test_the_log_of_a_file_that_cant_be_read_goes_with_it(target: Path) -> None:
    opened(target).communicate()
    data = bytearray(target.read_bytes() or b"\0" * 512)
    data[16:] = b"\xff" * (len(data) - 16)
    target.write_bytes(bytes(data))
    fill(target)
    assert holds(target) == [("made", 10)]
