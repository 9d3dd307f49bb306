"""Requests -> filled databases: plans once per request, templates once per plan, a copy each time."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import plurel_sql
from plurel_sql.errors import TargetError
from plurel_sql.plan.model import Plan, encode
from plurel_sql.testing.cache import Cache
from plurel_sql.testing.files import Files
from plurel_sql.testing.filled import FilledDatabase
from plurel_sql.testing.postgres import Postgres, is_postgres
from plurel_sql.testing.wanted import Wanted


class PlurelWarning(UserWarning):
    """Something that the schema asks for is not honoured in the filled database."""


class Factory:
    """Makes databases for one session of tests.

    Args:
        cache: the folder where templates are kept between sessions.
        scratch: makes a new empty folder for the session.
    """

    def __init__(self, cache: Path, scratch: Callable[[], Path]) -> None:
        self._cache = Cache(cache)
        self._scratch = scratch
        self._plans: dict[object, tuple[Wanted, Plan]] = {}  # the request too, so that its id stays taken
        self._homes: dict[str, Files | Postgres] = {}

    def database(self, wanted: Wanted) -> FilledDatabase:
        """A new copy of what is asked for.

        Raises:
            InputError: or another PlurelError: it can't be made.
        """
        home = self._home(wanted.target)
        plan = self._plan(wanted)

        def fill(target: str) -> None:
            plurel_sql.open_plan(plan).write(target)

        url, path, remove = home.copy(digest(plan, home.version), fill)
        return FilledDatabase(url, path, plan, remove)

    def close(self) -> None:
        """Removes every copy that is left, and lets go of the servers."""
        for home in self._homes.values():
            home.close()

    def _plan(self, wanted: Wanted) -> Plan:
        if wanted.key not in self._plans:
            plan = plurel_sql.plan(
                wanted.schema,
                rows=wanted.rows,
                seed=wanted.seed,
                dialect=wanted.dialect,
                config=wanted.config,
                target="sqlite://" if wanted.target == "sqlite" else wanted.target,
            )
            lost = [str(note) for note in plan.notes if note.level == "error"]
            if lost:
                more = f" (and {len(lost) - 3} more)" if len(lost) > 3 else ""
                warnings.warn(PlurelWarning(f"not honoured: {'; '.join(lost[:3])}{more}"), stacklevel=2)
            self._plans[wanted.key] = (wanted, plan)
        return self._plans[wanted.key][1]

    def _home(self, target: str) -> Files | Postgres:
        if target not in self._homes:
            if target == "duckdb":
                self._homes[target] = Files("duckdb", self._cache, self._scratch())
            elif target == "sqlite":
                self._homes[target] = Files("sqlite", self._cache, self._scratch())
            elif is_postgres(target):
                self._homes[target] = Postgres(target)
            else:
                raise TargetError(
                    "is not a target for tests", place=target, hint="expected sqlite, duckdb or a postgresql:// URL"
                )
        return self._homes[target]


def digest(plan: Plan, engine: str) -> str:
    """What a template is kept under: 24 hexadecimal digits of the plan, this package's version and the engine's."""
    made_of = hashlib.sha256(encode(plan))
    made_of.update(f"\0{version('plurel-sql')}\0{engine}".encode())
    return made_of.hexdigest()[:24]
