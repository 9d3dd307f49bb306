"""The schema that is planned for tables that are there: those to fill whole, their parents as key columns alone.

The new rows are planned as a database of their own, so that all its keys hold among themselves. A parent table that
gets no rows stands in the plan with as many rows as it holds: row k of the plan is its k-th row. Where a key may have
one child only and children are there already, the parent stands in the plan as a *vacancy*, the rows without a child.
"""

from __future__ import annotations

import hashlib

import msgspec

from plurel_sql.existing.choose import Choice
from plurel_sql.plan.config import Config, TableConfig
from plurel_sql.schema.model import ForeignKey, Schema, Table, Unique


class Vacancy(msgspec.Struct, frozen=True):
    """Rows of ``parent`` to which no row of ``child`` refers along ``key``; ``id`` is its name in the plan."""

    id: str
    child: str
    parent: str
    key: ForeignKey


class Design(msgspec.Struct, frozen=True):
    """``schema`` is planned; ``filled`` is its part that gets rows, as the target has it; ``needed`` are the columns
    of each parent that gets none."""

    schema: Schema
    filled: Schema
    needed: dict[str, tuple[str, ...]]
    vacancies: tuple[Vacancy, ...]


def design(schema: Schema, choice: Choice) -> Design:
    """What to plan, and what to fill."""
    vacancies: list[Vacancy] = []
    needed: dict[str, dict[str, None]] = {id: {} for id in choice.refer}
    children: list[Table] = []
    for id in choice.fill:
        table = schema.table(id)
        keys = []
        for key in table.foreign_keys:
            planned = key
            if key.parent in needed:
                needed[key.parent] |= dict.fromkeys(key.parent_columns)
                if choice.counts[id] and choice.counts[key.parent] and _one_child_each(table, key):
                    name = f"{key.parent} without {id}.{','.join(key.columns)}"
                    vacancies.append(Vacancy(name, id, key.parent, key))
                    planned = msgspec.structs.replace(key, parent=name)
            keys.append(planned)
        children.append(msgspec.structs.replace(table, foreign_keys=tuple(keys)))
    parents = [_reduced(schema.table(id), tuple(needed[id]), needed) for id in needed]
    for vacancy in vacancies:
        bare = _reduced(schema.table(vacancy.parent), vacancy.key.parent_columns, {})
        parents.append(msgspec.structs.replace(bare, name=vacancy.id, namespace=None))
    fill = set(choice.fill)
    filled = tuple(
        msgspec.structs.replace(
            schema.table(id), foreign_keys=tuple(k for k in schema.table(id).foreign_keys if k.parent in fill)
        )
        for id in choice.fill
    )
    return Design(
        msgspec.structs.replace(schema, tables=(*parents, *children)),
        msgspec.structs.replace(schema, tables=filled),
        {id: tuple(columns) for id, columns in needed.items()},
        tuple(vacancies),
    )


def wishes(config: Config, held: dict[str, int], rows: dict[str, int] | None = None) -> Config:
    """The configuration with the counts of the parents that get no rows; a wished total is that of new rows.

    Args:
        held: how many rows each of those holds.
        rows: counts of the tables to fill, where they are settled.
    """
    tables = dict(config.tables)
    for name, count in {**(rows or {}), **held}.items():
        tables[name] = msgspec.structs.replace(tables.get(name, TableConfig()), rows=count)
    total = None if config.total is None or rows else config.total + sum(held.values())
    return msgspec.structs.replace(config, tables=tables, total=total)


def derived_seed(seed: int, choice: Choice) -> int:
    """A seed of its own for each state of the target, so that a second run does not make the first one's rows again;
    ``seed`` itself where all tables are empty."""
    state = [(id, choice.counts[id]) for id in choice.fill if choice.counts[id]]
    if not state:
        return seed
    digest = hashlib.blake2b(repr((seed, state)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _one_child_each(table: Table, key: ForeignKey) -> bool:
    return any(unique.plain and set(unique.columns) == set(key.columns) for unique in table.uniques)


def _reduced(table: Table, columns: tuple[str, ...], kept: dict[str, dict[str, None]]) -> Table:
    """The table with these columns alone, and with the keys among them that lead to another parent kept."""
    uniques: list[Unique] = [u for u in table.uniques if u.plain and set(u.columns) <= set(columns)]
    keys = [
        k for k in table.foreign_keys if k.parent in kept and k.parent != table.id and set(k.columns) <= set(columns)
    ]
    keys = [k for k in keys if set(k.parent_columns) <= set(kept[k.parent])]
    return Table(
        table.name,
        tuple(
            msgspec.structs.replace(table.column(name), nullable=False, generated=None, comment=None)
            for name in columns
        ),
        table.namespace,
        tuple(uniques),
        tuple(keys),
    )
