"""Batches: pure functions of (seed, step, rank), from databases that take turns."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from msgspec import structs

import plurel_sql
from plurel_sql.errors import ConfigError, InputError
from plurel_training import sources
from plurel_training.batch import Batch
from plurel_training.config import Corpus, DataConfig, Dataset, Source, Virtual
from plurel_training.sources import VALIDATION, Mixture
from plurel_training.text import HashingEncoder

ENCODER = HashingEncoder(16)


def data(*sources: Source, databases: int = 2, steps_each: int = 4) -> DataConfig:
    return DataConfig(sources, length=48, databases=databases, steps_each=steps_each, workers=0, threads=1)


def same(one: Batch, two: Batch) -> bool:
    return all(torch.equal(getattr(one, f.name), getattr(two, f.name)) for f in fields(Batch))


def test_a_batch_is_a_function_of_seed_step_and_rank(corpus: Path) -> None:
    config = data(Corpus(str(corpus)))
    with Mixture(config, ENCODER, seed=1) as one, Mixture(config, ENCODER, seed=1) as other:
        ahead = [one.batch(step, 4)[0] for step in range(3)]
        assert same(other.batch(2, 4)[0], ahead[2])  # without those before
        assert not same(ahead[1], ahead[2])
    with Mixture(config, ENCODER, seed=1, rank=1, world=2) as second:
        assert not same(second.batch(2, 4)[0], ahead[2])


def test_a_joined_batch_is_sound(corpus: Path) -> None:
    with Mixture(data(Corpus(str(corpus)), databases=3), ENCODER, seed=0) as mixture:
        batch, names = mixture.batch(0, 6)
    assert batch.shape == (6, 48) and len(names) == 3
    shown = ~batch.padding
    assert batch.column[shown].max() < len(batch.names) and batch.text.max() < len(batch.texts)
    assert batch.target.any(1).all() and not (batch.target & batch.padding).any()
    assert (batch.row[shown] >= 0).all() and batch.parents.max() < 48
    assert batch.value.isfinite().all()
    # A column of one database is none of another's.
    used = [set(batch.column[b][shown[b]].tolist()) for b in range(6)]
    assert used[0] & used[1] or used[0] | used[1]
    assert not used[0] & used[2] and not used[2] & used[4]


def test_databases_take_turns_by_weight() -> None:
    first, second = Virtual("random", weight=3), Virtual("realistic", weight=1)
    with Mixture(data(first, second, databases=4, steps_each=8), ENCODER, seed=0) as mixture:
        drawn = [[mixture.drawn(place, step) for place in range(4)] for step in range(400)]
    changes = [step for step in range(1, 400) if drawn[step] != drawn[step - 1]]
    assert len(changes) > 190  # one place at a time: a change every two steps
    assert all(sum(a != b for a, b in zip(drawn[s], drawn[s - 1], strict=True)) == 1 for s in changes)
    every = {each for step in drawn for each in step}
    assert len({each.number for each in every}) == len(every)
    shares = Counter(each.source for each in every)
    assert 0.65 < shares[first] / len(every) < 0.85


def test_validation_draws_other_databases(corpus: Path) -> None:
    config = data(Corpus(str(corpus)), Virtual())
    with Mixture(config, ENCODER, seed=0) as train, Mixture(config, ENCODER, seed=0, stream=VALIDATION) as held:
        names = [{m.number(place, n).name for place in range(2) for n in range(50)} for m in (train, held)]
    assert not names[0] & names[1]
    assert any(name.startswith("plurel-") for name in names[1])


@pytest.mark.parametrize("workers", [0, 1])
def test_virtual_databases(workers: int) -> None:
    config = DataConfig((Virtual(rows=1000),), length=48, databases=1, workers=workers, threads=1)
    with Mixture(config, ENCODER, seed=3) as mixture:
        batch, (drawn,) = mixture.batch(0, 4)
    assert drawn.name.startswith("random#") and drawn.group == "random" and batch.target.any(1).all()


def test_a_real_dataset_with_a_task(shared: Path) -> None:
    folder = str(shared / "rel-f1")
    config = data(Dataset(folder, ("driver-dnf",)), databases=4, steps_each=1)
    with Mixture(config, ENCODER, seed=0) as mixture:
        found = {drawn.group for step in range(3) for drawn in mixture.batch(step, 4)[1]}
    assert found == {"rel-f1", "rel-f1/driver-dnf"}


def test_folders_without_databases(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no databases"):
        Mixture(data(Corpus(str(tmp_path))), ENCODER, seed=0)
    with pytest.raises(InputError, match="is no relbench dataset"):
        Mixture(data(Dataset(str(tmp_path))), ENCODER, seed=0)


def test_further_cells_are_masked_evenly_among_those_that_may_be_asked_for(corpus: Path) -> None:
    config = data(Corpus(str(corpus)), databases=1)
    holed = structs.replace(config, masked=0.5)
    with Mixture(config, ENCODER, seed=1) as plain, Mixture(holed, ENCODER, seed=1) as mixture:
        before, after = plain.batch(3, 16)[0], mixture.batch(3, 16)[0]
        again = mixture.batch(3, 16)[0]
        targets = mixture.open(mixture.drawn(0, 3)).source.targets
    assert same(after, again)
    assert (after.target >= before.target).all() and before.target.sum() == 16
    askable = torch.isin(before.column, torch.tensor(targets)) & ~before.padding
    assert not (after.target & ~askable).any()
    share = (after.target & ~before.target).sum() / (askable & ~before.target).sum()
    assert 0.4 < share < 0.6
    with pytest.raises(ConfigError, match="masked"):
        structs.replace(config, masked=1.0)


def test_large_databases_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    config = DataConfig((Virtual(rows=1000),), length=48, databases=1, workers=0, threads=1)
    batches = []
    for large in (sources.LARGE, 0):
        monkeypatch.setattr(sources, "LARGE", large)
        with Mixture(config, ENCODER, seed=3) as mixture:
            batches.append(mixture.batch(0, 4)[0])
            is_virtual = mixture.open(mixture.drawn(0, 0)).source.is_virtual
            assert is_virtual == (large == 0)
    assert same(*batches)
    retried = "CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, CHECK ((a * 7 + b) % 11 < 4));"
    assert not sources.planned_source(plurel_sql.plan(retried, rows=500)).is_virtual
