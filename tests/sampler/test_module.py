"""The built module `_sampler`: plan in, Arrow streams out, errors as data."""

from __future__ import annotations

import gc
import threading

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from plurel_sql import _sampler
from plurel_sql.plan import model

DAY = 86_400_000_000
START, END = 18_628 * DAY, 19_723 * DAY


def number(low: float, high: float, step: float) -> model.Number:
    return model.Number(model.Knots((0.0, 1.0), (low, high)), step=step)


def shop_plan(rows: int = 30_000) -> model.Plan:
    """A shop with sales: a key, a reference, times, numbers, text, JSON, and NULLs."""
    shop = model.Table(
        name="shop",
        rows=50,
        axis=model.Own(START, START + 100 * DAY),
        links=(),
        columns=(
            model.Column("id", "int32", model.Sequence()),
            model.Column("opened", "date32", model.At()),
            model.Column("token", "utf8", model.Value(model.Uuid())),
        ),
        scm=model.Scm(model.Prior()),
    )
    price = model.Value(number(0.5, 99.99, 0.01), node="price")
    sale = model.Table(
        name="sale",
        rows=rows,
        axis=model.Own(START, END),
        links=(model.Link("shop_id->shop(id)", "shop", model.Driver(), causal=True),),
        columns=(
            model.Column("shop_id", "int32", model.Ref(0, "id")),
            model.Column("line", "int32", model.Position()),
            model.Column("sold_at", "timestamp", model.At()),
            model.Column("price", "decimal128(8,2)", price),
            model.Column("note", "utf8", model.Value(prose()), null=model.Null(0.25)),
            model.Column("extra", "utf8", model.Value(model.Json((("a", model.Bool(0.5)),)))),
            model.Column("tags", "list<utf8>", model.Value(model.List(model.Category(("x", "y"), (1.0, 2.0)), 0, 3))),
        ),
        scm=model.Scm(model.Prior(), wanted=(model.NodeSpec("price"),)),
    )
    words = {"topic": ("oak", "elm", "ash"), "common": ("the", "old", "very", "tall")}
    return model.Plan(seed=0, tables=(shop, sale), vocabularies=words)


def prose() -> model.Text:
    return model.Text((model.Prose(("topic",), "common", 3, 20),), max_length=40)


@pytest.fixture(scope="module")
def fitted() -> bytes:
    return _sampler.Fitted(model.encode(shop_plan())).plan


@pytest.fixture(scope="module")
def database(fitted: bytes) -> _sampler.Database:
    return _sampler.Database.open(fitted, threads=2)


def read(database: _sampler.Database, table: str, **request: object) -> pa.Table:
    return pa.table(database.stream(table, **request))  # type: ignore[arg-type]


def test_a_plan_goes_through_fit_unchanged_but_for_its_models(fitted: bytes) -> None:
    plan, found = shop_plan(), model.decode(fitted)
    assert found.tables[1].columns == plan.tables[1].columns
    assert found.vocabularies == plan.vocabularies
    assert {node.name for node in found.tables[1].scm.nodes} >= {"price"}
    assert model.decode(_sampler.Fitted(fitted).plan) == found


def test_a_stream_is_arrow(database: _sampler.Database) -> None:
    assert database.tables() == ["shop", "sale"]
    assert (database.rows("shop"), database.rows("sale")) == (50, 30_000)
    table = read(database, "sale")
    assert table.num_rows == 30_000
    assert [str(field.type) for field in table.schema] == [
        "int32",
        "int32",
        "timestamp[us]",
        "decimal128(8, 2)",
        "string",
        "string",
        "list<item: string>",
    ]
    table.validate(full=True)
    assert pa.schema(database.stream("sale")) == table.schema
    assert table["note"].null_count / 30_000 == pytest.approx(0.25, abs=0.02)
    assert all(isinstance(msgspec.json.decode(text), dict) for text in table["extra"].to_pylist())
    assert max(len(text) for text in table["note"].to_pylist() if text) <= 40


def test_ranges_columns_threads_and_batches(fitted: bytes, database: _sampler.Database) -> None:
    whole = read(database, "sale")
    assert read(database, "sale", start=1000, stop=1500).equals(whole.slice(1000, 500))
    assert read(database, "sale", start=29_999).equals(whole.slice(29_999))
    assert read(database, "sale", columns=["price", "shop_id"]).equals(whole.select(["price", "shop_id"]))
    for threads, batch_rows in ((1, 999), (7, 5000)):
        other = _sampler.Database.open(fitted, threads=threads, cache_bytes=0)
        assert read(other, "sale", batch_rows=batch_rows).combine_chunks().equals(whole.combine_chunks())
    stream = database.stream("shop")
    assert pa.table(stream).equals(pa.table(stream)), "each reading begins anew"


def test_references_agree_with_parents_and_children(database: _sampler.Database) -> None:
    parents = [None if p == 2**64 - 1 else int(p) for p in np.frombuffer(database.parents("sale", 0, 0, 30_000), "<u8")]
    assert read(database, "sale")["shop_id"].to_pylist() == [None if p is None else p + 1 for p in parents]
    assert sum(len(database.children("sale", 0, shop)) for shop in range(50)) == 30_000
    assert all(parents[row] == 7 for row in database.children("sale", 0, 7))


def test_a_reader_may_be_left_early(database: _sampler.Database) -> None:
    before = threading.active_count()
    for _ in range(5):
        reader = pa.RecordBatchReader.from_stream(database.stream("sale", batch_rows=100))
        assert reader.read_next_batch().num_rows == 100
        del reader
        database.stream("sale").__arrow_c_stream__()
    gc.collect()
    assert threading.active_count() == before


def test_many_readers_at_once(database: _sampler.Database) -> None:
    whole = read(database, "sale", columns=["price"])
    found: list[bool] = []
    readers = [
        threading.Thread(target=lambda: found.append(read(database, "sale", columns=["price"]).equals(whole)))
        for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found == [True] * 4


def test_errors_tell_kind_place_and_message(database: _sampler.Database) -> None:
    plan = shop_plan()
    sale = plan.tables[1]
    columns = (*sale.columns[:3], model.Column("price", "int7", sale.columns[3].rule))
    broken = msgspec.structs.replace(plan, tables=(plan.tables[0], msgspec.structs.replace(sale, columns=columns)))
    fitted = _sampler.Fitted(model.encode(broken)).plan
    with pytest.raises(_sampler.SamplerError, match="int7") as caught:
        _sampler.Database.open(fitted)
    assert (caught.value.kind, caught.value.place) == ("plan", "sale.price")
    with pytest.raises(_sampler.SamplerError) as caught:
        _sampler.Database.open(b"{}")
    assert (caught.value.kind, caught.value.place) == ("plan", "plan")
    for request in ({"start": 5, "stop": 4}, {"stop": 30_001}, {"columns": ["nothing"]}):
        with pytest.raises(_sampler.SamplerError) as caught:
            database.stream("sale", **request)
        assert caught.value.kind == "run"
        assert caught.value.place.startswith("sale")
    for call in (
        lambda: database.rows("none"),
        lambda: database.parents("sale", 3, 0, 1),
        lambda: database.children("sale", 0, 50),
        lambda: database.parents("sale", 0, 0, 30_001),
    ):
        with pytest.raises(_sampler.SamplerError):
            call()
