"""From the shape of each link to its law, once the rows are counted."""

from __future__ import annotations

from math import ceil

from plurel_sql.errors import ConfigError
from plurel_sql.plan import model, published
from plurel_sql.plan.draft import Draft, LinkDraft, Pool, TableDraft, TupleDraft, chance
from plurel_sql.plan.pairs import side
from plurel_sql.plan.rows import driver_minimum, scope_minimum
from plurel_sql.semantics.roles import table_role

OPTIONAL_SHARE = (0.03, 0.3)
"""The range of NULL rates of optional links."""


def links(draft: Draft, table: TableDraft) -> tuple[model.Link, ...]:
    """The plan's links of a table, in the order of its foreign keys."""
    causal = _causal(draft, table)
    return tuple(
        model.Link(
            name=link.fk.label,
            parent=link.fk.parent,
            law=_law(draft, table, k, link),
            null_rate=_null_rate(draft, table, k, link),
            causal=k in causal,
            apart=tuple(link.apart),
            side=side(draft, link),
        )
        for k, link in enumerate(table.links)
    )


def dims(draft: Draft, table: TableDraft, group: TupleDraft) -> tuple[int, ...]:
    """The sizes of a tuple's coordinates."""
    return tuple(
        max(_pool(table.links[member.link]).of(draft[table.links[member.link].fk.parent].rows), 1)
        if member.link is not None
        else member.size
        for member in group.members
    )


def _pool(link: LinkDraft) -> Pool:
    """What a link that is a coordinate of a tuple draws from."""
    return Pool(link.fk.parent, link.scope, len(link.apart), link.ring)


def _law(draft: Draft, table: TableDraft, k: int, link: LinkDraft) -> model.Law:
    wished = draft.link_config(table.id, link.fk)
    match link.kind:
        case "driver":
            return _driver(draft, table, k, wished.spread)
        case "one_to_one":
            if link.fk.parent == table.id:
                return model.OneToOne("chain")
            timed = not isinstance(draft[link.fk.parent].axis, model.Static)
            return model.OneToOne("monotone" if timed else "permuted")
        case "within":
            assert link.via is not None and link.scope is not None
            tree = link.fk.parent == table.id
            return model.Within(link.via, link.scope, _skew(table, link, wished.skew), tree, _roots(link))
        case "junction":
            group = next(g for g in table.tuples if g.key == link.tuple_key)
            index = next(i for i, member in enumerate(group.members) if member.link == k)
            return model.Junction(group.key, group.after, dims(draft, table, group), index, link.scope, link.ring)
        case "derived":
            return model.Derived(link.path)
        case "same":
            assert link.same is not None
            return model.Same(link.same)
        case _:
            return _affinity(draft, table, link, wished.skew, wished.spread)


def _driver(draft: Draft, table: TableDraft, k: int, spread: float | None) -> model.Driver:
    parents = max(draft[table.links[k].fk.parent].rows, 1)
    mean = table.rows / parents
    cap = min(table.driver_cap, 16 + ceil(20 * mean))
    for group in table.tuples:
        if group.after == k:
            cap = min(cap, _tuple_size(draft, table, group))
    role = table_role(table.table)
    detail = role in ("detail", "junction") and table.rows >= parents
    minimum = 1 if detail and cap >= 1 else 0
    minimum = max(minimum, driver_minimum(draft, table))
    natural = 0.5 + chance(table.id, table.links[k].fk.label, "spread")
    return model.Driver(round(natural, 3) if spread is None else spread, minimum, max(cap, ceil(mean)))


def _tuple_size(draft: Draft, table: TableDraft, group: TupleDraft) -> int:
    size = 1
    for member, dim in zip(group.members, dims(draft, table, group), strict=True):
        scope = table.links[member.link].scope if member.link is not None else None
        if scope is not None and member.link is not None:
            link = table.links[member.link]
            dim = _pool(link).of(scope_minimum(draft, link.fk.parent, scope))
        size *= dim
    return size


def _affinity(
    draft: Draft, table: TableDraft, link: LinkDraft, skew: float | None, spread: float | None
) -> model.Affinity:
    parent = draft[link.fk.parent]
    if draft.config.prior is not None and link.fk.parent != table.id and skew is None and spread is None:
        return published.affinity(draft, table, link.fk, draft.config.prior)
    if link.fk.parent == table.id:
        depth = 3 if table_role(table.table) == "lookup" else 5
        epochs = 1 if link.flat else min(depth, max(table.rows, 1))
        return model.Affinity(epochs, _skew(table, link, skew), 0.0, spread or 1.0, (), _roots(link))
    timed = not isinstance(parent.axis, model.Static) and not isinstance(table.axis, model.Static)
    epochs = max(1, min(64, table.rows // 500, parent.rows)) if timed else 1
    blocks = chance(table.id, link.fk.label, "blocks") < 0.6 and parent.rows >= 50 and table.rows // epochs >= 50
    level = model.Level(3, 3, round(0.5 + 0.35 * chance(table.id, link.fk.label, "focus"), 3))
    return model.Affinity(
        epochs=epochs,
        skew=_skew(table, link, skew),
        recency=round(0.3 * chance(table.id, link.fk.label, "recency"), 3) if timed else 0.0,
        spread=1.0 if spread is None else spread,
        levels=(level,) if blocks else (),
    )


def _skew(table: TableDraft, link: LinkDraft, wished: float | None) -> float:
    return round(1.1 + 1.4 * chance(table.id, link.fk.label, "skew"), 3) if wished is None else wished


def _roots(link: LinkDraft) -> model.Roots:
    if link.circle:
        return "ring"
    return "null" if link.optional else "self"


def _null_rate(draft: Draft, table: TableDraft, k: int, link: LinkDraft) -> float:
    if link.void:
        return 1.0
    wished = draft.link_config(table.id, link.fk).null_rate
    if wished is not None:
        if wished > 0 and not link.optional:
            raise ConfigError(
                f"null_rate {wished} for a foreign key that may not be NULL", place=f"{table.id}.{link.fk.label}"
            )
        return wished
    if not link.optional or link.kind in ("derived", "same"):
        return 0.0
    if draft[link.fk.parent].rows <= len(link.apart):
        return 1.0
    if link.fk.parent == table.id:
        return 0.0
    low, high = OPTIONAL_SHARE
    rate = low + (high - low) * chance(table.id, link.fk.label, "null")
    if any(column in table.not_null for column in link.fk.columns):
        return 0.0
    return round(rate, 3)


def _causal(draft: Draft, table: TableDraft) -> set[int]:
    """Up to three links whose parents cause the values here: the driver, then those with most columns of their own."""
    usable = [k for k, link in enumerate(table.links) if not link.back and link.kind != "dropped"]
    parents: dict[str, int] = {}
    for k in usable:
        parents.setdefault(table.links[k].fk.parent, k)
    ranked = sorted(
        parents.values(),
        key=lambda k: (
            k != table.driver,
            table.links[k].optional,
            -len(draft[table.links[k].fk.parent].table.columns),
            k,
        ),
    )
    return set(ranked[:3])
