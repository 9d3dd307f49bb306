"""Pretrains the smoke recipe with several seeds and judges each on held-out schemas; prints a line for LOG.md.

    python training/runs/smoke.py --out target/smoke [--seeds 3] [--set run.steps=200]

A run that is there goes on, so that a time limit costs nothing but time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from plurel_sql.context import ContextSource, Rules
from plurel_sql.plan.model import decode
from plurel_training import checkpoint
from plurel_training.config import PretrainConfig, Virtual, load
from plurel_training.evaluation.held_out import Column, held_out
from plurel_training.model import RelationalTransformer
from plurel_training.planning import planned
from plurel_training.pretrain import BEST, encoder_of, pretrain

RECIPE = Path(__file__).parents[1] / "recipes" / "smoke.yaml"
HELD_OUT = 10_000_000
"""Seeds of the databases that are judged on: training draws its own from all 62 bits."""


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="the first seed, to run some beside others")
    parser.add_argument("--databases", type=int, default=8)
    parser.add_argument("--set", action="append", default=[])
    given = parser.parse_args(arguments)
    for seed in range(given.first, given.first + given.seeds):
        config = load(RECIPE, PretrainConfig, (*given.set, f"seed={seed}"))
        out = given.out / f"seed-{seed}"
        began = time.perf_counter()
        pretrain(config, out)
        minutes = (time.perf_counter() - began) / 60
        columns = judged(config, out / BEST, given.databases, seed)
        figures = {model: means(each) for model, each in columns.items()}
        figures["trees"] = means(columns["trained"], trees=True)
        said = "; ".join(f"{model} AUROC {auroc:.3f}, R2 {r2:.3f}" for model, (auroc, r2) in figures.items())
        print(f"seed {seed}, {config.run.steps} steps, {minutes:.1f} min: {said}", flush=True)
        data = {"minutes": minutes, "means": figures, "columns": [asdict(each) for each in columns["trained"]]}
        (out / "held_out.json").write_text(json.dumps(data, indent=1) + "\n")


def judged(config: PretrainConfig, place: Path, databases: int, seed: int) -> dict[str, list[Column]]:
    """Columns of held-out databases, by the trained model and by one that wasn't."""
    encoder = encoder_of(config, "cpu")
    torch.manual_seed(1000 + seed)
    untrained = RelationalTransformer(config.model)
    models = {"trained": checkpoint.read(place).open(), "untrained": untrained}
    found: dict[str, list[Column]] = {name: [] for name in models}
    kind = next(source for source in config.data.sources if isinstance(source, Virtual))
    for number in range(databases):
        source = ContextSource.of_plan(decode(planned(kind, HELD_OUT + 100 * number)))
        if not source.targets:
            continue
        name, data = f"held-out-{number}", config.data
        rules = Rules(data.max_width, data.published, data.fill)
        here = held_out(models, source, encoder, name=name, length=data.length, rules=rules, seed=seed)
        for model, columns in here.items():
            found[model] += columns
    return found


def means(columns: Sequence[Column], *, trees: bool = False) -> tuple[float, float]:
    """Mean AUROC over boolean columns, mean R2 over numbers (each not below -1)."""
    scores: dict[bool, list[float]] = {True: [], False: []}
    for column in columns:
        scores[column.boolean].append(max(-1.0, column.trees if trees else column.model))
    auroc, r2 = (float(np.mean(scores[kind])) if scores[kind] else float("nan") for kind in (True, False))
    return auroc, r2


if __name__ == "__main__":
    main()
