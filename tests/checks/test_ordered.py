"""CHECKs on the order of enums and on ranges, with PostgreSQL as judge of every row."""

from __future__ import annotations

import pytest
from support.servers import POSTGRES, database, rows

import plurel_sql
from plurel_sql.sinks.targets import open_target

ENUMS = """
CREATE TYPE state AS ENUM ('new', 'open', 'done', 'archived');
CREATE TABLE t (id serial PRIMARY KEY, a state NOT NULL, b state, c state,
    CHECK (a < 'archived'::state), CHECK (a <= b), CHECK (c BETWEEN 'open' AND 'done'), CHECK ('new' < c));
"""
RANGES = """
CREATE TABLE t (id serial PRIMARY KEY, r int4range NOT NULL CHECK (lower(r) > 100), n numrange, m numrange,
    q daterange CHECK (NOT isempty(q) AND upper(q) < '2030-01-01'), day date NOT NULL, z tstzrange, k int NOT NULL,
    CHECK (n && m), CHECK (q @> day), CHECK (lower(z) < upper(z)), CHECK (NOT (r && int4range(200, 210))),
    CHECK (k <@ r OR k < 50), CHECK (NOT lower_inf(z)), CHECK (lower(n) IS NOT NULL));
"""


@pytest.mark.parametrize("sql", [ENUMS, RANGES], ids=["enums", "ranges"])
def test_they_are_met(sql: str) -> None:
    plan = plurel_sql.plan(sql, rows=3000, seed=1, dialect="postgres")
    filled = plurel_sql.open_plan(plan)
    fitted = filled.plan
    assert [str(note) for note in fitted.notes if "CHECK" in note.message] == []
    with database(POSTGRES) as url:
        loaded = open_target(url).write(filled)
        assert [str(note) for note in loaded.notes if note.level == "error"] == []
        assert rows(url, "SELECT count(*) FROM t") == [(3000,)]


def test_labels_are_in_the_order_of_their_type() -> None:
    table = plurel_sql.synthesize(ENUMS, rows=2000, dialect="postgres")["t"].arrow()
    places = {label: k for k, label in enumerate(("new", "open", "done", "archived"))}
    pairs = list(zip(table["a"].to_pylist(), table["b"].to_pylist(), strict=True))
    assert all(b is None or places[a] <= places[b] for a, b in pairs)
    assert {"new", "open", "done"} == {a for a, _ in pairs}
    assert sum(b is None for _, b in pairs) < 600
