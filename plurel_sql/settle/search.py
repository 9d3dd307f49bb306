"""How the rows of a group of CHECKs are mended: tried on a pilot of rows, and frozen."""

from __future__ import annotations

import math
from dataclasses import replace as changed

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from plurel_sql.attempts.judge import Judge, Places, passes, quoted
from plurel_sql.attempts.mend import replaced
from plurel_sql.plan import model
from plurel_sql.sample import Sampler
from plurel_sql.settle.groups import Group, Known
from plurel_sql.settle.moves import EQUATION, Moves

PILOT = 4096
"""Rows that the CHECKs are tried on, spread evenly over the table; all rows of a smaller table."""
DRAWS = 256
"""Attempts at most."""
RARE = 0.04
"""Below this share of rows that a new draw mends, drawing anew is not worth its time."""
LEFT = 1e-9
"""The share of failing rows that attempts may leave over, where any row may be mended by a new draw."""
SOLUTIONS = 1000
"""Solutions that are kept at most."""


def pilot_rows(table: model.Table, most: int = PILOT) -> npt.NDArray[np.uint64]:
    """Numbers of rows spread evenly over the table."""
    return np.unique(np.linspace(0, max(table.rows - 1, 0), min(table.rows, most)).astype(np.uint64))


class Search:
    """The search for one group. ``dropped`` are the CHECKs that could not be met, with reasons."""

    def __init__(self, plan: model.Plan, table: model.Table, group: Group, judge: Judge) -> None:
        self.plan = plan
        self.table = table
        self.group = group
        self.judge = judge
        self.dropped: list[tuple[Known, str]] = []
        self.pilot = pilot_rows(table)

    def run(self) -> model.Retry | None:
        """The retry, or None where no CHECK is left."""
        while self.group.checks:
            retry, left, failing = self.tried()
            if not left.num_rows:
                return retry
            worst = max(self.group.checks, key=lambda known: self._failing(left, known))
            share = left.num_rows / max(len(self.pilot), 1)
            words = f"{failing:.0%} of the rows fail as drawn, {share:.1%} could not be mended"
            self.dropped.append((worst, words))
            self.group = changed(self.group, checks=[known for known in self.group.checks if known is not worst])
        return None

    def _failing(self, rows: pa.Table, known: Known) -> int:
        return int(self.judge.failing(rows, [passes(known.meant.expression)]).size)

    def tried(self, base: pa.Table | None = None) -> tuple[model.Retry, pa.Table, float]:
        """A retry for the group, the pilot's rows that it could not mend, and the share that fails as drawn.

        ``base`` stands for the pilot's rows as drawn, where they are to be thought otherwise.
        """
        group = self.group
        reads = group.reads or (self.table.columns[0].name,)  # rows without columns can't be counted
        retry = model.Retry(
            columns=group.drawn,
            changed=group.changed,
            reads=reads,
            checks=tuple(
                model.RowCheck(known.meant.expression, known.check.expression, known.check.name, known.check.source)
                for known in group.checks
            ),
            guards=group.guards,
        )
        sampler = self._sampler(retry)
        base = sampler.rows_at(self.table.name, self.pilot, reads) if base is None else base
        conditions = [passes(check.expression) for check in retry.checks]
        failing = self.judge.failing(base, conditions)
        share = failing.size / max(len(self.pilot), 1)
        retry = replace(retry, checks=tuple(self._measured(check, base) for check in retry.checks))
        if not failing.size and not set(group.reads) <= set(group.changed):
            return retry, base.slice(0, 0), share
        if not group.changed:
            return retry, base.take(pa.array(failing)), share
        if failing.size:
            moves = Moves(self.table, group, self.judge, retry, base)
            attempts, neutral = self._attempts(sampler, retry, base, failing)
            retry = replace(retry, attempts=attempts, moves=moves.found(failing), hopes=moves.hopes)
            if not neutral and self._by_equations(retry, moves, failing):
                retry = replace(retry, attempts=0)
        if set(group.reads) <= set(group.changed):
            passing = np.delete(np.arange(base.num_rows), failing)
            retry = replace(retry, solutions=self._solutions(base.take(pa.array(passing))))
        mender = self._sampler(retry).mender(self.table.name)
        _, left = mender.mended(mender.ready[0], base, self.pilot)
        return retry, base.take(pa.array(left)), share

    def _measured(self, check: model.RowCheck, base: pa.Table) -> model.RowCheck:
        """The CHECK with the share of rows that break it as drawn."""
        failing = self.judge.failing(base, [passes(check.expression)]).size
        return replace(check, failed=round(failing / max(base.num_rows, 1), 4))

    @staticmethod
    def _by_equations(retry: model.Retry, moves: Moves, failing: Places) -> bool:
        """Whether what the equations say mends every row, so that nothing need be drawn anew."""
        return len(retry.moves) == 1 and bool(moves.found(failing, [(EQUATION, 1)]) == retry.moves)

    def _attempts(self, sampler: Sampler, retry: model.Retry, base: pa.Table, failing: Places) -> tuple[int, bool]:
        """How often drawing anew is worth its time: until nothing fails, or hardly anything more is mended.

        Also whether that mends rows without making cells NULL: an equation is met by chance only so.
        """
        if not retry.columns:
            return 0, True
        conditions = [passes(check.expression) for check in retry.checks]
        pending, tried, mended, poor, neutral = failing, 0, 0, 0, 0
        attempts = DRAWS
        for number in range(1, DRAWS + 1):
            fresh = sampler.rows_at(self.table.name, self.pilot[pending], retry.changed, (0, number))
            before = base.take(pa.array(pending))
            again = replaced(before, fresh)
            left = self.judge.failing(again, conditions)
            good = np.delete(np.arange(pending.size), left)
            neutral += int((_nulls(again, retry.changed)[good] <= _nulls(before, retry.changed)[good]).sum())
            poor = poor + 1 if good.size < RARE * pending.size else 0
            tried, mended, pending = tried + pending.size, mended + good.size, pending[left]
            if not pending.size:
                rate = mended / tried
                attempts = 1 if rate >= 1 else min(DRAWS, math.ceil(math.log(LEFT) / math.log(1 - rate)))
                break
            if poor == 3:
                attempts = number - 3
                break
        return attempts, neutral >= RARE * tried

    def _solutions(self, passing: pa.Table) -> tuple[tuple[str | None, ...], ...]:
        """What the changed columns hold in rows that pass, as texts."""
        terms = [f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in self.group.changed]
        texts = self.judge.select(passing.slice(0, SOLUTIONS), terms)
        rows = zip(*(column.to_pylist() for column in texts.columns), strict=True)
        return tuple(dict.fromkeys(rows))

    def _sampler(self, retry: model.Retry) -> Sampler:
        table = replace(self.table, retries=(retry,))
        tables = tuple(table if each.name == table.name else each for each in self.plan.tables)
        return Sampler(replace(self.plan, tables=tables))


def _nulls(rows: pa.Table, columns: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """How many of the columns are NULL in each row."""
    count = np.zeros(rows.num_rows, np.int64)
    for name in columns:
        count += pc.is_null(rows.column(name)).to_numpy()
    return count
