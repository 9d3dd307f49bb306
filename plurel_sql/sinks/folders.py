"""Folders that are made whole under a temporary name and renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from plurel_sql.errors import RunError, TargetError
from plurel_sql.schema.model import Note
from plurel_sql.sinks import paths


def held(written: str, path: Path, is_ours: Callable[[set[str]], bool]) -> tuple[set[str], tuple[Note, ...]]:
    """What a folder holds that is to be made or replaced: nothing, or a work of this program; and whether what it held
    had to be put back first.

    Args:
        written: the target as the user gave it, for errors.
        path: the folder it means, links followed.
        is_ours: whether a folder with these entries was made by this program.

    Raises:
        TargetError: it can't or may not be written, whatever is asked for.
    """
    if "\0" in written:
        raise TargetError("can't be used: it holds a NUL", place=repr(written))
    if not path.parent.is_dir():
        raise TargetError("its folder does not exist", place=written, hint=f"create {path.parent} first")
    notes = []
    try:
        paths.try_folder(path.parent)
        if paths.put_back(path):
            message = "what it held was put back: an earlier run was stopped while it put its files there"
            notes.append(Note(message, written, level="info"))
    except OSError as error:
        raise TargetError(f"can't be used: {error.strerror or error}", place=written) from error
    if not path.exists():
        return set(), tuple(notes)
    if not path.is_dir():
        raise TargetError("is no folder", place=written, hint="a folder is filled here")
    names = set(os.listdir(path))
    if names and not is_ours(names):
        raise TargetError("is not empty and was not made by this program", place=written, hint="it is not touched")
    return names, tuple(notes)


def refuse(written: str, said: str, hint: str, notes: tuple[Note, ...]) -> None:
    """TargetError for a folder that may not be replaced; with what ``held`` did to it."""
    raise TargetError("; ".join([said, *(note.message for note in notes)]), place=written, hint=hint)


@contextmanager
def filled(written: str, path: Path) -> Iterator[Path]:
    """An empty folder to be filled: when the body has ended well it stands at ``path``, its files on the disk, else it
    is gone.

    Raises:
        RunError: the system refuses something.
    """
    with translated(written):
        work = paths.unfinished(path)
        try:
            work.mkdir()
            yield work
            for file in work.rglob("*"):
                if file.is_file():
                    paths.sync(file)
            paths.exchange(work, path)
            paths.sync_folder(path.parent)
        finally:
            shutil.rmtree(work, ignore_errors=True)
            shutil.rmtree(f"{work}.spill", ignore_errors=True)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """The system's errors as errors of ours that name the place."""
    try:
        yield
    except OSError as error:
        raise RunError(f"can't be written: {error.strerror or error}", place=place) from error
