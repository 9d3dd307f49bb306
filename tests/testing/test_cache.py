"""The cache of templates: made once, made anew where damaged, never half."""

from __future__ import annotations

import os
import threading
import time

import pytest

from plurel_sql.testing.cache import UNUSED_DAYS, Cache


@pytest.fixture
def made():
    return []


@pytest.fixture
def get(tmp_path, made):
    """Asks a new Cache, as another run would, for the file x of an entry."""

    def call(key="k", content=b"content"):
        def make(path):
            made.append(key)
            path.write_bytes(content)

        return Cache(tmp_path / "cache").file(key, "x", make)

    return call


def test_made_once(get, made):
    assert get() == get()
    assert get().read_bytes() == b"content"
    assert made == ["k"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"cont"),
        lambda path: path.write_bytes(b"Content"),
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
        lambda path: path.with_name("seal.json").unlink(),
        lambda path: path.with_name("seal.json").write_text("{"),
        lambda path: path.with_name("seal.json").write_text("[]"),
        lambda path: path.with_name("seal.json").write_bytes(b"\xff"),
    ],
)
def test_made_anew_where_damaged(get, made, damage):
    damage(get())
    assert get().read_bytes() == b"content"
    assert made == ["k", "k"]
    assert get().read_bytes() == b"content"
    assert made == ["k", "k"]


def test_nothing_stays_of_a_failure(tmp_path):
    def fails(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    cache = Cache(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        cache.file("k", "x", fails)
    assert os.listdir(tmp_path) == ["k.lock"]


def test_several_at_once_make_one(get, made, tmp_path):
    def slowly(path):
        made.append("k")
        time.sleep(0.2)
        path.write_bytes(b"content")

    threads = [threading.Thread(target=lambda: Cache(tmp_path).file("k", "x", slowly)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["k"]


def test_what_nobody_uses_is_removed(get, tmp_path):
    get("old")
    half = tmp_path / "cache" / "old.part-1"  # of a process that was killed
    half.mkdir()
    get("used")
    long_ago = time.time() - (UNUSED_DAYS + 1) * 86_400
    for path in [*(tmp_path / "cache").glob("*/seal.json"), half, tmp_path / "cache" / "old.lock"]:
        os.utime(path, (long_ago, long_ago))
    get("used")
    get("new")
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"used", "new", "used.lock", "new.lock"}
