"""How far ahead a forecast looks: chosen from when events happen and from where the cuts lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

from plurel_sql.attempts.judge import quoted
from plurel_sql.tasks.facts import Facts
from plurel_sql.tasks.model import spelled
from plurel_sql.tasks.paths import ASKED, EVENTS, Path
from plurel_sql.tasks.sql import Connection, moment, rows

# Lengths that people ask about.
LENGTHS = (
    *(timedelta(minutes=n) for n in (1, 5, 15)),
    *(timedelta(hours=n) for n in (1, 6, 12)),
    *(timedelta(days=n) for n in (1, 2, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650)),
)
TRAINING = 4
"""Training windows at least (relbench asks for three)."""
MOST_TRAINING = 1_000
EVALUATIONS = 40
"""Evaluation windows at most."""
LOOKS = 4
"""Seed times, in the later half of those before validation, at which the share with an event is measured."""
ENTITIES = 5_000
"""Entities looked at there, about."""
LABELS = 300
"""Labels of a split with an event; fewer cost as much as the same factor in the odds."""
SEEDS = 200_000
"""Labels of a split, about, at most; beyond, a share of the entities is asked about at each time."""
AFTER = 0.1
"""The share of events that must come after their entity (or of entities without a time that must have several)."""
SHARES = (0.02, 0.98)
"""With fewer or more entities that have an event in the window, there is nothing to forecast about it."""


@dataclass(frozen=True)
class Window:
    """``population``: entities asked about at a seed time, on average; ``share``: with an event in the window.

    ``training``: windows before the validation cut; ``evaluations``: after the test cut, at most.
    """

    length: timedelta
    share: float
    population: int
    training: int
    evaluations: int


def feasible(facts: Facts) -> tuple[timedelta, ...]:
    """The lengths that relbench can cut windows of: whole ones after each cut and enough of them before."""
    room = min(facts.last - facts.test, facts.last_seen - facts.val, facts.test - facts.val)
    before = facts.val - facts.first
    return tuple(length for length in LENGTHS if length <= room and TRAINING <= before / length <= MOST_TRAINING)


def seeds(facts: Facts, length: timedelta, evaluations: int) -> dict[str, list[datetime]]:
    """The seed times of each split, as relbench's ``BaseTask`` lays them; a label looks at (seed, seed + length]."""
    train = [facts.val - length * n for n in range(1, int((facts.val - facts.first) / length) + 1)]
    after_val = int((facts.test - facts.val) / length)
    after_test = int((facts.last - facts.test) / length)
    return {
        "train": train[::-1],
        "val": [facts.val + length * n for n in range(min(evaluations, after_val))],
        "test": [facts.test + length * n for n in range(min(evaluations, after_test))],
    }


def choose(connection: Connection, facts: Facts, path: Path) -> Window | str:
    """The length that splits the entities asked about most evenly and leaves enough labels; or why none does."""
    if not _goes_on(connection, path):
        return f"rows of {path.label} come together with their {path.entity.name}, not after it"
    found, seen = [], []
    for length in feasible(facts):
        training = int((facts.val - facts.first) / length)
        evaluations = max(1, min(EVALUATIONS, int((facts.last - facts.test) / length)))
        active, asked = _active(connection, facts, path, length)
        share, population = active / asked if asked else 0.0, asked / LOOKS * _step(facts, path)
        seen.append(share)
        if SHARES[0] <= share <= SHARES[1]:
            few = log(max(1.0, LABELS / (population * share * min(training, evaluations))))
            cost = abs(log(share / (1 - share))) + few
            found.append((cost, Window(length, share, round(population), training, evaluations)))
    if not seen:
        return "no window fits between the cuts and the end of the data"
    if not found:
        return (
            f"in no window between {SHARES[0]:.0%} and {SHARES[1]:.0%} of {path.entity.name} have rows of {path.label}"
        )
    return min(found, key=lambda one: (one[0], one[1].length))[1]


def _step(facts: Facts, path: Path) -> int:
    return max(1, facts.rows[path.entity.name] // ENTITIES)


def _goes_on(connection: Connection, path: Path) -> bool:
    """Whether events come after their entity was made, or, where it has no time, more than once."""
    if path.entity.time is not None:
        key, time = quoted(str(path.entity.key)), quoted(path.entity.time)
        statement = (
            f"SELECT avg(CAST(v.occurred > CAST(e.{time} AS TIMESTAMP) AS DOUBLE)) "
            f"FROM ({path.events()}) v JOIN {quoted(path.entity.name)} e ON e.{key} = v.entity"
        )
    else:
        statement = (
            f"SELECT avg(CAST(n > 1 AS DOUBLE)) "
            f"FROM (SELECT count(DISTINCT occurred) AS n FROM ({path.events()}) GROUP BY entity)"
        )
    return float(rows(connection, statement)[0][0] or 0.0) >= AFTER


def _active(connection: Connection, facts: Facts, path: Path, length: timedelta) -> tuple[int, int]:
    """Pairs of entity and seed time with an event in the window, and all pairs, at ``LOOKS`` seed times."""
    available = int((facts.val - facts.first) / length)
    looks = [facts.val - length * (1 + look * available // (2 * LOOKS)) for look in range(LOOKS)]
    asked = ", ".join(f"({moment(look)})" for look in looks)
    statement = f"""
        WITH timestamps(timestamp) AS (VALUES {asked}),
        {EVENTS} AS (SELECT * FROM ({path.events()}) WHERE entity % {_step(facts, path)} = 0),
        {ASKED} AS ({path.alive()})
        SELECT count(*), count(*) FILTER (WHERE EXISTS (
            SELECT 1 FROM {EVENTS} v WHERE v.entity = s.entity
            AND v.occurred > s.timestamp AND v.occurred <= s.timestamp + INTERVAL '{{timedelta}}'
        )) FROM (SELECT * FROM {ASKED} WHERE entity % {_step(facts, path)} = 0) s
    """
    asked_about, active = rows(connection, statement.replace("{timedelta}", spelled(length)))[0]
    return active, asked_about
