"""A table of very many columns."""

from __future__ import annotations

import pyarrow as pa
import pytest

import plurel_sql


@pytest.mark.slow
def test_batches_are_short_where_rows_are_wide() -> None:
    columns = ", ".join(f"c{k} int NOT NULL" for k in range(700))
    database = plurel_sql.synthesize(f"CREATE TABLE t (id int PRIMARY KEY, {columns});", rows=9000, threads=1)
    rows = [batch.num_rows for batch in pa.RecordBatchReader.from_stream(database.stream("t"))]
    assert sum(rows) == 9000
    assert max(rows) * 701 < 5_000_000
