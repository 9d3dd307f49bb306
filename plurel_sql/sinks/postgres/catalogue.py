"""What PostgreSQL's catalogue says of the tables that are to be filled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from plurel_sql.schema.model import Table
from plurel_sql.sinks.postgres.session import Session

_NAME_BYTES = 63


class Field(msgspec.Struct, frozen=True):
    """A column. ``type`` is its base type's name in pg_type under domains ("enum" for an enum, "" for a type that is
    no plain one), ``item`` the item's oid where it is an array, ``type`` then being the item's."""

    name: str
    type: str
    item: int | None
    generated: bool


class Relation(msgspec.Struct, frozen=True):
    """A table that is there: ``name`` is quoted and in full, ``kind`` pg_class.relkind, ``tree`` the oids of the
    table and all its partitions, ``fields`` its columns in order."""

    oid: int
    name: str
    kind: str
    tree: tuple[int, ...]
    fields: tuple[Field, ...]


Place = tuple[str, str]
"""Namespace and name, as stored."""


def places(session: Session) -> dict[Place, tuple[int, str]]:
    """Every relation with a row type of its own that is not the system's: place -> (oid, kind)."""
    found = session.rows(
        "SELECT n.nspname, c.relname, c.oid, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid ="
        " c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND n.nspname NOT IN"
        " ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%'"
    )
    return {(namespace, name): (oid, kind) for namespace, name, oid, kind in found}


def place(table: Table, default: str) -> Place:
    """Where the table stands; ``default`` is the namespace of tables without one."""
    return cut(table.namespace or default), cut(table.name)


def cut(name: str) -> str:
    """``name`` as the server keeps it: at most 63 bytes."""
    return name.encode()[:_NAME_BYTES].decode(errors="ignore")


def relations(session: Session, oids: Iterable[int]) -> dict[int, Relation]:
    """The tables with these oids."""
    wanted = list(oids)
    trees = _trees(session, wanted)
    types = _types(session, wanted)
    fields: dict[int, list[Field]] = {oid: [] for oid in wanted}
    for relation, name, type, generated in session.rows(
        "SELECT attrelid, attname, atttypid, attgenerated <> '' FROM pg_attribute"
        " WHERE attrelid = ANY(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum",
        [wanted],
    ):
        fields[relation].append(Field(name, *types[type], generated))
    found = session.rows("SELECT oid, oid::regclass::text, relkind::text FROM pg_class WHERE oid = ANY(%s)", [wanted])
    return {oid: Relation(oid, name, kind, trees[oid], tuple(fields[oid])) for oid, name, kind in found}


def _trees(session: Session, roots: list[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = {root: [root] for root in roots}
    for root, part in session.rows(
        "WITH RECURSIVE tree (root, part) AS (SELECT i.inhparent, i.inhrelid FROM pg_inherits i JOIN pg_class c"
        " ON c.oid = i.inhrelid WHERE c.relispartition AND i.inhparent = ANY(%s) UNION SELECT t.root, i.inhrelid"
        " FROM tree t JOIN pg_inherits i ON i.inhparent = t.part) SELECT root, part FROM tree",
        [roots],
    ):
        found[root].append(part)
    return {root: tuple(parts) for root, parts in found.items()}


def _types(session: Session, relations: list[int]) -> Mapping[int, tuple[str, int | None]]:
    """Type oid -> (name, item) as in ``Field``, for the types of these tables' columns."""
    known = {
        oid: (name, kind, base, item)
        for oid, name, kind, base, item in session.rows(
            "WITH RECURSIVE used (oid) AS (SELECT DISTINCT atttypid FROM pg_attribute WHERE attrelid = ANY(%s)"
            " AND attnum > 0 UNION SELECT o.oid FROM used u JOIN pg_type t ON t.oid = u.oid"
            " CROSS JOIN LATERAL (VALUES (t.typbasetype), (t.typelem)) o (oid) WHERE o.oid <> 0)"
            " SELECT t.oid, t.typname, t.typtype::text, t.typbasetype, CASE WHEN e.typarray = t.oid THEN e.oid END"
            " FROM used u JOIN pg_type t ON t.oid = u.oid LEFT JOIN pg_type e ON e.oid = t.typelem",
            [relations],
        )
    }

    def base(oid: int) -> int:
        while known[oid][1] == "d":
            oid = known[oid][2]
        return oid

    def name(oid: int) -> str:
        return {"b": str(known[oid][0]), "e": "enum"}.get(known[oid][1], "")

    found: dict[int, tuple[str, int | None]] = {}
    for oid in known:
        item = known[base(oid)][3]
        found[oid] = (name(base(oid)), None) if item is None else (name(base(item)), item)
    found[0] = ("", None)  # of a dropped column
    return found
