"""CHECKs met by trying again: nothing about a row hangs on the rows beside it (decision 0006)."""

from __future__ import annotations

import random

import duckdb
import pyarrow as pa
import pytest

import plurel_sql
from plurel_sql.errors import InputError, RunError
from plurel_sql.plan import model
from plurel_sql.sample import Sampler

SQL = """
CREATE TABLE parcel (
    id int PRIMARY KEY, a int, b int NOT NULL, price numeric(10,2), qty int, total numeric(12,2),
    status varchar(10) NOT NULL, paid_on date, made timestamp NOT NULL, note varchar(40),
    CHECK (a + b < 60), CHECK (total = price * qty), CHECK (status IN ('paid', 'open', 'void')),
    CHECK ((status = 'paid') = (note IS NOT NULL)));
"""
BROKEN = """SELECT count(*) FROM rows WHERE NOT (a + b < 60) OR NOT (total = price * qty)
    OR NOT ((status = 'paid') = (note IS NOT NULL))"""


def broken(rows: pa.Table) -> int:
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        return int(connection.sql(BROKEN).fetchall()[0][0])


@pytest.fixture(scope="module")
def plan() -> model.Plan:
    return plurel_sql.plan(SQL, rows={"parcel": 9000}, dialect="postgres")


@pytest.fixture(scope="module")
def rows(plan: model.Plan) -> pa.Table:
    return Sampler(plan, threads=1).batches("parcel", batch_rows=4096).read_all().combine_chunks()


def test_every_row_meets_what_is_promised(plan: model.Plan, rows: pa.Table) -> None:
    assert not [note for note in plan.notes if note.level == "error"]
    assert plan.schema is not None and len(plan.schema.table("parcel").checks) == 4
    assert plan.table("parcel").retries and not plan.table("parcel").pending
    assert broken(rows) == 0


def test_rows_are_drawn_again_at_all(plan: model.Plan) -> None:
    """Without its retries the plan breaks the CHECKs: the test above can fail."""
    bare = plan.table("parcel")
    bare = model.Table(bare.name, bare.rows, bare.axis, bare.links, bare.columns, bare.scm)
    assert broken(Sampler(model.Plan(plan.seed, (bare,), plan.vocabularies)).batches("parcel").read_all()) > 1000


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("batch_rows", [97, 5000, 122_880])
def test_batches_and_threads_change_nothing(plan: model.Plan, rows: pa.Table, threads: int, batch_rows: int) -> None:
    again = Sampler(plan, threads).batches("parcel", batch_rows=batch_rows).read_all().combine_chunks()
    assert again.equals(rows)


def test_ranges_and_single_columns_equal_the_whole(plan: model.Plan, rows: pa.Table) -> None:
    sampler, dice = Sampler(plan), random.Random(3)
    for _ in range(10):
        start = dice.randrange(9000)
        stop = dice.randrange(start, min(9001, start + 700))
        part = sampler.batches("parcel", start, stop).read_all()
        assert part.combine_chunks().equals(rows.slice(start, stop - start))
    for name in rows.column_names:
        alone = sampler.batches("parcel", columns=[name], batch_rows=1000).read_all().combine_chunks()
        assert alone.equals(rows.select([name])), name


def test_a_plan_file_carries_it_all(plan: model.Plan, rows: pa.Table) -> None:
    again = Sampler(model.decode(model.encode(plan))).batches("parcel").read_all().combine_chunks()
    assert again.equals(rows)


def test_what_contradicts_is_noted_and_refused_when_strict() -> None:
    sql = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, CHECK (a + b < 0 AND a + b > 1));\n"
    sql += "CREATE TABLE u (id int PRIMARY KEY, a int NOT NULL, CONSTRAINT odd CHECK (made_up(a) > 3));"
    plan = plurel_sql.plan(sql, rows=200, dialect="postgres")
    told = [str(note) for note in plan.notes if note.level == "error"]
    assert any("u.odd" in note and "made_up" in note for note in told)
    with pytest.raises(InputError):
        plurel_sql.plan(sql, rows=200, dialect="postgres", strict=True)


def test_a_row_that_cannot_be_mended_is_an_error_that_names_it(plan: model.Plan) -> None:
    table = plan.table("parcel")
    check = model.RowCheck("a < b", "a < b", "never")
    hopeless = model.Retry(("a",), ("a",), ("a", "b"), (check,), attempts=1)
    bare = model.Table(table.name, table.rows, table.axis, table.links, table.columns, table.scm, (hopeless,))
    with pytest.raises(RunError, match=r"parcel.never: row \d+ can't be made to meet CHECK \(a < b\)"):
        Sampler(model.Plan(plan.seed, (bare,), plan.vocabularies)).batches("parcel").read_all()


ENUM = """
CREATE TYPE crm.state AS ENUM ('new', 'paid', 'void');
CREATE TABLE bill (id int PRIMARY KEY, state crm.state NOT NULL, made date NOT NULL, paid_on date,
    CONSTRAINT paid CHECK ((state = 'paid'::crm.state) = (paid_on IS NOT NULL)),
    CONSTRAINT late CHECK (state < 'void'::crm.state OR paid_on IS NULL));
"""


def test_labels_of_an_enum_are_compared_and_ordered() -> None:
    """pg_dump casts every label; the order of labels is their type's."""
    plan = plurel_sql.plan(ENUM, rows={"bill": 2000}, dialect="postgres")
    assert [note.where for note in plan.notes if note.level == "error"] == []
    rows = Sampler(plan, threads=1).batches("bill").read_all().to_pylist()
    assert all((row["state"] == "paid") == (row["paid_on"] is not None) for row in rows)
    assert 0 < sum(row["state"] == "paid" for row in rows) < len(rows)
