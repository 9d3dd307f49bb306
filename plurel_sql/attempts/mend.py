"""Rows that fail a CHECK, made again until they pass: by new draws, by moves, by frozen solutions (decision 0006).

What becomes of a row depends on the row alone: never on the rows beside it, nor on how they are cut into batches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from plurel_sql.attempts.judge import Judge, Places, passes, quoted, type_name
from plurel_sql.errors import RunError
from plurel_sql.plan.model import Column, Retry, Table

Numbers = npt.NDArray[np.uint64]
Draw = Callable[[Numbers, Sequence[str], tuple[int, int]], pa.Table]
"""Rows, columns, (index of the retry, number of the attempt) -> their cells."""

Move = tuple[str | None, ...]
MOVE = "plurel:move"
TRIES = 16
"""Solutions that a row tries before it gives up."""


class Mender:
    """The retries of one table.

    Args:
        table: with its retries.
        seed: the plan's.
        draw: cells drawn anew.
        judge: not used by another thread meanwhile.
    """

    def __init__(self, table: Table, seed: int, draw: Draw, judge: Judge) -> None:
        self._table = table
        self._draw = draw
        self._judge = judge
        types = {column.name: column for column in table.columns}
        self.ready = [_Ready(index, retry, table.name, seed, types) for index, retry in enumerate(table.retries)]

    def reads(self, columns: Sequence[str]) -> list[str]:
        """The columns that it takes to make ``columns``, beside themselves."""
        wanted = [each.retry for each in self.ready if self._concerns(each.retry, columns)]
        return list(dict.fromkeys(name for retry in wanted for name in retry.reads if name not in columns))

    @staticmethod
    def _concerns(retry: Retry, columns: Sequence[str]) -> bool:
        return bool(set(retry.changed) & set(columns)) or not retry.changed

    def mend(self, batch: pa.Table, first: int) -> pa.Table:
        """``batch``, whose first row has the number ``first``, with every row meeting its CHECKs.

        Raises:
            RunError: a row can't be mended; names table, row and CHECK.
        """
        rows = np.arange(first, first + batch.num_rows, dtype=np.uint64)
        for ready in self.ready:
            if self._concerns(ready.retry, batch.column_names):
                try:
                    batch, left = self.mended(ready, batch, rows)
                except duckdb.Error as error:
                    raise RunError(f"its CHECKs can't be judged: {error}", place=self._table.name) from error
                if left.size:
                    raise self._error(ready, batch, rows, left)
        return batch

    def mended(self, ready: _Ready, batch: pa.Table, rows: Numbers) -> tuple[pa.Table, Places]:
        """The batch with what could be mended, and the places of the rows that could not."""
        retry = ready.retry
        pending = self._judge.failing(batch, ready.checks)
        if not pending.size:
            return batch, pending
        changed = [name for name in retry.changed if name in batch.column_names]
        pieces = _Pieces(batch, changed)
        for number in range(1, retry.attempts + 1):
            again = batch.select(retry.reads).take(pa.array(pending))
            fresh = self._draw(rows[pending], retry.changed, (ready.index, number))
            again = replaced(again, fresh)
            pending = pieces.keep(again, pending, self._judge.failing(again, ready.checks))
            if not pending.size:
                return pieces.joined(), pending
        moves = [(len(tier), partial(self._moved, ready, tier)) for tier in retry.moves]
        steps: list[tuple[list[str], int, Callable[[pa.Table, Numbers], pa.Table]]] = []
        for conditions in [ready.hopeful, ready.strict] if retry.hopes else [ready.strict]:
            steps += [(conditions, tries, made) for tries, made in moves]
        if retry.solutions:
            steps.append((ready.strict, TRIES, partial(ready.solved, self._judge)))
        for conditions, tries, made in steps:
            for step in range(tries):
                base = batch.select(retry.reads).take(pa.array(pending))
                again = made(base, ready.hashes(rows[pending]) + np.uint64(step))
                pending = pieces.keep(again, pending, self._judge.failing(again, conditions))
                if not pending.size:
                    return pieces.joined(), pending
        return pieces.joined(), pending

    def _moved(self, ready: _Ready, tier: Sequence[Move], base: pa.Table, picks: Numbers) -> pa.Table:
        which = (picks % np.uint64(len(tier))).astype(np.int32)
        return moved(self._judge, base.append_column(MOVE, pa.array(which)), ready.columns, tier)

    def _error(self, ready: _Ready, batch: pa.Table, rows: Numbers, left: Places) -> RunError:
        row = batch.take(pa.array(left[:1]))
        broken = [
            check
            for check, condition in zip(ready.retry.checks, ready.checks, strict=True)
            if self._judge.failing(row, [condition]).size
        ]
        check = (broken or list(ready.retry.checks))[0]
        at = f" at {check.source}" if check.source else ""
        return RunError(
            f"row {rows[left[0]]} can't be made to meet CHECK ({check.check}){at}",
            place=f"{self._table.name}.{check.name}" if check.name else self._table.name,
            hint="another seed may do; without this CHECK in the schema it will",
        )


class _Ready:
    """A retry with its conditions, terms and solutions put together."""

    def __init__(self, index: int, retry: Retry, table: str, seed: int, types: dict[str, Column]) -> None:
        self.index = index
        self.retry = retry
        self.checks = [passes(check.expression) for check in retry.checks]
        self.strict = [*self.checks, *(f"coalesce({guard}, false)" for guard in retry.guards)]
        self.hopeful = [*self.strict, *retry.hopes]
        self.columns = [types[name] for name in retry.changed]
        self._casts = [
            f"CAST({quoted(name)} AS {type_name(types[name].type)}) AS {quoted(name)}" for name in retry.changed
        ]
        self._solutions: pa.Table | None = None
        names = "\0".join((str(seed), table, *retry.changed)).encode()
        self._key = np.uint64(int.from_bytes(hashlib.blake2b(names, digest_size=8).digest(), "big"))

    def hashes(self, rows: Numbers) -> Numbers:
        """A number for each row that hangs on the row alone (splitmix64: Steele et al., OOPSLA 2014)."""
        mixed = rows * np.uint64(0x9E3779B97F4A7C15) + self._key
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))

    def solved(self, judge: Judge, base: pa.Table, picks: Numbers) -> pa.Table:
        if self._solutions is None:
            columns = [pa.array(texts, pa.utf8()) for texts in zip(*self.retry.solutions, strict=True)]
            self._solutions = judge.select(pa.table(columns, names=list(self.retry.changed)), self._casts)
        which = (picks % np.uint64(self._solutions.num_rows)).astype(np.int64)
        return replaced(base, self._solutions.take(pa.array(which)))


def moved(judge: Judge, rows: pa.Table, columns: Sequence[Column], moves: Sequence[Move]) -> pa.Table:
    """``rows`` with ``columns`` changed by the move whose number stands in ``MOVE``; without that column."""
    terms = [term for k, column in enumerate(columns) if (term := _term(column, [move[k] for move in moves]))]
    return replaced(rows.drop_columns([MOVE]), judge.select(rows, terms) if terms else rows.select([]))


def _term(column: Column, offers: Sequence[str | None]) -> str:
    """The column as each move makes it; nothing where none does."""
    name = quoted(column.name)
    cases = "".join(
        f" WHEN {k} THEN TRY(CAST(({offer}) AS {type_name(column.type)}))"
        for k, offer in enumerate(offers)
        if offer is not None
    )
    return f"CASE {quoted(MOVE)}{cases} ELSE {name} END AS {name}" if cases else ""


def replaced(rows: pa.Table, made: pa.Table) -> pa.Table:
    """``rows`` with the columns of ``made``, in the types they had."""
    for name in made.column_names:
        place = rows.schema.get_field_index(name)
        if place >= 0:
            field = rows.schema.field(place)
            rows = rows.set_column(place, field, made.column(name).cast(field.type))
    return rows


class _Pieces:
    """The mended rows so far, to be put in their places at the end."""

    def __init__(self, batch: pa.Table, changed: Sequence[str]) -> None:
        self._batch = batch
        self._changed = list(changed)
        self._parts: list[pa.Table] = []
        self._places = np.arange(batch.num_rows, dtype=np.int64)
        self._count = batch.num_rows

    def keep(self, made: pa.Table, places: Places, failing: Places) -> Places:
        """Takes the rows of ``made`` (which belong to ``places``) that don't fail; gives the places of the others."""
        good = np.delete(np.arange(made.num_rows), failing)
        if good.size:
            self._parts.append(made.select(self._changed).take(pa.array(good)))
            self._places[places[good]] = self._count + np.arange(good.size)
            self._count += good.size
        return places[failing]

    def joined(self) -> pa.Table:
        if not self._parts:
            return self._batch
        whole = pa.concat_tables([self._batch.select(self._changed), *self._parts])
        return replaced(self._batch, whole.take(pa.array(self._places)))
