"""Configurations: what is read, and what is refused with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plurel_sql.errors import ConfigError
from plurel_training.config import Dataset, PretrainConfig, Virtual, load


def read(tmp_path: Path, text: str, *changes: str) -> PretrainConfig:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    return load(path, PretrainConfig, changes)


def test_sources_and_changes(tmp_path: Path) -> None:
    text = """
    model: {blocks: 2, width: 64}
    data:
      sources:
      - {kind: virtual, schemas: realistic, weight: 2}
      - {kind: dataset, folder: rel-f1, tasks: [driver-dnf]}
    """
    config = read(tmp_path, text, "run.steps=7", "optimizer.name=muon")
    assert config.data.sources == (Virtual("realistic", weight=2), Dataset("rel-f1", ("driver-dnf",)))
    assert (config.model.width, config.model.hidden, config.run.steps) == (64, 1024, 7)
    assert config.optimizer.name == "muon"
    assert read(tmp_path, "") == PretrainConfig()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("run: {stpes: 3}", "run: Object contains unknown field `stpes`"),
        ("run: {steps: many}", "run.steps: Expected `int`, got `str`"),
        ("run: {steps: 0}", "run.steps: 0 is too small"),
        ("data: {sources: [{kind: magic}]}", "magic"),
        ("data: {sources: []}", "no source of databases"),
        ("data: {sources: [{kind: virtual, weight: 0}]}", r"sources\[0\].weight: 0.* is not a weight"),
        ("run: {batch: 12}", "run.batch: a batch of 12 can't be shared by 8 databases"),
        ("optimizer: {warmup: 1}", "optimizer.warmup: 1.* is out of range"),
        ("model: {heads: 7}", "can't be shared by 7 heads"),
        ("a: [", "can't be read"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert re.search(said, str(refused.value)), refused.value
    assert refused.value.exit_code == 2


def test_a_change_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no change"):
        read(tmp_path, "", "run.steps")
