import duckdb
import pytest
from support import datasets

from plurel_sql.tasks import facts, features, labels, make
from plurel_sql.tasks.bench import Bench
from plurel_sql.tasks.examine import examine, shown
from plurel_sql.tasks.leaks import in_row
from plurel_sql.tasks.make import candidates
from plurel_sql.tasks.model import Dropped
from plurel_sql.tasks.paths import paths


class Shop:
    """The hand-made shop, its candidates by name, and what becomes of them."""

    def __init__(self):
        self.connection = duckdb.connect()
        self.layout = datasets.shop(self.connection)
        self.bench = Bench(self.connection, self.layout, facts.measure(self.connection, self.layout))
        self.ways = tuple(paths(self.layout))
        found = list(candidates(self.bench, self.ways))
        self.candidates = {each.task.name: each for each in found if not isinstance(each, Dropped)}
        self._examined = {}

    def examined(self, name):
        if name not in self._examined:
            self._examined[name] = examine(self.bench, self.candidates[name], self.ways)
        return self._examined[name]

    def leaks(self, name):
        """Of an autocomplete task, by column."""
        task = self.candidates[name].task
        labels.make(self.bench, task)
        sample = features.sample(self.bench)
        row, around = shown(self.bench, task)
        found = in_row(self.bench, task, sample, row | around)
        return {f"{leak.table}.{leak.column}": leak.reason for leak in found}

    def rows(self, statement):
        return self.connection.execute(statement).fetchall()


@pytest.fixture(scope="session")
def shop():
    return Shop()


@pytest.fixture(scope="session")
def made():
    with duckdb.connect(config={"threads": 3}) as connection:
        return make(connection, datasets.shop(connection), 4)
