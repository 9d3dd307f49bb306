"""Keeps workers busy until every database of a corpus is there, or was tried.

A worker that dies takes only the database with it that it was making. Ctrl-C leaves whole databases only; the same
command goes on with the others.
"""

from __future__ import annotations

import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from plurel_sql.corpora import index
from plurel_sql.corpora.database import place, unfinished
from plurel_sql.corpora.recipe import Recipe
from plurel_sql.corpora.worker import Answer, Start
from plurel_sql.errors import TargetError

RECIPE = "corpus.json"


class Made(msgspec.Struct, frozen=True):
    """What a run did: databases made now, there before, and those that failed with the reason; ``seconds`` it took."""

    made: int
    there: int
    failed: dict[str, str]
    seconds: float


def fill(
    out: Path, recipe: Recipe, seeds: Iterable[int], workers: int, told: Callable[[Answer], None] = lambda _: None
) -> Made:
    """Makes the databases of ``seeds`` that are not in ``out`` yet.

    Args:
        out: the folder; made where it is not there. One that holds a corpus must have been made by the same recipe.
        recipe: what the databases have in common.
        seeds: of the databases.
        workers: processes at a time.
        told: called with each answer as it comes.

    Raises:
        TargetError: the folder can't or may not be used.
        KeyboardInterrupt: stopped; its text says what is there.
    """
    began = time.perf_counter()
    _claim(out, recipe)
    wanted = list(dict.fromkeys(seeds))
    left = [seed for seed in wanted if index.read(out, recipe.name(seed)) is None]
    for seed in left:  # what is not whole was not made by a run of ours that came to its end
        shutil.rmtree(place(out, recipe.name(seed)), ignore_errors=True)
    failed: dict[str, str] = {}
    try:
        for answer in _answers(out, recipe, left, workers):
            if answer.figures is None:
                failed[recipe.name(answer.seed)] = answer.fault
            told(answer)
    except KeyboardInterrupt:
        whole = index.write(out)
        raise KeyboardInterrupt(f"{whole:,} databases in {out} are whole; the same command goes on") from None
    index.write(out)
    return Made(len(left) - len(failed), len(wanted) - len(left), failed, time.perf_counter() - began)


def _claim(out: Path, recipe: Recipe) -> None:
    """Makes the folder this recipe's."""
    if not out.parent.is_dir():
        raise TargetError("its folder does not exist", place=str(out), hint=f"create {out.parent} first")
    try:
        out.mkdir(exist_ok=True)
        held = out / RECIPE
        if held.exists():
            other = msgspec.json.decode(held.read_bytes(), type=Recipe)
            differing = [n for n in Recipe.__struct_fields__ if getattr(other, n) != getattr(recipe, n)]
            if differing:
                what = ", ".join(f"{name} {getattr(other, name)!r}" for name in differing)
                raise TargetError(f"holds a corpus of another kind: {what}", place=str(out), hint="name another folder")
        elif any(out.iterdir()):
            raise TargetError("is not empty and holds no corpus", place=str(out), hint="name another folder")
        else:
            held.write_bytes(msgspec.json.format(msgspec.json.encode(recipe), indent=1) + b"\n")
    except (OSError, msgspec.DecodeError) as error:
        raise TargetError(f"can't be used: {error}", place=str(out)) from error


class _Worker:
    """A worker process and the seed that it is at."""

    def __init__(self, start: bytes) -> None:
        command = [sys.executable, "-m", "plurel_sql.corpora.worker"]
        # A session of its own: Ctrl-C on the terminal reaches the parent alone, which ends its workers.
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        self.seed: int | None = None
        self._send(start)

    @property
    def answers(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def give(self, seed: int) -> None:
        self.seed = seed
        self._send(str(seed).encode())

    def take(self) -> Answer:
        """The answer to the seed it was given; of a process that has died, that it has."""
        assert self.seed is not None
        line = self.answers.readline()
        if line.endswith(b"\n"):
            return msgspec.json.decode(line, type=Answer)
        return Answer(self.seed, fault=f"its process ended with code {self.process.wait()}")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it has died; ``take`` says so
            self.process.stdin.write(line + b"\n")


def _answers(out: Path, recipe: Recipe, seeds: list[int], count: int) -> Iterable[Answer]:
    start = msgspec.json.encode(Start(recipe, str(out)))
    rest = iter(seeds)
    workers: list[_Worker] = []
    with selectors.DefaultSelector() as busy:

        def employ(worker: _Worker | None = None) -> None:
            """Gives the next seed to ``worker``, or to a new one."""
            seed = next(rest, None)
            if seed is None:
                return
            if worker is None:
                worker = _Worker(start)
                workers.append(worker)
                busy.register(worker.answers, selectors.EVENT_READ, worker)
            worker.give(seed)

        try:
            for _ in range(min(count, len(seeds))):
                employ()
            while any(worker.seed is not None for worker in workers):
                for key, _ in busy.select():
                    worker: _Worker = key.data
                    answer = worker.take()
                    worker.seed = None
                    if worker.process.poll() is None:
                        employ(worker)
                    else:
                        busy.unregister(worker.answers)
                        worker.end()
                        shutil.rmtree(unfinished(out, recipe.name(answer.seed)), ignore_errors=True)
                        workers.remove(worker)
                        employ()
                    yield answer
        finally:
            for worker in workers:
                worker.end()
                if worker.seed is not None:
                    shutil.rmtree(unfinished(out, recipe.name(worker.seed)), ignore_errors=True)
