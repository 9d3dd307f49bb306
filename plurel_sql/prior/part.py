"""A part of a schema: tables that hang together, with what of their keys and checks still makes sense."""

from __future__ import annotations

from msgspec.structs import replace

from plurel_sql.plan.draws import Draws
from plurel_sql.schema.model import Check, OneOf, Schema, Table

NEIGHBOUR = 0.85
"""How often the next table is one beside those taken already, rather than any."""


def part(schema: Schema, count: int, draws: Draws) -> Schema:
    """Up to ``count`` tables of ``schema``, found by walking its foreign keys from a random one."""
    tables = {table.id: table for table in schema.tables if table.columns}
    beside: dict[str, list[str]] = {name: [] for name in tables}
    for table in tables.values():
        for key in table.foreign_keys:
            if key.parent in tables and key.parent != table.id:
                beside[table.id].append(key.parent)
                beside[key.parent].append(table.id)
    taken: dict[str, None] = {}
    while len(taken) < min(count, len(tables)):
        rim = [name for one in taken for name in beside[one] if name not in taken]
        pool = rim if rim and draws.chance(NEIGHBOUR) else [name for name in tables if name not in taken]
        taken[draws.pick(pool)] = None
    chosen = {name for name in tables if name in taken}
    return Schema(tuple(_plain(table, chosen) for table in schema.tables if table.id in chosen))


def _plain(table: Table, chosen: set[str]) -> Table:
    """The table with what can be renamed and mutated: columns, keys over plain columns, lists of values."""
    return Table(
        table.name,
        tuple(replace(column, default=None, generated=None, source=None) for column in table.columns),
        namespace=table.namespace,
        uniques=tuple(
            replace(unique, name=None, source=None) for unique in table.uniques if unique.plain and not unique.terms
        ),
        foreign_keys=tuple(replace(k, name=None, source=None) for k in table.foreign_keys if k.parent in chosen),
        checks=tuple(check for check in table.checks if listed(check) is not None),
    )


def listed(check: Check) -> OneOf | None:
    """The list of values that a CHECK is and nothing else; None where it is something else."""
    alone = check.exact and len(check.predicates) == 1
    found = check.predicates[0] if alone else None
    return found if isinstance(found, OneOf) and not found.negated else None
