"""Servers of the tests' own, in a folder, which may be stopped, killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Protocol

import pytest
from killed.targets import MySQL, PostgreSQL


class Server(Protocol):
    """``folder`` holds its data; ``user`` runs it where this is root, which may not."""

    folder: Path
    user: str

    def start(self) -> None: ...

    def stop(self, how: str) -> None:
        """``"fast"``: connections are ended; ``"immediate"``: as by a power cut."""

    def revive(self) -> None:
        """Starts it where it has ended by itself, as MariaDB does on a full disk."""

    def target(self) -> PostgreSQL | MySQL:
        """An empty database."""

    def busy(self, target: Any) -> int:
        """The process or thread that loads the target."""


class Cluster:
    """PostgreSQL."""

    user = "postgres"

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        initdb = shutil.which("initdb") or (str(found[-1]) if found else None)
        if initdb is None:
            pytest.skip("there is no initdb")
        self._bin = Path(initdb).parent
        self.folder = folder
        self.port = _free()
        self._run("initdb", "-D", str(folder / "data"), "-U", "root", "-A", "trust", "-N")

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c shared_buffers=16MB"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", log, "-o", options, "-w", "start")

    def stop(self, how: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", how, "-w", "stop")

    def revive(self) -> None:
        pass

    def target(self) -> PostgreSQL:
        return PostgreSQL("there", f"postgresql://root@127.0.0.1:{self.port}")

    def busy(self, target: PostgreSQL) -> int:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND query ILIKE 'copy%%'"
        with target._connect("postgres") as connection:
            return int(connection.execute(query, [target.name]).fetchone()[0])

    def _run(self, program: str, *arguments: str) -> None:
        line = [str(self._bin / program), *arguments]
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL, user=_as(self.user), cwd=self.folder)


class MariaDB:
    """MariaDB; small files, so that a small disk is enough."""

    user = "mysql"

    def __init__(self, folder: Path) -> None:
        programs = [shutil.which(name) for name in ("mariadb-install-db", "mariadbd")]
        if None in programs:
            pytest.skip("there is no mariadb-install-db or mariadbd")
        self._install, self._server = (str(program) for program in programs)
        self.folder = folder
        self.port = _free()
        self._process: subprocess.Popen[bytes] | None = None
        self._options = [
            "--no-defaults", f"--datadir={folder / 'data'}", "--innodb-log-file-size=4M",
            "--innodb-buffer-pool-size=24M", "--innodb-data-file-path=ibdata1:4M:autoextend",
            "--innodb-undo-tablespaces=0", "--aria-log-file-size=8M", "--local-infile=1",
        ]  # fmt: skip
        line = [self._install, *self._options, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(line, check=True, capture_output=True, user=_as(self.user), cwd=folder)

    def start(self) -> None:
        self._log = self.folder / "log.err"
        line = [
            self._server, *self._options, f"--port={self.port}", f"--socket={self.folder / 'socket'}",
            "--bind-address=127.0.0.1", "--skip-name-resolve", f"--log-error={self._log}",
        ]  # fmt: skip
        self._process = subprocess.Popen(line, user=_as(self.user), cwd=self.folder)
        until = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None and time.monotonic() < until, (self.folder / "log.err").read_text()[
                -3000:
            ]
            time.sleep(0.1)

    def stop(self, how: str) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM if how == "fast" else signal.SIGKILL)
        self._process.wait(60)

    def revive(self) -> None:
        assert self._process is not None
        if self._process.poll() is not None:
            self.start()

    def target(self) -> MySQL:
        return MySQL("there", self.port)

    def busy(self, target: MySQL) -> int:
        return next(id for id, info in target.others() if str(info).startswith("LOAD DATA"))


def _as(user: str) -> str | None:
    return user if os.geteuid() == 0 else None


def _free() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


KINDS = {"postgres": Cluster, "mariadb": MariaDB}
