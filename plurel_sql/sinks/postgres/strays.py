"""A place for rows that may fall outside the partitions there are: a DEFAULT partition where there is none, and the
partitions by hash that are missing."""

from __future__ import annotations

import re

from plurel_sql.plan.pieces import missing
from plurel_sql.schema.model import Note, Schema
from plurel_sql.sinks.postgres.catalogue import Place, cut, place
from plurel_sql.sinks.postgres.session import Session, quoted

_WITHOUT = """
SELECT r.id, n.nspname, c.relname, p.partstrat = 'h', ARRAY(
    SELECT pg_get_expr(k.relpartbound, k.oid) FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid
    WHERE i.inhparent = c.oid) FROM unnest(%s::oid[], %s::text[]) r (oid, id)
CROSS JOIN LATERAL pg_partition_tree(r.oid) t JOIN pg_partitioned_table p ON p.partrelid = t.relid
JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE p.partdefid = 0 ORDER BY c.oid
"""
_SHARE = re.compile(r"modulus (\d+), remainder (\d+)", re.IGNORECASE)


def shelter(session: Session, schema: Schema, there: dict[Place, tuple[int, str]], default: str) -> list[Note]:
    """Adds partitions for all other rows to the tables whose partitions the plan does not guarantee; a note on each.

    Args:
        there: what ``places`` found.
        default: the namespace of tables without one.
    """
    open_to_all = [table for table in schema.tables if table.partitioning is None]
    oids = {there[at][0]: table for table in open_to_all if (at := place(table, default)) in there}
    tables = {table.id: table for table in oids.values()}
    notes = []
    for id, namespace, name, hashed, bounds in session.rows(
        _WITHOUT, [list(oids), [table.id for table in oids.values()]]
    ):
        for bound in _others(bounds) if hashed else ["DEFAULT"]:
            free, k = f"{cut(name)[:50]}_default", 2
            while (namespace, free) in there:
                free, k = f"{cut(name)[:50]}_default_{k}", k + 1
            made, whole = (f"{quoted(namespace)}.{quoted(each)}" for each in (free, name))
            session.run(f"CREATE TABLE {made} PARTITION OF {whole} {bound}")
            there[namespace, free] = (0, "r")
            message = f"rows that no partition of {name} takes are in {free}, which is added"
            notes.append(Note(message, id, tables[id].source, "info"))
    return notes


def _others(bounds: list[str]) -> list[str]:
    """The bounds of the partitions by hash that are missing beside these."""
    shares = [(int(found[1]), int(found[2])) for found in map(_SHARE.search, bounds) if found]
    modulus, left = missing(shares)
    return [f"FOR VALUES WITH (MODULUS {modulus}, REMAINDER {rest})" for rest in left] if shares else []
