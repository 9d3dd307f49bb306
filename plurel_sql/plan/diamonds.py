"""Keys that no constraint joins but life does: an order's address is an address of the order's customer.

Where a table refers to A and to B, and B's rows each belong to a row of A, the second key is drawn among the rows of
B that belong to the first one's parent. B is hung on A by a driver law, so this is a range (docs/decisions/0004).
"""

from __future__ import annotations

from plurel_sql.plan.axes import axis_column
from plurel_sql.plan.draft import Draft, TableDraft
from plurel_sql.plan.pairs import make_room
from plurel_sql.semantics.roles import table_role


def diamonds(draft: Draft) -> None:
    """Turns free links into links within the scope of another link's parent, where the parents belong together."""
    if draft.config.prior is not None:
        return
    for table in draft.tables.values():
        for k, link in enumerate(table.links):
            if link.kind != "free" or not _belongs(draft, table, draft[link.fk.parent]):
                continue
            for via, other in enumerate(table.links):
                owner = _owner(draft[link.fk.parent], other.fk.parent)
                settled = via != k and other.kind in ("free", "driver", "one_to_one")
                if owner is None or not settled or (other.optional and not link.optional):
                    continue
                if draft.claim_driver(link.fk.parent, owner):
                    link.kind, link.via, link.scope = "within", via, other.fk.parent
                    link.why = f"one that belongs to the row's {other.fk.parent}"
                    if not link.optional:
                        draft[link.fk.parent].driver_minimum = max(draft[link.fk.parent].driver_minimum, 1)
                        draft[link.fk.parent].at_least.setdefault(other.fk.parent, 1)
                        make_room(draft, table, k)
                    break


def _belongs(draft: Draft, table: TableDraft, parent: TableDraft) -> bool:
    """Whether rows of ``parent`` may be what other rows own: no time of their own, no list that all share."""
    return parent.id != table.id and axis_column(parent) is None and table_role(parent.table) in ("entity", "detail")


def _owner(parent: TableDraft, above: str) -> int | None:
    """The one required link from ``parent`` to ``above``."""
    found = [k for k, link in enumerate(parent.links) if link.fk.parent == above and not link.optional]
    usable = len(found) == 1 and above != parent.id and parent.links[found[0]].kind in ("free", "driver")
    return found[0] if usable else None
