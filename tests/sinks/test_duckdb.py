"""The DuckDB sink, fed by small tables made here."""

from __future__ import annotations

import os
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from plurel_sql.errors import RunError, TargetError
from plurel_sql.schema.model import Check, Column, ForeignKey, Schema, SqlType, Table, Unique
from plurel_sql.sinks.duckdb import check, write
from plurel_sql.sinks.duckdb_ddl import type_name
from plurel_sql.sinks.names import ToldApart

INT, TEXT = SqlType("integer", bits=32), SqlType("text")


class Tables:
    """A Source over Arrow tables."""

    def __init__(self, schema: Schema, data: dict[str, pa.Table], fail: BaseException | None = None) -> None:
        self.schema, self.data, self.fail = schema, data, fail

    def rows(self, table):
        return self.data[table].num_rows

    def types(self, table):
        return {f.name: str(f.type).replace(" ", "") for f in self.data[table].schema}

    def stream(self, table):
        data = self.data[table]

        def batches():
            yield from data.to_batches(max_chunksize=3)
            if self.fail is not None:
                raise self.fail

        return pa.RecordBatchReader.from_batches(data.schema, batches())


def table(name, columns, *, key=("id",), uniques=(), keys=(), checks=(), namespace=None, comment=None):
    parts = tuple(c if isinstance(c, Column) else Column(*c) for c in columns)
    all_uniques = (Unique(tuple(key), primary=True), *(Unique(u) for u in uniques)) if key else ()
    return Table(name, parts, namespace, all_uniques, tuple(keys), tuple(checks), comment)


def shop() -> Tables:
    customer = table("customer", [("id", INT, False), ("email", TEXT, False)], uniques=[("email",)], comment="It's us")
    orders = table(
        "orders",
        [("id", INT, False), ("customer_id", INT), ("total", SqlType("decimal", precision=10, scale=2))],
        keys=[ForeignKey(("customer_id",), "customer", ("id",))],
        checks=[Check("total > 0", ("total",), exact=True), Check("weird(total)", ("total",))],
    )
    data = {
        "customer": pa.table({"id": pa.array([1, 2, 3], pa.int32()), "email": ["a", "b", "c"]}),
        "orders": pa.table(
            {
                "id": pa.array(range(10), pa.int32()),
                "customer_id": pa.array([1, 2, 3, None, 1, 1, 1, 2, 2, 3], pa.int32()),
                "total": pa.array([Decimal(k + 1) for k in range(10)], pa.decimal128(10, 2)),
            }
        ),
    }
    return Tables(Schema((orders, customer)), data)  # child first: the sink sorts


def query(path, sql):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def constraints(path):
    return sorted(query(path, "SELECT table_name, constraint_type, constraint_text FROM duckdb_constraints()"))


def only(folder, name):
    return os.listdir(folder) == [name]


def test_loads_with_constraints(tmp_path):
    target = tmp_path / "x.duckdb"
    loaded = write(shop(), target)
    assert only(tmp_path, "x.duckdb")
    kinds = [(t, k) for t, k, _ in constraints(target) if k != "NOT NULL"]
    assert sorted(kinds) == [
        ("customer", "PRIMARY KEY"),
        ("customer", "UNIQUE"),
        ("orders", "CHECK"),
        ("orders", "FOREIGN KEY"),
        ("orders", "PRIMARY KEY"),
    ]
    assert query(target, "SELECT count(*), sum(total) FROM orders") == [(10, Decimal("55.00"))]
    assert query(target, "SELECT comment FROM duckdb_tables() WHERE table_name = 'customer'") == [("It's us",)]
    assert [t.name for t in loaded.tables] == ["customer", "orders"]
    assert [t.rows for t in loaded.tables] == [3, 10]
    assert loaded.bytes == target.stat().st_size
    assert ["weird" in note.message for note in loaded.notes] == [True]


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [("keys", {"NOT NULL", "PRIMARY KEY", "UNIQUE"}), ("none", {"NOT NULL"})],
)
def test_fewer_constraints(tmp_path, wanted, kinds):
    write(shop(), tmp_path / "x.duckdb", constraints=wanted)
    assert {kind for _, kind, _ in constraints(tmp_path / "x.duckdb")} == kinds


