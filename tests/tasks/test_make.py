"""The same data, the same tasks; few of many are different from each other."""

import duckdb
import pytest
from msgspec.structs import replace
from support import datasets

from plurel_sql.tasks import facts, make
from plurel_sql.tasks.bench import Bench
from plurel_sql.tasks.choose import pick, usefulness
from plurel_sql.tasks.examine import Candidate
from plurel_sql.tasks.make import candidates
from plurel_sql.tasks.paths import paths


def contents(made):
    return [
        (task.name, task.manifest, {split: table.to_pylist() for split, table in task.splits.items()})
        for task in made.tasks
    ]


def test_the_same_at_any_number_of_threads(made):
    with duckdb.connect(config={"threads": 1}) as connection:
        again = make(connection, datasets.shop(connection), 4)
    assert contents(again) == contents(made)
    assert again.dropped == made.dropped


def test_the_dataset_is_left_as_it_was():
    with duckdb.connect() as connection:
        layout = datasets.shop(connection)
        make(connection, layout, 1)
        assert {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()} == {
            table.name for table in layout.tables
        }


def test_no_more_than_asked_for_and_every_one_of_another_kind(made):
    assert len(made.tasks) == len(made.kept) == 4
    assert len({(each.task.entity, each.task.form, each.task.type) for each in made.kept}) == 4


def test_without_times_there_are_no_tasks():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE a AS SELECT range AS id, range % 3 AS x FROM range(500)")
        made = make(connection, datasets.dataset(connection, {"a": ("id", None, {})}))
    assert made.tasks == ()
    assert "no times" in made.dropped[0].reason


@pytest.mark.parametrize("mark", ["names_row", "keyed"])
def test_parts_of_keys_are_no_subject(mark):
    """A tenant's number, or a date in a key, is neither summed up nor completed."""
    with duckdb.connect() as connection:
        layout = datasets.shop(connection)
        orders = layout.table("orders")
        columns = tuple(replace(column, **{mark: column.name == "amount"}) for column in orders.columns)
        tables = tuple(replace(t, columns=columns) if t is orders else t for t in layout.tables)
        layout = replace(layout, tables=tables)
        bench = Bench(connection, layout, facts.measure(connection, layout))
        found = {each.task.subject for each in candidates(bench, tuple(paths(layout))) if isinstance(each, Candidate)}
    assert found and "orders.amount" not in found


def test_tables_may_be_called_as_a_query_would_call_its_parts():
    """Found on a real schema whose entity is a table ``events``; relbench lays every table beside the query."""
    with duckdb.connect() as connection:
        layout = datasets.shop(connection)
        names = {"customer": "events", "orders": "seeds"}
        for name, other in names.items():
            connection.execute(f"ALTER TABLE {name} RENAME TO {other}")
        tables = tuple(
            replace(
                table,
                name=names.get(table.name, table.name),
                links=tuple(replace(link, parent=names.get(link.parent, link.parent)) for link in table.links),
            )
            for table in layout.tables
        )
        made = make(connection, replace(layout, tables=tables), 2)
    assert len(made.tasks) == 2 and any("events-seeds" in task.name for task in made.tasks)


def test_a_watcher_may_stop_it():
    def stop(name):
        raise InterruptedError

    with duckdb.connect() as connection, pytest.raises(InterruptedError):
        make(connection, datasets.shop(connection), 3, watch=stop)


def test_picking():
    assert pick("aab", 2, lambda one: 0.5, lambda one: [one]) == ["a", "b"]
    assert pick([1, 2, 3], 2, float, lambda one: []) == [3, 2]
    assert pick([1.0, 1.1, 0.95], 2, lambda one: one, lambda one: [one >= 1]) == [1.1, 0.95]
    assert usefulness(0) == usefulness(1) == 0
    assert usefulness(0.5) == 1
