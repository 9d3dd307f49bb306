"""Runs fuzz cases in worker processes with limits on time and memory, and keeps the cases that failed as files."""

from __future__ import annotations

import base64
import hashlib
import json
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fuzz.worker import RESIDENT

_PROGRAM = Path(__file__).with_name("worker.py")
_CASES_EACH = 400  # of a worker, so that memory that the interpreter keeps doesn't count against later cases
_START = 120.0  # seconds for imports, on a busy machine
WAIT = 120.0
"""Seconds for an answer, by the clock: for what waits for ever; a worker ends itself when it has used too much time."""


@dataclass(frozen=True)
class Case:
    """The bytes of a file, what kind of file it is (``worker.RUNS``), the dialect said to it where it is a schema, and
    whether a DuckDB file is written too."""

    data: bytes
    dialect: str | None = None
    write: bool = False
    kind: str = "schema"

    def save(self, folder: Path) -> Path:
        """Writes it where ``worker.py`` can run it again."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{hashlib.sha256(self.data).hexdigest()[:12]}.{self.dialect or 'any'}.{self.kind}"
        path.write_bytes(self.data)
        return path

    def request(self) -> bytes:
        """A line for the worker."""
        said = {"kind": self.kind, "dialect": self.dialect, "write": self.write}
        return json.dumps({"data": base64.b64encode(self.data).decode(), **said}).encode() + b"\n"


class Worker:
    """A process that runs case after case; started when needed, and anew after one that broke it."""

    def __init__(self, failures: Path | None = None) -> None:
        self.filled = 0
        self.refused = 0
        self._failures = failures or Path(tempfile.gettempdir()) / "plurel-fuzz"
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the worker)
        self._left = 0

    def run(self, case: Case) -> str | None:
        """None where the case went well (filled, or refused in plain words), else what went wrong and the file."""
        fault = self._run(case)
        if fault is None:
            return None
        return f"{fault}\nAgain: python tests/fuzz/worker.py {case.save(self._failures)}"

    def all(self, cases: Iterable[Case]) -> list[str]:
        """What went wrong with any of the cases."""
        return [fault for case in cases if (fault := self.run(case)) is not None]

    def close(self) -> None:
        if self._process is not None:
            try:
                self._process.communicate(timeout=1)  # it ends with its input, and removes its folder
            except (subprocess.TimeoutExpired, BrokenPipeError):
                self._process.kill()
                self._process.communicate()
            self._process = None

    def _run(self, case: Case) -> str | None:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(case.request())
            process.stdin.flush()
        except BrokenPipeError:
            return self._broken("the process was gone")
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(WAIT):
                return self._broken(f"no answer within {WAIT:.0f} s")
        line = process.stdout.readline()
        if not line:
            return self._broken(f"the process died ({process.wait()})")
        answer = json.loads(line)
        if answer["resident"] > RESIDENT:
            return self._broken(f"{answer['resident'] / 2**20:,.0f} MiB of memory")
        if answer["answer"].startswith("fault: "):
            return str(answer["answer"])
        self.filled += answer["answer"] == "filled"
        self.refused += answer["answer"] != "filled"
        return None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._left == 0:
            self.close()
        if self._process is None:
            self._errors.seek(0)
            self._errors.truncate()
            self._process = subprocess.Popen(
                [sys.executable, str(_PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
            )
            self._left = _CASES_EACH
            self._warm()
        self._left -= 1
        return self._process

    def _warm(self) -> None:
        """Imports, before the clock of the first case runs."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        process.stdin.write(Case(b"CREATE TABLE t (id integer);", write=True).request())
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            assert selector.select(_START), "the worker does not start"
        assert b"filled" in process.stdout.readline(), self._said()

    def _broken(self, what: str) -> str:
        self.close()
        return f"{what}\n{self._said()}"

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-6000:].decode(errors="replace")
