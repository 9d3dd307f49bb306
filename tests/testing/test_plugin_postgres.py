"""The plugin on PostgreSQL: templates and copies beside the database of the URL, and what a killed run has left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator

import pytest
from support.servers import POSTGRES, database

import plurel_sql.api
import plurel_sql.sinks.postgres
import plurel_sql.testing.factory  # noqa: F401  here, because pytester forgets what a run imports, and numpy minds

psycopg = pytest.importorskip("psycopg")
pytest_plugins = ["pytester"]

SUITE = """
import pytest

SHOP = '''
CREATE TABLE customer (id serial PRIMARY KEY, email varchar(80) NOT NULL UNIQUE);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer (id), "{mark}" text);
'''

@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.plurel(SHOP, rows=300)
def test_it(plurel_db, turn):
    with plurel_db.connect() as connection:
        for table, count in plurel_db.rows.items():
            assert connection.execute("SELECT count(*) FROM " + table).fetchone() == (count,)
        connection.execute("INSERT INTO customer (email) VALUES ('new')")  # the sequence stands after the rows
        connection.execute("DELETE FROM orders")
    assert plurel_db.path is None
    with plurel_db.engine.connect() as other:
        assert other.exec_driver_sql("SELECT count(*) FROM orders").scalar() == 0
    {more}
"""


class Home:
    """A database of the test's own that the plugin is given, and what the plugin has made beside it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        self._before = set(self._all())
        self.mark = f"m{os.getpid()}_{time.time_ns()}"  # so that the template is no other test's

    def made(self) -> dict[str, int]:
        """Name -> oid of databases of ours."""
        space = self._connection.execute("SELECT current_database()").fetchone()[0]
        mine = f"{zlib.crc32(space.encode()):08x}"
        new = {name: oid for name, oid in self._all().items() if name not in self._before}
        return {n: oid for n, oid in new.items() if n.startswith("plurel_template_") or mine in n}

    def _all(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT datname, oid FROM pg_database").fetchall())

    def close(self) -> None:
        for name in self.made():
            self._connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        self._connection.close()


@pytest.fixture
def home() -> Iterator[Home]:
    with database(POSTGRES) as url:
        home = Home(url)
        yield home
        home.close()


def test_templates_stay_and_copies_go(pytester, home):
    pytester.makepyfile(SUITE.format(mark=home.mark, more=""))
    pytester.makeini(f"[pytest]\nplurel_target = {home.url}")
    pytester.runpytest().assert_outcomes(passed=2)
    (made,) = home.made().items()
    assert made[0].startswith("plurel_template_")
    pytester.runpytest().assert_outcomes(passed=2)
    assert [*home.made().items()] == [made]


@pytest.mark.slow
def test_what_a_killed_run_has_left_is_dropped_by_the_next(pytester, home):
    waits = "open('ready', 'w').close(); import time; time.sleep(60)"
    path = pytester.makepyfile(SUITE.format(mark=home.mark, more=waits))
    pytester.makeini(f"[pytest]\nplurel_target = {home.url}")
    process = subprocess.Popen([sys.executable, "-m", "pytest", "-q", "-p", "no:xdist"], stdout=subprocess.PIPE)
    until = time.monotonic() + 60
    while not (pytester.path / "ready").exists():
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    alive = {name for name in home.made() if "_copy_" in name}
    assert len(alive) == 1
    path.write_text(SUITE.format(mark=home.mark, more=""))
    pytester.runpytest().assert_outcomes(passed=2)
    assert alive <= set(home.made()), "a copy of a run that lives was taken away"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    pytester.runpytest().assert_outcomes(passed=2)
    assert not [name for name in home.made() if "_copy_" in name or "_part_" in name]


def test_a_server_that_is_not_there(pytester):
    pytester.makepyfile(SUITE.format(mark="x", more=""))
    pytester.makeini("[pytest]\nplurel_target = postgresql://someone:s3cr3t@127.0.0.1:1/x")
    result = pytester.runpytest()
    result.assert_outcomes(errors=2)
    assert "plurel_db: postgresql+psycopg://someone:***@127.0.0.1:1/x: " in result.stdout.str()
    assert "s3cr3t" not in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
