"""The optimum beats gradient-boosted trees on every column, and means what it says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace
from support.trees import Contest, contest, predictable

from plurel_sql import api, sample
from plurel_sql.api import Database
from plurel_sql.plan.model import Category, NodeSpec, Prior, Scm, Table, Value
from plurel_sql.truth.optimum import QUANTILES


def published(schema: str, rows: int, seed: int) -> Database:
    """A database whose values follow the published prior, categories inside the graph."""
    plan = api.plan(schema, rows=rows, seed=seed)

    def scm(table: Table) -> Scm:
        sizes = {
            column.rule.node: len(column.rule.codec.labels)
            for column in table.columns
            if isinstance(column.rule, Value) and isinstance(column.rule.codec, Category)
        }
        wanted = tuple(NodeSpec(each.name, sizes.get(each.name, 0)) for each in table.scm.wanted)
        return Scm(Prior("plurel", width=32), wanted)

    drawn = replace(plan, tables=tuple(replace(table, scm=scm(table)) for table in plan.tables))
    return Database(sample.fit(drawn)[0])


def judge(found: Contest) -> None:
    """The optima predict better than trees, and their probabilities and quantiles are met as often as they say.

    Trees see what the row and its parents show. Chance is given four deviations, and simulation a hundredth.
    """
    for name, optimum in found.optima.items():
        gap = found.losses["trees"] - found.losses[name]
        # Where trees do no better than a constant nothing predicts the column, and both are the same but for chance.
        learnt = found.losses["trees"].mean() < found.losses["constant"].mean()
        least = 0.0 if learnt else -4 * gap.std() / np.sqrt(len(gap))
        assert gap.mean() > least, (found.name, name, gap.mean())
        if found.labels is None:
            _quantiles_hold(found, name, optimum)
        else:
            _probabilities_hold(found, name, optimum, found.labels)


def _quantiles_hold(found: Contest, name: str, optimum: pa.Table) -> None:
    for u in QUANTILES:
        level = optimum[f"q{100 * u:02.0f}"].to_numpy()
        below, upto = found.truth < level, found.truth <= level
        # An atom of the law lies on both sides of its quantile.
        assert (below - u).sum() < _room(below - u, u), (found.name, name, u, below.mean())
        assert (u - upto).sum() < _room(u - upto, u), (found.name, name, u, upto.mean())


def _probabilities_hold(found: Contest, name: str, optimum: pa.Table, labels: tuple[str, ...]) -> None:
    for k, label in enumerate(labels):
        chances, met = optimum[f"p:{label}"].to_numpy(), found.truth == k
        for bin in np.array_split(np.argsort(chances, kind="stable"), 5):
            said, off = chances[bin], met[bin] - chances[bin]
            assert abs(off.sum()) < _room(off, said), (found.name, name, label, said.mean(), met[bin].mean())


def _room(off: np.ndarray, chance: np.ndarray | float) -> float:
    """How far the deviations may add up by their law."""
    variance = np.broadcast_to(chance * (1 - np.asarray(chance)), off.shape).sum()
    return float(4 * np.sqrt(variance) + 0.01 * len(off) + 1)


def every(database: Database) -> None:
    columns = predictable(database, least=900)
    assert len(columns) >= 5
    for table, column in columns:
        judge(contest(database, table, column))


@pytest.fixture(scope="module")
def retail() -> Database:
    return api.synthesize("retail", rows=20_000)


def test_better_than_trees_and_calibrated(retail: Database) -> None:
    for column in ("status", "currency"):
        judge(contest(retail, "orders", column))
    judge(contest(retail, "payment", "amount"))


def test_a_broken_simulation_is_found(retail: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws without their weights, few different draws, draws of the next row: each fails."""
    real = sample.Sampler.redraw

    def unweighted(self: sample.Sampler, *given: object, **named: object) -> pa.RecordBatch:
        return real(self, *given, **{**named, "weigh": False})  # type: ignore[arg-type]

    def few(self: sample.Sampler, *given: object, **named: object) -> pa.RecordBatch:
        drawn = real(self, *given, **named)  # type: ignore[arg-type]
        return drawn.take(pa.array(np.arange(drawn.num_rows) % (drawn.num_rows // 128)))

    def next_row(self: sample.Sampler, table: str, column: str, rows: np.ndarray, *given: int, **named: object):  # type: ignore[no-untyped-def]
        return real(self, table, column, (rows + 1) % 2000, *given, **named)  # type: ignore[arg-type]

    for redraw, table, column in (
        (unweighted, "review", "rating"),
        (few, "payment", "amount"),
        (next_row, "payment", "amount"),
    ):
        monkeypatch.setattr(sample.Sampler, "redraw", redraw)
        with pytest.raises(AssertionError):
            judge(contest(retail, table, column))


@pytest.mark.slow
@pytest.mark.parametrize("schema", ["retail", "clinic", "tracker"])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_column_of_the_bundled_schemas(schema: str, seed: int) -> None:
    every(api.synthesize(schema, rows=20_000, seed=seed))


@pytest.mark.slow
@pytest.mark.parametrize("schema", ["retail", "clinic", "tracker"])
def test_every_column_under_the_published_prior(schema: str) -> None:
    every(published(schema, 20_000, 0))


def test_lines_are_functions_of_their_rows(retail: Database) -> None:
    truth = retail.truth()
    whole = truth.optimum("orders", "status", np.arange(300), knows="row", draws=64)
    some = truth.optimum("orders", "status", np.array([250, 7]), knows="row", draws=64)
    assert some == whole.take([250, 7])
    other = api.open_plan(retail.plan, threads=1).truth()
    assert other.optimum("orders", "status", np.arange(300), knows="row", draws=64) == whole
    assert truth.optimum("orders", "status", np.empty(0)).num_rows == 0
