"""Batches of contexts: of seeds that are given, that a task asks for, or that are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from plurel_sql import _sampler
from plurel_sql.context.batch import ContextBatch, Int64
from plurel_sql.context.source import ContextSource
from plurel_sql.context.task import Task
from plurel_sql.errors import InputError
from plurel_sql.sample import mapped

_EVER = np.iinfo(np.int64).max
_SEED = 2**64
_MOST = 1 << 24
"""Seeds of a step."""

Fill = Literal["nothing", "rows", "neighbourhoods"]
_FILLS = get_args(Fill)
"""In the order of the core's numbers for them."""


@dataclass(frozen=True)
class Rules:
    """How a context is gathered: breadth-first, rows that are referred to at once.

    Attributes:
        max_width: of the rows that refer to a row, at most so many, drawn at random; of a task's labels as many again.
        published: rows that are referred to are followed whatever their time, as in the published sampler, so that a
            context may show the future, and a context ends where its neighbourhood does.
        fill: where there is room left, further rows of the seed's table follow, no later than the seed: each with its
            own neighbourhood, or (``rows``) with the rows that it refers to alone. Nothing with ``published``.
    """

    max_width: int = 128
    published: bool = False
    fill: Fill = "neighbourhoods"


@dataclass(frozen=True)
class Seeds:
    """Cells to be predicted: a table (index), a row, a column (index), and a time (nanoseconds, or numpy's times) after
    which no row is seen. None: each row's own time; a row without time sees all. Scalars stand for all."""

    table: npt.ArrayLike
    row: npt.ArrayLike
    target: npt.ArrayLike
    time: npt.ArrayLike | None = None


