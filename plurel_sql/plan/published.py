"""The published prior's choices in planning, where our own would read names: chance decides them, by seed and names.

Marginals are those of the nodes themselves: ``fit`` writes them into the codecs once the nodes are calibrated
(``natural.py``).
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from math import lgamma, log1p

from msgspec import to_builtins
from msgspec.structs import replace

from plurel_sql.plan import marginals, model
from plurel_sql.plan.codecs import Choice
from plurel_sql.plan.domains import NUMERIC
from plurel_sql.plan.draft import Draft, TableDraft
from plurel_sql.plan.draws import Draws
from plurel_sql.plan.params import Params
from plurel_sql.schema.model import Column, ForeignKey

MOST_CATEGORIES = 64
"""Longer lists are not states of a node; their column walks the list along a number."""
DIAGONAL, ELSEWHERE = 0.9, 0.0015
"""Probability of a block on the diagonal of a level, and mean of the others'."""


def research(draft: Draft) -> None:
    """Pass: with the published prior nobody looks at what names mean, and two random days bound the time span."""
    params = draft.config.prior
    if params is None:
        return
    for table in draft.tables.values():
        table.table = replace(table.table, opaque=True)
    if draft.config.start is None and draft.config.end is None:
        first, last = params.database.min_timestamp, params.database.max_timestamp
        days = Draws(draft.seed, "published", "span").sample(range((last - first).days), 2)
        start, end = (first + timedelta(days=day) for day in sorted(days))
        draft.config = replace(draft.config, start=start, end=end)


def weights(draft: Draft, params: Params) -> dict[str, float]:
    """The count of rows that each table would have if nothing stood against it."""
    entities = {link.fk.parent for table in draft for link in table.links if link.fk.parent != table.id}
    return {table.id: float(row_count(draft.seed, table.id, table.id in entities, params)) for table in draft}


def row_count(seed: int, table: str, entity: bool, params: Params) -> int:
    """The published choice of rows for a table that others refer to (``entity``), or one that none does."""
    database = params.database
    choices = database.num_rows_entity_table_choices if entity else database.num_rows_activity_table_choices
    return int(Draws(seed, "published", table, "rows").of(choices))


def affinity(draft: Draft, table: TableDraft, fk: ForeignKey, params: Params) -> model.Affinity:
    """The hierarchical block model in closed form; inside a block children pick as if by chance alone."""
    draws = Draws(draft.seed, "published", table.id, fk.label)
    clusters = params.scm.bi_hsbm_clusters_per_level_choices
    sizes = [(draws.of(clusters), draws.of(clusters)) for _ in range(draws.of(params.scm.bi_hsbm_levels_choices))]
    # More communities of parents than of children would share the diagonal: those that do count as one.
    shares = ((child, min(child, parent)) for child, parent in sizes)
    levels = tuple(
        model.Level(child, parent, round(DIAGONAL / (DIAGONAL + ELSEWHERE * (parent - 1)), 5))
        for child, parent in shares
        if parent > 1
    )
    mean = table.rows / max(draft[fk.parent].rows, 1)
    return model.Affinity(skew=1.0, spread=chance_spread(max(mean, 0.01)), levels=levels)


@lru_cache(maxsize=256)
def chance_spread(mean: float) -> float:
    """The ``spread`` s at which degrees of this mean vary as a Poisson law's do: weights E^s of exponential E have the
    squared coefficient of variation Gamma(1 + 2s) / Gamma(1 + s)^2 - 1, which is to be 1 / mean."""
    wanted, low, high = log1p(1 / mean), 0.0, 4.0
    for _ in range(40):
        s = (low + high) / 2
        low, high = (s, high) if lgamma(1 + 2 * s) - 2 * lgamma(1 + s) < wanted else (low, s)
    return round(low, 3)


def axis(draft: Draft, table: TableDraft, resolution: int) -> model.Axis:
    """Even steps over the whole span, where the table has a time column."""
    if table.axis_column is None:
        return model.Static()
    start, end = draft.span
    return model.Own(start, end, resolution=resolution, distinct=table.distinct_time is not None)


def choice(draft: Draft, table: TableDraft, column: Column, chosen: Choice) -> Choice:
    """``chosen`` with the published rate of missing values: one for each table, on numbers."""
    missing = Draws(draft.seed, "published", table.id, "missing").of(_params(draft).database.column_nan_perc_choices)
    null = model.Null(round(missing, 4)) if chosen.null is not None and column.type.kind in NUMERIC else None
    rule = chosen.rule
    number = isinstance(rule, model.Value) and rule.node and isinstance(rule.codec, model.Number)
    if isinstance(rule, model.Value) and number and column.type.kind in NUMERIC:
        rule = replace(rule, codec=marginals.number(marginals.uniform(0, 1), table.domain(column)))
    return replace(chosen, rule=rule, null=null)


def node(draft: Draft, table: TableDraft, column: model.Column) -> model.NodeSpec:
    """The node of a column, as many states as the column has."""
    codec = column.rule.codec if isinstance(column.rule, model.Value) else None
    match codec:
        case model.Bool():
            return model.NodeSpec(column.name, categories=2)
        case model.Category(labels=labels) if 2 <= len(labels) <= MOST_CATEGORIES:
            return model.NodeSpec(column.name, categories=len(labels))
        case model.Number() if table.table.column(column.name).type.kind in NUMERIC:
            draws = Draws(draft.seed, "published", table.id, column.name, "transform")
            transform = draws.of(_params(draft).database.col_transform_choices)
            return model.NodeSpec(column.name, transform=transform)
        case _:
            return model.NodeSpec(column.name)


def prior(params: Params) -> model.Prior:
    """What the core draws the causal models from; parameters at their defaults are left out."""
    given = to_builtins(params.scm) | to_builtins(params.dag)
    here = (
        "mlp_emb_dim", "propagate_batch_size", "bi_hsbm_levels_choices", "bi_hsbm_clusters_per_level_choices",
    )  # fmt: skip
    core = {name: value for name, value in given.items() if name not in here}
    return model.Prior("plurel", params.scm.mlp_emb_dim, params=core)


def _params(draft: Draft) -> Params:
    assert draft.config.prior is not None
    return draft.config.prior
