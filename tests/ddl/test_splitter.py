"""Statements are cut where the clients of each engine cut them."""

from __future__ import annotations

import time

import pytest

from plurel_sql.ddl import dialects
from plurel_sql.ddl.splitter import as_written, split
from plurel_sql.ddl.tokens import render


def cut(text: str, dialect: str) -> list[tuple[int, str]]:
    return [(statement.line, render(statement.tokens)) for statement in split(text, dialects.get(dialect))]


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        ("postgres", "CREATE TABLE a (x text DEFAULT ';');\nCREATE TABLE b (y int)", [1, 2]),
        ("postgres", "CREATE FUNCTION f() AS $a$ ; $$ ; CREATE TABLE x (); $a$;\nDROP TABLE b;", [1, 2]),
        ("postgres", "/* a /* nested; */ ; */ CREATE TABLE a (x int); -- ; end\nDROP TABLE a;", [1, 2]),
        ("postgres", "CREATE TABLE a (x text DEFAULT E'it\\';s');\nDROP TABLE b;", [1, 2]),
        (
            "postgres",
            "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; DROP TABLE a; END;\nDROP TABLE b;",
            [1, 2],
        ),
        ("postgres", "COPY a FROM stdin;\nCREATE TABLE x;\n\\.\nDROP TABLE a;", [1, 4]),
        ("postgres", "\\set x 'a;\nDROP TABLE a;", [2]),
        ("postgres", "CREATE TABLE a (x int)\nCREATE TABLE b (y int);", [1, 2]),
        ("postgres", "INSERT INTO a VALUES (';');\n\nDROP TABLE a;", [3]),
        ("mysql", "DELIMITER $$\nCREATE TRIGGER t BEGIN SET a = 1; END$$\nDELIMITER ;\nDROP TABLE a;", [2, 4]),
        ("mysql", "CREATE TRIGGER t BEGIN IF a THEN SET b = 1; END IF; END;\nDROP TABLE a;", [1, 2]),
        ("mysql", "/*!40101 DROP TABLE a */; # DROP TABLE b;\nDROP TABLE c;", [1, 2]),
        ("tsql", "CREATE PROC p AS BEGIN\nCREATE TABLE x (a int);\nEND\nGO\nDROP TABLE a\ngo\nDROP TABLE b", [1, 5, 7]),
        ("tsql", "PRINT 'x'\nCREATE TABLE [a;b] (x int)\nALTER TABLE a ADD y int\nGO 5\nDROP TABLE c", [2, 3, 5]),
        ("oracle", "SET DEFINE OFF\nBEGIN x; y; END;\n/\nPROMPT a;b\nDROP TABLE a;", [2, 5]),
        ("sqlite", "CREATE TRIGGER t BEGIN UPDATE a SET b = 1; DELETE FROM c; END;\nDROP TABLE a;", [1, 2]),
    ],
)
def test_lines_of_statements(dialect: str, text: str, expected: list[int]) -> None:
    assert [line for line, _ in cut(text, dialect)] == expected


def test_comments_are_left_out() -> None:
    assert cut("CREATE /* x */ TABLE a -- y\n (b int);", "postgres") == [(1, "CREATE TABLE a (b int)")]


@pytest.mark.parametrize(
    "text", ["'" * 100_001, "\"'" * 50_000, "$a$" * 50_001, "/*" * 50_000, "(" * 100_000, "`[" * 50_000]
)
@pytest.mark.parametrize("dialect", sorted(dialects.DIALECTS))
def test_no_text_takes_long(text: str, dialect: str) -> None:
    start = time.process_time()
    cut(f"CREATE TABLE {text}", dialect)
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/*!40101 SET x = 1 */;", "/*!40101 SET x = 1 */"),
        ("CREATE TABLE a (x int) /* a */\n/*!50100 PARTITION BY HASH (x) */;", None),
        ("/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`l`*/ /*!50003 TRIGGER t BEGIN END */;;", None),
        ("CREATE TABLE a (x /*!80023 i */, y int) -- /*! no\n;", "CREATE TABLE a (x /*!80023 i */, y int)"),
        ("/*M!100301 CREATE TABLE a (x int", "/*M!100301 CREATE TABLE a (x int */"),
    ],
)  # fmt: skip
def test_versioned_comments_stay_whole(text: str, expected: str | None) -> None:
    mysql = dialects.get("mysql")
    statement = next(split(text, mysql))
    assert as_written(text, statement.tokens, mysql) == (expected or text.rstrip(";"))
