"""Pretrains on synthetic databases alone, by each prior with several seeds and equal tokens, and evaluates zero-shot.

    python training/runs/zero_shot.py DATASET --schemas FOLDER --out target/zero-shot [--seeds 3] [--set run.steps=200]

The arms are the published prior over random schemas, and ours over mutations of the real DDL in FOLDER; untrained
models stand beside them. A run that is there goes on, and what was evaluated is not evaluated again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from plurel_sql.context import Rules
from plurel_training import checkpoint
from plurel_training.checkpoint import Checkpoint
from plurel_training.config import PretrainConfig, load
from plurel_training.evaluation.evaluate import PROTOCOLS, Score, Setting, evaluate, simpler, tasks_of
from plurel_training.model import RelationalTransformer
from plurel_training.pretrain import BEST, encoder_of, pretrain

RECIPE = Path(__file__).parents[1] / "recipes" / "zero_shot.yaml"
TASKS = ("driver-dnf", "driver-top3", "driver-position")


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, help="a relbench dataset's folder")
    parser.add_argument("--schemas", required=True, help="a folder of real DDL")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="the first seed, to run some beside others")
    parser.add_argument("--task", action="append")
    parser.add_argument("--set", action="append", default=[])
    given = parser.parse_args(arguments)
    tasks = tasks_of(given.dataset, given.task or TASKS)
    arms = {
        "published prior": "[{kind: virtual, schemas: random, prior: plurel, rows: 20000}]",
        "schema-driven": f"[{{kind: virtual, schemas: 'ddl:{given.schemas}', rows: 20000}}]",
    }
    scores: list[Score] = []
    for seed in range(given.first, given.first + given.seeds):
        for arm, sources in arms.items():
            config = load(given.recipe, PretrainConfig, (*given.set, f"data.sources={sources}", f"seed={seed}"))
            out = given.out / f"{arm.replace(' ', '-')}-{seed}"
            pretrain(config, out)
            scores += _scores(config, out / "zero-shot.json", checkpoint.read(out / BEST), given.dataset, tasks, arm)
        torch.manual_seed(1000 + seed)
        untrained = Checkpoint(config.model, config.text, RelationalTransformer(config.model).state_dict())
        place = given.out / f"untrained-{seed}.json"
        scores += _scores(config, place, untrained, given.dataset, tasks, "untrained")
    scores += simpler(given.dataset, tasks, PROTOCOLS)
    for line in lines(scores):
        print(line, flush=True)
    (given.out / "zero_shot.json").write_text(json.dumps([asdict(score) for score in scores], indent=1) + "\n")


def _scores(
    config: PretrainConfig, place: Path, model: Checkpoint, dataset: Path, tasks: Sequence[str], name: str
) -> list[Score]:
    """The model's scores, read from ``place`` where they are there."""
    if not place.exists():
        rules = Rules(config.data.max_width, config.data.published, config.data.fill)
        setting = Setting(length=config.data.length, rules=rules, random_seeds=(), beside=False)
        found = evaluate(model, dataset, tasks, encoder_of(config, "cpu"), setting, name=name)
        place.write_text(json.dumps([asdict(score) for score in found], indent=1) + "\n")
    return [Score(**each) for each in json.loads(place.read_text())]


def lines(scores: Sequence[Score]) -> Iterator[str]:
    """One for each task, metric, protocol and model: the mean over seeds, each seed's value with its interval."""
    for task, metric, protocol, model in dict.fromkeys((s.task, s.metric, s.protocol, s.model) for s in scores):
        mine = [s for s in scores if (s.task, s.metric, s.protocol, s.model) == (task, metric, protocol, model)]
        each = ", ".join(f"{s.value:.3f} [{s.low:.3f}, {s.high:.3f}]" for s in mine)
        mean = np.mean([s.value for s in mine])
        yield f"| {task} | {metric} | {protocol} | {model} | {mean:.3f} | {each} |"


if __name__ == "__main__":
    main()
