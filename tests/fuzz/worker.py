"""One case of the fuzz tests, the whole way: bytes of a file -> schema -> plan -> rows -> sometimes a DuckDB file.

As a program without arguments it is a worker: a case per line of JSON on standard input, an answer per line on standard
output. With a file that a failed test has written it runs that case again and shows the traceback:

    python tests/fuzz/worker.py CASE.postgres.schema
"""

from __future__ import annotations

import base64
import faulthandler
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import plurel_sql
from plurel_sql.errors import PlurelError
from plurel_sql.plan.model import Plan

ROWS = 200
SECONDS = 10
"""Longest time of a case, of the processor's: so a busy machine is not taken for a hang."""

RESIDENT = 1 << 30
"""Most memory of a case, in bytes."""

_ADDRESSES = 6 << 30
"""Hard limit on addresses, so that a case that eats memory dies before the machine does."""


_READ = 200
_WRITTEN = 20_000  # rows of a plan that is written: one may well ask for 10^12


def _schema(path: Path, dialect: str | None) -> Plan:
    return plurel_sql.plan(path, rows=ROWS, dialect=dialect, threads=1)


def _plan(path: Path, dialect: str | None) -> Plan:
    return plurel_sql.open_plan(path, threads=1).plan


def _config(path: Path, dialect: str | None) -> Plan:
    return plurel_sql.plan("retail", config=path, threads=1)


def _rows(path: Path, dialect: str | None) -> Plan:
    return plurel_sql.plan("retail", rows=path.read_bytes().decode(errors="surrogateescape").split("\n"), threads=1)


RUNS = {"schema": _schema, "plan": _plan, "config": _config, "rows": _rows}
"""Kinds of files, and the way to a plan from each."""


NAMES = {"schema": "case.sql", "plan": "case.json", "config": "case.yaml", "rows": "case.txt"}


def run(path: Path, kind: str, dialect: str | None, write: bool) -> str:
    """``"filled"``, or ``"refused: ..."`` where the program said in its own words why not."""
    try:
        plan = RUNS[kind](path, dialect)
        explained = plurel_sql.explain(plan)
        if len(plan.tables) % 4 == 1:  # for people: a third of the time of a case
            str(explained)
        else:
            explained.json()
        database = plurel_sql.open_plan(plan, threads=1)
        for table in database:
            rows = database.rows(table)
            for view in (database[table][: min(rows, _READ)], database[table][max(rows - _READ, 0) : rows]):
                for batch in view.batches():
                    batch.validate(full=True)
        if write and sum(database.rows(table) for table in database) <= _WRITTEN:
            database.write(path.with_suffix(".duckdb"), overwrite=True)
    except PlurelError as error:  # a RunError too: some contradictions show when rows are tried or loaded
        if not str(error).strip():
            raise AssertionError("an error without words") from error
        return f"refused: {error}"
    return "filled"


def serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.register(signal.SIGXCPU, chain=True)  # says where it was, then the process ends
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing else may speak on the line of the answers
    with tempfile.TemporaryDirectory(prefix="plurel-fuzz-") as folder:
        for line in sys.stdin:
            case = json.loads(line)
            path = Path(folder) / NAMES[case["kind"]]
            path.write_bytes(base64.b64decode(case["data"]))
            used = resource.getrusage(resource.RUSAGE_SELF)
            until = int(used.ru_utime + used.ru_stime) + 1 + SECONDS
            resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
            try:
                answer = run(path, case["kind"], case["dialect"], case["write"])
            except BaseException:
                answer = "fault: " + traceback.format_exc()
            resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            answers.write(json.dumps({"answer": answer, "resident": resident}) + "\n")
            answers.flush()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        serve()
    else:
        _, said, kind = Path(sys.argv[1]).name.split(".")
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / NAMES[kind]
            copy.write_bytes(Path(sys.argv[1]).read_bytes())
            print(run(copy, kind, None if said == "any" else said, write=True))
