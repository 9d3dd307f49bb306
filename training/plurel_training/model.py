"""The Relational Transformer (arXiv 2510.06377): cells of a database as tokens, attention along its relations.

Names of parameters are those of the published checkpoints, so that these load as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from plurel_training.attention import Attention
from plurel_training.batch import BOOLEAN, KINDS, NUMBER, TEXT, Batch
from plurel_training.config import AttentionPath, ModelConfig
from plurel_training.masks import RELATIONS, Masks, additive, block_masks, child_rows, dense_masks, key_counts
from plurel_training.summary import with_summaries


class FeedForward(nn.Module):
    """SwiGLU, without biases."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.w1 = nn.Linear(config.width, config.hidden, bias=False)
        self.w2 = nn.Linear(config.hidden, config.width, bias=False)
        self.w3 = nn.Linear(config.width, config.hidden, bias=False)
        if config.zero_init_outputs:
            nn.init.zeros_(self.w2.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) to the same."""
        found: Tensor = self.w2(F.silu(self.w1(x)) * self.w3(x))
        return found


class Block(nn.Module):
    """Column, feature and neighbour attention in turn, then the feed-forward; each normalised before, added after."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norms = nn.ModuleDict({name: nn.RMSNorm(config.width) for name in (*RELATIONS, "ffn")})
        self.attns = nn.ModuleDict({name: Attention(config) for name in RELATIONS})
        self.ffn = FeedForward(config)

    def forward(self, x: Tensor, masks: Masks, keys: dict[str, Tensor]) -> Tensor:
        """(B, S, width) to the same."""
        for name in RELATIONS:
            x = x + self.attns[name](self.norms[name](x), masks[name], keys.get(name))
        found: Tensor = x + self.ffn(self.norms["ffn"](x))
        return found


@dataclass(frozen=True)
class Output:
    """Predictions for every cell by kind, (B, S, 1) or for text (B, S, width of text); loss if cells are masked.

    Attributes:
        loss: mean over the sequences of the mean over a sequence's masked cells.
        by_sequence: (B,) mean loss of each sequence's masked cells; 0 where there is none.
        by_kind: kind -> (sum of losses, number of cells), of the masked cells; tensors of no dimension.
    """

    predicted: dict[str, Tensor]
    loss: Tensor
    by_sequence: Tensor
    by_kind: dict[str, tuple[Tensor, Tensor]]


