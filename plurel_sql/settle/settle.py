"""Pending CHECKs tried on a pilot of rows: what can be met becomes a retry, what can't a note."""

from __future__ import annotations

import duckdb
from msgspec.structs import replace

from plurel_sql.attempts.judge import Judge
from plurel_sql.plan import model
from plurel_sql.plan.partitions import is_condition
from plurel_sql.sample import Sampler
from plurel_sql.schema.model import Check, Note, Schema, Table
from plurel_sql.settle.groups import Grouper, Known
from plurel_sql.settle.search import Search


def settled(plan: model.Plan) -> model.Plan:
    """A fitted plan without pending CHECKs.

    The CHECKs that are met on every row of the pilot join the schema's; the others are noted. One that stands for a
    partition key says whether the schema's table stays partitioned.
    """
    if not any(table.pending for table in plan.tables) or plan.schema is None:
        return plan
    judge, sampler = Judge(), Sampler(plan)
    tables, notes, honoured, scattered = [], [], {}, set()
    for table in plan.tables:
        schema = plan.schema.table(table.name)
        if table.pending:
            done = _Table(plan, table, schema, judge, sampler)
            homes = [check for check in table.pending if done.is_home(check)]
            table = done.settle()
            notes += done.notes
            if any(check not in done.met for check in homes):
                scattered.add(table.name)
            honoured[table.name] = [check for check in done.met if check not in homes]
        tables.append(table)
    kept = _with_checks(plan.schema, honoured, scattered)
    return replace(plan, tables=tuple(tables), schema=kept, notes=(*plan.notes, *notes))


class _Table:
    """One table on the bench."""

    def __init__(self, plan: model.Plan, table: model.Table, schema: Table, judge: Judge, sampler: Sampler) -> None:
        self.plan = plan
        self.table = table
        self.schema = schema
        self.dialect = plan.schema.dialect if plan.schema is not None else ""
        self.judge = judge
        empty = sampler.batches(table.name, 0, 0).read_all()
        self.grouper = Grouper(plan, table, schema, judge, empty)
        self.notes: list[Note] = []
        self.met: list[Check] = []

    def settle(self) -> model.Table:
        known: list[Known] = []
        for check in self.table.pending:
            found = self.grouper.known(check)
            if isinstance(found, str):
                self._note(check, found)
            else:
                known.append(found)
        retries = []
        for group in self.grouper.groups(known):
            search = Search(self.plan, self.table, group, self.judge)
            try:
                retry = search.run()
            except duckdb.Error as error:
                for each in search.group.checks:
                    self._note(each.check, " ".join(str(error).split()))
                continue
            for dropped, reason in search.dropped:
                self._note(dropped.check, reason)
            if retry is not None:
                retries.append(retry)
                self.met += [each.check for each in search.group.checks]
        return replace(self.table, retries=tuple(retries), pending=())

    def is_home(self, check: Check) -> bool:
        """Whether it says that a row finds a partition."""
        return is_condition(check, self.schema.partitioning, self.dialect)

    def _note(self, check: Check, reason: str) -> None:
        where = ".".join(filter(None, (self.table.name, check.name or ",".join(check.columns))))
        message = f"CHECK ({check.expression}) is not guaranteed ({reason}); it is left out"
        if self.is_home(check):
            message = f"rows may fall outside the partitions: {check.expression} is not guaranteed ({reason})"
        self.notes.append(Note(message, where, check.source))


def _with_checks(schema: Schema, met: dict[str, list[Check]], scattered: set[str]) -> Schema:
    """The schema with the CHECKs that are met beside those that it has, and no partitions of ``scattered`` tables."""
    tables = (replace(table, checks=(*table.checks, *met.get(table.id, ()))) for table in schema.tables)
    return replace(
        schema,
        tables=tuple(replace(table, partitioning=None) if table.id in scattered else table for table in tables),
    )
