"""Optimisers, the schedule, averaged weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from plurel_training.config import OptimizerConfig


class Optimizer:
    """AdamW over everything, or Muon over the matrices of the blocks and AdamW over the rest; one-cycle rates."""

    def __init__(self, model: nn.Module, config: OptimizerConfig, steps: int) -> None:
        self._config, self._steps = config, steps
        named = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
        matrices = {name for name, value in named if name.startswith("blocks.") and value.ndim == 2}
        by_muon = [value for name, value in named if name in matrices and config.name == "muon"]
        others = [value for name, value in named if name not in matrices or config.name != "muon"]
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(others, lr=config.lr, weight_decay=config.weight_decay)
        ]
        if by_muon:
            self._parts.append(
                torch.optim.Muon(
                    by_muon, lr=config.lr, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"
                )
            )

    def step(self, step: int) -> float:
        """Moves the weights by the gradients of step ``step`` (from 0); gives the rate."""
        rate = self._config.lr * one_cycle(step, self._steps, self._config.warmup)
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()
            part.zero_grad(set_to_none=True)
        return rate

    def state(self) -> list[dict[str, object]]:
        """For a checkpoint."""
        return [part.state_dict() for part in self._parts]

    def restore(self, state: list[dict[str, object]]) -> None:
        """From a checkpoint."""
        for part, kept in zip(self._parts, state, strict=True):
            part.load_state_dict(kept)


def one_cycle(step: int, steps: int, warmup: float) -> float:
    """Share of the highest rate: up in a line from 1/25 over ``warmup`` of the steps, then down in a line to 0.

    A function of the step alone, so that a run that goes on needs no state for it.
    """
    top = warmup * (steps - 1)
    if step < top:
        return (1 + 24 * step / top) / 25
    return max(0.0, (steps - 1 - step) / max(1.0, steps - 1 - top)) if steps > 1 else 1.0


class Average:
    """Exponential moving average of the weights, from the first step on without bias to where they began."""

    def __init__(self, parameters: Iterable[tuple[str, Tensor]], decay: float) -> None:
        self.decay = decay
        self.weights = {name: value.detach().clone() for name, value in parameters}

    def update(self, parameters: Iterable[tuple[str, Tensor]], step: int) -> None:
        """After step ``step`` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in parameters:
            self.weights[name].lerp_(value.detach(), 1 - decay)
