"""The published code's numbers, by every attention path."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from plurel_training.batch import KINDS, Batch
from plurel_training.config import AttentionPath
from plurel_training.model import RelationalTransformer
from plurel_training.published import config_of


@pytest.fixture(scope="module")
def reference(shared: Path) -> dict[str, Tensor]:
    return load_file(shared / "rt_reference.safetensors")


def as_batch(found: dict[str, Tensor]) -> Batch:
    """The published batch: vectors stand in every cell, and a column is named by its own and its table's number, which
    mean something else in each sequence."""
    kind = found["sem_types"].long()
    count, length = kind.shape
    every = torch.arange(count * length).reshape(count, length)
    padding = found["is_padding"]
    sequence = torch.arange(count)[:, None].expand(count, length)
    named = torch.stack([sequence, found["table_name_idxs"], found["col_name_idxs"]], -1).reshape(-1, 3)
    columns, column = named.unique(dim=0, return_inverse=True)
    names = torch.zeros(len(columns), found["col_name_values"].shape[-1])
    names[column[~padding.flatten()]] = found["col_name_values"].flatten(0, 1)[~padding.flatten()]
    first = found["node_idxs"].masked_fill(padding, 2**31 - 1).amin(1)[:, None]
    parents = found["f2p_nbr_idxs"].long()
    value = torch.stack([found[f"{name}_values"][..., 0] for name in KINDS], -1)
    return Batch(
        row=(found["node_idxs"] - first).long().masked_fill(padding, -1),
        column=column.reshape(count, length),
        table=found["table_name_idxs"].long(),
        kind=kind,
        value=value.gather(2, kind[..., None])[..., 0],
        text=every,
        parents=torch.where(parents < 0, -1, parents - first[..., None]),
        target=found["masks"],
        padding=padding,
        names=names,
        texts=found["text_values"].flatten(0, 1),
        spread=torch.tensor([[0.0, 1.0]]).expand(len(columns), 2),
    )


@pytest.mark.parametrize("path", ["dense", "flex"])
def test_the_published_outputs(reference: dict[str, Tensor], path: AttentionPath) -> None:
    parts: dict[str, dict[str, Tensor]] = {"state": {}, "batch": {}, "out": {}}
    for name, tensor in reference.items():
        part, _, rest = name.partition(".")
        parts[part][rest] = tensor
    config = config_of(parts["state"], "reference")
    assert (config.blocks, config.width, config.heads, config.hidden, config.text_width) == (2, 64, 4, 128, 48)
    model = RelationalTransformer(config, attention=path)
    model.load_state_dict(parts["state"])
    batch = as_batch(parts["batch"])
    with torch.no_grad():
        found = model(batch)
    assert found.loss.item() == pytest.approx(parts["out"]["loss"].item(), abs=1e-4)
    for kind in KINDS:
        wrong = (found.predicted[kind] - parts["out"][kind]).abs()[~batch.padding]
        assert wrong.max() < 1e-4, kind
