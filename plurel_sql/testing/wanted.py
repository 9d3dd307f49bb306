"""What a test asks for: the marker's words, with the ini file's where it is silent."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from plurel_sql.errors import ConfigError, InputError
from plurel_sql.schema.lookup import nearest

OPTIONS = {
    "schema": "SQL file or folder, bundled name, database URL, or module:attribute of a SQLAlchemy MetaData",
    "rows": "rows in all (1e4), or name=N, ... by table",
    "seed": "0 to 2**64 - 1",
    "target": "sqlite (the default), duckdb, or the URL of a PostgreSQL server",
    "dialect": "of the SQL text, where it can't be found out",
    "config": "a configuration file",
}
"""Arguments of the marker; each has a default in the ini file, as ``plurel_<name>``."""

_REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


class Wanted(msgspec.Struct, frozen=True):
    """Arguments of ``plurel_sql.plan``, and the target."""

    schema: Any
    rows: Any = None
    seed: int = 0
    target: str = "sqlite"
    dialect: str | None = None
    config: Any = None

    @property
    def key(self) -> object:
        """Equal for requests that mean the same database; objects are told apart by what they are, not by value."""
        plain = (self.schema, self.rows, self.config)
        told = [repr(each) if isinstance(each, str | Path | int | float | list | tuple | dict) else id(each)
                for each in plain]  # fmt: skip
        return (*told, self.seed, self.target, self.dialect)


def wanted(given: Mapping[str, object], defaults: Mapping[str, str], folders: tuple[Path, ...]) -> Wanted:
    """The request.

    Args:
        given: the marker's arguments; they win.
        defaults: of the ini file, empty where not set.
        folders: where a relative path is looked for, the first that has it wins.

    Raises:
        ConfigError: an argument is unknown or can't be.
        InputError: no schema is named, or its module can't be imported.
    """
    for name in given:
        if name not in OPTIONS:
            raise ConfigError(f"unknown argument {name!r}", place="@pytest.mark.plurel", hint=nearest(name, OPTIONS))
    said: dict[str, Any] = {name: value for name, value in defaults.items() if value}
    said["seed"] = _whole(said.get("seed", "0"))
    if "rows" in said:
        said["rows"] = [part.strip() for part in said["rows"].split(",")]
    said |= {name: value for name, value in given.items() if value is not None}
    if said.get("schema") is None:
        raise InputError(
            "no schema is named", place="plurel_db", hint="@pytest.mark.plurel(schema=...), or plurel_schema = ... "
        )
    said["schema"] = _schema(said["schema"], folders)
    if isinstance(said.get("config"), str | Path):
        said["config"] = _found(said["config"], folders)
    if "target" in said and not isinstance(said["target"], str):
        said["target"] = str(said["target"])
    return Wanted(**said)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a seed", place="plurel_seed", hint="a whole number is expected") from None


def _schema(schema: Any, folders: tuple[Path, ...]) -> Any:
    if isinstance(schema, list | tuple):
        return [_found(item, folders) for item in schema]
    if not isinstance(schema, str | Path):
        return schema
    found = _found(schema, folders)
    if found is schema and isinstance(schema, str) and _REFERENCE.fullmatch(schema):
        try:
            return pkgutil.resolve_name(schema)
        except (ImportError, AttributeError, ValueError) as error:
            raise InputError(
                f"can't be imported: {error}", place=schema, hint="module:attribute is expected"
            ) from error
    return found


def _found(path: Any, folders: tuple[Path, ...]) -> Any:
    """``path`` in the first of the folders that has it; as it is where none does (a name, a URL, SQL text)."""
    if isinstance(path, str) and ("\n" in path or ";" in path or "://" in path):
        return path
    for folder in folders:
        candidate = folder / path
        try:
            if candidate.exists():
                return candidate
        except (OSError, ValueError):  # too long, or with a NUL: the reader says so
            break
    return path