def test_rows_keep_their_order(tmp_path):
    write(shop(), tmp_path / "x.duckdb")
    assert [r for (r,) in query(tmp_path / "x.duckdb", "SELECT id FROM orders")] == list(range(10))


def tree(parents, nullable=True):
    rows = len(parents)
    node = table(
        "node",
        [("id", INT, False), ("parent_id", INT, nullable), ("name", TEXT)],
        uniques=[("name",)],
        keys=[ForeignKey(("parent_id",), "node", ("id",))],
    )
    data = pa.table(
        {
            "id": pa.array(range(rows), pa.int32()),
            "parent_id": pa.array(parents, pa.int32()),
            "name": [f"n{k}" for k in range(rows)],
        }
    )
    return Tables(Schema((node,)), {"node": data})


@pytest.mark.parametrize("parents", [[None, 0, 0, 1, 3, 4], [5, 0, 1, 2, 3, None], [None] * 5, []])
def test_self_reference_by_levels(tmp_path, parents):
    loaded = write(tree(parents), tmp_path / "x.duckdb")
    assert loaded.notes == ()
    assert ("node", "FOREIGN KEY") in [(t, k) for t, k, _ in constraints(tmp_path / "x.duckdb")]
    assert sorted(query(tmp_path / "x.duckdb", "SELECT id, parent_id FROM node")) == list(enumerate(parents))


@pytest.mark.parametrize("parents", [[0, 0, 1], [1, 2, 0]])
def test_rows_in_a_circle_lose_the_foreign_key_alone(tmp_path, parents):
    loaded = write(tree(parents), tmp_path / "x.duckdb")
    assert "itself" in str(loaded.notes[0]) or "themselves" in str(loaded.notes[0])
    kinds = {k for _, k, _ in constraints(tmp_path / "x.duckdb")}
    assert kinds == {"NOT NULL", "PRIMARY KEY", "UNIQUE"}
    assert query(tmp_path / "x.duckdb", "SELECT id, parent_id FROM node") == list(enumerate(parents))


def test_composite_self_reference_in_scopes(tmp_path):
    node = table(
        "node",
        [("tenant", INT, False), ("id", INT, False), ("up", INT)],
        key=("tenant", "id"),
        keys=[ForeignKey(("tenant", "up"), "node", ("tenant", "id"))],
    )
    rows = [(t, i, None if i == 0 else i - 1) for t in (1, 2) for i in range(4)]
    data = pa.table(
        {n: pa.array(v, pa.int32()) for n, v in zip(("tenant", "id", "up"), zip(*rows, strict=True), strict=True)}
    )
    loaded = write(Tables(Schema((node,)), {"node": data}), tmp_path / "x.duckdb")
    assert loaded.notes == ()
    assert sorted(query(tmp_path / "x.duckdb", "SELECT * FROM node")) == rows


def test_cycle_gives_up_one_foreign_key(tmp_path):
    a = table("a", [("id", INT, False), ("b_id", INT)], keys=[ForeignKey(("b_id",), "b", ("id",))])
    b = table("b", [("id", INT, False), ("a_id", INT)], keys=[ForeignKey(("a_id",), "a", ("id",))])
    one = pa.array([1], pa.int32())
    source = Tables(Schema((a, b)), {"a": pa.table({"id": one, "b_id": one}), "b": pa.table({"id": one, "a_id": one})})
    loaded = write(source, tmp_path / "x.duckdb")
    assert [k for _, k, _ in constraints(tmp_path / "x.duckdb")].count("FOREIGN KEY") == 1
    assert ["cycle" in n.message for n in loaded.notes] == [True]


