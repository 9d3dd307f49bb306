"""PostgreSQL: our COPY beside COPY of bytes made beforehand, the ratio of the two, and the whole of ``retail``.

``python benchmarks/postgres_load.py [rows] [server URL]``; seconds of wall time, medians of three runs.
"""

from __future__ import annotations

import sys
from typing import Any

import pyarrow as pa
from measure import save
from servers import BATCH, database, peak, ratio, retail, table, timed

from plurel_sql import _sampler
from plurel_sql.sinks.base import Counted, Silent
from plurel_sql.sinks.interrupts import Interrupts
from plurel_sql.sinks.postgres.catalogue import relations
from plurel_sql.sinks.postgres.copy import copy
from plurel_sql.sinks.postgres.session import Session, opened

ROWS = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
SERVER = sys.argv[2] if len(sys.argv) > 2 else "postgresql+psycopg://root@127.0.0.1/postgres"
COLUMNS = "id bigint, a int, f float8, n numeric(22, 2), t text, ts timestamp, d date, b bool"
TYPES = ["int8", "int4", "float8", "numeric", "text", "timestamp", "date", "bool"]


def main() -> None:
    data = table(ROWS)
    batches = data.to_batches(BATCH)
    encoders = {
        "binary": _sampler.Encoder.binary(data.schema, [(name, None) for name in TYPES]),
        "text": _sampler.Encoder.text(False, TYPES),
    }
    results: dict[str, Any] = {}
    with database(SERVER) as url, opened(url) as connection:
        session = Session(connection, url, Interrupts())

        def fresh() -> None:
            session.run("DROP TABLE IF EXISTS x")
            session.run(f"CREATE TABLE x ({COLUMNS})")

        def ours() -> None:
            fresh()
            (oid,) = session.rows("SELECT 'x'::regclass::oid")[0]
            reader = pa.RecordBatchReader.from_batches(data.schema, batches)
            copy(session, relations(session, [oid])[oid], Counted(reader, Silent(), lambda: None), freeze=True)

        def ready(form: str, parts: list[bytes]) -> None:
            fresh()
            with session.connection.cursor().copy(f"COPY x FROM STDIN (FORMAT {form}, FREEZE)".encode()) as target:
                for part in parts:
                    target.write(part)

        results["our COPY"] = timed(ours)
        for form, encoder in encoders.items():
            assert encoder is not None
            results[f"encoding {form}"] = timed(lambda e=encoder: [e.encode(batch) for batch in batches])
            parts = [part for part in (encoder.header, *map(encoder.encode, batches), encoder.trailer) if part]
            results[f"COPY of ready {form} bytes"] = timed(lambda f=form, p=parts: ready(f, p))
    results["ratio to ready-made"] = ratio(results["our COPY"], results["COPY of ready binary bytes"])
    save(__file__, {"rows": ROWS, **results, **retail(SERVER, ROWS), "peak_mib": peak()})


if __name__ == "__main__":
    main()
