"""One transaction as long as the server's table of locks holds it; else stages, with a mark that the next run sees.

PostgreSQL keeps a lock for every table, index and sequence that a transaction makes, in a table of fixed size (64 for
each connection it allows, by default: some 6,400, for all sessions together). A schema of 2,000 tables needs more. When
half of that is held, what was made so far is written down in the table ``plurel_sql_unfinished`` and committed with
it; so at any moment the database is as before or the mark says what was made. Who finds it while no run holds the
advisory lock of its name removes what it lists, and only that. ALTER TYPE ... ADD VALUE ends a stage too: the label
can't be used before.
"""

from __future__ import annotations

import time

from plurel_sql.errors import TargetError
from plurel_sql.schema.model import Note
from plurel_sql.sinks.postgres import aside
from plurel_sql.sinks.postgres.script import batched
from plurel_sql.sinks.postgres.session import Session, reason, shown

_LOCK = "hashtextextended('plurel_sql_unfinished', 0)"
_OBJECTS = """
SELECT 'pg_class'::regclass::oid, oid FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = pg_class.oid
                  AND d.deptype IN ('i', 'e'))
UNION ALL SELECT 'pg_proc'::regclass::oid, oid FROM pg_proc WHERE pronamespace <> 'pg_catalog'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = pg_proc.oid
                  AND d.deptype IN ('i', 'e'))
UNION ALL SELECT 'pg_type'::regclass::oid, oid FROM pg_type WHERE typtype IN ('e', 'd', 'r')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = pg_type.oid
                  AND d.deptype IN ('i', 'e'))
UNION ALL SELECT 'pg_type'::regclass::oid, t.oid FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid
  WHERE c.relkind = 'c'
UNION ALL SELECT 'pg_namespace'::regclass::oid, oid FROM pg_namespace
UNION ALL SELECT 'pg_extension'::regclass::oid, oid FROM pg_extension
"""
_KEYS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', conrelid::regclass, conname) FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0 AND conrelid IN (SELECT object FROM public.plurel_sql_unfinished)
"""
_THEIRS = """
WITH ours AS MATERIALIZED (SELECT object FROM public.plurel_sql_unfinished),
  theirs AS (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND oid NOT IN (TABLE ours)
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = pg_class.oid
                             AND d.deptype IN ('a', 'i', 'e')))
