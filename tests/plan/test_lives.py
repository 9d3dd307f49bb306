"""The times of a row's life: what may not have happened yet is NULL, what takes long is far off, statuses agree."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from support.filled import fill

SCHEMA = """
CREATE TABLE employee (id serial PRIMARY KEY, hired date NOT NULL, fired date, CHECK (fired > hired));
CREATE TABLE bill (id serial PRIMARY KEY, employee_id int NOT NULL REFERENCES employee, paid_on date,
    status text NOT NULL CHECK (status IN ('open', 'paid', 'void')));
CREATE TABLE reminder (id serial PRIMARY KEY, bill_id int NOT NULL REFERENCES bill, sent_at timestamp NOT NULL);
CREATE TABLE memo (id serial PRIMARY KEY, body text, is_deleted boolean NOT NULL, deleted_at timestamp);
CREATE TABLE meeting (id serial PRIMARY KEY, start_time timestamp NOT NULL, end_time timestamp NOT NULL);
CREATE TABLE policy (id serial PRIMARY KEY, valid_from date NOT NULL, valid_until date NOT NULL);
CREATE TABLE tenant (id serial PRIMARY KEY, created_at timestamp NOT NULL);
CREATE TABLE project (tenant_id int REFERENCES tenant, id int, created_at timestamp NOT NULL,
    PRIMARY KEY (tenant_id, id));
CREATE TABLE ticket (tenant_id int, project_id int, no int, opened_at timestamp NOT NULL,
    PRIMARY KEY (tenant_id, project_id, no), FOREIGN KEY (tenant_id, project_id) REFERENCES project);
"""


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    path = tmp_path_factory.mktemp("lives") / "x.duckdb"
    filled = fill(SCHEMA, path, rows=9000, dialect="postgres")
    assert filled.violations == []
    return duckdb.connect(str(path), read_only=True)


def test_what_must_be_there_is_not_yet_to_come(tmp_path: Path) -> None:
    sql = "CREATE TABLE t (id int PRIMARY KEY, made date NOT NULL, ended date, CHECK (ended IS NOT NULL));"
    filled = fill(sql, tmp_path / "x.duckdb", rows=3000, dialect="postgres")
    assert filled.violations == []
    with duckdb.connect(str(filled.path)) as made:
        assert made.execute("SELECT count(*) FROM t WHERE ended IS NULL").fetchone() == (0,)


def one(lives: duckdb.DuckDBPyConnection, sql: str) -> float:
    found = lives.execute(sql).fetchone()
    assert found is not None
    return float(found[0])


def test_most_are_still_employed_and_the_others_were_for_long(lives: duckdb.DuckDBPyConnection) -> None:
    assert 0.4 < one(lives, "SELECT avg((fired IS NULL)::int) FROM employee") < 0.95
    assert one(lives, "SELECT median(fired - hired) FROM employee") > 100
    assert one(lives, "SELECT avg((fired IS NULL)::int) FROM employee WHERE hired > '2025-06-01'") > one(
        lives, "SELECT avg((fired IS NULL)::int) FROM employee WHERE hired < '2022-06-01'"
    )


def test_what_is_open_is_not_paid(lives: duckdb.DuckDBPyConnection) -> None:
    assert one(lives, "SELECT count(*) FROM bill WHERE (status = 'paid') <> (paid_on IS NOT NULL)") == 0
    assert one(lives, "SELECT count(DISTINCT status) FROM bill") == 3


def test_a_flag_agrees_with_its_time(lives: duckdb.DuckDBPyConnection) -> None:
    assert one(lives, "SELECT count(*) FROM memo WHERE is_deleted <> (deleted_at IS NOT NULL)") == 0
    assert one(lives, "SELECT count(*) FROM memo WHERE is_deleted") > 0


def test_rows_whose_only_time_may_be_null_are_in_order_all_the_same(lives: duckdb.DuckDBPyConnection) -> None:
    """Later bills are paid later, by and large, though no column says when a bill was made."""
    assert one(lives, "SELECT corr(id, epoch(paid_on)) FROM bill") > 0.9


def test_meetings_take_hours_and_policies_run_on(lives: duckdb.DuckDBPyConnection) -> None:
    assert one(lives, "SELECT median(epoch(end_time - start_time)) FROM meeting") < 4 * 3600
    assert one(lives, "SELECT count(*) FROM policy WHERE valid_until > '2025-12-31'") > 0


def test_generations_of_tables_do_not_all_come_at_the_end(lives: duckdb.DuckDBPyConnection) -> None:
    assert one(lives, "SELECT avg((opened_at < '2024-07-01')::int) FROM ticket") > 0.3
