"""The pytest plugin: ``plurel_db`` gives a test a filled database of its own (docs/testing-applications.md).

>>> @pytest.mark.plurel("schema.sql", rows="1e4", seed=7)  # doctest: +SKIP
... def test_orders(plurel_db):
...     engine = plurel_db.engine

Nothing but pytest is imported here before a test asks for a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plurel_sql.testing.factory import Factory
    from plurel_sql.testing.filled import FilledDatabase

_INI = ("schema", "rows", "seed", "target", "dialect", "config")


def pytest_addoption(parser: pytest.Parser) -> None:
    for name in _INI:
        parser.addini(f"plurel_{name}", f"default of {name} in @pytest.mark.plurel", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "plurel(schema, rows=None, seed=0, target='sqlite', dialect=None, config=None): "
        "what the fixture plurel_db is filled with.",
    )


@pytest.fixture(scope="session")
def _plurel_factory(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Factory]:
    from plurel_sql.testing.factory import Factory

    cache = getattr(pytestconfig, "cache", None)  # not with -p no:cacheprovider
    folder = cache.mkdir("plurel") if cache is not None else tmp_path_factory.mktemp("plurel-cache")
    factory = Factory(Path(folder), lambda: tmp_path_factory.mktemp("plurel"))
    yield factory
    factory.close()


@pytest.fixture
def plurel_db(request: pytest.FixtureRequest, _plurel_factory: Factory) -> Iterator[FilledDatabase]:
    """A filled database of the test's own, as ``@pytest.mark.plurel(...)`` and the ini file have it."""
    given: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("plurel"))):  # the closest comes last, and wins
        if len(mark.args) > 1:
            pytest.fail("@pytest.mark.plurel: only the schema may be given without a name", pytrace=False)
        given |= {**dict(zip(("schema",), mark.args, strict=False)), **mark.kwargs}
    database = _database(_plurel_factory, request.config, given, request.path.parent)
    yield database
    database.drop()


@pytest.fixture(scope="session")
def plurel_db_factory(pytestconfig: pytest.Config, _plurel_factory: Factory) -> Iterator[Callable[..., FilledDatabase]]:
    """Makes filled databases for fixtures of any scope: the marker's arguments in, removed when the session ends."""
    made: list[FilledDatabase] = []

    def make(schema: Any = None, **given: Any) -> FilledDatabase:
        database = _database(_plurel_factory, pytestconfig, {"schema": schema, **given}, pytestconfig.rootpath)
        made.append(database)
        return database

    yield make
    for database in made:
        database.drop()


def _database(factory: Factory, config: pytest.Config, given: dict[str, Any], folder: Path) -> FilledDatabase:
    """The database; what is wrong with the request is the test's report, without a traceback of ours."""
    from plurel_sql.errors import PlurelError
    from plurel_sql.testing.wanted import wanted

    defaults = {name: str(config.getini(f"plurel_{name}")) for name in _INI}
    try:
        return factory.database(wanted(given, defaults, (folder, config.rootpath)))
    except PlurelError as error:
        message = f"plurel_db: {error}"
    return pytest.fail(message, pytrace=False)
