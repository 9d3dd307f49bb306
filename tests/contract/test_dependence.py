"""What the plan says about causes shows in the data: within a row, across a foreign key, among rows of one parent."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import plurel_sql
from plurel_sql.plan import model
from plurel_sql.sample import Sampler

BUNDLED = ("retail", "clinic", "tracker")
ROWS = 100_000
SHUFFLES = 99
FEWEST = 500
"""Rows (or parents) below which no statistics are made."""

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


class Opened:
    """A bundled schema's plan with its data, and each SCM node's column as small whole numbers."""

    def __init__(self, name: str) -> None:
        self.plan = plurel_sql.plan(name, rows=ROWS, seed=3)
        self.sampler = Sampler(self.plan)
        self.data = {table.name: self.sampler.batches(table.name).read_all() for table in self.plan.tables}

    def shown(self, table: model.Table) -> dict[str, Codes]:
        """Node -> states of the column that shows it: eighths of a number's range of ranks, labels of a category."""
        found: dict[str, Codes] = {}
        for column in table.columns:
            rule = column.rule
            if (
                isinstance(rule, model.Value)
                and rule.node
                and isinstance(rule.codec, model.Number | model.Bool | model.Category)
            ):
                found.setdefault(rule.node, states(self.data[table.name][column.name]))
        return found

    def parents(self, table: model.Table, link: int) -> Codes:
        """The parent row of each row, -1 for none."""
        rows = self.sampler.parents(table.name, link).to_pylist()
        return np.array([-1 if row is None else row for row in rows], np.int64)


@cache
def opened(name: str) -> Opened:
    return Opened(name)


def states(column: pa.ChunkedArray) -> Codes:
    """The column as whole numbers 0..11; NULL is a state of its own."""
    values = column.to_pandas()
    if values.dtype.kind not in "if" and str(column.type) not in ("string", "bool"):
        values = column.cast(pa.float64() if "decimal" in str(column.type) else pa.int32()).to_pandas()
    if values.dtype.kind in "if":
        ranks = values.rank(pct=True, na_option="keep")
        return (ranks * 8).fillna(9).clip(upper=9).to_numpy().astype(np.int64)
    codes = values.astype("object").where(values.notna(), None).factorize(sort=False)[0]
    frequent = np.argsort(-np.bincount(codes + 1))[:11]
    place = {int(code) - 1: k for k, code in enumerate(frequent)}
    return np.array([place.get(int(code), 11) for code in codes], np.int64)


def information(a: Codes, b: Codes) -> float:
    """Mutual information of two columns of states, in nats."""
    joint = np.bincount(a * 12 + b, minlength=144).reshape(12, 12) / len(a)
    independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / independent[seen])).sum())


def above_chance(found: float, shuffled: Iterator[float]) -> bool:
    """At most one in a hundred: ``found`` exceeds what it is in every one of 99 shuffles."""
    return all(found > other for other in shuffled)


def edges_within(name: str) -> Iterator[tuple[str, Codes, Codes]]:
    """Pairs of columns of one table that the plan joins by an edge."""
    database = opened(name)
    for table in database.plan.tables:
        shown = database.shown(table)
        for node in table.scm.nodes:
            for cause in node.inputs:
                if table.rows >= FEWEST and node.name in shown and cause in shown:
                    yield f"{table.name}: {cause} -> {node.name}", shown[cause], shown[node.name]


def edges_across(name: str) -> Iterator[tuple[str, Codes, Codes, Codes]]:
    """Parent's column (by parent row), child's column, and the child's parent rows."""
    database = opened(name)
    for table in database.plan.tables:
        shown = database.shown(table)
        for k, link in enumerate(table.links):
            above = database.plan.table(link.parent)
            if min(table.rows, above.rows) < FEWEST or link.parent == table.name:
                continue
            causes = database.shown(above)
            for node in table.scm.nodes:
                for cause, column in causes.items():
                    if node.name in shown and f"{link.name}.{cause}" in node.inputs:
                        rows = database.parents(table, k)
                        yield f"{table.name}: {link.name}.{cause} -> {node.name}", column, shown[node.name], rows


def test_columns_joined_by_an_edge_depend_on_each_other() -> None:
    rng = np.random.default_rng(0)
    found = {
        f"{name}.{label}": above_chance(
            information(a, b), (information(a, rng.permutation(b)) for _ in range(SHUFFLES))
        )
        for name in BUNDLED
        for label, a, b in edges_within(name)
    }
    assert len(found) >= 8
    assert sum(found.values()) >= 0.9 * len(found), [label for label, shows in found.items() if not shows]


def test_a_parents_column_shows_in_its_childrens() -> None:
    """The parents' values are shuffled among the parents: children of one parent are alike anyway."""
    rng = np.random.default_rng(0)
    found = {}
    for name in BUNDLED:
        for label, above, below, rows in edges_across(name):
            has = rows >= 0
            children, parents = below[has], rows[has]
            shuffled = (information(rng.permutation(above)[parents], children) for _ in range(SHUFFLES))
            found[f"{name}.{label}"] = above_chance(information(above[parents], children), shuffled)
    assert len(found) >= 15
    assert sum(found.values()) >= 0.75 * len(found), [label for label, shows in found.items() if not shows]


def alike(values: Floats, groups: Codes) -> float:
    """The intra-class correlation (one-way analysis of variance, groups of any sizes)."""
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, values) / sizes
    count, rows = len(sizes), len(values)
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (count - 1)
    inside = float(((values - means[inverse]) ** 2).sum()) / (rows - count)
    size = (rows - float((sizes**2).sum()) / rows) / (count - 1)
    total = between + (size - 1) * inside
    return (between - inside) / total if total > 0 else 0.0


def likeness(name: str) -> Iterator[tuple[str, float, bool]]:
    """Each number and flag of a table with several rows a parent: how alike they are along the link where they are most
    so, and whether that is above chance."""
    database, rng = opened(name), np.random.default_rng(0)
    for table in database.plan.tables:
        if table.rows < FEWEST:
            continue
        ordered = {
            column.rule.node
            for column in table.columns
            if isinstance(column.rule, model.Value) and isinstance(column.rule.codec, model.Number | model.Bool)
        }
        found: dict[str, list[tuple[float, bool]]] = {}
        for k, link in enumerate(table.links):
            rows = database.parents(table, k)
            has = rows >= 0
            groups = rows[has]
            parents = len(np.unique(groups))
            if not link.causal or parents < 20 or len(groups) < 1.5 * parents:
                continue
            for node, column in database.shown(table).items():
                if node in ordered:
                    values = column[has].astype(np.float64)
                    icc = alike(values, groups)
                    chance = (alike(rng.permutation(values), groups) for _ in range(SHUFFLES))
                    found.setdefault(node, []).append((icc, above_chance(icc, chance)))
        for node, links in found.items():
            icc, above = max(links)
            yield f"{name}.{table.name}.{node}", icc, above


def test_rows_of_one_parent_resemble_each_other() -> None:
    found = {label: (round(icc, 3), above) for name in BUNDLED for label, icc, above in likeness(name)}
    assert len(found) >= 8, found
    assert sum(above for _, above in found.values()) >= 0.75 * len(found), found
    assert sum(icc > 0.05 for icc, _ in found.values()) >= 0.5 * len(found), found
