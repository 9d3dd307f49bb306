"""A checkpoint trained on one task, from its training rows' contexts; the best by its validation rows is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import r2_score, roc_auc_score
from torch import nn

from plurel_sql.errors import RunError
from plurel_training import checkpoint
from plurel_training.checkpoint import Checkpoint
from plurel_training.evaluation.evaluate import Setting, check_labels
from plurel_training.evaluation.predict import TaskContexts, predict
from plurel_training.optimize import one_cycle
from plurel_training.text import TextEncoder

BEST = "best.pt"


@dataclass(frozen=True)
class Tuning:
    """How a checkpoint is fine-tuned."""

    steps: int = 500
    batch: int = 32
    lr: float = 1e-4
    weight_decay: float = 0.1
    warmup: float = 0.1
    validate_every: int = 100


def finetune(
    found: Checkpoint, folder: Path, task: str, encoder: TextEncoder, setting: Setting, tuning: Tuning, out: Path
) -> float:
    """Writes ``out/best.pt``; gives its AUROC or R2 on the validation rows.

    Raises:
        InputError: dataset, task or checkpoint don't fit.
        RunError: a loss is no number; what was best before stays.
    """
    torch.manual_seed(setting.seed)
    contexts = TaskContexts(folder, task, encoder, length=setting.length, seed=setting.seed, rules=setting.rules)
    check_labels(contexts.task)
    model = found.open(attention=setting.attention).to(setting.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=tuning.lr, weight_decay=tuning.weight_decay)
    out.mkdir(parents=True, exist_ok=True)
    best = -math.inf
    for step in range(tuning.steps):
        model.train()
        batch = contexts.step(step, tuning.batch).to(setting.device)
        with torch.autocast(batch.row.device.type, torch.bfloat16, enabled=batch.row.is_cuda):
            loss = model(batch, texts=False).loss
        if not math.isfinite(loss.item()):
            raise RunError(f"the loss is {loss.item()} at step {step}", place=f"task {task}", hint="a smaller --lr")
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = tuning.lr * one_cycle(step, tuning.steps, tuning.warmup)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step + 1 == tuning.steps or (step + 1) % tuning.validate_every == 0:
            score = _validated(model, contexts, setting)
            if score > best:
                best = score
                checkpoint.write(out / BEST, replace(found, state=model.state_dict(), step=step + 1, training=None))
    return best


def _validated(model: nn.Module, contexts: TaskContexts, setting: Setting) -> float:
    truth, answer = contexts.labels("val"), predict(model, contexts, "val", setting.size)  # type: ignore[arg-type]
    known = ~np.isnan(truth)
    if contexts.task.kind == "number":
        return float(r2_score(truth[known], answer[known]))
    return float(roc_auc_score(truth[known], answer[known])) if len(set(truth[known])) == 2 else 0.5