class RelationalTransformer(nn.Module):
    """Predicts masked cells from the cells around them.

    Args:
        attention: the path; ``auto`` is FlexAttention on a GPU and the dense one elsewhere.
        recompute: keep no activations of the blocks, make them again for the gradient.
    """

    def __init__(self, config: ModelConfig, *, attention: AttentionPath = "auto", recompute: bool = False) -> None:
        super().__init__()
        self.config, self.attention, self.recompute, self._compiled = config, attention, recompute, False
        width, text = config.width, config.text_width
        sizes = {"number": 1, "text": text, "datetime": 1, "boolean": 1}
        self.enc_dict = nn.ModuleDict({kind: nn.Linear(size, width) for kind, size in sizes.items()})
        self.enc_dict["col_name"] = nn.Linear(text, width)
        self.dec_dict = nn.ModuleDict({kind: nn.Linear(width, size) for kind, size in sizes.items()})
        self.norm_dict = nn.ModuleDict({name: nn.RMSNorm(width) for name in (*KINDS, "col_name")})
        self.mask_embs = nn.ParameterDict({kind: nn.Parameter(torch.randn(width)) for kind in KINDS})
        self.blocks = nn.ModuleList([Block(config) for _ in range(config.blocks)])
        self.norm_out = nn.RMSNorm(width)
        if config.neighbour_counts:
            self.count = nn.Linear(1, width, bias=False)
            nn.init.zeros_(self.count.weight)
        if config.summary_cells:
            self.summary = nn.Parameter(torch.randn(width))

    def compile_blocks(self) -> None:
        """Runs the blocks through torch.compile; needed for FlexAttention to be fast."""
        self._compiled = True
        for block in self.blocks:
            block.compile()

    def forward(self, batch: Batch, *, texts: bool = True) -> Output:
        """Predictions and loss of a batch; of cells at padding they mean nothing.

        Args:
            texts: predict texts too, which costs a vector of text for every cell.
        """
        if self.config.huber_only:
            batch = as_numbers(batch)
        length = batch.shape[1]
        if self.config.summary_cells:
            batch = with_summaries(batch)
        x = self._tokens(batch)
        masks: Masks = self._masks(batch)
        keys = key_counts(batch) if self.config.length_scaled_queries else {}
        for block in self.blocks:
            if self.recompute and torch.is_grad_enabled():
                x = checkpoint(block, x, masks, keys, use_reentrant=False)
            else:
                x = block(x, masks, keys)
        x = self.norm_out(x)[:, :length]
        predicted = {kind: self.dec_dict[kind](x).float() for kind in KINDS if texts or kind != KINDS[TEXT]}
        return _output(batch, length, predicted)

    def _tokens(self, batch: Batch) -> Tensor:
        """(B, S, width): what is known of each cell."""
        shown = ~batch.padding
        names = self.norm_dict["col_name"](self.enc_dict["col_name"](batch.names))
        x: Tensor = names[batch.column] * shown[..., None]
        for number, kind in enumerate(KINDS):
            mine = shown & (batch.kind == number)
            if number == TEXT:
                # Each text is encoded once, however many cells hold it.
                values = self.norm_dict[kind](self.enc_dict[kind](batch.texts))[batch.text]
            else:
                values = self.norm_dict[kind](self.enc_dict[kind](batch.value[..., None]))
            x = x + values * (mine & ~batch.target)[..., None]
            x = x + self.mask_embs[kind] * (mine & batch.target)[..., None]
        if self.config.neighbour_counts:
            x = x + self.count(torch.log1p(child_rows(batch).float())[..., None])
        if self.config.summary_cells:
            x = x + self.summary * (shown & (batch.kind == len(KINDS)))[..., None]
        return x

    def _masks(self, batch: Batch) -> Masks:
        flex = batch.row.is_cuda if self.attention == "auto" else self.attention == "flex"
        if flex:
            return block_masks(batch, compiled=self._compiled or batch.row.is_cuda)
        return {name: additive(mask) for name, mask in dense_masks(batch).items()}


def as_numbers(batch: Batch) -> Batch:
    """Booleans as standardised numbers: 0 and 1 less the column's mean, by its deviation."""
    boolean = batch.kind == BOOLEAN
    mean, deviation = batch.spread[batch.column].unbind(-1)
    scaled = (batch.value - mean) / deviation.clamp(min=1e-6)
    return replace(
        batch,
        kind=torch.where(boolean, NUMBER, batch.kind),
        value=torch.where(boolean, scaled, batch.value),
    )


def _output(batch: Batch, length: int, predicted: dict[str, Tensor]) -> Output:
    """Huber loss of numbers, times and texts, cross-entropy of booleans."""
    kind, value, target = (each[:, :length] for each in (batch.kind, batch.value, batch.target))
    target = target & ~batch.padding[:, :length]
    if KINDS[TEXT] not in predicted:
        target = target & (kind != TEXT)
    losses = torch.zeros_like(value)
    by_kind = {}
    for number, name in enumerate(KINDS):
        if name not in predicted:
            continue
        if number == TEXT:
            wished = batch.texts[batch.text[:, :length]]
            loss = F.huber_loss(predicted[name], wished, reduction="none").mean(-1)
        elif number == BOOLEAN:
            chance = predicted[name].squeeze(-1)
            loss = F.binary_cross_entropy_with_logits(chance, (value > 0).float(), reduction="none")
        else:
            loss = F.huber_loss(predicted[name].squeeze(-1), value, reduction="none")
        mine = target & (kind == number)
        loss = torch.where(mine, loss, 0.0)
        by_kind[name] = (loss.detach().sum(), mine.sum())
        losses = losses + loss
    counts = target.sum(1)
    means = losses.sum(1) / counts.clamp(min=1)
    return Output(predicted, means.sum() / (counts > 0).sum().clamp(min=1), means.detach(), by_kind)