class Contexts:
    """Draws contexts. Nothing is kept between calls: a batch is a function of the source, the rules, ``seed`` and what
    it is asked for, whatever the number of threads.

    Args:
        source: the database.
        length: S, cells of a sequence.
        rules: how they are gathered.
        threads: workers, 0 for one per core. The GIL is not held meanwhile.
        seed: 0 to 2**64 - 1.
        rank, world: this process makes part ``rank`` of ``world`` of every step: all parts together are what a single
            process makes of a batch that large.

    Raises:
        InputError: an argument is out of its range.
    """

    def __init__(
        self,
        source: ContextSource,
        length: int = 1024,
        rules: Rules | None = None,
        threads: int = 0,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        rules = rules or Rules()
        for what, value, low, high in (
            ("length", length, 1, 1 << 20),
            ("max_width", rules.max_width, 0, 1 << 32),
            ("threads", threads, 0, 1 << 12),
            ("seed", seed, 0, _SEED - 1),
            ("world", world, 1, 1 << 32),
            ("rank", rank, 0, world - 1),
        ):
            if not low <= value <= high:
                raise InputError(f"{value} is not within {low} to {high}", place=what)
        if rules.fill not in _FILLS:
            raise InputError(f"{rules.fill!r} is none of {', '.join(_FILLS)}", place="fill")
        self.source = source
        self.length = length
        self.rules = rules
        self.threads = threads
        self.seed = seed
        self.rank = rank
        self.world = world
        self._tasks: dict[int, tuple[Task, _sampler.ContextTask]] = {}

    def batch(self, seeds: Seeds, *, leaks: Iterable[int] = (), draws: npt.ArrayLike | None = None) -> ContextBatch:
        """The contexts of given seeds.

        Args:
            seeds: none of whose targets is NULL.
            leaks: columns (indices) that tell the target.
            draws: a number for each seed that addresses the random choices of its context; None: its place.

        Raises:
            RunError: a seed's row or column does not exist, or its target is NULL.
        """
        table, row, target = np.broadcast_arrays(*(_integers(x) for x in (seeds.table, seeds.row, seeds.target)))
        table, row, target = (np.atleast_1d(each) for each in (table, row, target))
        time = self.source.times(table, row) if seeds.time is None else _integers(seeds.time)
        time = np.broadcast_to(time, table.shape)
        numbers = np.arange(len(table)) if draws is None else np.broadcast_to(_integers(draws), table.shape)
        arrays = [np.ascontiguousarray(each, "<i8").tobytes() for each in (table, row, target, time, numbers)]
        settings = self._settings(leaks)
        return self._made(lambda: self.source.native.batch(settings, self.seed, *arrays))

    def step(
        self,
        step: int,
        batch_size: int,
        targets: Sequence[int] | None = None,
        until: int | None = None,
        *,
        leaks: Iterable[int] = (),
    ) -> ContextBatch:
        """This rank's part of a training step: ``batch_size`` seeds, each a target drawn evenly and a row drawn evenly
        of those where it is not NULL.

        Args:
            step: any number from 0 on; steps may be asked for in any order.
            targets: columns (indices); None: ``source.targets``.
            until: no seed is later than this (nanoseconds), nor what it sees.
            leaks: columns (indices) that tell targets.

        Raises:
            InputError: there are no targets.
            RunError: a target does not exist, or no row with a value was found.
        """
        wanted = list(self.source.targets if targets is None else targets)
        if not wanted:
            raise InputError(
                "no column can be a target", place=self.source.name, hint="a number or boolean that varies"
            )
        part = self._part(step, batch_size, until)
        settings = self._settings(leaks)
        return self._made(lambda: self.source.native.step(settings, part, wanted))

    def task(self, task: Task, seeds: npt.ArrayLike | slice) -> ContextBatch:
        """The contexts of rows of a task, by number or slice (``task.splits["val"]``). A row's context does not hang on
        which others are asked for.

        Raises:
            InputError, RunError: the task does not fit the source, or there is no such row.
        """
        rows = np.arange(len(task.rows))[seeds] if isinstance(seeds, slice) else np.atleast_1d(_integers(seeds))
        leaks = [self.source.column(*leak) for leak in task.leaks if leak in self.source]
        if task.is_column:
            if len(rows) and not 0 <= rows.min() <= rows.max() < len(task.rows):
                raise InputError(f"has {len(task.rows)} rows", place=task.name)
            target = self.source.column(task.table, task.target)
            asked = Seeds(self.source.table(task.table), task.rows[rows], target, task.times[rows])
            return self.batch(asked, leaks=leaks, draws=rows)
        settings, numbers, native = self._settings(leaks), rows.astype("<i8").tobytes(), self._native(task)
        return self._made(lambda: self.source.native.asked(settings, self.seed, native, numbers))

    def task_step(self, task: Task, step: int, batch_size: int, split: str = "train") -> ContextBatch:
        """As ``step``, with rows drawn evenly from a split of the task."""
        rows = np.arange(len(task.rows))[task.splits[split]]
        part = self._part(step, batch_size, None)
        drawn = mapped(lambda: _sampler.drawn_numbers(part, len(rows)))
        return self.task(task, rows[np.frombuffer(drawn, np.int64)])

    def _native(self, task: Task) -> _sampler.ContextTask:
        """The task over the source, made once."""
        if id(task) not in self._tasks:
            self._tasks[id(task)] = (task, task.over(self.source))
        return self._tasks[id(task)][1]

    def _settings(self, leaks: Iterable[int]) -> dict[str, Any]:
        rules = self.rules
        return {
            "length": self.length,
            "width": self.source.width,
            "max_width": rules.max_width,
            "published": rules.published,
            "fill": 0 if rules.published else _FILLS.index(rules.fill),
            "threads": self.threads,
            "leaks": list(leaks),
        }

    def _part(self, step: int, batch_size: int, until: int | None) -> dict[str, int]:
        if not (0 <= step < _SEED and 1 <= batch_size <= _MOST):
            said = f"step {step} of {batch_size} seeds: expected 0 or more, of 1 to {_MOST:,}"
            raise InputError(said, place="step")
        return {
            "seed": self.seed,
            "step": step,
            "first": self.rank * batch_size,
            "count": batch_size,
            "until": _EVER if until is None else until,
        }

    def _made(self, call: Any) -> ContextBatch:
        made = mapped(call)
        batch = ContextBatch.of(made, self.length, self.source.width)
        if self.source.is_virtual:
            return replace(batch, texts=made["texts"])
        return batch if self.source.batch_texts is None else batch.with_texts(self.source.batch_texts)


def _integers(given: npt.ArrayLike) -> Int64:
    """Numbers, or times in nanoseconds."""
    array = np.asarray(given)
    return array.astype("datetime64[ns]").astype(np.int64) if array.dtype.kind == "M" else array.astype(np.int64)
