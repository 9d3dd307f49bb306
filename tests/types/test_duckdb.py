"""Every type of DuckDB, judged by DuckDB through the sink, and the other dialects' as DuckDB holds them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from support.filled import Filled, fill

FIXTURES = Path(__file__).parent / "fixtures"
OWN = {
    "c_huge": "HUGEINT", "c_uhuge": "UHUGEINT", "c_bignum": "BIGNUM", "c_bit": "BIT", "c_time_ns": "TIME_NS",
    "c_s": "TIMESTAMP_S", "c_ms": "TIMESTAMP_MS", "c_ns": "TIMESTAMP_NS", "c_geometry": "GEOMETRY",
    "c_fixed": "INTEGER[3]", "c_fixed2": "DOUBLE[2][3]", "c_row": "STRUCT(x BLOB, y TIME, z BIT)",
    "c_map": "MAP(VARCHAR, INTEGER)", "c_union": "UNION(num INTEGER, str VARCHAR)", "c_list2": "VARCHAR[][]",
    "c_either": 'UNION(num INTEGER, "day" DATE)', "c_variant": "VARIANT", "c_uuid": "UUID",
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    path = tmp_path_factory.mktemp("duckdb") / "types.duckdb"
    return fill(FIXTURES / "duckdb.sql", path, {"plain": 500, "uniques": 250}, "duckdb")


@pytest.fixture(scope="module")
def database(filled: Filled) -> duckdb.DuckDBPyConnection:
    return filled.connect()


def test_everything_holds(filled: Filled) -> None:
    assert filled.violations == []
    assert [str(note) for note in filled.plan.notes] == []


def test_columns_have_duckdbs_own_types(database: duckdb.DuckDBPyConnection) -> None:
    found = dict(database.execute("SELECT column_name, data_type FROM duckdb_columns()").fetchall())
    assert {name: found[name] for name in OWN} == OWN


def test_no_column_is_empty(database: duckdb.DuckDBPyConnection, filled: Filled) -> None:
    for table in filled.schema.tables:
        for column in table.columns:
            row = database.execute(f'SELECT count("{column.name}") FROM "{table.name}"').fetchone()
            assert row is not None and row[0] > 50, column.name


def test_members_are_there(database: duckdb.DuckDBPyConnection) -> None:
    """Structs, maps and unions were read as such, not as text that happens to fit."""
    one = database.execute(
        "SELECT count(DISTINCT c_struct.b), count(DISTINCT c_struct.\"c d\"), count(DISTINCT c_map['colour']),"
        " count(DISTINCT c_map_struct['colour'].a), count(DISTINCT c_deep.a.b[1].c), list(DISTINCT union_tag(c_union)),"
        " list(DISTINCT union_tag(c_union3)), list(DISTINCT union_tag(c_either)), count(DISTINCT c_place.spot.y)"
        " FROM plain"
    ).fetchone()
    assert one is not None
    assert min(one[0], one[1], one[2], one[3], one[4], one[8]) > 20
    assert set(one[5]) == {"num", "str"}
    assert set(one[6]) - {None} == {"d", "f", "b"}
    assert set(one[7]) == {"num", "day"}


def test_no_union_holds_nothing(database: duckdb.DuckDBPyConnection) -> None:
    row = database.execute(
        "SELECT count(*) FROM plain WHERE c_union3 IS NOT NULL AND c_union3.d IS NULL AND c_union3.f IS NULL"
        " AND c_union3.b IS NULL"
    ).fetchone()
    assert row == (0,)


def test_times_keep_no_more_digits_than_their_type(database: duckdb.DuckDBPyConnection) -> None:
    row = database.execute(
        "SELECT count(*) FROM plain WHERE date_trunc('second', c_us) <> c_us OR date_trunc('second', c_s) <> c_s"
    ).fetchone()
    assert row == (0,)


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite", "tsql", "oracle", "snowflake", "bigquery"])
def test_other_dialects_fill_a_file(dialect: str, tmp_path: Path) -> None:
    found = fill(FIXTURES / f"{dialect}.sql", tmp_path / "types.duckdb", 400, dialect)
    assert found.violations == []
    assert [note for note in found.left_out if "not known" in note.message] == []
