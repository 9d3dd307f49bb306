"""Databases that are never made give the contexts of those that are."""

from __future__ import annotations

import numpy as np
import pytest

import plurel_sql
from plurel_sql.context import Contexts, ContextSource, Rules
from plurel_sql.corpora.recipe import plan_of, recipe
from plurel_sql.plan.model import Plan

ARRAYS = ("row", "table", "column", "type", "value", "text", "parents", "target", "padding", "origin", "seed_time")
SCHEMAS = ("retail", "clinic", "tracker", "plurel 0", "plurel 1", "realistic 2")


@pytest.fixture(scope="module", params=SCHEMAS)
def plan(request: pytest.FixtureRequest) -> Plan:
    kind, _, seed = request.param.partition(" ")
    if not seed:
        return plurel_sql.plan(kind, rows=4_000, seed=3)
    made = recipe("random", prior="plurel", rows=3_000) if kind == "plurel" else recipe(kind, rows=3_000)
    return plan_of(made, int(seed))[0]


@pytest.fixture(scope="module")
def both(plan: Plan) -> tuple[ContextSource, ContextSource]:
    return ContextSource.of_plan(plan), ContextSource.virtual(plan)


def assert_same(one: Contexts, other: Contexts, steps: int = 2) -> None:
    for step in range(steps):
        made, unmade = one.step(step, 24), other.step(step, 24)
        for name in (*ARRAYS, "texts"):
            assert np.array_equal(getattr(made, name), getattr(unmade, name)), (name, step)


@pytest.mark.parametrize(
    ("length", "rules"),
    [
        (256, Rules()),
        (2_000, Rules(fill=False)),
        (300, Rules(max_width=3)),
        (200, Rules(published=True)),
    ],
)
def test_same_contexts(both: tuple[ContextSource, ContextSource], length: int, rules: Rules) -> None:
    stored, virtual = both
    assert virtual.columns == stored.columns and virtual.tables == stored.tables
    assert [virtual.rows(name) for name in virtual.tables] == [stored.rows(name) for name in stored.tables]
    assert_same(*(Contexts(source, length, rules, threads=2, seed=5) for source in (stored, virtual)))
