"""A corpus to the hub and back, through the hub's own client, against a stand-in that speaks HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.hub import Hub

import plurel_sql

pytest.importorskip("huggingface_hub")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hub") / "c"
    assert plurel_sql.corpus(out, 2, "realistic", rows=200, format="plan").failed == {}
    return out


def run(hub: Hub, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "HF_TOKEN": "hf_stand_in",
        "HF_HUB_DISABLE_XET": "1",
    }
    return subprocess.run([sys.executable, "-m", "plurel_sql", "hub", *words], capture_output=True, text=True, env=env)


def held(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("repository", ["me/corpora", "me/corpora/sets/first"])
def test_there_and_back(corpus: Path, tmp_path: Path, repository: str) -> None:
    with Hub() as hub:
        there = run(hub, tmp_path / "home", "push", str(corpus), repository)
        assert (there.returncode, there.stdout) == (0, f"{repository}: 2 databases\n"), there.stderr
        folder = "/".join(repository.split("/")[2:])
        assert set(hub.files) == {"me/corpora"}
        assert set(hub.files["me/corpora"]) == {"/".join(filter(None, [folder, name])) for name in held(corpus)}
        back = run(hub, tmp_path / "home", "pull", repository, str(tmp_path / "back"))
        assert back.returncode == 0, (back.stderr, hub.asked)
    assert held(tmp_path / "back") == held(corpus)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_can_t_be(corpus: Path, tmp_path: Path) -> None:
    with Hub() as hub:
        for words, said, code in (
            (("push", str(tmp_path), "me/x"), "is no corpus", 2),
            (("push", str(corpus), "x"), "no repository", 2),
            (("pull", "me/none", str(tmp_path / "back")), "me/none", 1),
            (("pull", "me/x", str(corpus)), "exists already", 2),
        ):
            done = run(hub, tmp_path / "home", *words)
            assert done.returncode == code and said in done.stderr, done.stderr
            assert "Traceback" not in done.stderr
    assert not (tmp_path / "back").exists()
