"""Every real schema beside the repository: no exception, and the counts that its engine's catalogue gives.

The folder is no part of the repository; without it these tests are skipped.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from plurel_sql.ddl import Text, read
from plurel_sql.ddl.detect import detect

ROOTS = Path(__file__).resolve().parents
FOLDER = next((root.parent / "shared" / "schemas" for root in ROOTS if (root.parent / "shared").is_dir()), Path("none"))
MANIFEST = FOLDER / "manifest.csv"
ROWS = list(csv.DictReader(MANIFEST.open())) if MANIFEST.exists() else []

pytestmark = pytest.mark.skipif(not ROWS, reason="the folder ../shared/schemas is not there")

EXPLAINED = {
    # partitions are no tables of their own, what refers from each of them does so once: (tables, foreign keys)
    "postgres/mimic3": (233 - 207, 61),
    "postgres/pagila": (22 - 7, 36 - 18 + 3),
    # the engine of the count was too old for the file (PostgreSQL 18), so it made only some of the tables
    "postgres/pagila_pg18": (16, 19 + 3),
    # 499 tables are made by code in a DO block, and one foreign key is written twice
    "postgres/postgrest_big": (46, 49),
    # 8 partitions, 2 CREATE TABLE AS
    "postgres/postgrest_fixture": (226, 119),
    # one foreign key is written twice, the engine keeps both
    "postgres/ledgersmb": (158, 246),
    # MyISAM keeps no foreign keys; they are read all the same
    "mysql/ensembl_core": (77, 107),
    # the parent of each foreign key is in no file
    "redshift/snowplow_iglu": (70, 0),
    # the first table is missing in the file
    "tsql/sakila": (15, 21),
}

NO_SIGN = {"postgres/chinook", "duckdb/mimic3", "duckdb/clickbench", "snowflake/clickbench"}
"""Files in which nothing tells the dialect: standard SQL is the right answer for them."""


def _text(row: dict[str, str]) -> Text:
    path = FOLDER / row["dialect"] / f"{row['name']}.sql"
    return Text(path.name, path.read_text(errors="replace"))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['dialect']}/{row['name']}" for row in ROWS])
def test_counts_agree_with_the_engine(row: dict[str, str]) -> None:
    schema = read([_text(row)], row["dialect"])
    found = (len(schema.tables), sum(len(table.foreign_keys) for table in schema.tables))
    label = f"{row['dialect']}/{row['name']}"
    assert found == EXPLAINED.get(label, (int(row["n_tables"]), int(row["n_fks"])))
    assert not [note for note in schema.notes if "not understood" in note.message or "broken" in note.message]


def test_dialects_are_told_from_the_text() -> None:
    told = {}
    for row in ROWS:
        label, wanted = f"{row['dialect']}/{row['name']}", row["dialect"].replace("ansi", "")
        told[label] = detect(_text(row).sql) == ("" if label in NO_SIGN else wanted)
    assert sum(told.values()) / len(told) >= 0.95, [label for label, right in told.items() if not right]
