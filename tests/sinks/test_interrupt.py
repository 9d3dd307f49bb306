"""Ctrl-C in the middle of a load, for real."""

import os
import signal
import subprocess
import sys
import time

import pytest

import plurel_sql

SCRIPT = """
import sys
import pyarrow as pa
from plurel_sql import ddl
from plurel_sql.schema.model import Column, Schema, SqlType, Table
from plurel_sql.sinks.duckdb import write

class Endless:
    schema = Schema((Table("t", (Column("id", SqlType("integer", bits=64)),)),))
    def rows(self, table): return 1
    def types(self, table): return {"id": "int64"}
    def stream(self, table):
        batch = pa.record_batch({"id": pa.array(range(1000))})
        def batches():
            while True:
                yield batch
        inner = pa.RecordBatchReader.from_batches(batch.schema, batches())
        return pa.RecordBatchReader.from_batches(batch.schema, inner)

print("ready", flush=True)
try:
    write(Endless(), sys.argv[1])
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_nothing_is_left(tmp_path):
    for wait in (0.2, 0.7):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path / "x.duckdb")], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
        assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("name", "format"), [("x.duckdb", None), ("x.sqlite", None), ("out", "csv")])
def test_what_killed_runs_have_left_is_removed(tmp_path, name, format):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f".{name}.{gone.pid}.part").write_bytes(b"half")
    (tmp_path / f".{name}.{gone.pid}.part.spill").mkdir()
    (tmp_path / f".{name}.{gone.pid}.part.spill" / "block").write_bytes(b"x")
    kept = [f".{name}.{os.getppid()}.part", f".{name}.{gone.pid}.partial", f".other.{gone.pid}.part"]
    for other in kept:
        (tmp_path / other).touch()
    source = plurel_sql.synthesize("CREATE TABLE t (id int PRIMARY KEY);", rows=5, dialect="postgres")
    source.write(tmp_path / name, **({"format": format} if format else {}))
    assert sorted(os.listdir(tmp_path)) == sorted([name, *kept])
