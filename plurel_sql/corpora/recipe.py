"""What the databases of a corpus have in common: source of schemas, prior, rows, form. Plain data, kept beside them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec

from plurel_sql import fit
from plurel_sql.errors import InputError
from plurel_sql.plan import planner
from plurel_sql.plan.config import Config
from plurel_sql.plan.model import Plan
from plurel_sql.plan.params import Params
from plurel_sql.prior.real import files
from plurel_sql.prior.sources import draw, parse
from plurel_sql.sample import Fitted
from plurel_sql.sinks.relbench import refuse_unmeasurable
from plurel_sql.sinks.targets import Tasks

Form = Literal["relbench", "plan"]
PriorName = Literal["default", "plurel"]


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """``schemas`` as a person writes it (``prior.sources``); ``prior`` None leaves it to the source: the published one
    where names mean nothing, ours where they do; ``rows`` in all of each database, None for the planner's choice;
    ``tasks`` of each dataset. ``contents`` is a digest of the DDL that ``schemas`` names, so that a corpus is not
    continued from other files."""

    schemas: str
    format: Form = "relbench"
    prior: PriorName | None = None
    rows: int | None = None
    prefix: str = "plurel"
    tasks: Tasks = 0
    contents: str = ""

    def name(self, seed: int) -> str:
        """The name of the database of seed ``seed``, and of its folder."""
        return f"{self.prefix}-{seed}"


def recipe(
    schemas: str,
    *,
    format: Form = "relbench",
    prior: PriorName | None = None,
    rows: int | None = None,
    prefix: str = "plurel",
    tasks: Tasks = 0,
) -> Recipe:
    """A recipe whose parts exist.

    Raises:
        InputError: the source of schemas can't be read, or tasks are asked for where there is no dataset.
        TargetError: tasks can't be measured here.
    """
    if tasks != 0:
        if format != "relbench":
            raise InputError("are those of a relbench dataset", place="--tasks", hint="--format relbench")
        refuse_unmeasurable()
    folders = sorted(part.folder for part in parse(schemas) if part.folder)
    digest = hashlib.blake2b(digest_size=16)
    for folder in folders:
        for file in files(Path(folder)):
            digest.update(file.encode() + b"\0" + (Path(folder) / file).read_bytes() + b"\0")
    return Recipe(schemas, format, prior, rows, prefix, tasks, digest.hexdigest() if folders else "")


def plan_of(recipe: Recipe, seed: int) -> tuple[Plan, Fitted | None, str]:
    """The fitted plan of the database of seed ``seed``, its models (``fit.with_models``), and its schema's source."""
    params = Params()
    drawn = draw(parse(recipe.schemas), seed, params)
    published = recipe.prior == "plurel" if recipe.prior else drawn.neutral
    config = Config(total=recipe.rows, prior=params if published else None)
    return *fit.with_models(planner.plan(drawn.schema, config, seed)), drawn.kind
