"""One database of a corpus: made in a folder of a temporary name beside its place, renamed when it is whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import msgspec

from plurel_sql import tasks
from plurel_sql.corpora.recipe import Recipe, plan_of
from plurel_sql.export.build import build
from plurel_sql.export.folder import write
from plurel_sql.export.plain import is_plain, tables
from plurel_sql.export.times import planned
from plurel_sql.plan.model import Plan, encode
from plurel_sql.sample import Fitted, Sampler
from plurel_sql.tasks.effort import QUICK

FIGURES = "figures.json"
PLAN = "plan.json"


class Figures(msgspec.Struct, frozen=True):
    """What the index tells of a database. ``source`` is the kind of its schema's source; ``foreign_keys`` those that
    hold, ``numbers`` and ``categories`` the columns with a node of the causal model, by kind; ``bytes`` of its data (in
    form "plan" of the plan); ``tasks`` that it has."""

    seed: int
    name: str
    source: str
    tables: int
    columns: int
    rows: int
    foreign_keys: int
    numbers: int
    categories: int
    bytes: int
    tasks: int = 0


def place(out: Path, name: str) -> Path:
    return out / name


def unfinished(out: Path, name: str) -> Path:
    """Where a database is made; what a killed run left there is of no use."""
    return out / f".{name}.part"


def make(recipe: Recipe, seed: int, out: Path) -> Figures:
    """Makes the database of seed ``seed`` in ``out``; its bytes hang on recipe and seed alone.

    Raises:
        PlurelError: it can't be made; nothing of it stays.
    """
    name = recipe.name(seed)
    work = unfinished(out, name)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        plan, models, source = plan_of(recipe, seed)
        if recipe.format == "plan":
            (work / PLAN).write_bytes(encode(plan))
        else:
            _relbench(recipe, name, plan, models, work)
        figures = _figures(seed, name, source, plan, work)
        (work / FIGURES).write_bytes(msgspec.json.encode(figures))
        os.rename(work, place(out, name))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return figures


def _relbench(recipe: Recipe, name: str, plan: Plan, models: Fitted | None, work: Path) -> None:
    assert plan.schema is not None
    sampler = Sampler(plan, threads=1, models=models)
    times = planned(plan)
    if recipe.tasks == 0 and is_plain(plan.schema):
        layout, rows = tables(name, plan.schema, times, sampler.batches)
        for _ in write(layout, rows, work):
            pass
        return
    with duckdb.connect(config={"threads": 1}) as connection:
        layout = build(name, plan.schema, times, sampler.batches, connection)
        made = None
        if recipe.tasks != 0:
            wanted = None if recipe.tasks == "auto" else recipe.tasks
            made = tasks.make(connection, layout, wanted, effort=QUICK, plan=plan)
            (work / "tasks.json").write_bytes(made.report())
        for _ in write(layout, connection, work, tasks=made.tasks if made else ()):
            pass


def _figures(seed: int, name: str, source: str, plan: Plan, work: Path) -> Figures:
    assert plan.schema is not None
    nodes = [spec for table in plan.tables for spec in table.scm.wanted]
    return Figures(
        seed=seed,
        name=name,
        source=source,
        tables=len(plan.tables),
        columns=sum(len(table.columns) for table in plan.tables),
        rows=sum(table.rows for table in plan.tables),
        foreign_keys=sum(len(table.foreign_keys) for table in plan.schema.tables),
        numbers=sum(spec.categories == 0 for spec in nodes),
        categories=sum(spec.categories > 0 for spec in nodes),
        bytes=sum(file.stat().st_size for file in (*work.glob("db/*.parquet"), *work.glob(PLAN))),
        tasks=len(list(work.glob("tasks/*/manifest.yaml"))),
    )
