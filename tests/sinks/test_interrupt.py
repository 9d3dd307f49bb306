"""Ctrl-C in the middle of a load, for real."""

import os
import signal
import subprocess
import sys
import time

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
