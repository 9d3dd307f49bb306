"""How hard a recommendation is: MAP of the most popular, and of what the entity met before."""

from __future__ import annotations

from plurel_sql.tasks.bench import LABELS, Bench
from plurel_sql.tasks.difficulty import Difficulty
from plurel_sql.tasks.model import Task
from plurel_sql.tasks.models import Score
from plurel_sql.tasks.paths import Path
from plurel_sql.tasks.sql import rows

JUDGED = 2_000
"""Entities of a split that are judged."""


def measure(bench: Bench, task: Task, path: Path, link: str) -> Difficulty:
    """``link``: the expression over the path's events that names the destination."""
    popular, met = zip(*(_judge(bench, task, path, link, split) for split in ("val", "test")), strict=True)
    return Difficulty("MAP", (popular[0], popular[1]), (met[0], met[1]), ("the most popular", popular[0].value))


def _judge(bench: Bench, task: Task, path: Path, link: str, split: str) -> tuple[Score, Score]:
    """MAP@k of the most popular destinations up to the seed time, and of the entity's own, filled up with those."""
    seeds = rows(
        bench.connection,
        f"SELECT entity, target FROM (SELECT *, row_number() OVER (ORDER BY entity) AS n, count(*) OVER () AS total "
        f"FROM {LABELS} WHERE split = '{split}') WHERE n % greatest(1, total // {JUDGED}) = 0 ORDER BY entity",
    )
    if not seeds:
        return Score(0.0), Score(0.0)
    by_then = f"SELECT max(timestamp) FROM {LABELS} WHERE split = '{split}'"
    past = f"SELECT * FROM ({path.events((link, 'linked'))}) WHERE linked IS NOT NULL AND occurred <= ({by_then})"
    k = task.eval_k or 1
    # Twice as many as are proposed: some may be among those met before.
    most = f"SELECT linked FROM ({past}) GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {2 * k}"
    popular = [linked for (linked,) in rows(bench.connection, most)]
    asked = ", ".join(str(entity) for entity, _ in seeds)
    often = (
        f"SELECT entity, linked FROM ({past}) WHERE entity IN ({asked}) GROUP BY 1, 2 "
        "ORDER BY 1, count(*) DESC, max(occurred) DESC, 2"
    )
    met: dict[int, list[int]] = {}
    for entity, linked in rows(bench.connection, often):
        met.setdefault(entity, []).append(linked)
    scores = [
        (_precision(popular, target, k), _precision(list(dict.fromkeys((*met.get(entity, ()), *popular))), target, k))
        for entity, target in seeds
    ]
    return Score(sum(s[0] for s in scores) / len(scores)), Score(sum(s[1] for s in scores) / len(scores))


def _precision(proposed: list[int], target: list[int], k: int) -> float:
    """Average precision at ``k``, as relbench's ``map`` has it."""
    wanted, hits, total = set(target), 0, 0.0
    for place, one in enumerate(proposed[:k], 1):
        if one in wanted:
            hits += 1
            total += hits / place
    return total / min(len(wanted), k)
