"""Which sink a target's name means.

=============================================  ===========================================================
``x.sqlite``, ``.sqlite3``, ``.db3``,          a SQLite file
``sqlite:///path``
any other path, ``duckdb:///path``             a DuckDB file; a file that is there is what its first bytes say
a folder with ``--format parquet|csv|sql``     files in a new folder
a folder with ``--format relbench``            a relbench dataset
``scheme://...``                               the sink of ``_SCHEMES`` for it, else SQLAlchemy's
=============================================  ===========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from plurel_sql import urls
from plurel_sql.errors import TargetError
from plurel_sql.sinks.base import Sink

Format = Literal["parquet", "csv", "sql", "relbench"]
"""Forms of files in a folder; ``relbench`` is a dataset folder of relbench 3."""

Tasks = int | Literal["auto"]
"""How many tasks a relbench dataset gets: at most so many, or as many as are worth it."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a target is to be treated.

    ``overwrite`` replaces what is there. ``format`` makes the target a folder of such files, and ``resume`` goes on
    with a folder that a stopped run has left. ``existing``: the source's tables are there already, some with rows; no
    table is made, altered or emptied, the source's rows are added in one transaction, and sequences stand after the
    highest value when it ends. ``tasks``: of a relbench dataset (0: none).
    """

    overwrite: bool = False
    existing: bool = False
    format: Format | None = None
    resume: bool = False
    tasks: Tasks = "auto"


def open_target(target: str | Path, options: Options | None = None) -> Sink:
    """The sink for a target; nothing is touched yet.

    Raises:
        TargetError: no sink takes such a target; says which do, or what to install.
    """
    options = options or Options()
    written = str(target)
    if options.format is not None:
        if urls.is_url(written):
            raise TargetError("is no folder", place=urls.hidden(written), hint="--format is for a folder of files")
        return _folder(written, options)
    if options.resume:
        raise TargetError("can't be resumed", place=urls.hidden(written), hint="--resume is for a folder (--format)")
    if urls.is_url(written):
        return _SCHEMES.get(urls.scheme(written), _sqlalchemy)(written, options)
    return (_sqlite if _is_sqlite(written) else _duckdb)(written, options)


def own_dialect(target: str | Path) -> str:
    """The dialect of the statements that a target runs as they stand; "" where it has tables translated always."""
    written = str(target)
    if urls.is_url(written):
        return _SPOKEN.get(urls.scheme(written), "")
    return "sqlite" if _is_sqlite(written) else ""


def _duckdb(target: str, options: Options) -> Sink:
    if options.existing:
        from plurel_sql.sinks.duckdb_existing import ExistingDuckDB

        return ExistingDuckDB(target)
    from plurel_sql.sinks.duckdb import DuckDBFile

    return DuckDBFile(target, overwrite=options.overwrite)


def _sqlite(target: str, options: Options) -> Sink:
    from plurel_sql.sinks.sqlite import SQLiteFile

    return SQLiteFile(target, overwrite=options.overwrite, existing=options.existing)


def _folder(target: str, options: Options) -> Sink:
    if options.format == "relbench":
        from plurel_sql.sinks.relbench import RelbenchFolder

        if options.resume:
            raise TargetError("can't be resumed", place=target, hint="--resume is for files of tables")
        return RelbenchFolder(target, overwrite=options.overwrite, tasks=options.tasks)
    from plurel_sql.sinks.folder import Folder

    return Folder(target, options.format or "", overwrite=options.overwrite, resume=options.resume)


def _sqlalchemy(target: str, options: Options) -> Sink:
    from plurel_sql.sinks.sqlalchemy import AnyDatabase

    return AnyDatabase(target, overwrite=options.overwrite, existing=options.existing)


def _postgres(target: str, options: Options) -> Sink:
    urls.parse(target)  # says what to install
    from plurel_sql.sinks.postgres import Postgres

    return Postgres(target, overwrite=options.overwrite, existing=options.existing)


def _mysql(target: str, options: Options) -> Sink:
    urls.parse(target)  # says what to install
    from plurel_sql.sinks.mysql import MySQL

    return MySQL(target, overwrite=options.overwrite, existing=options.existing)


_SCHEMES: Mapping[str, Callable[[str, Options], Sink]] = {
    "duckdb": _duckdb,
    "sqlite": _sqlite,
    "postgresql": _postgres,
    "postgres": _postgres,
    "mysql": _mysql,
    "mariadb": _mysql,
}
"""Engine of a URL -> what opens it; each imports its sink only then."""

_SPOKEN = {"postgresql": "postgres", "postgres": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
"""Engine of a URL -> the dialect of its own statements."""

_SQLITE_SUFFIXES = (".sqlite", ".sqlite3", ".db3")


def _is_sqlite(path: str) -> bool:
    """By its first bytes if there is such a file, else by its name."""
    try:
        with open(path, "rb") as file:
            head = file.read(16)
    except (OSError, ValueError):  # nothing there, or nothing to read; the sink says so
        head = b""
    if head == b"SQLite format 3\0":
        return True
    return head[8:12] != b"DUCK" and Path(path).suffix.lower() in _SQLITE_SUFFIXES
