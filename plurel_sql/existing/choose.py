"""Which tables of a target are filled, and which of those that stay as they are hold the parents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fnmatch import fnmatchcase

import msgspec

from plurel_sql.errors import ConfigError, TargetError
from plurel_sql.schema.lookup import nearest
from plurel_sql.schema.model import ForeignKey, Note, Schema, Table


class Choice(msgspec.Struct, frozen=True):
    """``fill`` are the tables that get rows, ``refer`` the parents that get none; ``counts`` says what each holds."""

    fill: tuple[str, ...]
    refer: tuple[str, ...]
    counts: dict[str, int]
    notes: tuple[Note, ...] = ()


def choose(
    schema: Schema,
    count: Callable[[Table], int],
    patterns: Sequence[str],
    *,
    append: bool,
    place: str,
    full: Collection[str] = (),
) -> Choice:
    """The tables that ``patterns`` name (all where there are none), with the empty parents that they can't do without.

    Args:
        schema: of the target.
        count: how many rows a table holds.
        patterns: ids or names, with ``*`` and ``?``; case is disregarded.
        append: whether tables that hold rows may get more.
        place: the target, for messages.
        full: tables that hold rows and have no room for more: they get none.

    Raises:
        ConfigError: a pattern meets no table.
        TargetError: tables hold rows and ``append`` is not asked for; names them.
    """
    wanted = {id: None for id in _named(schema, patterns) if id not in full}
    counts: dict[str, int] = {}
    notes: list[Note] = []
    refer: dict[str, None] = {}
    queue = list(wanted)
    for id in queue:  # grows while it is walked
        table = schema.table(id)
        counts.setdefault(id, count(table))
        for key in table.foreign_keys:
            if key.parent in wanted:
                continue
            counts.setdefault(key.parent, count(schema.table(key.parent)))
            if counts[key.parent] or optional(table, key):
                refer[key.parent] = None
            else:
                notes.append(Note(f"is filled as well: {id} needs its rows, and it has none", key.parent, level="info"))
                wanted[key.parent] = None
                queue.append(key.parent)
    held = [id for id in wanted if counts[id]]
    if held and not append:
        hint = "--append adds to them, --tables names others"
        raise TargetError(f"{_some(held)} {'holds' if len(held) == 1 else 'hold'} rows", place=place, hint=hint)
    fill = tuple(table.id for table in schema.tables if table.id in wanted)
    return Choice(fill, tuple(id for id in refer if id not in wanted), counts, tuple(notes))


def optional(table: Table, key: ForeignKey) -> bool:
    """Whether a row may do without the parent."""
    return any(table.column(name).nullable for name in key.columns)


def _named(schema: Schema, patterns: Sequence[str]) -> dict[str, None]:
    if not patterns:
        return {table.id: None for table in schema.tables}
    found: dict[str, None] = {}
    for pattern in patterns:
        folded = pattern.lower()
        met = [
            table.id
            for table in schema.tables
            if pattern in (table.id, table.name)
            or fnmatchcase(table.id.lower(), folded)
            or fnmatchcase(table.name.lower(), folded)
        ]
        if not met:
            hint = nearest(pattern, [table.id for table in schema.tables])
            raise ConfigError(f"no table is called {pattern!r}", place="--tables", hint=hint)
        found |= dict.fromkeys(met)
    return found


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
