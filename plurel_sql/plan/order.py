"""Value order: parents before children, cycles cut where it costs least."""

from __future__ import annotations

from plurel_sql.plan.draft import Draft


def value_order(draft: Draft) -> None:
    """Sets ``draft.order`` and marks the links against it as ``back``.

    In a cycle the table with the fewest required parents still missing goes first (then the fewest missing at all, then
    the order written), so that optional keys are the ones that lose their causal arrow.
    """
    missing = {
        table.id: {link.fk.parent: link for link in reversed(table.links) if link.fk.parent != table.id}
        for table in draft.tables.values()
    }
    required = {
        table.id: {link.fk.parent for link in table.links if not link.optional and link.fk.parent != table.id}
        for table in draft.tables.values()
    }
    children: dict[str, list[str]] = {name: [] for name in missing}
    for name, parents in missing.items():
        for parent in parents:
            children[parent].append(name)
    ready = [name for name, parents in missing.items() if not parents]
    left = dict.fromkeys(missing)
    while left:
        if not ready:
            ready = [min(left, key=lambda name: (len(required[name]), len(missing[name])))]
        name = ready.pop(0)
        if name not in left:
            continue
        del left[name]
        draft.order.append(name)
        for child in children[name]:
            if missing[child].pop(name, None) and not missing[child] and child in left:
                ready.append(child)
            required[child].discard(name)
    rank = {name: k for k, name in enumerate(draft.order)}
    for table in draft:
        for link in table.links:
            link.back = rank[link.fk.parent] > rank[table.id]
