"""The full-size model on one machine: how fast it is, then the longest pretraining that fits, then zero-shot.

    python training/runs/full_size.py DATASET --out runs/full [--hours 0.4] [--set data.workers=14]

Measures cells per second, and on a GPU the share of its peak, and writes a profile (``trace.json``, for Chrome or
Perfetto); then pretrains for as many steps as ``--hours`` hold at that speed; then evaluates on DATASET. The same
command goes on where a time limit stopped it: what is measured stays, and the number of steps with it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from plurel_training import checkpoint
from plurel_training.config import PretrainConfig, load
from plurel_training.evaluation.evaluate import Setting, evaluate, tasks_of
from plurel_training.pretrain import BEST, Run, encoder_of, pretrain
from plurel_training.processes import Processes
from plurel_training.sources import Mixture

RECIPE = Path(__file__).parents[1] / "recipes" / "synthetic.yaml"
WARM, TIMED, PROFILED = 5, 20, 2
"""Steps before the clock starts (compilation), steps that are timed, steps that are profiled."""


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, help="a relbench dataset's folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--hours", type=float, default=0.4, help="of pretraining")
    parser.add_argument("--peak", type=float, help="operations per second that the GPU can do in bfloat16")
    parser.add_argument("--task", action="append")
    parser.add_argument("--set", action="append", default=[])
    given = parser.parse_args(arguments)
    config = load(given.recipe, PretrainConfig, tuple(given.set))
    tasks = tasks_of(given.dataset, given.task or [])
    given.out.mkdir(parents=True, exist_ok=True)
    place = given.out / "speed.json"
    if not place.exists():
        short = load(given.recipe, PretrainConfig, (*given.set, f"run.steps={WARM + TIMED + PROFILED}"))
        place.write_text(json.dumps(speed(short, given.out, given.peak), indent=1) + "\n")
    measured = json.loads(place.read_text())
    print(f"speed: {measured}", flush=True)
    steps = max(1, int(given.hours * 3600 / measured["seconds per step"]))
    if (there := given.out / "run" / "config.json").exists():
        steps = json.loads(there.read_text())["run"]["steps"]
    pretrain(load(given.recipe, PretrainConfig, (*given.set, f"run.steps={steps}")), given.out / "run")
    best = checkpoint.read(given.out / "run" / BEST)
    setting = Setting(config.data.length, device=measured["device"])
    scores = list(evaluate(best, given.dataset, tasks, encoder_of(config, setting.device), setting, out=given.out))
    (given.out / "zero_shot.json").write_text(json.dumps([asdict(score) for score in scores], indent=1) + "\n")
    for score in scores:
        print(
            f"{score.task}, {score.metric}, {score.protocol}, {score.model}: {score.value:.3f} "
            f"[{score.low:.3f}, {score.high:.3f}]"
        )


def speed(config: PretrainConfig, out: Path, peak: float | None) -> dict[str, object]:
    """Of a step, data and optimiser with it; a profile goes to ``out``."""
    with Processes.joined(config.run.device) as processes:
        run = Run(config, out / "speed", processes, quiet=True)
        device = processes.device
        wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
        with Mixture(config.data, run.encoder, seed=config.seed) as mixture:
            moves = run.moves(mixture)
            deque(islice(moves, WARM), maxlen=0)
            wait()
            began = time.perf_counter()
            deque(islice(moves, TIMED), maxlen=0)
            wait()
            seconds = (time.perf_counter() - began) / TIMED
            kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
            with profile(activities=kinds) as found:
                deque(islice(moves, PROFILED), maxlen=0)
        found.export_chrome_trace(str(out / "trace.json"))
        (out / "profile.txt").write_text(found.key_averages().table(sort_by=f"self_{device.type}_time_total"))
        cells = config.run.batch * config.data.length
        weights = sum(each.numel() for each in run.model.blocks.parameters())
        measured: dict[str, object] = {
            "device": device.type,
            "name": torch.cuda.get_device_name() if device.type == "cuda" else "CPU",
            "seconds per step": seconds,
            "cells per second": cells / seconds,
            "memory in GiB": torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else None,
        }
        if peak is not None:
            # Matrices alone, forward and backward: what attention does depends on the blocks of keys that it skips.
            measured["share of peak"] = 6 * weights * cells / seconds / peak
        return measured


if __name__ == "__main__":
    main()
