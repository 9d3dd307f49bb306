"""Foreign keys tied by a CHECK: decided by one number of the row, exact in both directions."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

import plurel_sql
from plurel_sql.sample import Sampler

PARENTS = """
CREATE TABLE person (id int PRIMARY KEY, name varchar(40));
CREATE TABLE team (id int PRIMARY KEY, name varchar(40));
CREATE TABLE shop (id int PRIMARY KEY, name varchar(40));
"""
CHILD = """CREATE TABLE note (id int PRIMARY KEY, kind varchar(10), body text,
    person_id int REFERENCES person, team_id int REFERENCES team, shop_id int REFERENCES shop, CHECK ({}));"""

ARCS = {
    "exactly one": "num_nonnulls(person_id, team_id, shop_id) = 1",
    "at most one": "num_nonnulls(person_id, team_id, shop_id) <= 1",
    "at least one": "person_id IS NOT NULL OR team_id IS NOT NULL",
    "one or the other": "(person_id IS NULL) <> (team_id IS NULL)",
    "both or none": "(person_id IS NULL) = (team_id IS NULL)",
    "by kind": """kind IS NOT NULL AND (kind = 'person' AND person_id IS NOT NULL AND team_id IS NULL
        OR kind = 'team' AND team_id IS NOT NULL AND person_id IS NULL)""",
    "spelled out": """(person_id IS NOT NULL AND team_id IS NULL AND shop_id IS NULL)
        OR (person_id IS NULL AND team_id IS NOT NULL AND shop_id IS NULL)
        OR (person_id IS NULL AND team_id IS NULL AND shop_id IS NOT NULL)""",
    "counted": """(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END)
        + (CASE WHEN shop_id IS NULL THEN 0 ELSE 1 END) = 1""",
    "with a value": "kind <> 'x' OR shop_id IS NOT NULL",
}


@pytest.mark.parametrize("arc", ARCS)
def test_an_arc_holds_and_keys_stay_exact(arc: str) -> None:
    plan = plurel_sql.plan(
        PARENTS + CHILD.format(ARCS[arc]), rows={"person": 50, "team": 9, "shop": 7, "note": 1500}, dialect="postgres"
    )
    assert not [note for note in plan.notes if note.level == "error"]
    sampler = Sampler(plan)
    rows = sampler.batches("note").read_all()
    with duckdb.connect() as connection:
        terms = " + ".join(f"({name} IS NOT NULL)::INT" for name in "abc")
        connection.execute(f"CREATE MACRO num_nonnulls(a, b, c) AS {terms}")
        connection.register("rows", rows)
        broken = connection.sql(f"SELECT count(*) FROM rows WHERE NOT ({ARCS[arc]})").fetchall()
        nulls = "(person_id IS NULL, team_id IS NULL, shop_id IS NULL)"
        seen = connection.sql(f"SELECT count(DISTINCT {nulls}) FROM rows").fetchall()[0][0]
    assert broken == [(0,)]
    assert seen > 1, "more than one pattern of NULLs is allowed, and made"
    for index, link in enumerate(plan.table("note").links):
        parents = sampler.parents("note", index).to_pylist()
        for parent in range(plan.table(link.parent).rows):
            assert sampler.children("note", index, parent) == [k for k, found in enumerate(parents) if found == parent]
        column = pa.chunked_array(rows.column(link.name.split("->")[0])).to_pylist()
        assert [value is None for value in column] == [parent is None for parent in parents]
