"""A checkpoint on a relbench dataset's tasks, zero-shot, by both protocols, with simpler models in the same table."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from relbench import load_dataset
from relbench.base import TaskType
from relbench.submit import write_prediction_table
from sklearn.metrics import r2_score

from plurel_sql.context import ContextSource, Rules, Task
from plurel_sql.errors import InputError
from plurel_training.checkpoint import Checkpoint
from plurel_training.config import AttentionPath
from plurel_training.evaluation import baselines
from plurel_training.evaluation.bootstrap import interval
from plurel_training.evaluation.cut import cut
from plurel_training.evaluation.predict import TaskContexts, predict
from plurel_training.model import RelationalTransformer
from plurel_training.sources import check_dataset
from plurel_training.text import TextEncoder

Protocol = Literal["seed", "cut"]
"""``seed``: rows up to each seed's time are seen; ``cut``: of them, those up to the dataset's test cut."""
PROTOCOLS: tuple[Protocol, ...] = ("seed", "cut")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """One model on one task by one protocol.

    ``metric`` is ``roc_auc``, ``nmae`` or ``r2``; ``low`` and ``high`` are the bootstrap's 95 %.
    """

    task: str
    protocol: Protocol
    model: str
    metric: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Setting:
    """How contexts are drawn and models run. ``random_seeds``: of the untrained models beside; ``beside``: whether
    simpler models stand there too."""

    length: int = 1024
    size: int = 32
    device: str = "cpu"
    attention: AttentionPath = "auto"
    rules: Rules | None = None
    random_seeds: tuple[int, ...] = (0,)
    beside: bool = True
    seed: int = 0


def tasks_of(folder: Path, wanted: Sequence[str]) -> list[str]:
    """The tasks to evaluate: those wanted, or all that ask for a number or a yes or no.

    Raises:
        InputError: no such dataset or task; a task without both answers in its test rows.
    """
    check_dataset(folder)
    there = load_dataset(str(folder)).get_task_names()
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise InputError(f"has no task {unknown[0]!r}", place=str(folder), hint=f"it has {', '.join(there) or 'none'}")
    found = list(wanted)
    for name in there if not wanted else []:
        if _relbench(folder, name).task_type in (TaskType.BINARY_CLASSIFICATION, TaskType.REGRESSION):
            found.append(name)
    if not found:
        raise InputError("has no task to evaluate", place=str(folder), hint="make some: plurel-sql synth --tasks auto")
    return found


def evaluate(
    checkpoint: Checkpoint,
    folder: Path,
    tasks: Sequence[str],
    encoder: TextEncoder,
    setting: Setting,
    *,
    protocols: Sequence[Protocol] = PROTOCOLS,
    out: Path | None = None,
    name: str = "RT",
) -> Iterator[Score]:
    """Scores, task by task as they are found.

    Args:
        out: predictions of the checkpoint's model go to ``out/<protocol>/<dataset>__<task>.csv``, as the leaderboard
            takes them.

    Raises:
        InputError: see ``tasks_of``; the checkpoint does not fit.
    """
    trained = checkpoint.open(attention=setting.attention).to(setting.device)
    with tempfile.TemporaryDirectory() as temporary:
        for protocol in protocols:
            seen = folder if protocol == "seed" else cut(folder, Path(temporary) / folder.name)
            for task in tasks:
                truth = _relbench(folder, task)
                if protocol == "cut" and truth.kind == "autocomplete":
                    continue  # its test rows lie behind the cut
                contexts = TaskContexts(
                    seen, task, encoder, length=setting.length, seed=setting.seed, rules=setting.rules
                )
                check_labels(contexts.task)
                answers = {name: predict(trained, contexts, size=setting.size)}
                if out is not None and truth.task_type in (TaskType.BINARY_CLASSIFICATION, TaskType.REGRESSION):
                    place = out / protocol / f"{folder.name}__{task}.csv"
                    write_prediction_table(truth, answers[name], place)
                for seed in setting.random_seeds:
                    answers[f"RT, untrained (seed {seed})"] = predict(
                        _untrained(checkpoint, seed, setting), contexts, size=setting.size
                    )
                if setting.beside:
                    answers |= _simpler(seen, contexts.task)
                for model, answer in answers.items():
                    yield from scores(truth, answer, task, protocol, model)


def simpler(folder: Path, tasks: Sequence[str], protocols: Sequence[Protocol] = PROTOCOLS) -> Iterator[Score]:
    """Scores of the simpler models alone, which ``evaluate`` puts beside a checkpoint's."""
    with tempfile.TemporaryDirectory() as temporary:
        for protocol in protocols:
            seen = folder if protocol == "seed" else cut(folder, Path(temporary) / folder.name)
            source = ContextSource.open(seen)
            for task in tasks:
                for model, answer in _simpler(seen, Task.open(seen, task, source)).items():
                    yield from scores(_relbench(folder, task), answer, task, protocol, model)


def scores(truth: Any, answer: Floats, task: str, protocol: Protocol, model: str) -> Iterator[Score]:
    """By relbench's own ``evaluate`` on the test table; R2 of numbers beside it."""
    table = truth.get_table("test", mask_input_cols=False)
    labels = table.df[truth.target_col].to_numpy(dtype=np.float64)
    figures = {metric.__name__: metric for metric in truth.metrics}
    found = truth.evaluate(answer, table)
    if truth.task_type == TaskType.REGRESSION:
        figures["r2"] = r2_score
        found["r2"] = float(r2_score(labels, answer))
    for metric, value in found.items():
        low, high = interval(figures[metric], labels, answer)
        yield Score(task, protocol, model, metric, float(value), low, high)


def check_labels(task: Task) -> None:
    """Raises InputError where the labels allow no figure."""
    for split in ("train", "test"):
        labels = task.labels[task.splits[split]]
        known = labels[~np.isnan(labels)]
        if not len(known):
            raise InputError(f"has no label in {split}", place=f"task {task.name}", hint="give tasks by --task")
        if task.kind == "boolean" and known.min() == known.max():
            what = "no positive example" if known.max() == 0 else "no negative example"
            raise InputError(f"has {what} in {split}", place=f"task {task.name}", hint="give other tasks by --task")


def _relbench(folder: Path, task: str) -> Any:
    return load_dataset(str(folder)).load_task(task)


def _untrained(checkpoint: Checkpoint, seed: int, setting: Setting) -> RelationalTransformer:
    torch.manual_seed(seed)
    return RelationalTransformer(checkpoint.model, attention=setting.attention).to(setting.device)


def _simpler(folder: Path, task: Task) -> dict[str, Floats]:
    found = {"constant": baselines.constant(task), "last value": baselines.last_value(task)}
    trees = baselines.trees(folder, task)
    if trees.entity is not None:
        found["trees, entity"] = trees.entity
    if trees.history is not None:
        found["trees, history"] = trees.history
    return found
