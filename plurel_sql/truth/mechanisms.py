"""The mechanisms of a table as data that can be evaluated without this package (docs/truth.md says how)."""

from __future__ import annotations

from typing import Any

import msgspec

from plurel_sql.plan.model import Plan
from plurel_sql.sample import Sampler


def mechanisms(plan: Plan, sampler: Sampler, table: str) -> dict[str, Any]:
    """Everything that makes a table's values, as JSON-ready data.

    ``latents``: per node in topological order its ``inputs``, its mechanism (source, or aggregation, weights, noise law
    and scale, decoder), its calibration, and its encoder as a table (``knots``, the ``embedding`` at each: linear in
    between for numbers, a lookup for categories). ``inputs``: what is read of parent rows, each with its encoder.
    ``columns``: rule, codec, missingness and lower bound of each. ``links`` and ``axis``: the laws of keys and times.
    """
    found = plan.table(table)
    tables = sampler.mechanisms(table)
    latents = []
    for node, made in zip(found.scm.nodes, tables["nodes"], strict=True):
        mechanism = {**node.mechanism, "encoder": made["encoder"]}
        cause = mechanism.pop("cause")
        if made["decoder"] is not None:
            cause = {**cause, "decoder": made["decoder"]}
        latents.append({"name": node.name, "inputs": node.inputs, **mechanism, "cause": cause, "fit": node.fit})
    inputs = [{**each, "input": f"{each['link']}.{each['node']}"} for each in tables["foreign"]]
    whole = {
        "table": table,
        "rows": found.rows,
        "prior": found.scm.prior,
        "layout": found.scm.layout,
        "axis": found.axis,
        "links": found.links,
        "inputs": inputs,
        "latents": latents,
        "columns": found.columns,
        "retries": found.retries,
    }
    plain: dict[str, Any] = msgspec.to_builtins(whole)
    return plain
