"""Attention restricted to a relation, by either of two paths that give the same."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask, flex_attention

from plurel_training.config import ModelConfig


class Attention(nn.Module):
    """Multi-head attention with normalised queries and keys, without biases (RT, arXiv 2510.06377)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.wq = nn.Linear(width, width, bias=False)
        self.wk = nn.Linear(width, width, bias=False)
        self.wv = nn.Linear(width, width, bias=False)
        self.wo = nn.Linear(width, width, bias=False)
        self.q_norm = nn.RMSNorm(width // self.heads)
        self.k_norm = nn.RMSNorm(width // self.heads)
        self.gate = nn.Linear(width, width, bias=False) if config.output_gates else None
        self.length_scale = nn.Parameter(torch.zeros(self.heads)) if config.length_scaled_queries else None
        if config.zero_init_outputs:
            nn.init.zeros_(self.wo.weight)

    def forward(self, x: Tensor, mask: Tensor | BlockMask, keys: Tensor | None = None) -> Tensor:
        """(B, S, width) to the same. A query that may see no key gets zeros.

        Args:
            mask: (B, S, S) bool or what is added to the scores, or FlexAttention's block mask.
            keys: (B, S), how many keys each query sees; for length-scaled queries.
        """
        q, k, v = (self._split(linear(x)) for linear in (self.wq, self.wk, self.wv))
        q, k = self.q_norm(q), self.k_norm(k)
        if self.length_scale is not None:
            assert keys is not None
            factor = 1 + self.length_scale[:, None] * torch.log1p(keys)[:, None, :]
            q = q * factor[..., None].to(q.dtype)
        q, k = q.to(v.dtype), k.to(v.dtype)
        if isinstance(mask, Tensor):
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None])
        else:
            mixed = flex_attention(q, k, v, block_mask=mask)
        joined = mixed.transpose(1, 2).flatten(2)
        if self.gate is not None:
            joined = joined * torch.sigmoid(self.gate(x))
        found: Tensor = self.wo(joined)
        return found

    def _split(self, x: Tensor) -> Tensor:
        """(B, S, width) to (B, heads, S, width / heads)."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)
