"""SQL without a sign of its dialect is read as the engine reads it that is to run it."""

import pytest

import plurel_sql
from plurel_sql.ddl.detect import detect

PLAIN = """
CREATE TABLE CUSTOMER (ID INTEGER PRIMARY KEY, NAME VARCHAR(40) NOT NULL);
CREATE TABLE "Order" (ID INTEGER NOT NULL, CUSTOMER_ID INTEGER REFERENCES CUSTOMER, PRIMARY KEY (ID));
"""
MARKED = "CREATE TABLE T (ID INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB;"
SERVER = "postgresql+psycopg://nobody@127.0.0.1:1/x"


def read(sql, **options):
    schema = plurel_sql.plan(sql, rows=3, **options).schema
    return schema.dialect, [table.name for table in schema.tables]


@pytest.mark.parametrize(
    ("target", "dialect", "names"),
    [
        (SERVER, "postgres", ["customer", "Order"]),
        ("mysql+pymysql://nobody@127.0.0.1:1/x", "mysql", ["CUSTOMER", "Order"]),
        ("x.sqlite", "sqlite", ["CUSTOMER", "Order"]),
        ("oracle://nobody@127.0.0.1:1/x", "sqlite", ["CUSTOMER", "Order"]),
        ("x.duckdb", "sqlite", ["CUSTOMER", "Order"]),  # INTEGER PRIMARY KEY is a habit of SQLite's
        (None, "sqlite", ["CUSTOMER", "Order"]),
    ],
)
def test_plain_sql(target, dialect, names):
    assert read(PLAIN, target=target) == (dialect, names)


def test_a_sign_and_a_wish_win():
    assert read(MARKED, target=SERVER) == ("mysql", ["T"])
    assert read(PLAIN, target=SERVER, dialect="oracle") == ("oracle", ["CUSTOMER", "Order"])


def test_as_many_signs_for_the_target():
    """``INT(4)`` is a habit of MySQL's, which SQLite takes too."""
    text = "CREATE TABLE t (a INT(4), b DATETIME)"
    assert (detect(text), detect(text, "sqlite"), detect(text, "postgres")) == ("mysql", "sqlite", "mysql")
