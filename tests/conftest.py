"""A tiny engine that stands in for the parts that are not there (a source tree without the native module)."""

from __future__ import annotations

import importlib.util
import json
import sys
from types import ModuleType, SimpleNamespace

import pyarrow as pa
import pytest

from plurel_sql.plan import model
from plurel_sql.schema.model import Column, ForeignKey, Schema, SqlType, Table, Unique

SHOP = """
CREATE TABLE customer (id integer PRIMARY KEY, email varchar(80) NOT NULL UNIQUE);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer (id), note text);
"""


@pytest.fixture
def shop(tmp_path):
    """The path of a two-table schema: customer, orders."""
    path = tmp_path / "shop.sql"
    path.write_text(SHOP)
    return path


def _schema() -> Schema:
    number, text = SqlType("integer", bits=32), SqlType("text", length=80)
    customer = Table(
        "customer",
        (Column("id", number, nullable=False), Column("email", text, nullable=False)),
        uniques=(Unique(("id",), primary=True), Unique(("email",))),
    )
    orders = Table(
        "orders",
        (Column("id", number, nullable=False), Column("customer_id", number, nullable=False), Column("note", text)),
        uniques=(Unique(("id",), primary=True),),
        foreign_keys=(ForeignKey(("customer_id",), "customer", ("id",)),),
    )
    return Schema((customer, orders), "postgres")


def _fake_plan(schema, config, seed):
    total = config.total or 1000
    tables = tuple(
        model.Table(
            table.id,
            (config.tables[table.id].rows if table.id in config.tables else None) or max(total // 2, 1),
            model.Static(),
            (),
            tuple(
                model.Column(c.name, "int32" if c.type.kind == "integer" else "utf8", model.Sequence())
                for c in table.columns
            ),
            model.Scm(model.Prior()),
        )
        for table in schema.tables
    )
    return model.Plan(seed, tables, schema=schema)


class _FakeDatabase:
    def __init__(self, plan: bytes) -> None:
        self.tables = {t["name"]: t for t in json.loads(plan)["tables"]}
        self.smallest = min(t["rows"] for t in self.tables.values())

    @classmethod
    def open(cls, plan: bytes, threads: int = 0, cache_bytes: int = 0) -> _FakeDatabase:
        return cls(plan)

    def stream(self, table, start=0, stop=None, batch_rows=1000, columns=None):
        names = [(c["name"], c["type"]) for c in self.tables[table]["columns"]]
        schema = pa.schema([(n, pa.int32() if t == "int32" else pa.string()) for n, t in names])

        def batches():
            for at in range(start, stop, batch_rows):
                rows = range(at, min(stop, at + batch_rows))
                arrays = [
                    [r % self.smallest + 1 for r in rows]
                    if n.endswith("_id")
                    else [r + 1 for r in rows]
                    if t == "int32"
                    else [f"{n}{r}" for r in rows]
                    for n, t in names
                ]
                yield pa.record_batch([pa.array(a, f.type) for a, f in zip(arrays, schema, strict=True)], schema=schema)

        return pa.RecordBatchReader.from_batches(schema, batches())


def _install() -> None:
    from plurel_sql import ddl

    if not hasattr(ddl, "read"):
        ddl.Text = lambda name, sql: SimpleNamespace(name=name, sql=sql)
        ddl.read = lambda sources, dialect: _schema() if any("CREATE TABLE" in s.sql for s in sources) else Schema(())
        ddl.transpile = lambda expression, source, target: expression
    if importlib.util.find_spec("plurel_sql.plan.planner") is None:
        planner = ModuleType("plurel_sql.plan.planner")
        planner.plan = _fake_plan
        sys.modules["plurel_sql.plan.planner"] = planner
    if importlib.util.find_spec("plurel_sql._sampler") is None:
        sampler = ModuleType("plurel_sql._sampler")
        sampler.Database = _FakeDatabase
        sampler.fit = lambda plan, threads=0: plan
        sampler.SamplerError = type("SamplerError", (Exception,), {"kind": "run", "message": "", "place": ""})
        sys.modules["plurel_sql._sampler"] = sampler


_install()
