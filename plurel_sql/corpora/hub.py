"""A corpus in a folder of a Hugging Face dataset repository, and back (``pip install 'plurel-sql[hub]'``).

Whoever runs it is known to the hub by the client's own means (``hf auth login``, or a token in the environment).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from plurel_sql.corpora import index
from plurel_sql.corpora.run import RECIPE
from plurel_sql.errors import InputError, RunError, TargetError

if TYPE_CHECKING:
    from huggingface_hub import HfApi


def push(out: Path, repository: str, *, private: bool = False) -> int:
    """Uploads a corpus in one commit; how many databases it holds.

    Args:
        out: the folder.
        repository: ``owner/name``, made where it is not there, or ``owner/name/folder`` within it.
        private: whether a repository that is made is seen by its owner alone.

    Raises:
        InputError: the folder is no corpus, or the repository's name can't be.
        RunError: the hub refused or can't be reached.
    """
    if not (out / RECIPE).is_file():
        raise InputError("is no corpus", place=str(out), hint="plurel-sql corpus makes one")
    name, folder = _place(repository)
    count = index.write(out)
    with _client(repository) as hub:
        hub.create_repo(name, repo_type="dataset", private=private, exist_ok=True)
        hub.upload_folder(
            repo_id=name, repo_type="dataset", folder_path=out, path_in_repo=folder or None, ignore_patterns=[".*"]
        )
    return count


def pull(repository: str, out: Path) -> int:
    """Downloads a corpus into a new folder; how many databases it holds.

    Raises:
        InputError: the folder is there and not empty, or the repository's name can't be.
        RunError: the hub refused or can't be reached, or the repository holds no corpus.
    """
    name, folder = _place(repository)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise TargetError("exists already", place=str(out), hint="name a new folder")
    part = out.with_name(f".{out.name}.part")
    wanted = [f"{folder}/*"] if folder else None
    try:
        with _client(repository) as hub:
            hub.snapshot_download(name, repo_type="dataset", local_dir=part, allow_patterns=wanted)
        found = part / folder
        if not (found / RECIPE).is_file():
            raise RunError("holds no corpus", place=repository, hint="name the folder within it: owner/name/folder")
        shutil.rmtree(part / ".cache", ignore_errors=True)
        if out.exists():
            out.rmdir()
        found.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return index.write(out)


def _place(repository: str) -> tuple[str, str]:
    """The repository's own name, and the folder within it."""
    parts = repository.strip("/").split("/")
    if len(parts) < 2 or not all(parts) or ".." in parts:
        raise InputError(f"{repository!r} is no repository", place="REPO", hint="write owner/name or owner/name/folder")
    return "/".join(parts[:2]), "/".join(parts[2:])


@contextmanager
def _client(repository: str) -> Iterator[HfApi]:
    """The hub's client; whatever it raises names the repository."""
    try:
        import huggingface_hub
    except ImportError as error:
        raise InputError(
            "the hub's client is not installed", place=repository, hint="pip install 'plurel-sql[hub]'"
        ) from error
    try:
        yield huggingface_hub.HfApi()
    except (OSError, ValueError, huggingface_hub.errors.HfHubHTTPError) as error:
        raise RunError(" ".join(str(error).split()), place=repository) from error
