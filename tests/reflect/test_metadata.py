"""SQLAlchemy models as a schema."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

import plurel_sql
from plurel_sql import inputs
from plurel_sql.errors import SchemaError


def shop() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "customer",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False, unique=True, comment="it's 100 % the name"),
        sa.Column("level", sa.Enum("basic", "it's gold", name="level"), nullable=False, server_default="basic"),
        sa.Column("share", sa.Numeric(5, 2), sa.CheckConstraint("share >= 0 AND share < 90")),
        sa.CheckConstraint("name LIKE 'a%' OR name NOT LIKE '%z'"),
        schema="sales",
    )
    sa.Table(
        "order; line",
        metadata,
        sa.Column("customer", sa.ForeignKey("sales.customer.id"), primary_key=True),
        sa.Column("line no", sa.Integer, sa.Identity(always=True), primary_key=True),
        sa.Column("twice", sa.Integer, sa.Computed('"line no" * 2', persisted=True)),
        sa.Column("day", sa.Date, nullable=False),
        schema="sales",
    )
    return metadata


def test_everything_a_model_says_is_in_the_schema() -> None:
    schema = inputs.read(shop())
    customer, line = schema.table("sales.customer"), schema.table("sales.order; line")
    assert schema.dialect == "postgres"
    assert customer.column("id").identity
    assert customer.column("level").type.labels == ("basic", "it's gold")
    assert customer.column("name").comment == "it's 100 % the name"
    assert {check.expression for check in customer.checks} == {
        "share >= 0 AND share < 90",
        "name LIKE 'a%' OR name NOT LIKE '%z'",
    }
    assert [unique.columns for unique in customer.uniques] == [("id",), ("name",)]
    assert line.primary_key is not None and line.primary_key.columns == ("customer", "line no")
    assert line.column("twice").generated and line.column("line no").identity
    assert [key.parent for key in line.foreign_keys] == ["sales.customer"]
    assert not schema.notes


def test_vendor_types_choose_the_dialect() -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", mysql.INTEGER(unsigned=True), primary_key=True))
    assert inputs.read(metadata).dialect == "mysql"
    assert not inputs.read(metadata).table("t").column("id").type.signed
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("tags", postgresql.ARRAY(sa.Text)), sa.Column("at", postgresql.TSTZRANGE))
    assert inputs.read(metadata).dialect == "postgres"


def test_a_partial_index_keeps_its_condition() -> None:
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("a", sa.Integer), sa.Column("gone", sa.Boolean))
    sa.Index("one", table.c.a, unique=True, postgresql_where=~table.c.gone)
    texts = [statement.text for statement in inputs.read(metadata).statements]
    assert any("CREATE UNIQUE INDEX one" in text and "WHERE" in text for text in texts)


def test_synthesize_takes_metadata() -> None:
    database = plurel_sql.synthesize(shop(), rows=200)
    rows = database["sales.customer"].arrow().to_pylist()
    assert rows and {row["level"] for row in rows} <= {"basic", "it's gold"}


def test_no_tables() -> None:
    with pytest.raises(SchemaError, match="MetaData: holds no table"):
        inputs.read(sa.MetaData())
