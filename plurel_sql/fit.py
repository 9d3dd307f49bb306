"""Plan -> fitted plan: runs the pilot through the sampler and freezes what it measured."""

from __future__ import annotations

from plurel_sql import sample
from plurel_sql.plan.model import Plan


def is_fitted(plan: Plan) -> bool:
    """Whether every table that wants nodes has them drawn (drawing and calibrating are one step)."""
    return all(table.scm.nodes for table in plan.tables if table.scm.wanted)


def fitted(plan: Plan) -> Plan:
    """``plan`` itself where it is fitted already, else drawn and calibrated.

    Raises:
        InputError: the plan is not one.
        ImpossibleError: a key can't hold as many rows as asked for.
    """
    return plan if is_fitted(plan) else sample.fit(plan)
