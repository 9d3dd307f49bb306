"""Text vectors: widths, the cache, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from plurel_sql.errors import InputError
from plurel_training.text import CachedEncoder, HashingEncoder, Vectors, open_encoder


def test_hashed_vectors_know_spelling() -> None:
    encoder = HashingEncoder(64)
    found = encoder.encode(["price of product", "prices of products", "birthday of person"])
    assert found.shape == (3, 64) and found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    assert found[0] @ found[1] > found[0] @ found[2]
    assert encoder.encode([]).shape == (0, 64)


def test_what_was_encoded_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = HashingEncoder(16)
    cached = CachedEncoder(inner, tmp_path)
    first = cached.encode(["a price", "a name"])

    def never(texts: Sequence[str]) -> Vectors:
        raise AssertionError("encoded again")

    monkeypatch.setattr(inner, "encode", never)
    np.testing.assert_array_equal(cached.encode(["a price", "a name"]), first)
    with pytest.raises(AssertionError, match="encoded again"):
        cached.encode(["a pricea name"])


def test_a_model_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"text\.encoder"):
        open_encoder("/no/such/model", 384)
