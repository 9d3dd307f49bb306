"""Checkpoints: whole or not there; ours, or the published ones, which are a state dict alone."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from plurel_sql.errors import InputError
from plurel_training.config import ModelConfig, TextConfig, of_mapping
from plurel_training.model import RelationalTransformer
from plurel_training.published import config_of

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """``state``: the weights that are to be used (averaged ones, where a run has them); ``training``: what a run needs
    to go on, None in a published one; ``step``: steps done."""

    model: ModelConfig
    text: TextConfig
    state: dict[str, Tensor]
    step: int = 0
    training: dict[str, Any] | None = None

    def open(self, **wishes: Any) -> RelationalTransformer:
        """The model with these weights; ``wishes`` as of ``RelationalTransformer``."""
        made = RelationalTransformer(self.model, **wishes)
        load_weights(made, self.state, "checkpoint")
        return made


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Writes under a temporary name first, so that a killed run leaves the old one."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    data = {
        "format": FORMAT,
        "model": msgspec.to_builtins(checkpoint.model),
        "text": msgspec.to_builtins(checkpoint.text),
        "state": checkpoint.state,
        "step": checkpoint.step,
        "training": checkpoint.training,
    }
    try:
        with part.open("wb") as file:
            torch.save(data, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read(path: Path, device: str | torch.device = "cpu") -> Checkpoint:
    """A checkpoint of ours or a published one; its pickle may hold tensors and plain values alone.

    Raises:
        InputError: there is none, or it is something else.
    """
    try:
        data = torch.load(path, map_location=device, weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else str(error).split("\n")[0]
        raise InputError(
            f"no checkpoint can be read: {reason}", place=str(path), hint="a file *.pt is expected"
        ) from error
    if not isinstance(data, dict):
        raise InputError(f"holds a {type(data).__name__}", place=str(path), hint="a checkpoint is expected")
    if "format" not in data:
        state = data.get("model", data)
        state = {str(name).removeprefix("module.").removeprefix("_orig_mod."): value for name, value in state.items()}
        return Checkpoint(config_of(state, str(path)), TextConfig(), state)
    if data["format"] != FORMAT:
        raise InputError(f"is of format {data['format']}", place=str(path), hint=f"this version reads {FORMAT}")
    model = of_mapping(data["model"], ModelConfig, str(path))
    text = of_mapping(data["text"], TextConfig, str(path))
    return Checkpoint(model, text, data["state"], data["step"], data["training"])


def load_weights(model: nn.Module, state: dict[str, Tensor], place: str) -> None:
    """Loads ``state``; a model with more options than it keeps its own start for them.

    Raises:
        InputError: it is of another shape.
    """
    own = model.state_dict()
    wrong = [
        f"{name} is {tuple(value.shape)}, the model's {tuple(own[name].shape)}"
        if name in own
        else f"{name} is unknown to the model"
        for name, value in state.items()
        if name not in own or own[name].shape != value.shape
    ]
    missing = [name for name in own if name not in state and not _optional(name)]
    if wrong or missing:
        first = wrong[0] if wrong else f"{missing[0]} is missing"
        raise InputError(
            f"the checkpoint has another shape than the model: {first}",
            place=place,
            hint=f"{len(wrong) + len(missing)} of {len(own)} parameters don't fit; see the configuration's model",
        )
    model.load_state_dict(state, strict=False)


def _optional(name: str) -> bool:
    """Whether a parameter belongs to an option that begins as if it were off."""
    return name.endswith(".length_scale") or name == "count.weight"
