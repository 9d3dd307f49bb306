"""One candidate: labelled, searched for leaks, measured, and kept or dropped."""

from __future__ import annotations

from dataclasses import dataclass

from plurel_sql.tasks import difficulty, features, filters, labels, leaks, recommend
from plurel_sql.tasks.bench import LABELS, Bench
from plurel_sql.tasks.difficulty import Difficulty
from plurel_sql.tasks.features import Matrix
from plurel_sql.tasks.leaks import Leak
from plurel_sql.tasks.model import Dropped, Task
from plurel_sql.tasks.paths import Path
from plurel_sql.tasks.sql import rows

PATHS = 4
"""Histories of an entity that are looked at, the task's own first."""
AHEAD = 20
"""Recent history, for an autocomplete row, is one part of so many of the time up to the validation cut."""


@dataclass(frozen=True)
class Candidate:
    """A task, and the events it forecasts (None for autocomplete); ``link`` is a recommendation's destination."""

    task: Task
    path: Path | None = None
    link: str = ""


@dataclass(frozen=True)
class Kept:
    """A task worth writing; ``digest`` is the same for equal labels, in one run."""

    task: Task
    leaks: tuple[Leak, ...]
    difficulty: Difficulty
    digest: int


def examine(bench: Bench, candidate: Candidate, paths: tuple[Path, ...]) -> Kept | Dropped:
    """``paths``: all events of the database. Leaves the candidate's labels in ``LABELS``."""
    task = candidate.task
    labels.make(bench, task)
    reason = filters.of_labels(bench, task)
    if reason is not None:
        return Dropped(task.name, reason)
    digest = rows(bench.connection, f"SELECT bit_xor(hash(split, timestamp, entity, target)) FROM {LABELS}")[0][0]
    if candidate.path is None:
        found, measured = _autocomplete(bench, task)
    elif task.destination is not None:
        found, measured = (), recommend.measure(bench, task, candidate.path, candidate.link)
    else:
        found, measured = _forecast(bench, task, candidate.path, paths)
    reason = filters.of_difficulty(measured)
    if reason is not None:
        return Dropped(task.name, reason)
    hidden = tuple(dict.fromkeys((leak.table, leak.column) for leak in found))
    return Kept(task.removing(hidden), found, measured, digest)


def _forecast(bench: Bench, task: Task, path: Path, paths: tuple[Path, ...]) -> tuple[tuple[Leak, ...], Difficulty]:
    assert task.window is not None
    sample = features.sample(bench)
    seen = [path, *(other for other in paths if other.entity.name == task.entity and other != path)][:PATHS]
    found = leaks.in_entity(bench, task, seen)
    entity = features.own(bench, path.entity).hiding([(leak.table, leak.column) for leak in found])
    history = Matrix({})
    for each in seen:
        history |= features.history(bench, each, task.window, task.column if each == path else "")
    return found, difficulty.measure(task, sample, entity, history, bench.effort)


def _autocomplete(bench: Bench, task: Task) -> tuple[tuple[Leak, ...], Difficulty]:
    sample, table, facts = features.sample(bench), bench.table(task.entity), bench.facts
    row, around = shown(bench, task)
    found = leaks.in_row(bench, task, sample, row | around)
    hidden = [(leak.table, leak.column) for leak in found]
    past = features.siblings(bench, table, task.target, (facts.val - facts.first) / AHEAD)
    history = (around | past).hiding(hidden)
    return found, difficulty.measure(task, sample, row.hiding(hidden), history, bench.effort)


def shown(bench: Bench, task: Task) -> tuple[Matrix, Matrix]:
    """What an autocomplete row shows but its target: its own columns; those of its parents and of what came with it."""
    table = bench.table(task.entity)
    row = features.own(bench, table).hiding([(task.entity, task.target)])
    return row, features.linked(bench, table) | features.below(bench, table)
