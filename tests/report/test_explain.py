"""Every law, axis, rule and codec has its words."""
# ruff: noqa: E501 (tables of cases)

import json
from typing import get_args

import pytest

import plurel_sql
from plurel_sql.plan import model as m
from plurel_sql.report import words
from plurel_sql.report.explain import explain
from plurel_sql.schema.model import Note

NUMBER = m.Number(m.Knots((0.0, 0.25, 1.0), (10.0, 20.0, 50.0)), low=12.0)
CODECS = [
    (NUMBER, "12 to 50, median 30"),
    (m.Bool(0.25), "true 25%"),
    (m.Category(tuple("abcdefgh"), (8.0, 2.0, 0, 0, 0, 0, 0, 0)), "a 80%, b 20%, c 0%, d 0%, e 0%, f 0%, ... (8)"),
    (
        m.Text(
            (
                m.Vocab("first"),
                m.Lit("."),
                m.Serial(),
                m.Chars("ab", 3),
                m.Cell("x"),
                m.Prose((), "c", 2, 5),
                m.Num(1, 9),
            ),
            max_length=80,
        ),
        "<first>.<number><3 characters><x><2 to 5 words><1..9> (at most 80 characters)",
    ),
    (m.Uuid(7), "version 7"),
    (m.Json((("a", NUMBER),)), "a"),
    (m.Bytes(1, 4), "1 to 4 bytes"),
    (m.List(m.Bool(0.5), 0, 3), "0 to 3 of: true 50%"),
    (m.Counter(5, 2), "from 5 by 2"),
    (m.Span("int32", NUMBER, NUMBER), f"from {words.codec(NUMBER, 'int32')[1]}"),
    (m.Set(("a", "b"), (0.5, 0.5), 0.2), "a, b"),
    (m.Record((m.Member("a", "int32", NUMBER), m.Member("b", "bool", m.Bool(0.5)))), "a, b"),
]
RULES = [
    m.Sequence(), m.Ref(0, "id"), m.Position(), m.Digit("k", None, (2,), 0, ("a", "b")), m.At(), m.After(None, 3_600_000_000, 0),
    m.Value(NUMBER), m.Product(("a", "b"), ("c",)), m.Sum(("a", "b"), ("c",)), m.Quote(0, "a", 0.8, 0.9, 1.1),
    m.Rollup("t", 0, "count"), m.Rollup("t", 0, "sum", ("a",)), m.Copy("a"), m.Constant(None),
    m.Elect("k", 1, m.Constant("true"), m.Constant("false")), m.Slot("k", 1, "start", 0, 10, 1, 5, False),
]  # fmt: skip
LAWS = [m.Driver(), m.Affinity(4, recency=0.5), m.OneToOne(), m.Within(0, "t"), m.Junction("k", 0, (2, 3), 0), m.Derived((0, 1)), m.Same(0)]  # fmt: skip
AXES = [m.Static(), m.Own(0, 86_400_000_000), m.Inherited(0, 10)]


@pytest.mark.parametrize(("codec", "values"), CODECS)
def test_codecs(codec, values):
    assert words.codec(codec)[1] == values


def test_all_kinds_are_covered():
    assert {type(c) for c, _ in CODECS} == set(get_args(m.Codec))
    assert {type(r) for r in RULES} == set(get_args(m.Rule))
    assert {type(law) for law in LAWS} == set(get_args(m.Law))
    assert {type(a) for a in AXES} == set(get_args(m.Axis))


def test_time_is_shown_as_time():
    assert words.codec(m.Number(m.Knots((0.0, 1.0), (0.0, 86_400e6))), "date32")[1].startswith(
        "1970-01-01 to 1970-01-02"
    )
    assert words.codec(m.Number(m.Knots((0.0, 1.0), (0.4, 99.6))), "int32")[1].startswith("0 to 100")
    assert words.codec(m.Number(m.Knots((0.0, 1.0), (0.4, 99.6))), "decimal128(5,2)")[1].startswith("0.40 to 99.60")
    assert words.moment(1e30)
    assert words.duration(90_000_000) == "1.5 minutes"


def plan() -> m.Plan:
    links = tuple(
        m.Link(f"k{k}->p(id)", "p", law, null_rate=0.1 * (k == 1), causal=k == 0) for k, law in enumerate(LAWS)
    )
    columns = tuple(
        m.Column(f"c{k}", "int64", rule, null=m.Null(0.25) if k == 6 else None) for k, rule in enumerate(RULES)
    )
    caused = m.Column("caused", "float64", m.Value(NUMBER, node="caused"), lower=m.Bound("c0", True))
    scm = m.Scm(m.Prior(), nodes=(m.Node("hidden"), m.Node("caused", ("hidden", "k0->p(id).price"))))
    tables = tuple(m.Table(f"t{k}", 5, axis, links, (*columns, caused), scm) for k, axis in enumerate(AXES))
    return m.Plan(3, tables, notes=(Note("lost", "t0"), Note("kept", level="info")))


def test_explanation_has_everything():
    found = explain(plan())
    text = str(found)
    for expected in ("t0: 5 rows", "no time", "1970-01-01 to", "25%", "above c0", "hidden, k0.price", "! t0: lost", "- kept", "15 rows, seed 3", "p.id", "causal"):  # fmt: skip
        assert expected in text, expected
    data = json.loads(found.json())
    assert [table["name"] for table in data["tables"]] == ["t0", "t1", "t2"]
    assert data["tables"][0]["columns"][-1]["causes"] == ["hidden", "k0->p(id).price"]
    assert all(link["law"] for table in data["tables"] for link in table["links"])


def test_checks_say_how_they_are_met_and_how_many_rows_failed() -> None:
    sql = """CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, price numeric(8,2) NOT NULL, qty int NOT NULL CHECK (qty > 0),
        total numeric(12,2) NOT NULL, CHECK (total = price * qty), CONSTRAINT few CHECK (a % 10 < 9))"""
    explained = plurel_sql.explain(sql, dialect="postgres", rows=500)
    checks = {check.expression: check for check in explained.tables[0].checks}
    assert "total := " in checks["total = price * qty"].how
    assert 0.5 < checks["total = price * qty"].failed <= 1
    assert "a drawn anew" in checks["a % 10 < 9"].how and checks["a % 10 < 9"].name == "few"
    assert 0.02 < checks["a % 10 < 9"].failed < 0.5
    assert checks["qty > 0"].how == "by construction" and checks["qty > 0"].failed == 0
    assert "CHECK (a % 10 < 9): " in str(explained) and "of rows fail as drawn; a drawn anew" in str(explained)