def test_awkward_names_and_namespaces(tmp_path):
    parent = table('we"ird tab', [("a b", INT, False)], key=("a b",), namespace="My Schema")
    child = table(
        "select", [("order", INT), ('q"', INT)], key=(), namespace="My Schema",
        keys=[ForeignKey(("order",), 'My Schema.we"ird tab', ("a b",), name='fk "x"')],
    )  # fmt: skip
    one = pa.array([1], pa.int32())
    data = {parent.id: pa.table({"a b": one}), child.id: pa.table({"order": one, 'q"': one})}
    loaded = write(Tables(Schema((child, parent)), data), tmp_path / "x.duckdb")
    assert loaded.notes == ()
    assert query(tmp_path / "x.duckdb", 'SELECT "order" FROM "My Schema"."select"') == [(1,)]


def test_foreign_key_in_another_column_order_and_of_another_type(tmp_path):
    parent = table("p", [("a", INT, False), ("b", INT, False)], key=("a", "b"), uniques=[("a",)])
    child = table(
        "c",
        [("x", INT), ("y", INT), ("z", SqlType("text"))],
        key=(),
        keys=[ForeignKey(("x", "y"), "p", ("b", "a")), ForeignKey(("z",), "p", ("a",))],
    )
    data = {
        "p": pa.table({"a": pa.array([1], pa.int32()), "b": pa.array([2], pa.int32())}),
        "c": pa.table({"x": pa.array([2], pa.int32()), "y": pa.array([1], pa.int32()), "z": ["1"]}),
    }
    loaded = write(Tables(Schema((parent, child)), data), tmp_path / "x.duckdb")
    assert [t for _, k, t in constraints(tmp_path / "x.duckdb") if k == "FOREIGN KEY"] == [
        "FOREIGN KEY (y, x) REFERENCES p(a, b)"
    ]
    assert len(loaded.notes) == 1
    assert "incompatible types" in loaded.notes[0].message


def test_foreign_keys_between_numbers_of_several_widths(tmp_path):
    """DuckDB takes none: the referring column is declared as what it refers to, along chains and to itself too."""
    long, short = SqlType("integer", bits=64), SqlType("integer", bits=16)
    to_itself = [ForeignKey(("up",), "b", ("id",)), ForeignKey(("id",), "a", ("id",))]
    schema = Schema(
        (
            table("a", [("id", long, False)], key=("id",)),
            table("b", [("id", INT, False), ("up", short)], key=("id",), keys=to_itself),
            table("c", [("b", short)], key=(), keys=[ForeignKey(("b",), "b", ("id",))]),
        )
    )
    data = {
        "a": pa.table({"id": pa.array([1, 2], pa.int64())}),
        "b": pa.table({"id": pa.array([1, 2], pa.int32()), "up": pa.array([None, 1], pa.int16())}),
        "c": pa.table({"b": pa.array([2, 2], pa.int16())}),
    }
    loaded = write(Tables(schema, data), tmp_path / "x.duckdb")
    declared = [(name, text) for name, kind, text in constraints(tmp_path / "x.duckdb") if kind == "FOREIGN KEY"]
    assert len(declared) == 3, declared
    assert len(loaded.notes) == 3 and all("has the type of" in note.message for note in loaded.notes)


def test_types_defaults_identity_and_generated(tmp_path):
    kinds = table(
        "t",
        [
            Column("id", SqlType("integer", bits=64), nullable=False, identity=True),
            Column("u", SqlType("uuid"), default="uuid()"),
            Column("e", SqlType("enum", labels=("a", "it's")), default="CAST('a' AS mood)"),
            Column("j", SqlType("json")),
            Column("l", SqlType("array", item=SqlType("uuid"))),
            Column("z", SqlType("timestamp", zoned=True), default="no_such_function()"),
            Column("b", SqlType("bit", length=4)),
            Column("n", SqlType("decimal")),
            Column("g", SqlType("integer", bits=64), generated="id * 2"),
        ],
    )
    uuid = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
    data = pa.table(
        {
            "id": pa.array([1], pa.int64()),
            "u": [uuid],
            "e": ["it's"],
            "j": ['{"a": 1}'],
            "l": [[uuid]],
            "z": pa.array([0], pa.timestamp("us", "UTC")),
            "b": ["0101"],
            "n": pa.array([Decimal("1.5")], pa.decimal128(12, 3)),
            "g": pa.array([7], pa.int64()),
        }
    )
    source = Tables(Schema((kinds,), dialect="duckdb"), {"t": data})
    loaded = write(source, tmp_path / "x.duckdb")
    described = {r[0]: r[1] for r in query(tmp_path / "x.duckdb", "DESCRIBE t")}
    assert described == {
        "id": "BIGINT", "u": "UUID", "e": "ENUM('a', 'it''s')", "j": "JSON", "l": "UUID[]",
        "z": "TIMESTAMP WITH TIME ZONE", "b": "BIT", "n": "DECIMAL(12,3)", "g": "BIGINT",
    }  # fmt: skip
    assert query(tmp_path / "x.duckdb", "SELECT g, j->>'a' FROM t") == [(2, "1")]
    assert [note.where for note in loaded.notes] == ["t.g", "t.z"]
    assert "no_such_function" in loaded.notes[1].message
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        connection.execute("INSERT INTO t (j) VALUES (NULL)")
        assert connection.execute("SELECT id, e FROM t WHERE j IS NULL").fetchall() == [(2, "a")]


