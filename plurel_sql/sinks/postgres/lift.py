"""What slows a load or fires during it, taken off the tables and put back, as the catalogue has it.

Constraints and indexes are dropped and made anew from ``pg_get_constraintdef`` and ``pg_get_indexdef`` when the rows
are in, so the engine itself validates all of them; user triggers (those on definitions too, where we may) are disabled
and enabled as they were. What other objects depend on (a key that a view groups by) stays where it is. So do keys of
partitioned tables, whose parts carry names of their own, and those with properties that their definition doesn't tell,
unless the rows may break them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import psycopg

from plurel_sql.sinks.base import Constraints
from plurel_sql.sinks.postgres.script import batched
from plurel_sql.sinks.postgres.session import Session, literal, quoted

_CONSTRAINTS = """
SELECT con.contype::text, con.conname, con.conrelid, con.confrelid,
       CASE WHEN con.contypid <> 0 THEN 'DOMAIN ' || con.contypid::regtype ELSE 'TABLE ' || con.conrelid::regclass END,
       pg_get_constraintdef(con.oid), obj_description(con.oid, 'pg_constraint'),
       ARRAY(SELECT a.attname::text FROM unnest(con.conkey) WITH ORDINALITY k (n, o) JOIN pg_attribute a
             ON a.attrelid = con.conrelid AND a.attnum = k.n ORDER BY k.o),
       con.contype IN ('c', 'f') OR (i.reloptions IS NULL AND i.reltablespace = 0 AND NOT x.indisclustered
                                     AND NOT x.indisreplident AND t.relkind = 'r' AND NOT t.relispartition)
FROM pg_constraint con
LEFT JOIN pg_class i ON i.oid = con.conindid AND con.contype IN ('p', 'u', 'x')
LEFT JOIN pg_index x ON x.indexrelid = i.oid
LEFT JOIN pg_class t ON t.oid = con.conrelid
WHERE con.conparentid = 0 AND con.coninhcount = 0
  AND (con.conrelid = ANY(%(tables)s) OR con.contypid = ANY(%(domains)s))
  AND (con.contype IN ('c', 'f') OR (con.contype IN ('p', 'u', 'x') AND %(indexes)s))
ORDER BY con.conrelid, con.conname
"""

_INDEXES = """
SELECT x.indrelid, x.indisunique, i.oid::regclass::text,
       replace(pg_get_indexdef(i.oid), format(' INDEX %%I ON ONLY ', i.relname), format(' INDEX %%I ON ', i.relname)),
       obj_description(i.oid, 'pg_class'),
       ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY k (n, o) JOIN pg_attribute a
             ON a.attrelid = x.indrelid AND a.attnum = k.n ORDER BY k.o), i.relname,
       t.relkind = 'r' AND NOT t.relispartition AND NOT x.indisclustered AND NOT x.indisreplident
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.oid AND a.attstattarget >= 0)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE x.indrelid = ANY(%s) AND t.relkind IN ('r', 'p') AND x.indisvalid
  AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.oid)
  AND NOT EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = i.oid AND con.contype IN ('p', 'u', 'x'))
