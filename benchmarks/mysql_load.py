"""MySQL or MariaDB: our LOAD DATA beside that of a file made beforehand, their ratio, and the whole of ``retail``.

``python benchmarks/mysql_load.py [rows] [server URL]``; seconds of wall time, medians of three runs.
"""

from __future__ import annotations

import sys
import tempfile
from typing import Any

import pyarrow as pa
from measure import save
from servers import BATCH, database, peak, ratio, retail, table, timed

from plurel_sql import _sampler
from plurel_sql.sinks.base import Counted, Silent
from plurel_sql.sinks.interrupts import Interrupts
from plurel_sql.sinks.mysql.load import Field, Loader
from plurel_sql.sinks.mysql.session import Session, opened

ROWS = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
SERVER = sys.argv[2] if len(sys.argv) > 2 else "mysql+pymysql://root@127.0.0.1/mysql"
COLUMNS = "id bigint primary key, a int, f double, n decimal(22, 2), t varchar(40), ts datetime(6), d date, b bool"


def main() -> None:
    data = table(ROWS)
    batches = data.to_batches(BATCH)
    encoder = _sampler.Encoder.text(True, [""] * data.num_columns)
    results: dict[str, Any] = {}
    with database(SERVER) as url, opened(url) as connection, tempfile.NamedTemporaryFile() as file:
        session = Session(connection, url, Interrupts())
        session.settle()

        def fresh() -> None:
            session.run("DROP TABLE IF EXISTS x")
            session.run(f"CREATE TABLE x ({COLUMNS})")

        def load(local: bool) -> None:
            fresh()
            reader = pa.RecordBatchReader.from_batches(data.schema, batches)
            loader = Loader(session)
            loader.local = local
            fields = [Field(name, "") for name in data.column_names]
            loader.load("x", fields, Counted(reader, Silent(), lambda: None), commit=True)

        def ready() -> None:
            fresh()
            session.run(f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE x CHARACTER SET utf8mb4")
            session.connection.commit()

        results["our LOAD DATA"] = timed(lambda: load(True))
        results["encoding"] = timed(lambda: [encoder.encode(batch) for batch in batches])
        for batch in batches:
            file.write(encoder.encode(batch))
        file.flush()
        results["LOAD DATA of a ready file"] = timed(ready)
        results["INSERT"] = timed(lambda: load(False), times=1)
    results["ratio to ready-made"] = ratio(results["our LOAD DATA"], results["LOAD DATA of a ready file"])
    save(__file__, {"rows": ROWS, **results, **retail(SERVER, ROWS), "peak_mib": peak()})


if __name__ == "__main__":
    main()