@pytest.mark.parametrize(
    ("type", "planned", "name"),
    [
        (SqlType("integer", bits=24, signed=False), "", "UINTEGER"),
        (SqlType("integer", bits=8), "", "TINYINT"),
        (SqlType("integer", bits=128), "", "HUGEINT"),
        (SqlType("decimal", precision=60, scale=50), "", "DECIMAL(38, 28)"),
        (SqlType("decimal", precision=5, scale=-2), "", "DECIMAL(7, 0)"),
        (SqlType("decimal", precision=2, scale=5), "", "DECIMAL(5, 5)"),
        (SqlType("decimal"), "float64", "DOUBLE"),
        (SqlType("float", bits=32), "", "FLOAT"),
        (SqlType("time", zoned=True), "", "TIMETZ"),
        (SqlType("enum"), "", "VARCHAR"),
        (SqlType("enum", labels=("a", "a")), "", "ENUM('a')"),
        (SqlType("array", item=SqlType("decimal")), "list<decimal128(9,1)>", "DECIMAL(9, 1)[]"),
        (SqlType("bit", length=1), "bool", "BOOLEAN"),
    ],
)
def test_type_names(type, planned, name):
    assert type_name(type, planned) == name
    duckdb.execute(f"SELECT CAST(NULL AS {name})").fetchall()


def test_names_that_differ_by_case_alone(tmp_path):
    parent = table("Foo", [("id", INT, False), ("ID", INT, False)], key=("ID",), uniques=[("id",)])
    other = table("foo", [("id", INT, False)])
    child = table(
        "c",
        [("x", INT), ("y", INT)],
        key=(),
        keys=[ForeignKey(("x",), "Foo", ("ID",)), ForeignKey(("y",), "foo", ("id",))],
    )
    data = {
        "Foo": pa.table({"id": pa.array([1, 2], pa.int32()), "ID": pa.array([10, 20], pa.int32())}),
        "foo": pa.table({"id": pa.array([7], pa.int32())}),
        "c": pa.table({"x": pa.array([20], pa.int32()), "y": pa.array([7], pa.int32())}),
    }
    loaded = write(Tables(Schema((parent, other, child)), data), tmp_path / "x.duckdb")
    assert query(tmp_path / "x.duckdb", 'SELECT id, "ID_2" FROM Foo') == [(1, 10), (2, 20)]
    assert query(tmp_path / "x.duckdb", "SELECT id FROM foo_2") == [(7,)]
    assert query(tmp_path / "x.duckdb", "SELECT * FROM c") == [(20, 7)]
    assert [k for _, k, _ in constraints(tmp_path / "x.duckdb")].count("FOREIGN KEY") == 2
    assert [(note.where, "differ by more than case" in note.message) for note in loaded.notes] == [
        ("Foo.ID", True), ("foo", True),
    ]  # fmt: skip


