"""Schedule, averaged weights, which optimiser moves what."""

from __future__ import annotations

import pytest
import torch
from support.batches import random_batch

from plurel_training.config import ModelConfig, OptimizerConfig
from plurel_training.model import RelationalTransformer
from plurel_training.optimize import Average, Optimizer, one_cycle

SMALL = ModelConfig(blocks=1, width=16, heads=2, hidden=16, text_width=12)


def test_rates_rise_in_a_line_and_fall_to_nothing() -> None:
    rates = [one_cycle(step, 101, 0.2) for step in range(101)]
    assert rates[0] == pytest.approx(1 / 25) and rates[20] == 1 and rates[100] == 0
    assert rates[10] == pytest.approx((1 + 1 / 25) / 2) and rates[60] == pytest.approx(0.5)
    assert one_cycle(0, 1, 0.2) == 1
    assert one_cycle(0, 10, 0.0) == 1


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_a_model_learns_a_batch_by_heart(name: str) -> None:
    torch.manual_seed(0)
    model, batch = RelationalTransformer(SMALL), random_batch(1)
    optimizer = Optimizer(model, OptimizerConfig(name=name, lr=1e-2), 60)  # type: ignore[arg-type]
    losses = []
    for step in range(60):
        loss = model(batch, texts=False).loss
        loss.backward()
        optimizer.step(step)
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]


def test_the_average_follows_the_weights() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    average = Average([("w", weight)], 0.9)
    with torch.no_grad():
        weight.fill_(1.0)
    seen = []
    for step in range(200):
        average.update([("w", weight)], step)
        seen.append(average.weights["w"].item())
    assert seen[0] == pytest.approx(0.9)  # begins fast
    assert seen == sorted(seen) and seen[-1] == pytest.approx(1)
