"""Real schemas as a source: a folder of DDL, of which each seed takes a part, gives it other names and mutates it.

The DDL itself is read once per process; all else is a function of the seed and the files' contents.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from plurel_sql import inputs
from plurel_sql.errors import InputError
from plurel_sql.plan.draws import Draws
from plurel_sql.prior.mutate import mutated
from plurel_sql.prior.part import part
from plurel_sql.prior.rename import renamed
from plurel_sql.schema.model import Schema

MOST_TABLES = 20


def real_schema(folder: Path, seed: int) -> Schema:
    """A part of one of the folder's schemas, renamed and mutated.

    A file that can't be read as DDL is passed over; every file is a schema of its own.

    Raises:
        InputError: the folder holds no DDL that can be used.
    """
    draws = Draws(seed, "ddl")
    names = files(folder)
    draws.shuffle(names)
    for name in names:
        found = _read(str(folder / name))
        if found is not None:
            own = Draws(seed, "ddl", name)
            cut = part(found, own.whole(3, MOST_TABLES), own)
            return renamed(mutated(cut, own), own)
    raise InputError("none of its files is DDL that can be read", place=str(folder), hint="CREATE TABLE is expected")


def files(folder: Path) -> list[str]:
    """The folder's .sql files, as paths within it, sorted.

    Raises:
        InputError: there are none.
    """
    found = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.sql") if p.is_file())
    if not found:
        raise InputError("no .sql file in this folder" if folder.is_dir() else "no such folder", place=str(folder))
    return found


@lru_cache(maxsize=512)
def _read(path: str) -> Schema | None:
    try:
        return inputs.read(Path(path))
    except InputError:
        return None