ORDER BY i.oid
"""

_TRIGGERS = """
SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger
WHERE tgrelid = ANY(%s) AND NOT tgisinternal AND tgenabled <> 'D' ORDER BY tgparentid, oid
"""

_EVENT_TRIGGERS = "SELECT evtname, evtenabled::text FROM pg_event_trigger WHERE evtenabled <> 'D' ORDER BY oid"
_ENABLED = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
_ORDER = {"c": 0, "p": 1, "u": 2, "x": 3, "i": 4, "f": 5}
_TOGETHER = 25  # statements run at once
_KEYS = ("p", "u", "iu")


class Thing(msgspec.Struct, frozen=True):
    """A constraint or index that was taken off.

    ``kind`` is pg_constraint.contype, or "i" for an index ("iu" for a unique one); ``table`` the oid of its table (0
    for a domain), ``parent`` that of the table a foreign key refers to. ``restore`` puts it back, ``what`` names it.
    """

    kind: str
    name: str
    table: int
    parent: int
    columns: tuple[str, ...]
    drop: str
    restore: tuple[str, ...]
    what: str


class Lift:
    """Takes off in ``off`` and puts back in ``back``.

    ``point`` is told how many statements were run since it was told last; ``doubtful`` tells which keys the rows may
    break. With ``small`` tables several are run at
    once; one that fails among them makes the others run again.
    """

    def __init__(
        self, session: Session, point: Callable[[int], None], small: bool, doubtful: Callable[[Thing], bool]
    ) -> None:
        self.session = session
        self.doubtful = doubtful
        self.point = point
        self.size = _TOGETHER if small else 1
        self.things: list[Thing] = []
        self.after: list[str] = []

    def off(self, tables: Sequence[int], domains: Sequence[int], indexes: bool) -> None:
        """``tables`` with their partitions; ``indexes`` whether keys and indexes too, which pays in empty tables."""
        before = []
        for name, state in self.session.rows(_EVENT_TRIGGERS):
            if self.session.attempt(f"ALTER EVENT TRIGGER {quoted(name)} DISABLE") is None:
                self.after.append(f"ALTER EVENT TRIGGER {quoted(name)} {_ENABLED[state]}")
        for relation, name, state in self.session.rows(_TRIGGERS, [list(tables)]):
            before.append(f"ALTER TABLE {relation} DISABLE TRIGGER {quoted(name)}")
            self.after.append(f"ALTER TABLE {relation} {_ENABLED[state]} TRIGGER {quoted(name)}")
        for (relation,) in self.session.rows(
            "SELECT oid::regclass::text FROM pg_class WHERE oid = ANY(%s) AND relforcerowsecurity", [list(tables)]
        ):
            before.append(f"ALTER TABLE {relation} NO FORCE ROW LEVEL SECURITY")
            self.after.append(f"ALTER TABLE {relation} FORCE ROW LEVEL SECURITY")
        self._run(before)
        found = self._constraints(tables, domains, indexes) + (self._indexes(tables) if indexes else [])
        # Foreign keys first, as they hold the keys they refer to.
        for things in batched(sorted(found, key=lambda thing: -_ORDER[thing.kind[0]]), _TOGETHER):
            self._drop(things)
            self.point(len(things))

    def _drop(self, things: list[Thing]) -> None:
        """All at once, or one by one where one of them is held by something else."""
        error = self._attempt_all([thing.drop for thing in things])
        if error is None:
            self.things += things
        elif len(things) > 1:
            middle = len(things) // 2
            self._drop(things[:middle])
            self._drop(things[middle:])
        elif not isinstance(error, psycopg.errors.DependentObjectsStillExist):
            raise error

    def _attempt_all(self, statements: list[str]) -> psycopg.Error | None:
        try:
            with self.session.connection.transaction():
                self.session.run(";".join(statements))
        except psycopg.Error as error:
            if self.session.connection.closed or isinstance(error, psycopg.errors.QueryCanceled):
                raise
            return error
        return None

    def _constraints(self, tables: Sequence[int], domains: Sequence[int], indexes: bool) -> list[Thing]:
        parameters = {"tables": list(tables), "domains": list(domains), "indexes": indexes}
        found = []
        for kind, name, table, parent, owner, definition, comment, columns, told in self.session.connection.execute(
            _CONSTRAINTS.encode(), parameters
        ):
            of = owner.removeprefix("TABLE ")
            restore = [f"ALTER {owner} ADD CONSTRAINT {quoted(name)} {definition}"]
            if comment is not None:
                restore.append(f"COMMENT ON CONSTRAINT {quoted(name)} ON {of} IS {literal(comment)}")
            drop = f"ALTER {owner} DROP CONSTRAINT {quoted(name)}"
            what = f"{name} {definition}"
            thing = Thing(kind, name, table, parent, tuple(columns), drop, tuple(restore), what)
            if told or self.doubtful(thing):
                found.append(thing)
        return found

    def _indexes(self, tables: Sequence[int]) -> list[Thing]:
        found = []
        for table, unique, index, definition, comment, columns, name, told in self.session.rows(
            _INDEXES, [list(tables)]
        ):
            restore = [definition] + ([f"COMMENT ON INDEX {index} IS {literal(comment)}"] if comment else [])
            kind = "iu" if unique else "i"
            thing = Thing(kind, name, table, 0, tuple(columns), f"DROP INDEX {index}", tuple(restore), definition)
            if told or (unique and self.doubtful(thing)):
                found.append(thing)
        return found

    def back(self, constraints: Constraints, lost: Callable[[Thing, psycopg.Error], None] | None) -> None:
        """Puts back what ``constraints`` asks for, keys before what refers to them.

        ``lost`` is told of each that the rows don't meet, and it is left out; where None, the error is raised.
        """
        wanted = [thing for thing in self.things if _wanted(thing.kind, constraints)]
        for kind in _ORDER:
            for things in batched((thing for thing in wanted if thing.kind[0] == kind), self.size):
                self._restore(things, lost)
                self.point(len(things))

    def _restore(self, things: list[Thing], lost: Callable[[Thing, psycopg.Error], None] | None) -> None:
        error = self._attempt_all([statement for thing in things for statement in thing.restore])
        if error is None:
            return
        if lost is None:
            raise error
        if len(things) == 1:
            lost(things[0], error)
        else:
            self._restore(things[: len(things) // 2], lost)
            self._restore(things[len(things) // 2 :], lost)

    def enable(self) -> None:
        """Triggers and row security as they were; comes last, when the rows and constraints are in."""
        self._run(self.after)

    def _run(self, statements: list[str]) -> None:
        for some in batched(statements, _TOGETHER):
            self.session.run(";".join(some))
            self.point(len(some))


def _wanted(kind: str, constraints: Constraints) -> bool:
    return constraints == "all" or kind == "i" or (constraints == "keys" and kind in _KEYS)
