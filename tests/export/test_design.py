"""What the awkward schema becomes."""

from __future__ import annotations

from pathlib import Path

from plurel_sql import inputs
from plurel_sql.export.design import design
from plurel_sql.export.layout import Layout, decode, encode
from plurel_sql.export.times import named

SQL = Path(__file__).with_name("awkward.sql")


def designed(sql, dialect="postgres"):
    schema = inputs.read(sql, dialect)
    return design(schema, {table.id: named(table) for table in schema.tables})


def shape(table):
    """(name, key, time, {link: parent}, features)"""
    links = {link.column: link.parent for link in table.links}
    return table.name, table.key, table.time, links, [c.name for c in table.columns if c.role == "feature"]


def test_the_awkward_schema():
    tables, notes = designed(SQL)
    assert [shape(table) for table in tables] == [
        ("shop_users", "id", "created_at", {}, ["email", "born"]),
        ("crm_users", "id", None, {"boss": "crm_users"}, ["name"]),
        ("country", "country_id", None, {}, ["iso", "name", "population"]),
        (
            "Order_Details_Big",
            "Order_Details_Big_id",
            "placed_at",
            {"buyer": "shop_users", "seller": "shop_users", "buyer_email": "shop_users", "iso": "country"},
            ["tenant", "id", "total", "paid"],
        ),
        (
            "items_table",
            "items_table_id",
            "placed_at",
            {"Order_Details_Big_id": "Order_Details_Big"},
            ["line", "quantity", "took", "tags"],
        ),
        ("returns", None, "time_from", {"items_table_id": "items_table"}, ["returns_id", "reason"]),
        ("profile", "profile_key", None, {"user_id": "shop_users"}, ["bio", "profile_id"]),
        ("keys_table", None, None, {}, ["a", "b", "at"]),
        ("values_table", "id", "happened", {"key": "crm_users"}, []),
    ]  # fmt: skip
    assert [(note.where, note.level) for note in notes] == [("shop.items.picture", "info")]
    layout = Layout("x", tables, 1, 2, notes)
    assert decode(encode(layout)) == layout


def test_names_that_differ_by_case_alone():
    tables, _ = designed('CREATE TABLE t (id int PRIMARY KEY, a int, "A" int); CREATE TABLE "T" (id int, "T_id" int);')
    assert [shape(table)[0] for table in tables] == ["t", "T_table"]
    assert shape(tables[0])[-1] == ["a", "A_2"]


def test_two_keys_on_one_column_and_two_to_one_table():
    tables, _ = designed(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"
        "CREATE TABLE c (x int REFERENCES a (id), y int REFERENCES a (id), FOREIGN KEY (x) REFERENCES b (id));"
    )
    assert shape(tables[2])[3] == {"x": "a", "y": "a", "x_b": "b"}


def test_a_shared_column_is_a_link_of_its_own():
    tables, _ = designed(
        "CREATE TABLE tenant (id int PRIMARY KEY);"
        "CREATE TABLE person (tenant_id int NOT NULL REFERENCES tenant (id), id int NOT NULL,"
        " PRIMARY KEY (tenant_id, id));"
        "CREATE TABLE mail (tenant_id int NOT NULL REFERENCES tenant (id), sender_id int, reader_id int,"
        " FOREIGN KEY (tenant_id, sender_id) REFERENCES person (tenant_id, id),"
        " FOREIGN KEY (tenant_id, reader_id) REFERENCES person (tenant_id, id));"
    )
    assert shape(tables[1])[1:] == ("person_id", None, {"tenant_id": "tenant"}, ["id"])
    assert shape(tables[2])[3] == {"tenant_id": "tenant", "sender_id": "person", "reader_id": "person"}


def test_parts_of_a_key_that_only_name_the_row_are_marked():
    keys = "PRIMARY KEY (tenant_id, id), UNIQUE (day, age)"
    (account,), _ = designed(f"CREATE TABLE account (tenant_id int, id int, day date, age int, {keys});")
    assert [c.name for c in account.columns if c.names_row] == ["tenant_id", "id"]
    (event,), _ = designed("CREATE TABLE event (id int PRIMARY KEY, item_id int, value int, code_no text);")
    assert [c.name for c in event.columns if c.names_row] == ["item_id"]  # of a key that nobody declared
    assert [c.name for c in account.columns if c.keyed] == ["tenant_id", "id", "age"]
    assert decode(encode(Layout("x", (account,), None, None))).tables == (account,)
