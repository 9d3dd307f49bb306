"""Tables far down a web of keys: there are more paths up from them than anyone could walk."""

from __future__ import annotations

import plurel_sql


def test_what_many_paths_lead_to_is_worked_out_once() -> None:
    """Three parents each, 60 tables deep: without memory of times and bounds this takes forever."""
    tables = []
    for k in range(60):
        keys = "".join(f", t{p}_id int NOT NULL REFERENCES t{p} (id)" for p in range(max(0, k - 3), k))
        tables.append(f"CREATE TABLE t{k} (id serial PRIMARY KEY, made timestamptz NOT NULL, amount int{keys});")
    database = plurel_sql.synthesize("\n".join(tables), rows=6000, dialect="postgres")
    made = [database[f"t{k}"].arrow() for k in (58, 59)]
    times = dict(zip(made[0]["id"].to_pylist(), made[0]["made"].to_pylist(), strict=True))
    pairs = zip(made[1]["t58_id"].to_pylist(), made[1]["made"].to_pylist(), strict=True)
    assert all(times[parent] <= time for parent, time in pairs)
