"""Plan -> fitted plan: runs the pilot through the sampler and freezes what it measured, then settles pending CHECKs."""

from __future__ import annotations

from plurel_sql import sample
from plurel_sql.plan.model import Plan
from plurel_sql.plan.natural import natural
from plurel_sql.sample import Fitted
from plurel_sql.settle import settled, with_arcs


def is_fitted(plan: Plan) -> bool:
    """Whether every table that wants nodes has them drawn (drawing and calibrating are one step), and no CHECK is
    pending."""
    return all((table.scm.nodes or not table.scm.wanted) and not table.pending for table in plan.tables)


def fitted(plan: Plan) -> Plan:
    """``plan`` itself where it is fitted already, else drawn and calibrated.

    Raises:
        InputError: the plan is not one.
        ImpossibleError: a key can't hold as many rows as asked for.
    """
    return with_models(plan)[0]


def with_models(plan: Plan) -> tuple[Plan, Fitted | None]:
    """As ``fitted``, and the models that were made for it, for a ``Sampler``.

    Raises:
        InputError, ImpossibleError: as ``fitted``.
    """
    if is_fitted(plan):
        return plan, None
    drawn, models = sample.fit(plan)
    tied = with_arcs(drawn, plan)
    if tied is not plan:
        drawn, models = sample.fit(tied)
    return settled(natural(drawn)), models
