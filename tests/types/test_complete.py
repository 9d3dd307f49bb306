"""A type that the reader knows is known to every later stage: here the one that forgot it is named."""

from __future__ import annotations

from typing import get_args

import duckdb
import pytest

from plurel_sql.ddl import Text, read
from plurel_sql.ddl.dialects import DIALECTS
from plurel_sql.ddl.kinds import COMMON
from plurel_sql.plan.codecs import choose
from plurel_sql.plan.composite import COMPOSITE, counted
from plurel_sql.plan.domains import NUMERIC, TIMES, domain
from plurel_sql.plan.model import Value
from plurel_sql.plan.textual import textual
from plurel_sql.plan.types import arrow_type
from plurel_sql.schema.model import SqlType, TypeKind
from plurel_sql.sinks.duckdb_ddl import type_name

NOT_KNOWN = {
    "raster",
    "aclitem",
    "sparsevec",
    "hllsketch",
    "bfile",
    "anydata",
    "struct",
    "map",
    "record",
    "object",
    "union",
}
"""Names that are read, but are no type by themselves or hold what can't be made."""
PLAIN = NUMERIC | TIMES | {"boolean", "text", "uuid", "json", "binary", "enum", "bit", "unknown"}
ARGUMENTS = {"enum": "('a', 'b')", "set": "('a', 'b', 'c')"}
NAMES = sorted({(dialect, name) for dialect in DIALECTS for name in {*COMMON, *DIALECTS[dialect].types}})


@pytest.mark.parametrize(("dialect", "name"), NAMES)
def test_every_name_reaches_the_target(dialect: str, name: str) -> None:
    text = f"CREATE TABLE t (c {name}{ARGUMENTS.get(name, '')} NOT NULL);"
    schema = read([Text("t.sql", text)], dialect)
    table = schema.tables[0]
    column = table.column("c")
    if column.type.kind == "unknown":
        assert name in NOT_KNOWN
        return
    choice = choose(table, column, domain(table, column))
    assert isinstance(choice.rule, Value) and choice.note is None
    if column.type.kind not in PLAIN | COMPOSITE:
        assert textual(column.type) is not None, (
            f"plan/textual.py has no form for {column.type.base or column.type.kind}"
        )
    duckdb.execute(f"SELECT CAST(NULL AS {type_name(column.type, arrow_type(column.type))})").fetchall()


def test_every_kind_has_a_stage() -> None:
    known = PLAIN | COMPOSITE | {kind for kind in get_args(TypeKind) if textual(SqlType(kind, base="pg_lsn"))}
    assert set(get_args(TypeKind)) <= known


def test_kinds_that_can_be_distinct() -> None:
    """What can't carry a unique number says so by (None, 0)."""
    none = {kind for kind in get_args(TypeKind) if counted(SqlType(kind, base="pg_lsn"))[0] is None}
    assert none == {"float", "boolean", "time", "interval", "json", "binary", "enum", "bit", "set", "struct", "map",
                    "union", "unknown"}  # fmt: skip
