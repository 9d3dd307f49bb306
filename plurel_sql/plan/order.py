"""Value order: parents before children, cycles cut where it costs least."""

from __future__ import annotations

from plurel_sql.plan.draft import Draft
from plurel_sql.schema.cuts import load_order


def value_order(draft: Draft) -> None:
    """Sets ``draft.order`` and marks the links against it as ``back``: they are keys, but no causes and no elders."""
    draft.order = load_order(draft.schema)
    rank = {name: k for k, name in enumerate(draft.order)}
    for table in draft:
        for link in table.links:
            link.back = rank[link.fk.parent] > rank[table.id]
