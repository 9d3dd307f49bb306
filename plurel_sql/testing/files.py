"""DuckDB and SQLite: a template file in the cache, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from sqlalchemy import URL

from plurel_sql.testing.cache import Cache

Fill = Callable[[str], None]
"""Fills the target of that name, which is new."""


class Files:
    """Copies of template files of one engine.

    Args:
        engine: which.
        cache: where templates are kept.
        scratch: an empty folder for the copies.
    """

    def __init__(self, engine: Literal["duckdb", "sqlite"], cache: Cache, scratch: Path) -> None:
        self.engine = engine
        self._cache = cache
        self._scratch = scratch
        self._copies = 0

    @property
    def version(self) -> str:
        """Of the engine: a newer one may write what an older one can't read."""
        if self.engine == "duckdb":
            import duckdb

            return str(duckdb.__version__)
        import sqlite3

        return sqlite3.sqlite_version

    def copy(self, digest: str, fill: Fill) -> tuple[URL, Path, Callable[[], None]]:
        """A new copy of the template ``digest``: its URL, its path, and what removes it."""
        template = self._cache.file(
            f"{self.engine}-{digest}", f"template.{self.engine}", lambda path: fill(f"{self.engine}:///{path}")
        )
        self._copies += 1
        path = self._scratch / f"{self._copies}.{self.engine}"
        shutil.copyfile(template, path)
        return URL.create(self.engine, database=str(path)), path, lambda: _remove(path)

    def close(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)


def _remove(path: Path) -> None:
    for suffix in ("", ".wal", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
