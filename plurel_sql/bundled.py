"""The example schemas that come with the package (``schemas/`` in the repository)."""

from __future__ import annotations

from importlib.resources import files

_FOLDER = files("plurel_sql") / "bundled_schemas"


def names() -> dict[str, str]:
    """Name -> what it shows (the file's first line, ``-- name: text``), sorted by name."""
    headers = {}
    for entry in sorted(_FOLDER.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".sql"):
            first = entry.read_text(encoding="utf-8").partition("\n")[0]
            headers[entry.name.removesuffix(".sql")] = first.partition(":")[2].strip()
    return headers


def text(name: str) -> str:
    """The SQL of a bundled schema; KeyError where there is none of this name."""
    if name not in names():
        raise KeyError(name)
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
