"""Arrow types of SQL types."""

from __future__ import annotations

from typing import get_args

import pytest

from plurel_sql.plan.types import arrow_type
from plurel_sql.schema.model import SqlType, TypeKind


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (SqlType("integer", bits=24), "int32"),
        (SqlType("integer", bits=8, signed=False), "uint8"),
        (SqlType("integer"), "int64"),
        (SqlType("decimal", precision=10, scale=2), "decimal128(10,2)"),
        (SqlType("decimal", precision=60, scale=50), "decimal128(38,28)"),
        (SqlType("decimal", precision=65, scale=30), "decimal128(38,20)"),
        (SqlType("decimal", precision=3, scale=-2), "decimal128(5,0)"),
        (SqlType("decimal", precision=2, scale=5), "decimal128(5,5)"),
        (SqlType("decimal"), "decimal128(18,4)"),
        (SqlType("float", bits=32), "float32"),
        (SqlType("bit", length=1), "bool"),
        (SqlType("bit", length=8), "utf8"),
        (SqlType("bit"), "utf8"),
        (SqlType("range", item=SqlType("date")), "utf8"),
        (SqlType("timestamp", zoned=True), "timestamptz"),
        (SqlType("timestamp"), "timestamp"),
        (SqlType("uuid"), "utf8"),
        (SqlType("inet"), "utf8"),
        (SqlType("unknown", written="geometry"), "utf8"),
        (SqlType("array", item=SqlType("integer", bits=32)), "list<int32>"),
        (SqlType("array"), "list<utf8>"),
    ],
)
def test_arrow_type(type_: SqlType, expected: str) -> None:
    assert arrow_type(type_) == expected


def test_every_kind_has_one() -> None:
    assert all(arrow_type(SqlType(kind)) for kind in get_args(TypeKind))
