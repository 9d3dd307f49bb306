"""Scores for people (a table, a plot) and for programs (JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib
from rich.table import Table

from plurel_training.evaluation.evaluate import Score

matplotlib.use("Agg")
from matplotlib import pyplot


def table(scores: Sequence[Score]) -> Table:
    """A line for each model and task, protocols side by side."""
    protocols = list(dict.fromkeys(score.protocol for score in scores))
    made = Table("task", "metric", "model", *(f"up to {protocol}" for protocol in protocols))
    for task, metric, model in dict.fromkeys((s.task, s.metric, s.model) for s in scores):
        cells = []
        for protocol in protocols:
            found = [s for s in scores if (s.task, s.metric, s.model, s.protocol) == (task, metric, model, protocol)]
            cells.append(f"{found[0].value:.3f} [{found[0].low:.3f}, {found[0].high:.3f}]" if found else "")
        made.add_row(task, metric, model, *cells)
    return made


def write(out: Path, scores: Sequence[Score], about: dict[str, Any]) -> None:
    """``results.json`` and ``results.png`` in ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    data = {**about, "scores": [asdict(score) for score in scores]}
    (out / "results.json").write_text(json.dumps(data, indent=1) + "\n")
    panels = list(dict.fromkeys((score.task, score.metric) for score in scores))
    figure, axes = pyplot.subplots(
        len(panels), 1, figsize=(8, 0.6 + 2.2 * len(panels)), squeeze=False, layout="constrained"
    )
    for axis, (task, metric) in zip(axes[:, 0], panels, strict=True):
        mine = [score for score in scores if (score.task, score.metric) == (task, metric)]
        models = list(dict.fromkeys(score.model for score in mine))
        for shift, protocol in enumerate(dict.fromkeys(score.protocol for score in mine)):
            there = [score for score in mine if score.protocol == protocol]
            places = [models.index(score.model) + 0.2 * shift for score in there]
            values = [score.value for score in there]
            around = [[s.value - s.low for s in there], [s.high - s.value for s in there]]
            axis.errorbar(values, places, xerr=around, fmt="o", label=f"up to {protocol}")
        axis.set_yticks(range(len(models)), models)
        axis.invert_yaxis()
        axis.set_title(f"{task}: {metric}")
        axis.legend(fontsize="small")
    figure.savefig(out / "results.png", dpi=120)
    pyplot.close(figure)
