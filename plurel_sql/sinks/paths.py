"""Files that are made under a temporary name and renamed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from plurel_sql.errors import TargetError


def replaceable(written: str, path: str, *, overwrite: bool, kind: str, is_kind: Callable[[bytes], bool]) -> Path:
    """The path of a file to be made, links followed.

    Only a file of its kind or an empty one is ever replaced, whatever ``overwrite`` says.

    Args:
        written: the target as the user gave it, for errors.
        path: the file it means.
        overwrite: whether a file that is there may be replaced.
        kind: of the file, in words (``DuckDB``).
        is_kind: whether a file that begins so is one.

    Raises:
        TargetError: it can't or may not be written.
    """
    try:
        real = Path(os.path.realpath(path))
        if not real.parent.is_dir():
            raise TargetError("its folder does not exist", place=written, hint=f"create {real.parent} first")
        if real.is_dir():
            raise TargetError(
                "is a folder", place=written, hint="name a file in it, such as shop.duckdb, or give --format"
            )
        if real.exists():
            if not real.is_file():
                raise TargetError("is not a regular file", place=written)
            if not overwrite:
                raise TargetError("exists already", place=written, hint="--overwrite replaces it")
            with real.open("rb") as file:
                head = file.read(16)
            if head and not is_kind(head):
                raise TargetError(f"exists and is not a {kind} file", place=written, hint="it is not replaced")
        try_folder(real.parent)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise TargetError(f"can't be used: {getattr(error, 'strerror', None) or error}", place=written) from error
    return real


def try_folder(folder: Path) -> None:
    """Makes a nameless file in ``folder``, the only way to know whether one can: rights alone don't tell.

    Raises:
        OSError: no file can be made there.
    """
    with tempfile.TemporaryFile(dir=folder):
        pass


def unfinished(path: Path) -> Path:
    """The name under which ``path`` is made, hidden beside it; what killed runs have left under theirs is removed."""
    for leftover in _leftovers(path, "(?:-journal|\\.wal|\\.spill|\\.old)?"):
        with suppress(OSError):
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def exchange(work: Path, path: Path) -> None:
    """Renames a folder to its place; what was there goes when the new one stands.

    A folder can't be renamed over another that holds something. A run that is killed between the two renames leaves the
    old one beside, which ``put_back`` finds.
    """
    old = work.with_name(f"{work.name}.old")
    if path.exists() and os.listdir(path):
        os.rename(path, old)
    try:
        os.rename(work, path)
    except OSError:
        if old.exists():
            os.rename(old, path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def put_back(path: Path) -> bool:
    """Puts back what a run had set aside that was killed in the middle of ``exchange``; whether there was such."""
    if path.exists():
        return False
    aside = next(_leftovers(path, "\\.old"), None)
    if aside is None:
        return False
    os.rename(aside, path)
    sync_folder(path.parent)
    return True


def _leftovers(path: Path, suffix: str) -> Iterator[Path]:
    """What runs that are no more have left beside ``path``.

    A run with the number of this process is one of them: in a container each run may have the same.
    """
    theirs = re.compile(rf"\.{re.escape(path.name)}\.(\d{{1,9}})\.part{suffix}")
    with suppress(OSError):
        for entry in os.scandir(path.parent):
            found = theirs.fullmatch(entry.name)
            if found is not None and (int(found[1]) == os.getpid() or not _runs(int(found[1]))):
                yield Path(entry.path)


def _runs(process: int) -> bool:
    """Whether there is such a process; where the system can't be asked, yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def sync(path: Path) -> None:
    """Waits until a file's bytes are on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes a rename last through a power cut, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def stems(ids: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """Names of files for tables, without what some system refuses, told apart where the case is not."""
    found: dict[str, str] = {}
    taken = set(reserved)
    for id in ids:
        safe = re.sub(r"[^\w.\- ]|^[. ]|[. ]$", lambda met: f"%{ord(met[0]):02X}", id)
        while len(safe.encode()) > 180:
            safe = safe[:-1]
        stem, n = safe, 2
        while stem.lower() in taken:
            stem, n = f"{safe}_{n}", n + 1
        taken.add(stem.lower())
        found[id] = stem
    return found
