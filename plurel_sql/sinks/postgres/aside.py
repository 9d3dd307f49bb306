"""What a load in stages is to replace stands aside, in schemas of its own, until the new tables are complete.

``public.plurel_sql_replaced`` says which schema holds what stood in which. It is written before anything moves, so from
any moment on ``end`` can go back; its last column says that the new tables are complete and the old ones may go.
"""

from __future__ import annotations

import itertools
import re

from plurel_sql.schema.model import Schema
from plurel_sql.sinks.postgres.catalogue import place, places, relations
from plurel_sql.sinks.postgres.overwrite import made_by
from plurel_sql.sinks.postgres.script import batched
from plurel_sql.sinks.postgres.session import Session, literal, quoted

SPACE = "plurel_sql_aside_"
_TABLE = "public.plurel_sql_replaced"
_BATCH = 200  # things that are moved or dropped in one transaction
_THINGS = """
SELECT oid, 1, CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
       format('%%I.%%I', relnamespace::regnamespace::text, relname)
FROM pg_class WHERE relnamespace = %(space)s::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
UNION ALL SELECT oid, 2, 'SEQUENCE', format('%%I.%%I', relnamespace::regnamespace::text, relname)
FROM pg_class WHERE relnamespace = %(space)s::regnamespace AND relkind = 'S' AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = pg_class.oid AND d.deptype IN ('a', 'i'))
UNION ALL SELECT oid, 3, 'ROUTINE', oid::regprocedure::text
FROM pg_proc WHERE pronamespace = %(space)s::regnamespace
UNION ALL SELECT t.oid, 4, CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
       format('%%I.%%I', typnamespace::regnamespace::text, typname)
FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE typnamespace = %(space)s::regnamespace AND (typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
"""
"""What stands in a schema: oid, the rank by which it is dropped (later ones before earlier ones), kind, name."""
_KEYS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT IF EXISTS %%I', conrelid::regclass, conname) FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0 AND connamespace = %(space)s::regnamespace
"""


class Needed(Exception):
    """A load in one transaction has dropped tables, and must be committed before the new ones are complete."""


def take(session: Session, schema: Schema) -> None:
    """Moves aside the schema's tables that are there, and the views, types, sequences and routines that its statements
    make. Commits."""
    (default,) = session.rows("SELECT coalesce(current_schema(), 'public')")[0]
    there = places(session)
    roots = [there[at][0] for table in schema.tables if (at := place(table, default)) in there]
    trees = [oid for relation in relations(session, roots).values() for oid in relation.tree]
    moves = [
        (space, "TABLE", quoted(name))
        for space, name in session.rows(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.oid = ANY(%s) AND c.relkind IN ('r', 'p') ORDER BY c.oid",
            [trees],
        )
    ]
    for kind, name in made_by(schema):
        parts = re.findall(r"\"(?:[^\"]|\"\")+\"|[\w$]+", name)
        space = parts[-2] if len(parts) > 1 else quoted(default)
        moves.append((space[1:-1].replace('""', '"') if space[0] == '"' else space.lower(), kind, parts[-1]))
    older = {name for (name,) in session.rows("SELECT nspname FROM pg_namespace")}
    free = (name for k in itertools.count() if (name := f"{SPACE}{k}") not in older)
    spaces = dict(zip(dict.fromkeys(space for space, _, _ in moves), free, strict=False))
    session.run(f"CREATE TABLE {_TABLE} (space text, origin text, complete boolean)")
    session.run(
        f"COMMENT ON TABLE {_TABLE} IS 'plurel-sql has not finished here; its next run puts back what it replaced'"
    )
    for origin, space in spaces.items():
        session.run(f"CREATE SCHEMA {space}")
        session.run(f"INSERT INTO {_TABLE} VALUES (%s, %s, false)", [space, origin])
    for batch in batched(moves, _BATCH):
        session.connection.commit()
        for origin, kind, name in batch:
            session.attempt(f"ALTER {kind} {quoted(origin)}.{name} SET SCHEMA {spaces[origin]}")  # or it isn't there
    session.connection.commit()


def stands(session: Session) -> bool:
    return bool(session.rows(f"SELECT to_regclass({literal(_TABLE)}) IS NOT NULL")[0][0])


def complete(session: Session) -> None:
    """To be committed with the end of the load: what stands aside may go."""
    session.run(f"UPDATE {_TABLE} SET complete = true")


def end(session: Session) -> tuple[str, str]:
    """Drops what stands aside where the new tables are complete, else puts it back. Commits.

    Returns what was done, and what was not dropped as something of the user's depends on it ("" where nothing).
    """
    entries = session.rows(f"SELECT space, origin, complete FROM {_TABLE}")
    is_complete = any(complete for _, _, complete in entries)
    keys, things = [], []
    for space, origin, _ in entries:
        keys += session.rows(_KEYS, {"space": quoted(space)}) if is_complete else []
        things += [(*thing, origin) for thing in session.rows(_THINGS, {"space": quoted(space)})]
    for batch in batched(keys, _BATCH):
        for (statement,) in batch:
            session.run(statement)
        session.connection.commit()
    stays = []
    for some in batched(sorted(things, key=lambda thing: (thing[1], -thing[0])), _BATCH):
        for _, _, kind, name, origin in some:
            if not is_complete:
                session.run(f"ALTER {kind} {name} SET SCHEMA {quoted(origin)}")
            elif session.attempt(f"DROP {kind} IF EXISTS {name}") is not None:
                stays.append(name)
        session.connection.commit()
    for space, _, _ in entries:
        session.attempt(f"DROP SCHEMA {quoted(space)}")
    session.run(f"DROP TABLE {_TABLE}")
    session.connection.commit()
    if not is_complete:
        return "what it was to replace was put back", ""
    left = f"not dropped, as something of your own depends on it: {', '.join(stays)}" if stays else ""
    return "what it had replaced was removed", left
