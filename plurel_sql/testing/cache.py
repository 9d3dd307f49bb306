"""A folder of finished files, each made once whatever runs at the same time.

An entry is a folder with the file and a seal that holds the file's digest. It is made under another name and renamed
when it is whole, so nobody sees a half one; a lock spares other processes the work, and correctness does not rest on it
(a system without ``fcntl`` does the work twice). A file that doesn't fit its seal is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNUSED_DAYS = 14
"""After so many days without use an entry is removed."""

_SEAL = "seal.json"


class Cache:
    """Entries under ``folder``, by key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._checked: dict[str, Path] = {}

    def file(self, key: str, name: str, make: Callable[[Path], None]) -> Path:
        """The file ``name`` of the entry ``key``; ``make`` is called with the path to write it to where it is missing.

        What ``make`` raises is raised, and nothing stays of the entry.
        """
        if key not in self._checked:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _locked(self.folder / f"{key}.lock"):
                entry = self.folder / key
                if not _whole(entry, name):
                    shutil.rmtree(entry, ignore_errors=True)
                    self._make(entry, name, make)
            self._checked[key] = entry / name
        return self._checked[key]

    def _make(self, entry: Path, name: str, make: Callable[[Path], None]) -> None:
        self._remove_unused()
        part = Path(tempfile.mkdtemp(dir=self.folder, prefix=f"{entry.name}.part-"))
        try:
            make(part / name)
            (part / _SEAL).write_text(json.dumps({"sha256": _digest(part / name)}))
            try:
                part.rename(entry)
            except OSError:
                if not _whole(entry, name):  # else another process was faster
                    raise
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _remove_unused(self) -> None:
        oldest = time.time() - UNUSED_DAYS * 86_400
        for entry in self.folder.iterdir():
            with suppress(OSError):  # another process removes it too
                seal = entry / _SEAL
                if (seal if seal.exists() else entry).stat().st_mtime >= oldest:
                    continue
                if entry.is_dir():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()


def _whole(entry: Path, name: str) -> bool:
    """Whether the file is there as it was sealed; marks it as used."""
    try:
        sealed = json.loads((entry / _SEAL).read_text())["sha256"]
        if sealed != _digest(entry / name):
            return False
        os.utime(entry / _SEAL)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds the lock ``path``; the system lets go of it when the process dies."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
