"""A disk that is full and a folder that can't be written: one line, and what was there stays."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from killed.targets import SCHEMA

TARGETS = {"duckdb": ["x.duckdb"], "sqlite": ["x.sqlite"], "folder": ["x", "--format", "csv"]}
"""Kind -> the end of ``--out``, and more arguments."""


def synth(schema: Path, folder: Path, kind: str, rows: str, **options: object) -> subprocess.CompletedProcess[str]:
    name, *more = TARGETS[kind]
    line = [sys.executable, "-m", "plurel_sql", "synth", str(schema), "--out", str(folder / name), *more, "--quiet"]
    return subprocess.run(
        [*line, "--rows", rows, "--dialect", "sqlite", "--overwrite"], capture_output=True, text=True, **options
    )  # type: ignore[call-overload]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under the folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def failed(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "a fault of this program" not in done.stderr


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    return tmp_path / "schema.sql"


@pytest.mark.parametrize("kind", TARGETS)
def test_a_limit_on_files(kind: str, schema: Path, tmp_path: Path) -> None:
    """No file may grow beyond 2 MB (ulimit -f), which works everywhere."""
    folder = tmp_path / "there"
    folder.mkdir()
    assert synth(schema, folder, kind, "200").returncode == 0
    before = contents(folder)
    limit = 2_000_000
    done = synth(
        schema, folder, kind, "300000", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    failed(done)
    assert contents(folder) == before


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small file system can't be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kind", TARGETS)
def test_a_full_disk(kind: str, schema: Path, full: Path) -> None:
    assert synth(schema, full, kind, "200").returncode == 0
    before = contents(full)
    failed(synth(schema, full, kind, "300000"))
    assert contents(full) == before
    assert synth(schema, full, kind, "250").returncode == 0  # there is room again


@pytest.mark.parametrize("kind", TARGETS)
def test_a_folder_that_cant_be_written(kind: str, schema: Path, tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    assert synth(schema, folder, kind, "200").returncode == 0
    before = contents(folder)
    (tmp_path / "ro").mkdir()
    if os.geteuid():  # rights bind
        folder.chmod(0o555)
    elif subprocess.run(["mount", "--bind", "-o", "ro", str(folder), str(folder)], capture_output=True).returncode:
        pytest.skip("root may write anywhere, and a read-only mount is not allowed")
    try:
        done = synth(schema, folder, kind, "250")
    finally:
        if os.geteuid():
            folder.chmod(0o755)
        else:
            subprocess.run(["umount", str(folder)], check=True)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(f"error: {folder / TARGETS[kind][0]}: can't be ")
    assert done.stderr.count("\n") == 1
    assert contents(folder) == before
