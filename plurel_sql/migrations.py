"""Folders and files of migrations: in which order they are run, and which part of them leads forward."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_BACKWARD = re.compile(r"(?:^|[._-])(?:down|undo|rollback|revert)\.sql$|^U\d[\d._]*__.*\.sql$", re.IGNORECASE)
"""Files that take a migration back: ``0001_init.down.sql`` (golang-migrate), ``down.sql`` (Diesel), ``U1__x.sql``
(Flyway), ``revert.sql``."""

_REPEATABLE = re.compile(r"^R__")
"""Flyway runs these after all versions."""

_DIGITS = re.compile(r"(\d+)")

_MARK = re.compile(
    r"^\s*(?:"
    r"--\s*\+(?:goose|migrate|micrate)\s+(?P<goose>up|down)\b.*"  # goose, sql-migrate
    r"|--\s*migrate:(?P<dbmate>up|down)\b.*"  # dbmate
    r"|--\s*rambler\s+(?P<rambler>up|down)\s*"
    r"|(?:#\s*)?---\s*!(?P<play>up|down)s\s*"  # Play's evolutions
    r"|--\s*(?P<node>up|down)\s+migration\s*"  # node-pg-migrate
    r"|--\s*//\s*@(?P<mybatis>undo)\s*"
    r")$",
    re.IGNORECASE,
)
"""Lines that begin the part of a file that leads forward, or the one that leads back."""


def ordered(files: Iterable[Path], folder: Path) -> list[Path]:
    """The files of a folder in the order in which they are run: numbers count as numbers (``V9`` before ``V10``), and
    what takes a migration back is left out, unless there is nothing else."""
    every = sorted(files, key=lambda path: (_natural(path.relative_to(folder)), path))
    return [path for path in every if not _BACKWARD.search(path.name)] or every


_Piece = tuple[int, int, int, str]


def _natural(path: Path) -> list[tuple[bool, list[_Piece]]]:
    parts = path.with_suffix("").parts
    return [(bool(_REPEATABLE.match(part)), [_piece(piece) for piece in _DIGITS.split(part)]) for part in parts]


def _piece(piece: str) -> _Piece:
    """Numbers first; what ends a version (``1__name``) comes before what goes on with it (``1.2__name``)."""
    if piece.isdecimal():
        return (0, int(piece), 0, "")
    return (1, 0, int(piece[:1] not in ("", "_", "-", " ")), piece.lower())


def forward(text: str) -> str:
    """``text`` with the lines that take a migration back left empty, so that the others keep their numbers."""
    lines, kept = text.splitlines(keepends=True), True
    for index, line in enumerate(lines):
        mark = _MARK.match(line.rstrip("\r\n"))
        if mark:
            kept = (mark[mark.lastgroup or 0]).lower() == "up"
        elif not kept:
            lines[index] = "\n" if line.endswith("\n") else ""
    return "".join(lines)
