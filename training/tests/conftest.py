"""Random batches of the sampler's form, and the published code's numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import plurel_sql

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Small tensors gain nothing by threads, and CI runs several tests at once."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Material beside the repository; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent")
    return SHARED


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small databases of random schemas, as relbench datasets."""
    folder = tmp_path_factory.mktemp("corpus")
    made = plurel_sql.corpus(folder, 3, "random", rows=1500)
    assert not made.failed
    return folder
