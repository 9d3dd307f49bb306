"""The process that makes databases: reads a job a line from standard input, answers with a line on standard output.

The first line is the recipe and the folder, every other one a seed. The end of the input ends it. Started by ``run``.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import msgspec

from plurel_sql.corpora.database import Figures, make
from plurel_sql.corpora.recipe import Recipe
from plurel_sql.errors import PlurelError


class Start(msgspec.Struct, frozen=True):
    recipe: Recipe
    out: str


class Answer(msgspec.Struct, frozen=True):
    """``figures`` of a database that was made, or the ``fault`` why it was not."""

    seed: int
    figures: Figures | None = None
    fault: str = ""


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints is no answer
    start = msgspec.json.decode(sys.stdin.buffer.readline(), type=Start)
    # A database is many small objects and few circles: what is collected after each costs less than looking on the way.
    gc.disable()
    gc.freeze()
    for line in iter(sys.stdin.buffer.readline, b""):
        answers.write(msgspec.json.encode(_answer(start, int(line))) + b"\n")
        gc.collect()


def _answer(start: Start, seed: int) -> Answer:
    try:
        return Answer(seed, make(start.recipe, seed, Path(start.out)))
    except PlurelError as error:
        return Answer(seed, fault=str(error))
    except Exception as error:
        return Answer(seed, fault=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
