"""Lines stand together below what they are lines of, though no key says so: invoice_line below invoice."""

from __future__ import annotations

from plurel_sql.plan.draft import Draft
from plurel_sql.semantics.names import singular, table_head, words
from plurel_sql.semantics.roles import DETAIL, table_role

_HEADS = frozenset({"header", "head", "master"})


def wholes(draft: Draft) -> None:
    """Makes the key to its whole the driver of a table of lines, items or details that has none."""
    for table in draft:
        if (
            table.driver is not None
            or table_role(table.table) != "detail"
            or table_head(table.table.name) not in DETAIL
        ):
            continue
        stem = _stem(table.table.name)[:-1]
        named = [
            k
            for k, link in enumerate(table.links)
            if link.kind == "free"
            and not link.optional
            and not link.back
            and _is_whole(draft[link.fk.parent].table.name, stem)
        ]
        if len(named) == 1:
            draft.claim_driver(table.id, named[0])


def _is_whole(parent: str, stem: tuple[str, ...]) -> bool:
    """Whether ``parent`` is what remains of a table's name without its "line": all of it, or its end."""
    name = tuple(word for word in _stem(parent) if word not in _HEADS)
    return bool(name) and stem[-len(name) :] == name


def _stem(name: str) -> tuple[str, ...]:
    return tuple(singular(word) for word in words(name.rpartition(".")[2]))
