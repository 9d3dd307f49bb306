"""A server stopped, killed or out of disk in the middle of a load: one of the tests' own, in a temporary folder.

What is there then is what was there before, or says that it is half made, and the next run cleans up.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from killed.servers import KINDS, Server
from killed.targets import MySQL, PostgreSQL
from killed.test_killed import cleaned, command


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    pytest.importorskip({"postgres": "psycopg", "mariadb": "pymysql"}[request.param])
    kind = KINDS[request.param]
    with tempfile.TemporaryDirectory(prefix="plurel-") as folder:  # short: the path of its socket is limited
        os.chmod(folder, 0o755)
        if os.geteuid() == 0:
            shutil.chown(folder, kind.user)
        server = kind(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")


@pytest.fixture
def target(server: Server, tmp_path: Path) -> PostgreSQL | MySQL:
    """A database that holds 300 rows."""
    target = server.target()
    fill(target, tmp_path)
    return target


def fill(target: PostgreSQL | MySQL, folder: Path) -> None:
    (folder / "schema.sql").write_text(target.schema)
    subprocess.run(command(folder / "schema.sql", target, "300", 1), check=True)


def failed(process: subprocess.Popen[str]) -> None:
    out, err = process.communicate(timeout=90)
    assert process.returncode == 1, err
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    ends = ("the target is as it was before", "what was made is marked, and the next run cleans up")
    assert err.strip().endswith(ends), err


def loading(target: PostgreSQL | MySQL, schema: Path) -> subprocess.Popen[str]:
    """A run in the middle of its load."""
    process = subprocess.Popen(
        command(schema, target, "1e6", 2), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 90
    while not target.loading():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "the load does not begin"
        time.sleep(0.01)
    time.sleep(0.2)
    return process


def holds(target: PostgreSQL | MySQL, before: str | None, schema: Path) -> None:
    """As it was before, after the next run where it is marked."""
    if target.marked():
        cleaned(schema, target)
    assert target.state() == before


@pytest.mark.parametrize("how", ["immediate", pytest.param("fast", marks=pytest.mark.slow)])
def test_the_server_stops(how: str, server: Server, target: PostgreSQL | MySQL, tmp_path: Path) -> None:
    before = target.state()
    process = loading(target, tmp_path / "schema.sql")
    server.stop(how)
    try:
        failed(process)
    finally:
        server.start()
    holds(target, before, tmp_path / "schema.sql")


@pytest.mark.slow
def test_the_connection_is_ended(server: Server, target: PostgreSQL | MySQL, tmp_path: Path) -> None:
    """As by an administrator; PostgreSQL's process by the kernel's out-of-memory killer: it restarts by itself."""
    before = target.state()
    process = loading(target, tmp_path / "schema.sql")
    if isinstance(target, MySQL):
        target.ask("mysql", f"KILL CONNECTION {server.busy(target)}")
    else:
        os.kill(server.busy(target), signal.SIGKILL)
    failed(process)
    for _ in range(100):
        try:
            holds(target, before, tmp_path / "schema.sql")
            return
        except Exception as error:
            if type(error).__name__ != "OperationalError":
                raise
            time.sleep(0.1)
    pytest.fail("the server does not come back")


@pytest.mark.slow
def test_its_disk_is_full(server: Server, tmp_path: Path) -> None:
    """24 MB for the database alone; there is room again before the next run."""
    target = server.target()
    folder = server.folder / "small"
    if isinstance(target, MySQL):
        folder = server.folder / "data" / target.name
    else:
        folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(options, capture_output=True).returncode:
        pytest.skip("a small file system can't be mounted")
    shutil.chown(folder, server.user)
    try:
        if isinstance(target, PostgreSQL):
            target.maintain(
                f"CREATE TABLESPACE small LOCATION '{folder}'",
                "DROP DATABASE there",
                "CREATE DATABASE there TABLESPACE small",
            )
        fill(target, tmp_path)
        before = target.state()
        line = command(tmp_path / "schema.sql", target, "4e5", 2)
        failed(subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        subprocess.run(["mount", "-o", "remount,size=240m", str(folder)], check=True)
        server.revive()
        holds(target, before, tmp_path / "schema.sql")
    finally:
        if isinstance(target, PostgreSQL):
            target.maintain("DROP DATABASE IF EXISTS there WITH (FORCE)", "DROP TABLESPACE IF EXISTS small")
        subprocess.run(["umount", "-l", str(folder)], check=True)