def test_renamed_never_takes_a_name_that_is_there():
    source = ToldApart(Tables(Schema((table("a", []), table("A", []), table("A_2", []), table("a_2", []))), {}))
    assert [t.name for t in source.schema.tables] == ["a", "A_3", "A_2", "a_2_2"]


def test_a_generated_column_that_fails_on_some_row_is_plain(tmp_path):
    small = table(
        "t",
        [("id", INT, False), Column("half", INT, generated="id // 2"), Column("big", INT, generated="id * 1000000")],
    )
    ids = pa.array([1, 2, 4000], pa.int32())
    data = pa.table({"id": ids, "half": ids, "big": pa.array([5, 6, 7], pa.int32())})
    loaded = write(Tables(Schema((small,), dialect="duckdb"), {"t": data}), tmp_path / "x.duckdb")
    assert query(tmp_path / "x.duckdb", "SELECT big FROM t") == [(5,), (6,), (7,)]
    assert [(note.level, note.where) for note in loaded.notes][-1] == ("error", "t")
    assert "Overflow" in loaded.notes[-1].message


def test_a_table_without_columns_is_left_out(tmp_path):
    bare, whole = table("bare", [], key=()), table("whole", [("id", INT, False)])
    source = Tables(Schema((bare, whole)), {"bare": pa.table({}), "whole": pa.table({"id": pa.array([1], pa.int32())})})
    loaded = write(source, tmp_path / "x.duckdb")
    assert [(note.level, note.where) for note in loaded.notes] == [("error", "bare")]
    assert query(tmp_path / "x.duckdb", "SELECT * FROM whole") == [(1,)]


@pytest.mark.parametrize("broken", [ValueError("boom"), KeyboardInterrupt()])
def test_failure_leaves_what_was_there(tmp_path, broken):
    target = tmp_path / "x.duckdb"
    write(shop(), target)
    before = target.read_bytes()
    source = shop()
    source.fail = broken
    with pytest.raises(type(broken)):
        write(source, target, overwrite=True)
    assert only(tmp_path, "x.duckdb")
    assert target.read_bytes() == before
    with pytest.raises(type(broken)):
        write(source, tmp_path / "y.duckdb")
    assert only(tmp_path, "x.duckdb")


@pytest.mark.parametrize(
    ("name", "column", "values", "message"),
    [
        ("customer", "email", ["a", "a", "c"], "duplicate"),
        ("customer", "email", ["a", None, "c"], "NOT NULL"),
        ("orders", "customer_id", pa.array([9] * 10, pa.int32()), "foreign key"),
        ("orders", "total", pa.array([Decimal(-1)] * 10, pa.decimal128(10, 2)), "CHECK"),
    ],
)
def test_violations_are_named(tmp_path, name, column, values, message):
    source = shop()
    data = source.data[name]
    source.data[name] = data.set_column(data.schema.get_field_index(column), column, [values])
    with pytest.raises(RunError, match=message) as caught:
        write(source, tmp_path / "x.duckdb")
    assert caught.value.place == name
    assert os.listdir(tmp_path) == []


def test_targets_that_may_not_be_written(tmp_path):
    text, empty = tmp_path / "notes.txt", tmp_path / "empty.duckdb"
    text.write_text("keep me, I am not a database")
    empty.touch()
    for target, overwrite, message in [
        (tmp_path / "none" / "x.duckdb", False, "folder does not exist"),
        (tmp_path, True, "is a folder"),
        (text, False, "exists already"),
        (text, True, "not a DuckDB file"),
        ("/dev/null", True, "regular"),
        ("postgresql://localhost/x", False, "kind of target"),
        ("a\0b", False, "can't be used"),
    ]:
        with pytest.raises(TargetError, match=message):
            check(target, overwrite)
    assert check(empty, overwrite=True) == empty
    assert text.read_text().startswith("keep me")


def test_overwrite_replaces_through_a_link(tmp_path):
    real = tmp_path / "real.duckdb"
    write(shop(), real)
    link = tmp_path / "link.duckdb"
    link.symlink_to(real)
    write(tree([None]), link, overwrite=True)
    assert link.is_symlink()
    assert query(real, "SELECT count(*) FROM node") == [(1,)]
