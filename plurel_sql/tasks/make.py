"""The door: candidates in the order of their diversity, examined one by one, the best of them kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from plurel_sql.export import folder
from plurel_sql.export.layout import Layout
from plurel_sql.plan.model import Plan
from plurel_sql.tasks import facts, labels
from plurel_sql.tasks.autocomplete import autocompletes
from plurel_sql.tasks.bench import Bench
from plurel_sql.tasks.choose import pick, usefulness
from plurel_sql.tasks.effort import FULL, Effort
from plurel_sql.tasks.examine import Candidate, Kept, examine
from plurel_sql.tasks.forecast import forecasts, recommendations
from plurel_sql.tasks.model import Dropped, Task
from plurel_sql.tasks.paths import Path, paths
from plurel_sql.tasks.sql import Connection, rows
from plurel_sql.tasks.windows import choose

AUTO = 16
"""Tasks at most, unless a number is asked for."""

_log = logging.getLogger("plurel_sql.tasks")


@dataclass(frozen=True)
class Made:
    """``tasks`` for ``export.folder.write``, the most useful first; ``kept`` says what was measured of each,
    ``dropped`` what else was considered, and why it is not among them."""

    tasks: tuple[folder.Task, ...]
    kept: tuple[Kept, ...]
    dropped: tuple[Dropped, ...]

    def report(self) -> bytes:
        """What was measured of each, as JSON."""
        return msgspec.json.format(msgspec.json.encode(self._summary()), indent=1) + b"\n"

    def _summary(self) -> dict[str, Any]:
        return {
            "kept": {
                each.task.name: {
                    "difficulty": each.difficulty.figures(),
                    "removed": {f"{leak.table}.{leak.column}": leak.reason for leak in each.leaks},
                }
                for each in self.kept
            },
            "dropped": {each.name: each.reason for each in self.dropped},
        }


def make(
    connection: Connection,
    layout: Layout,
    wanted: int | None = None,
    *,
    effort: Effort = FULL,
    plan: Plan | None = None,
    watch: Callable[[str], None] = lambda _: None,
) -> Made:
    """Tasks for the dataset.

    Args:
        connection: holds the dataset's tables under their names; temporary tables are made in it.
        layout: what those tables are.
        wanted: how many tasks at most; None for as many as are worth it, up to ``AUTO``.
        effort: how much work is put into measuring.
        plan: that the rows come of, if they do: it knows which columns tell a target's own chance; they are removed.
        watch: called with the name of each candidate before it is examined; may raise.

    The same data give the same tasks, whatever the machine. Needs scikit-learn (the extra ``relbench`` brings it).
    """
    threads = rows(connection, "SELECT current_setting('threads')")[0][0]
    connection.execute("SET threads = 1")  # a sum of floats hangs on which thread comes first
    try:
        return _made(connection, layout, AUTO if wanted is None else wanted, effort, plan, watch)
    finally:
        connection.execute(f"SET threads = {threads}")


def _made(
    connection: Connection, layout: Layout, wanted: int, effort: Effort, plan: Plan | None, watch: Callable[[str], None]
) -> Made:
    dropped: list[Dropped] = []
    figures = facts.measure(connection, layout)
    if figures is None:
        return Made((), (), (Dropped("all", "there are no times, or none on one side of the cuts"),))
    bench = Bench(connection, layout, figures, effort, plan)
    try:
        kept = _examined(bench, wanted, dropped, watch)
        tasks = tuple(_task(bench, one) for one in kept)
    finally:
        bench.clear()
    for each in dropped:
        _log.info("no task %s: %s", each.name, each.reason)
    return Made(tasks, tuple(kept), tuple(dropped))


def _examined(bench: Bench, wanted: int, dropped: list[Dropped], watch: Callable[[str], None]) -> list[Kept]:
    """The best tasks, the most useful first."""
    ways = tuple(paths(bench.layout))
    proposed: dict[str, Candidate] = {}
    for each in candidates(bench, ways):
        if isinstance(each, Dropped):
            dropped.append(each)
        else:
            proposed.setdefault(each.task.name, each)
    found: list[Kept] = []
    digests: dict[int, str] = {}
    asked = bench.effort.examined * wanted
    for candidate in pick(list(proposed.values()), asked, lambda _: 0.0, lambda each: _traits(each.task)):
        watch(candidate.task.name)
        result = examine(bench, candidate, ways)
        if isinstance(result, Kept) and result.digest in digests:
            result = Dropped(result.task.name, f"the same labels as {digests[result.digest]}")
        if isinstance(result, Dropped):
            dropped.append(result)
        else:
            digests[result.digest] = result.task.name
            found.append(result)
    best = pick(found, wanted, lambda each: usefulness(each.difficulty.skill), lambda each: _traits(each.task))
    left = [each.task.name for each in found if each not in best]
    dropped += [
        Dropped(name, f"less useful, or more like the others, than the {wanted} that are kept") for name in left
    ]
    return best


def _traits(task: Task) -> Sequence[tuple[str, str]]:
    return ("entity", task.entity), ("subject", task.subject), ("form", task.form), ("type", task.type)


def candidates(bench: Bench, ways: Sequence[Path]) -> Iterator[Candidate | Dropped]:
    for path in ways:
        window = choose(bench.connection, bench.facts, path)
        if isinstance(window, str):
            yield Dropped(f"{path.entity.name}: {path.label}", window)
            continue
        for task in forecasts(bench.facts, path, window):
            yield Candidate(task, path)
        for task, link in recommendations(bench.facts, path, window):
            yield Candidate(task, path, link)
    for each in autocompletes(bench.layout, bench.facts):
        yield each if isinstance(each, Dropped) else Candidate(each)


def _task(bench: Bench, kept: Kept) -> folder.Task:
    labels.make(bench, kept.task)
    removed = "".join(f" {leak.table}.{leak.column} is removed: it {leak.reason}." for leak in kept.leaks)
    description = f"{kept.task.question} {kept.difficulty.sentence()}{removed}"
    return folder.Task(kept.task.name, kept.task.manifest(description), labels.taken(bench, kept.task))
