"""Forecasts: what will happen to an entity in the window after a seed time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from plurel_sql.attempts.judge import quoted
from plurel_sql.tasks.facts import Facts
from plurel_sql.tasks.model import Task, Type, spelled
from plurel_sql.tasks.names import slug, target_name
from plurel_sql.tasks.paths import ASKED, EVENTS, MEMORY, Path, parents
from plurel_sql.tasks.sql import literal
from plurel_sql.tasks.windows import SEEDS, Window

VALUES = 3
"""Number columns of an event table that are asked about, and categories and flags."""
STATES = 2
RECOMMENDED = 10
"""Length of a recommended list (relbench's MAP@k), at most."""
DESTINATIONS = 20
"""Tables with fewer rows are no catalogue to recommend from."""

_HASH = 4_294_967_296
Population = Literal["alive", "active", "met"]
"""Whom a seed time asks about: those of ``Path.alive``; with an event in the window before; with one in the window."""


@dataclass(frozen=True)
class Question:
    """One label: ``value`` aggregates the events ``v`` of a seed ``s``; ``columns`` are what it needs of an event."""

    form: str
    type: Type
    population: Population
    value: str
    text: str
    column: str | None = None
    columns: tuple[tuple[str, str], ...] = ()


def forecasts(facts: Facts, path: Path, window: Window) -> Iterator[Task]:
    """The forecasts over one path, the plainest first."""
    for question in _questions(facts, path):
        yield _task(path, window, question)


def recommendations(facts: Facts, path: Path, window: Window) -> Iterator[tuple[Task, str]]:
    """Which rows of another table the entity's events will link to; with the link, as an expression over the path."""
    sides = [("x", path.event), *([("m", path.middle)] if path.middle else [])]
    used = set(path.links)
    for alias, table in sides:
        for link, destination in parents(table).items():
            if link in used or destination == path.entity.name or facts.rows[destination] < DESTINATIONS:
                continue
            expression = f"{alias}.{quoted(link)}"
            yield _recommendation(path, window, expression, link, destination), expression


def _questions(facts: Facts, path: Path) -> Iterator[Question]:
    event = path.label
    numbers = facts.targets(path.event.name, "number")
    numbers = tuple(sorted(numbers, key=lambda c: (c.whole, -round(c.filled, 1))))[:VALUES]
    if path.middle is None:
        yield Question(
            "any",
            "binary_classification",
            "alive",
            "CAST(count(v.occurred) > 0 AS BIGINT)",
            f"Will it have a row in {event}?",
        )
        yield Question(
            "churn",
            "binary_classification",
            "active",
            "CAST(count(v.occurred) = 0 AS BIGINT)",
            f"Having had a row in {event} in the window before, will it have none?",
        )
    yield Question("count", "regression", "alive", "count(v.occurred)", f"How many rows in {event} will it have?")
    for index, column in enumerate(numbers):
        number = ((f"CAST(x.{quoted(column.name)} AS DOUBLE)", "value"),)
        place = f"{path.event.name}.{column.name}"
        if column.adds_up:
            yield Question(
                f"sum-{column.name}",
                "regression",
                "alive",
                "coalesce(sum(v.value), 0)",
                f"What will {place} add up to?",
                column.name,
                number,
            )
        yield Question(
            f"mean-{column.name}",
            "regression",
            "met",
            "avg(v.value)",
            f"Of those with rows in {event}: what will the mean of {place} be?",
            column.name,
            number,
        )
        if index == 0:
            yield Question(
                f"max-{column.name}",
                "regression",
                "met",
                "max(v.value)",
                f"Of those with rows in {event}: what will the largest {place} be?",
                column.name,
                number,
            )
    yield from _states(facts, path)
    if path.middle is None:
        yield Question(
            "wait",
            "regression",
            "met",
            "min(epoch(v.occurred) - epoch(s.timestamp)) / 86400",
            f"Of those with rows in {event}: after how many days will the first come?",
        )


def _states(facts: Facts, path: Path) -> Iterator[Question]:
    for column in facts.targets(path.event.name, "flag")[:STATES]:
        value = ((f"CAST(x.{quoted(column.name)} AS BIGINT)", "value"),)
        yield Question(
            f"any-{column.name}",
            "binary_classification",
            "met",
            "max(v.value)",
            f"Of those with rows in {path.label}: will {column.name} be set in any?",
            column.name,
            value,
        )
    for column in facts.targets(path.event.name, "category")[:STATES]:
        state = column.values[0]  # of all shares the nearest to one half; relbench has no metric for several classes
        is_it = f"CAST(CAST(x.{quoted(column.name)} AS VARCHAR) = {literal(state)} AS BIGINT)"
        yield Question(
            f"next-{column.name}-{state}",
            "binary_classification",
            "met",
            "arg_min(v.value, (v.occurred, v.value))",
            f"Of those with rows in {path.label}: will {column.name} be {state!r} in the first?",
            column.name,
            ((is_it, "value"),),
        )


def _task(path: Path, window: Window, question: Question) -> Task:
    entity_col = str(path.entity.key)
    target = target_name(entity_col, path.label, question.form)
    join = "JOIN" if question.population == "met" else "LEFT JOIN"
    seeds = _seeds(path, window, 1) if question.population == "active" else _seeds(path, window)
    having = "\nHAVING " + quoted(target) + " IS NOT NULL" if question.population == "met" else ""
    sql = f"""\
WITH {EVENTS} AS (
  {path.events(*question.columns)}
), {ASKED} AS (
  {seeds}
)
SELECT s.timestamp AS {quoted("timestamp")}, s.entity AS {quoted(entity_col)}, {question.value} AS {quoted(target)}
FROM {ASKED} s {join} {EVENTS} v ON v.entity = s.entity
  AND v.occurred > s.timestamp AND v.occurred <= s.timestamp + INTERVAL '{{timedelta}}'
GROUP BY s.timestamp, s.entity{having}"""
    place = path.event.name + (f".{question.column}" if question.column else "")
    return Task(
        name=slug(path.entity.name, path.label, question.form),
        kind="forecast",
        type=question.type,
        entity=path.entity.name,
        entity_col=entity_col,
        target=target,
        time_col="timestamp",
        question=f"For each row of {path.entity.name}, over the next {spelled(window.length)}: {question.text}",
        subject=place,
        form=question.form.partition("-")[0],
        sql=sql,
        window=window.length,
        evaluations=window.evaluations,
    )


def _recommendation(path: Path, window: Window, link: str, column: str, destination: str) -> Task:
    entity_col = str(path.entity.key)
    target = column if column != entity_col else f"{column}_linked"
    sql = f"""\
WITH {EVENTS} AS (
  {path.events((link, "linked"))}
), {ASKED} AS (
  {_seeds(path, window)}
)
SELECT s.timestamp AS {quoted("timestamp")}, s.entity AS {quoted(entity_col)},
  list_sort(list(DISTINCT v.linked)) AS {quoted(target)}
FROM {ASKED} s JOIN {EVENTS} v ON v.entity = s.entity AND v.linked IS NOT NULL
  AND v.occurred > s.timestamp AND v.occurred <= s.timestamp + INTERVAL '{{timedelta}}'
GROUP BY s.timestamp, s.entity"""
    return Task(
        name=slug(path.entity.name, path.label, f"which-{column}"),
        kind="forecast",
        type="recommendation",
        entity=path.entity.name,
        entity_col=entity_col,
        target=target,
        time_col="timestamp",
        question=f"For each row of {path.entity.name}, over the next {spelled(window.length)}: "
        f"Which rows of {destination} will its rows in {path.label} refer to ({column})?",
        subject=f"{path.event.name}.{column}",
        form="which",
        sql=sql,
        window=window.length,
        destination=destination,
        eval_k=RECOMMENDED,
    )


def _seeds(path: Path, window: Window, windows: int = MEMORY) -> str:
    """Whom each seed time asks about: where these are very many a share, others at each time.

    The share is drawn by arithmetic, because the engine's hash() may change.
    """
    wanted = SEEDS / max(1, window.population * max(window.training, window.evaluations))
    if wanted >= 1:
        return path.alive(windows)
    draw = f"(entity * 2654435761 + CAST(epoch(timestamp) AS BIGINT) * 40503) % {_HASH}"
    return f"SELECT * FROM (\n  {path.alive(windows)}\n  ) WHERE {draw} < {int(wanted * _HASH)}"