SELECT count(*), sum(oid::bigint), (SELECT sum(oid::bigint) FROM pg_proc p WHERE oid NOT IN (TABLE ours) AND NOT EXISTS
         (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')),
       (SELECT sum(oid::bigint) FROM pg_constraint WHERE conrelid IN (TABLE theirs)),
       (SELECT sum(oid::bigint) FROM pg_attrdef WHERE adrelid IN (TABLE theirs)),
       (SELECT sum(oid::bigint) FROM pg_trigger WHERE tgrelid IN (TABLE theirs)),
       (SELECT count(*) FROM pg_attribute WHERE attrelid IN (TABLE theirs) AND NOT attisdropped)
FROM theirs
"""
"""What is not of the run: dropping something of it, with all that depends on it, must leave this as it is."""
_KINDS = (
    "view, materialized view, table, foreign table, sequence, function, procedure, aggregate, type, schema, extension"
)
_ORDER = _KINDS.split(", ")
_EVERY = 50  # statements between looks at the locks
_BATCH = 200  # things that are removed in one transaction


class Stages:
    """``point`` is called where what was done may be committed, with the number of statements since the last call."""

    def __init__(self, session: Session, allowed: bool) -> None:
        self.session = session
        self.allowed = allowed
        self.staged = False
        self.dropped = False
        """Whether this transaction has dropped what it replaces."""
        self._calls = 0
        self._before = self._objects() if allowed else set()
        (slots,) = session.rows(
            "SELECT current_setting('max_locks_per_transaction')::int * (current_setting('max_connections')::int"
            " + current_setting('max_prepared_transactions')::int)"
        )[0]
        self._most = slots // 2

    def point(self, statements: int = 1) -> None:
        self._calls += statements
        if self._calls >= _EVERY:
            self._calls = 0
            if self._held() > self._most:
                self.commit()

    def commit(self) -> None:
        """Ends a stage, where stages are allowed."""
        if not self.allowed:
            return
        if self.dropped and not self.staged:
            raise aside.Needed
        if not self.staged:
            if not lock(self.session):
                raise busy(self.session)
            self.session.run("CREATE TABLE public.plurel_sql_unfinished (class oid, object oid, type text, name text)")
            self.session.run(
                "COMMENT ON TABLE public.plurel_sql_unfinished IS"
                " 'plurel-sql has not finished here; its next run removes what is listed, then this table'"
            )
        made = self._objects() - self._before
        self._before |= made
        for kind, oid in made:
            self.session.run(
                "INSERT INTO public.plurel_sql_unfinished SELECT %s, %s, type, identity"
                " FROM pg_identify_object(%s, %s, 0) WHERE identity <> 'public.plurel_sql_unfinished'",
                [kind, oid, kind, oid],
            )
        self.session.connection.commit()
        self.staged = True

    def finish(self) -> None:
        """The mark goes with the last commit."""
        if self.staged:
            self.session.run("DROP TABLE public.plurel_sql_unfinished")

    def _objects(self) -> set[tuple[int, int]]:
        return {(kind, oid) for kind, oid in self.session.rows(_OBJECTS)}

    def _held(self) -> int:
        return int(self.session.rows("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()")[0][0])


def lock(session: Session) -> bool:
    """Whether this connection now holds, or held already, the right to fill the database in stages."""
    return bool(session.rows(f"SELECT pg_try_advisory_lock({_LOCK})")[0][0])


def unfinished(session: Session) -> bool:
    return bool(session.rows("SELECT to_regclass('public.plurel_sql_unfinished') IS NOT NULL")[0][0])


def clean(session: Session, patience: float = 0.0) -> Note | None:
    """Removes what a stopped run has left; None where there is nothing. Waits ``patience`` seconds for its end.

    Raises:
        TargetError: another run is at work, or something of the user's depends on what is to be removed.
    """
    made, replaced = unfinished(session), aside.stands(session)
    if not made and not replaced:
        return None
    until = time.monotonic() + patience
    while not lock(session):
        if time.monotonic() > until:
            raise busy(session)
        time.sleep(0.1)
    removed = _remove(session) if made else ""
    put = aside.end(session) if replaced else ()
    done = "; ".join(part for part in (removed, *put) if part)
    return Note(f"an earlier run was stopped here: {done}", shown(session.url), level="info")


def _remove(session: Session) -> str:
    """Removes what the mark lists, and says so."""
    names = [
        (str(type), str(name))
        for type, name in session.rows(
            "SELECT u.type, u.name FROM public.plurel_sql_unfinished u"
            " WHERE u.name = (SELECT identity FROM pg_identify_object(u.class, u.object, 0))"
        )
    ]
    statements = [statement for (statement,) in session.rows(_KEYS)]
    for type, name in sorted(names, key=lambda entry: _ORDER.index(entry[0]) if entry[0] in _ORDER else 0):
        name = name.replace("()", "(*)") if type == "aggregate" else name
        statements.append(f"DROP {type} IF EXISTS {name} CASCADE")
    for batch in batched(statements, _BATCH):
        theirs = session.rows(_THEIRS)
        failed = next((error for statement in batch if (error := session.attempt(statement)) is not None), None)
        if failed is not None or session.rows(_THEIRS) != theirs:
            session.connection.rollback()
            why = reason(failed, session.url) if failed else "something of your own depends on it"
            raise TargetError(
                f"what a stopped run has left can't be removed: {why}",
                place=shown(session.url),
                hint="the table plurel_sql_unfinished lists it",
            )
        session.connection.commit()
    session.run("DROP TABLE public.plurel_sql_unfinished")
    session.connection.commit()
    tables = sum(type == "table" for type, _ in names)
    return f"its {tables} tables were removed"


def busy(session: Session) -> TargetError:
    return TargetError("is being filled by another run", place=shown(session.url), hint="wait until it has ended")
