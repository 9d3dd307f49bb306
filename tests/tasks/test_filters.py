"""Worthless tasks are dropped, each for its own reason."""

import duckdb
import pytest
from support import datasets

from plurel_sql.tasks import facts
from plurel_sql.tasks.bench import Bench
from plurel_sql.tasks.difficulty import Difficulty
from plurel_sql.tasks.examine import Kept, examine
from plurel_sql.tasks.filters import of_difficulty
from plurel_sql.tasks.make import candidates
from plurel_sql.tasks.model import Dropped
from plurel_sql.tasks.models import Score
from plurel_sql.tasks.paths import paths


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


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ("customer-visit-which-home_id", "nothing to choose"),
        ("customer-visit-which-bill_id", "no row of bill"),
        ("customer-visit-which-tour_id", "99% of the tour"),
    ],
)
def test_recommendations_that_nobody_would_ask_for(task, reason):
    """Which address of the one it has; which bill, though each is paid once; which tour before it is there."""
    with duckdb.connect() as connection:
        days = "TIMESTAMP '2020-01-01' + to_minutes((97 * n) % 1051200)"
        connection.execute("CREATE TABLE customer AS SELECT n AS customer_id FROM range(200) t(n)")
        connection.execute("CREATE TABLE home AS SELECT n AS home_id FROM range(100) t(n)")
        made = f"SELECT n, {days} AS day FROM range(20000) t(n) ORDER BY day"
        connection.execute(
            f"CREATE TABLE bill AS SELECT row_number() OVER (ORDER BY day) - 1 AS bill_id, day FROM ({made})"
        )
        connection.execute(
            "CREATE TABLE tour AS SELECT row_number() OVER (ORDER BY day) - 1 AS tour_id, day "
            "FROM (SELECT min(day) AS day FROM bill GROUP BY bill_id // 4)"
        )
        connection.execute(
            "CREATE TABLE visit AS SELECT bill_id AS visit_id, bill_id, bill_id // 4 AS tour_id, "
            "hash(bill_id) % 200 AS customer_id, customer_id % 100 AS home_id, day + INTERVAL 1 SECOND AS day "
            "FROM bill ORDER BY day"
        )
        shapes = {
            "customer": ("customer_id", None, {}),
            "home": ("home_id", None, {}),
            "bill": ("bill_id", "day", {}),
            "tour": ("tour_id", "day", {}),
            "visit": (
                "visit_id",
                "day",
                {"customer_id": "customer", "home_id": "home", "bill_id": "bill", "tour_id": "tour"},
            ),
        }
        layout = datasets.dataset(connection, shapes)
        bench = Bench(connection, layout, facts.measure(connection, layout))
        ways = tuple(paths(layout))
        proposed = [each for each in candidates(bench, ways) if not isinstance(each, Dropped)]
        found = examine(bench, next(each for each in proposed if each.task.name == task), ways)
    assert isinstance(found, Dropped) and found.reason.startswith(reason)
