"""Foreign keys whose NULLs a CHECK ties together: exactly one of several, one by a kind, none without the other.

Keys are no cells that can be drawn again: parents and children must agree on them. So it is decided before, by trying
each pattern of NULLs, which ones the CHECKs allow; one number of the row then picks the pattern for all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from plurel_sql.attempts.judge import Judge, passes
from plurel_sql.plan import model
from plurel_sql.sample import Sampler
from plurel_sql.schema.model import Check, Table
from plurel_sql.settle.groups import Grouper, Known
from plurel_sql.settle.search import Search, pilot_rows

MOST = 6
"""Links of one arc at most: every pattern is tried."""
PILOT = 512
"""Rows that a pattern is tried on."""
USUAL = 0.15
"""The rate of NULLs of a link that has none of its own."""


def with_arcs(fitted: model.Plan, plan: model.Plan) -> model.Plan:
    """``plan`` with arcs where pending CHECKs need them, found on its fitted form; ``plan`` itself where none does."""
    if plan.schema is None or not any(table.pending for table in plan.tables):
        return plan
    judge, sampler = Judge(), Sampler(fitted)
    tables = []
    for table in plan.tables:
        schema = plan.schema.table(table.name)
        optional = _optional(fitted, table, schema) if table.pending else {}
        if optional:
            arcs = _Arcs(fitted, fitted.table(table.name), schema, judge, sampler, optional)
            table = replace(table, links=arcs.found())
        tables.append(table)
    return plan if tuple(tables) == plan.tables else replace(plan, tables=tuple(tables))


def _optional(plan: model.Plan, table: model.Table, schema: Table) -> dict[int, tuple[str, ...]]:
    """Links that may be NULL by themselves, with the columns that are NULL then."""
    found: dict[int, tuple[str, ...]] = {}
    for index, link in enumerate(table.links):
        columns = tuple(
            each.name
            for each in table.columns
            if isinstance(each.rule, model.Ref) and each.rule.link == index and schema.column(each.name).nullable
        )
        parents = plan.table(link.parent).rows
        surplus = isinstance(link.law, model.OneToOne) and table.rows > parents
        free = not isinstance(link.law, model.Derived | model.Same) and link.parent != table.name and not surplus
        if columns and free and parents:
            found[index] = columns
    return found


class _Arcs:
    def __init__(
        self,
        plan: model.Plan,
        table: model.Table,
        schema: Table,
        judge: Judge,
        sampler: Sampler,
        optional: dict[int, tuple[str, ...]],
    ) -> None:
        self.plan = plan
        self.table = table
        self.judge = judge
        self.optional = optional
        self.sampler = sampler
        self.grouper = Grouper(plan, table, schema, judge, self.sampler.batches(table.name, 0, 0).read_all())
        self.known = self._known(table.pending)
        self.met = self._known(schema.checks)

    def _known(self, checks: tuple[Check, ...]) -> list[Known]:
        known = [self.grouper.known(check) for check in checks]
        return [each for each in known if isinstance(each, Known)]

    def found(self) -> tuple[model.Link, ...]:
        """The table's links, those of arcs with their spans."""
        links = list(self.table.links)
        for members in self._components():
            if 1 <= len(members) <= MOST:
                for index, link in self._arc(members):
                    links[index] = link
        return tuple(links)

    def _components(self) -> list[list[int]]:
        """Links that CHECKs mention together."""
        parts: list[set[int]] = []
        for known in self.known:
            mentioned = {k for k, names in self.optional.items() if set(names) & set(known.meant.columns)}
            if mentioned:
                near = [part for part in parts if part & mentioned]
                parts = [part for part in parts if not part & mentioned]
                parts.append(mentioned.union(*near))
        return [sorted(part) for part in parts]

    def _arc(self, members: list[int]) -> Iterator[tuple[int, model.Link]]:
        """The links with the spans of the patterns that the CHECKs allow; nothing where they allow all or none."""
        columns = {name for k in members for name in self.optional[k]}
        concerned = [known for known in self.known if set(known.meant.columns) & columns]
        met = [passes(known.meant.expression) for known in self.met if set(known.meant.columns) & columns]
        patterns = list(itertools.product((False, True), repeat=len(members)))  # True: NULL
        allowed = [pattern for pattern in patterns if self._allows(concerned, met, members, pattern)]
        if not allowed or len(allowed) == len(patterns):
            return
        weights = np.array([self._weight(members, pattern) for pattern in allowed])
        ends = [*np.round(np.cumsum(weights / weights.sum()), 4).tolist()[:-1], 1.0]
        starts = [0.0, *ends[:-1]]
        lane = "arc " + ",".join(self.table.links[k].name for k in members)
        for place, k in enumerate(members):
            spans = tuple((a, b) for a, b, pattern in zip(starts, ends, allowed, strict=True) if pattern[place])
            rate = round(sum(b - a for a, b in spans), 4)
            yield k, replace(self.table.links[k], null_rate=rate, lane=lane, spans=spans)

    def _weight(self, members: list[int], pattern: tuple[bool, ...]) -> float:
        rates = [self.table.links[k].null_rate or USUAL for k in members]
        return float(
            np.prod([max(r, 0.01) if null else max(1 - r, 0.01) for r, null in zip(rates, pattern, strict=True)])
        )

    def _allows(self, concerned: list[Known], met: list[str], members: list[int], pattern: tuple[bool, ...]) -> bool:
        """Whether every row of a pilot can be mended where the links are NULL by the pattern, and the CHECKs that are
        ``met`` by construction stay so."""
        nulls = {name: null for k, null in zip(members, pattern, strict=True) for name in self.optional[k]}
        if met:
            rows = self.sampler.rows_at(
                self.table.name, pilot_rows(self.table, PILOT), [c.name for c in self.table.columns]
            )
            if self.judge.failing(_with_nulls(rows, nulls), met).size:
                return False
        for group in self.grouper.groups(concerned):
            search = Search(self.plan, self.table, group, self.judge)
            search.pilot = pilot_rows(self.table, PILOT)
            base = self.sampler.rows_at(self.table.name, search.pilot, group.reads)
            base = _with_nulls(base, nulls)
            conditions = [passes(known.meant.expression) for known in group.checks]
            if self.judge.failing(base, conditions).size and search.tried(base)[1].num_rows:
                return False
        return True


def _with_nulls(rows: pa.Table, nulls: dict[str, bool]) -> pa.Table:
    """The rows with columns that are all NULL, or nowhere."""
    for name, null in nulls.items():
        place = rows.schema.get_field_index(name)
        if place >= 0:
            field = rows.schema.field(place)
            values = rows.column(name)
            there = values.drop_null()
            empty = null or not len(there)
            filled = pa.nulls(rows.num_rows, field.type) if empty else pc.fill_null(values, there[0])
            rows = rows.set_column(place, field, filled)
    return rows
