"""Checkpoints: what is read, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from plurel_sql.errors import InputError
from plurel_training import checkpoint
from plurel_training.checkpoint import Checkpoint
from plurel_training.config import ModelConfig, TextConfig
from plurel_training.model import RelationalTransformer

SMALL = ModelConfig(blocks=1, width=16, heads=2, hidden=16, text_width=12, output_gates=True)


def test_written_and_read(tmp_path: Path) -> None:
    model = RelationalTransformer(SMALL)
    checkpoint.write(tmp_path / "a.pt", Checkpoint(SMALL, TextConfig(), model.state_dict(), 3))
    found = checkpoint.read(tmp_path / "a.pt")
    assert (found.model, found.step, found.training) == (SMALL, 3, None)
    for one, two in zip(found.open().parameters(), model.parameters(), strict=True):
        assert torch.equal(one, two)
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_a_published_state_dict_tells_its_shape(tmp_path: Path) -> None:
    config = ModelConfig(blocks=2, width=32, heads=4, hidden=24, text_width=12)
    torch.save(RelationalTransformer(config).state_dict(), tmp_path / "published.pt")
    assert checkpoint.read(tmp_path / "published.pt").model == config


def test_what_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        checkpoint.read(tmp_path / "none.pt")
    (tmp_path / "text.pt").write_text("no")
    with pytest.raises(InputError, match="no checkpoint can be read"):
        checkpoint.read(tmp_path / "text.pt")
    torch.save({"weight": torch.ones(1)}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="no Relational Transformer's state dict"):
        checkpoint.read(tmp_path / "other.pt")
    torch.save([1], tmp_path / "list.pt")
    with pytest.raises(InputError, match="holds a list"):
        checkpoint.read(tmp_path / "list.pt")


def test_another_shape_is_refused() -> None:
    model = RelationalTransformer(SMALL)
    other = RelationalTransformer(ModelConfig(blocks=1, width=32, heads=2, hidden=16, text_width=12))
    with pytest.raises(InputError, match=r"another shape than the model: .* is \(32,\), the model's \(16,\)|32"):
        checkpoint.load_weights(model, other.state_dict(), "x.pt")
    with pytest.raises(InputError, match=r"gate\.weight is missing"):
        plain = {name: value for name, value in model.state_dict().items() if "gate" not in name}
        checkpoint.load_weights(model, plain, "x.pt")
