"""Text to vectors: a sentence encoder by name or folder, or hashed n-grams; what was encoded once is kept on disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from plurel_sql.errors import InputError

Vectors = npt.NDArray[np.float32]
HASHING = "hashing"


class TextEncoder(Protocol):
    """``name`` tells encoders apart whose vectors differ; ``width`` is the length of a vector."""

    name: str
    width: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(texts, width), of length 1 each or all zeros."""
        ...


class HashingEncoder:
    """Counts of character n-grams (3 to 5) hashed into ``width`` places; knows spelling and no meaning."""

    def __init__(self, width: int = 384) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer

        self.name, self.width = f"{HASHING}-{width}", width
        self._vectorizer: Any = HashingVectorizer(n_features=width, analyzer="char_wb", ngram_range=(3, 5), norm="l2")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(texts, width)."""
        if not texts:
            return np.zeros((0, self.width), np.float32)
        found: Vectors = self._vectorizer.transform(texts).toarray().astype(np.float32)
        return found


class SentenceEncoder:
    """A sentence-transformers model, by name or folder."""

    def __init__(self, model: str, device: str | None = None) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise InputError(
                f"text encoder {model!r} needs the package sentence-transformers",
                place="text.encoder",
                hint="pip install 'plurel-training[text]', or encoder: hashing",
            ) from error
        try:
            self._model: Any = SentenceTransformer(model, device=device)
        except Exception as error:
            raise InputError(
                f"text encoder {model!r} can't be loaded: {error}",
                place="text.encoder",
                hint="the name of a model, or a folder that holds one",
            ) from error
        self.name, self.width = f"sentence-{model}", int(self._model.get_sentence_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(texts, width)."""
        found = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False, batch_size=256)
        return np.asarray(found, dtype=np.float32).reshape(len(texts), self.width)


class CachedEncoder:
    """Keeps the vectors of whole lists of texts (those of a database) in ``folder``, by their digest."""

    def __init__(self, encoder: TextEncoder, folder: Path) -> None:
        self._encoder, self._folder = encoder, folder
        self.name, self.width = encoder.name, encoder.width

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As the encoder's own."""
        digest = hashlib.blake2b(self.name.encode(), digest_size=16)
        for text in texts:
            digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
        path = self._folder / f"{digest.hexdigest()}.npy"
        if path.exists():
            found: Vectors = np.load(path)
            return found
        found = self._encoder.encode(texts)
        self._folder.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.stem}.{os.getpid()}.npy")
        np.save(part, found)
        os.replace(part, path)
        return found


def open_encoder(name: str, width: int, device: str | None = None) -> TextEncoder:
    """The encoder called ``name``: ``hashing``, or a sentence-transformers model.

    Args:
        width: what the model needs.

    Raises:
        InputError: it isn't there, or gives vectors of another width.
    """
    encoder: TextEncoder = HashingEncoder(width) if name == HASHING else SentenceEncoder(name, device)
    if encoder.width != width:
        raise InputError(
            f"text encoder {name!r} gives {encoder.width} numbers, the model takes {width}",
            place="text.encoder",
            hint=f"set model.text_width: {encoder.width}",
        )
    return encoder
