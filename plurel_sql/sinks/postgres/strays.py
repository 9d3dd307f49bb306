"""A place for rows that may fall outside the partitions there are: a DEFAULT partition, where there is none."""

from __future__ import annotations

from plurel_sql.schema.model import Note, Schema
from plurel_sql.sinks.postgres.catalogue import Place, cut, place
from plurel_sql.sinks.postgres.session import Session, quoted

_WITHOUT = """
SELECT r.id, n.nspname, c.relname FROM unnest(%s::oid[], %s::text[]) r (oid, id)
CROSS JOIN LATERAL pg_partition_tree(r.oid) t JOIN pg_partitioned_table p ON p.partrelid = t.relid
JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE p.partdefid = 0 AND p.partstrat IN ('l', 'r') ORDER BY c.oid
"""


def shelter(session: Session, schema: Schema, there: dict[Place, tuple[int, str]], default: str) -> list[Note]:
    """Adds DEFAULT partitions to the tables whose partitions the plan does not guarantee; a note on each.

    Args:
        there: what ``places`` found.
        default: the namespace of tables without one.
    """
    open_to_all = [table for table in schema.tables if table.partitioning is None]
    oids = {there[at][0]: table for table in open_to_all if (at := place(table, default)) in there}
    tables = {table.id: table for table in oids.values()}
    notes = []
    for id, namespace, name in session.rows(_WITHOUT, [list(oids), [table.id for table in oids.values()]]):
        free, k = f"{cut(name)[:50]}_default", 2
        while (namespace, free) in there:
            free, k = f"{cut(name)[:50]}_default_{k}", k + 1
        made, whole = (f"{quoted(namespace)}.{quoted(each)}" for each in (free, name))
        session.run(f"CREATE TABLE {made} PARTITION OF {whole} DEFAULT")
        there[namespace, free] = (0, "r")
        message = f"rows that no partition of {name} takes are in {free}, which is added"
        notes.append(Note(message, id, tables[id].source, "info"))
    return notes
