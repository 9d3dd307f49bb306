"""How hard a task is: what trees make of the entity's columns, and of its history as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plurel_sql.tasks.effort import Effort
from plurel_sql.tasks.features import Matrix, Sample
from plurel_sql.tasks.model import Task
from plurel_sql.tasks.models import Score, Trees, alone


@dataclass(frozen=True)
class Difficulty:
    """Scores on val and test; ``metric`` is AUROC, R2 or MAP.

    ``entity``: of trees on the entity's columns (None without any); ``history``: of trees on its history as well;
    ``simple``: the best single feature and its score on val. Of a recommendation ``entity`` is the ranking by
    popularity, ``history`` that of what the entity met before.
    """

    metric: str
    entity: tuple[Score, Score] | None
    history: tuple[Score, Score]
    simple: tuple[str, float]

    @property
    def best(self) -> float:
        """The better model's mean over val and test."""
        models = [self.history] + ([self.entity] if self.entity else [])
        return max((val.value + test.value) / 2 for val, test in models)

    @property
    def skill(self) -> float:
        """``best`` between chance (0) and solved (1)."""
        return 2 * self.best - 1 if self.metric == "AUROC" else self.best

    def figures(self) -> dict[str, Any]:
        """For a machine."""
        models = {"entity": self.entity, "history": self.history}
        return {
            "metric": self.metric,
            **{
                name: {split: _pair(score) for split, score in zip(("val", "test"), scores, strict=True)}
                for name, scores in models.items()
                if scores is not None
            },
            "simple": {"feature": self.simple[0], "val": round(self.simple[1], 4)},
        }

    def sentence(self) -> str:
        """As it stands in a manifest's description."""
        models = [("entity columns", self.entity), ("with history", self.history)]
        judge = "Gradient-boosted trees"
        if self.metric == "MAP":
            judge, models = "Ranking", [("the most popular", self.entity), ("what was met before", self.history)]
        parts = [
            f"{name} {_figures(self.metric, scores[0])} on val, {_figures(self.metric, scores[1])} on test"
            for name, scores in models
            if scores is not None
        ]
        return f"{judge}: {'; '.join(parts)}."


def _pair(score: Score) -> dict[str, float]:
    error = {} if score.error is None else {"nmae": round(score.error, 4)}
    return {"score": round(score.value, 4), **error}


def _figures(metric: str, score: Score) -> str:
    error = "" if score.error is None else f" (NMAE {score.error:.3f})"
    return f"{metric} {score.value:.3f}{error}"


def measure(task: Task, sample: Sample, entity: Matrix, history: Matrix, effort: Effort) -> Difficulty:
    """Fits both models on train; needs scikit-learn."""
    both = entity | history
    simple = max(
        ((name, alone(task.type, values, sample)) for name, values in both.columns.items()), key=lambda pair: pair[1]
    )
    return Difficulty(
        metric="R2" if task.type == "regression" else "AUROC",
        entity=_scores(task, sample, entity, effort) if entity.columns else None,
        history=_scores(task, sample, both, effort),
        simple=simple,
    )


def _scores(task: Task, sample: Sample, matrix: Matrix, effort: Effort) -> tuple[Score, Score]:
    train = sample.of("train")
    model = Trees(task.type, effort).fit(matrix.stacked(train), sample.target[train])
    val, test = (
        model.score(matrix.stacked(mask), sample.target[mask]) for mask in (sample.of("val"), sample.of("test"))
    )
    return val, test
