"""Worthless tasks are dropped, each for its own reason."""

import pytest

from plurel_sql.tasks.difficulty import Difficulty
from plurel_sql.tasks.examine import Kept
from plurel_sql.tasks.filters import of_difficulty
from plurel_sql.tasks.model import Dropped
from plurel_sql.tasks.models import Score


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ("orders-rare", "out of balance: all but"),
        ("orders-coin", "nothing predicts it: R2"),
        ("orders-score_then", "solved by orders of customer: score_then"),
        ("customer-shoe", "too few labels: 0 in val"),
    ],
)
def test_planted_ones_are_dropped(shop, task, reason):
    found = shop.examined(task)
    assert isinstance(found, Dropped)
    assert found.reason.startswith(reason)


def test_good_ones_are_kept_with_their_difficulty(shop):
    kept = shop.examined("orders-amount")
    assert isinstance(kept, Kept)
    assert 0.5 < kept.difficulty.history[1].value < 0.97
    assert "Gradient-boosted trees: entity columns R2" in kept.difficulty.sentence()


@pytest.mark.parametrize(
    ("metric", "simple", "best", "reason"),
    [("AUROC", 0.99, 0.99, "solved by x alone"), ("AUROC", 0.5, 0.54, "nothing predicts"),
     ("R2", 0.01, 0.01, "nothing"), ("AUROC", 0.9, 0.97, None), ("MAP", 0.0, 0.2, None)],
)  # fmt: skip
def test_by_their_difficulty(metric, simple, best, reason):
    found = of_difficulty(Difficulty(metric, None, (Score(best), Score(best)), ("x", simple)))
    assert found is None if reason is None else found.startswith(reason)


def test_the_same_question_is_asked_once(made):
    reasons = {each.name: each.reason for each in made.dropped}
    names = [task.name for task in made.tasks]
    assert len(set(names)) == len(names)
    assert not set(names) & set(reasons)
