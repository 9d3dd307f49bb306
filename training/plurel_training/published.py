"""Checkpoints of the published code: a state dict, whose shapes tell the model's."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from plurel_sql.errors import InputError
from plurel_training.config import ModelConfig


def config_of(state: Mapping[str, Tensor], place: str, heads: int | None = None) -> ModelConfig:
    """The shape of the model that a state dict with the published names belongs to.

    Args:
        place: where it comes from, for errors.
        heads: None reads it off the width of the normalised queries.

    Raises:
        InputError: it holds no such model.
    """
    try:
        width, text_width = state["enc_dict.col_name.weight"].shape
        hidden = state["blocks.0.ffn.w1.weight"].shape[0]
        head_width = state["blocks.0.attns.col.q_norm.weight"].shape[0]
    except (KeyError, ValueError) as error:
        raise InputError(
            f"no Relational Transformer's state dict: {error} is missing",
            place=place,
            hint="expected parameters named enc_dict.*, dec_dict.*, blocks.N.attns.{col,feat,nbr}.*",
        ) from error
    blocks = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))
    return ModelConfig(
        blocks=blocks, width=width, heads=heads or width // head_width, hidden=hidden, text_width=text_width
    )
