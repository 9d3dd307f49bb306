"""Datasets made in Arrow are those that DuckDB makes."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import plurel_sql
from plurel_sql.attempts.judge import quoted
from plurel_sql.ddl import Text, read
from plurel_sql.export import folder
from plurel_sql.export.build import build
from plurel_sql.export.layout import Layout
from plurel_sql.export.plain import is_plain, tables
from plurel_sql.export.times import planned
from plurel_sql.plan.params import Params
from plurel_sql.prior.published import random_schema
from plurel_sql.schema.model import Schema

PLAIN = """
CREATE TABLE place (code text PRIMARY KEY, size real, open boolean, number bigint);
CREATE TABLE member (member_id bigint PRIMARY KEY, place_code text REFERENCES place, joined date,
  parent_id bigint REFERENCES member, ends timestamptz);
CREATE TABLE visit (visit_id integer PRIMARY KEY, member_id bigint NOT NULL REFERENCES member,
  happened timestamp NOT NULL, kind text, score double precision);
CREATE TABLE visit_line (visit_id integer NOT NULL REFERENCES visit, place_code text REFERENCES place, amount smallint);
CREATE TABLE visit_member (visit_id integer NOT NULL REFERENCES visit, member_id bigint NOT NULL REFERENCES member,
  PRIMARY KEY (visit_id, member_id));
"""
NOT_PLAIN = {
    "decimal": "CREATE TABLE a (id integer PRIMARY KEY, x decimal(9, 2));",
    "composite": "CREATE TABLE a (x integer, y integer, PRIMARY KEY (x, y));"
    "CREATE TABLE b (x integer, y integer, FOREIGN KEY (x, y) REFERENCES a);",
    "kinds": "CREATE TABLE a (id uuid PRIMARY KEY); CREATE TABLE b (a text REFERENCES a);",
    "epoch": "CREATE TABLE a (id integer PRIMARY KEY, created_at integer);",
}


def plain(text: str) -> Schema:
    return read([Text("s.sql", text)], "postgres")


def both(schema, times, stream) -> tuple[Layout, dict[str, pa.Table]]:
    """The dataset as Arrow makes it; it is DuckDB's."""
    assert is_plain(schema)
    layout, made = tables("x", schema, times, stream)
    with duckdb.connect() as connection:
        assert build("x", schema, times, stream, connection) == layout
        for table in layout.tables:
            assert connection.table(quoted(table.name)).to_arrow_table().equals(made[table.name]), table.name
    return layout, made


@pytest.mark.parametrize("rows", [4, 900])
def test_every_plain_type_and_link(rows):
    database = plurel_sql.synthesize(plain(PLAIN), rows=rows, seed=5)
    layout, made = both(database.schema, planned(database.plan), database.stream)
    assert len(layout.table("visit_member").lenders) == 2 and layout.table("visit").time == "happened"
    if rows == 900:
        member = made["member"]
        assert 0 < member["parent_id"].null_count < len(member) and layout.val_timestamp is not None


@pytest.mark.parametrize("seed", range(3))
def test_random_databases(seed):
    database = plurel_sql.synthesize(random_schema(seed, Params()), prior="plurel", seed=seed)
    both(database.schema, planned(database.plan), database.stream)


def test_times_that_are_missing_or_too_far_away():
    schema = plain("CREATE TABLE a (id bigint PRIMARY KEY, at timestamp, x double precision);")
    at = [
        None,
        datetime(2020, 1, 1),
        datetime(1, 1, 1),
        datetime(2019, 1, 1),
        datetime(2300, 1, 1),
        datetime(2019, 1, 1),
    ]
    rows = pa.table({"id": range(6), "at": pa.array(at, pa.timestamp("us")), "x": [0.5] * 6})
    layout, made = both(schema, {"a": "at"}, lambda _: rows.to_reader())
    assert made["a"]["at"].null_count == 3 and str(layout.notes[-1]).startswith("a: 3 of 6 rows have no at")


def test_a_missing_key_has_no_parent():
    schema = plain("CREATE TABLE a (x text UNIQUE); CREATE TABLE b (x text REFERENCES a (x));")
    rows = {"a": pa.table({"x": ["p", None, "q"]}), "b": pa.table({"x": ["q", None, "p"]})}
    _, made = both(schema, {"a": None, "b": None}, lambda id: rows[id].to_reader())
    assert made["b"]["x"].to_pylist() == [2, None, 0]


@pytest.mark.parametrize("text", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_needs_an_engine_is_not_plain(text):
    assert not is_plain(plain(text))


def test_files_hold_the_same(tmp_path):
    database = plurel_sql.synthesize(plain(PLAIN), rows=500)
    times = planned(database.plan)
    with duckdb.connect() as connection:
        layout = build("x", database.schema, times, database.stream, connection)
        for path, data in (
            (tmp_path / "a", connection),
            (tmp_path / "b", tables("x", database.schema, times, database.stream)[1]),
        ):
            path.mkdir()
            list(folder.write(layout, data, path))
    for file in sorted((tmp_path / "a").rglob("*")):
        other = tmp_path / "b" / file.relative_to(tmp_path / "a")
        if file.suffix == ".parquet":
            assert pq.read_table(file).equals(pq.read_table(other), check_metadata=True), file.name
        elif file.is_file():
            assert file.read_bytes() == other.read_bytes(), file.name
