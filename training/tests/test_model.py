"""Relations, paths and options of the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import msgspec
import pytest
import torch
from support.batches import random_batch

from plurel_sql.errors import ConfigError
from plurel_training.batch import BOOLEAN, KINDS, NUMBER, TEXT, Batch
from plurel_training.config import ModelConfig
from plurel_training.masks import block_masks, child_rows, dense_masks, key_counts
from plurel_training.model import RelationalTransformer
from plurel_training.summary import with_summaries

SMALL = ModelConfig(blocks=2, width=32, heads=4, hidden=48, text_width=12)
OPTIONS = [
    "output_gates",
    "length_scaled_queries",
    "zero_init_outputs",
    "huber_only",
    "neighbour_counts",
    "summary_cells",
]
ALL = msgspec.structs.replace(SMALL, **{name: True for name in OPTIONS if name != "zero_init_outputs"})


def made(config: ModelConfig = SMALL, path: str = "dense", **wishes: bool) -> RelationalTransformer:
    torch.manual_seed(0)
    model = RelationalTransformer(config, attention=path, **wishes)  # type: ignore[arg-type]
    with torch.no_grad():  # what begins at zero must not stay there, or it shows nothing
        for parameter in model.parameters():
            if not parameter.any():
                parameter.normal_(std=0.3)
    return model


def pairs(batch: Batch, b: int) -> Iterator[tuple[int, int]]:
    shown = [s for s in range(batch.shape[1]) if not batch.padding[b, s]]
    return ((q, k) for q in shown for k in shown)


@pytest.mark.parametrize("seed", [0, 1])
def test_relations_by_definition(seed: int) -> None:
    batch = random_batch(seed)
    masks = dense_masks(batch)
    wished = {name: torch.zeros_like(mask) for name, mask in masks.items()}
    for b in range(batch.shape[0]):
        for q, k in pairs(batch, b):
            refers = {x: set(batch.parents[b, x].tolist()) - {-1} for x in (q, k)}
            rows = {x: int(batch.row[b, x]) for x in (q, k)}
            wished["col"][b, q, k] = batch.column[b, q] == batch.column[b, k]
            wished["feat"][b, q, k] = rows[q] == rows[k] or rows[k] in refers[q]
            wished["nbr"][b, q, k] = rows[q] in refers[k]
    for name, mask in masks.items():
        assert torch.equal(mask, wished[name]), name
        assert mask.any()


@pytest.mark.parametrize("seed", [0, 1])
def test_counts_are_those_of_the_masks(seed: int) -> None:
    batch = random_batch(seed)
    counts = key_counts(batch)
    for name, mask in dense_masks(batch).items():
        assert torch.equal(counts[name], mask.sum(-1)), name
    children = child_rows(batch)
    for b in range(batch.shape[0]):
        for s in range(batch.shape[1]):
            if not batch.padding[b, s]:
                here = int(batch.row[b, s])
                refer = {int(r) for r, p in zip(batch.row[b], batch.parents[b], strict=True) if here in p.tolist()}
                assert children[b, s] == len(refer)


def test_block_masks_are_the_dense_ones() -> None:
    batch = random_batch(2)
    dense = dense_masks(batch)
    every = torch.arange(batch.shape[1])
    for name, mask in block_masks(batch, compiled=False).items():
        for b in range(batch.shape[0]):
            rule = mask.mask_mod(torch.tensor(b), torch.tensor(0), every[:, None], every[None, :])
            assert torch.equal(rule, dense[name][b]), name


@pytest.mark.parametrize("config", [SMALL, ALL], ids=["published", "all options"])
def test_both_paths_give_the_same_outputs(config: ModelConfig) -> None:
    batch = random_batch(3)
    dense, flex = made(config, "dense"), made(config, "flex")
    with torch.no_grad():
        one, two = dense(batch), flex(batch)
    torch.testing.assert_close(one.loss, two.loss)
    shown = ~batch.padding
    for kind in KINDS:
        torch.testing.assert_close(one.predicted[kind][shown], two.predicted[kind][shown], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("config", [SMALL, ALL], ids=["published", "all options"])
def test_masked_values_and_padding_change_nothing(config: ModelConfig) -> None:
    batch = random_batch(4)
    hidden = batch.target | batch.padding
    other = replace(batch, value=torch.where(hidden, 7.0, batch.value))
    model = made(config)
    with torch.no_grad():
        one, two = model(batch), model(other)
    for kind in KINDS:
        assert torch.equal(one.predicted[kind][~batch.padding], two.predicted[kind][~batch.padding])


def test_gradients_are_finite_and_reach_everything() -> None:
    for config in (SMALL, ALL):
        model = made(config)
        model(random_batch(5, masked=(0, 1, 2, 3))).loss.backward()
        for name, parameter in model.named_parameters():
            if config.huber_only and "boolean" in name:
                continue
            assert parameter.grad is not None and parameter.grad.isfinite().all(), name
            assert parameter.grad.any(), name


def test_recomputed_activations_give_the_same_gradients() -> None:
    kept, again = made(), made(recompute=True)
    for model in (kept, again):
        model(random_batch(6)).loss.backward()
    for one, two in zip(kept.parameters(), again.parameters(), strict=True):
        if one.grad is not None:
            torch.testing.assert_close(one.grad, two.grad)


def test_compiled_blocks_give_the_same() -> None:
    plain, compiled = made(), made()
    compiled.compile_blocks()
    with torch.no_grad():
        torch.testing.assert_close(plain(random_batch(7)).loss, compiled(random_batch(7)).loss)


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_alone_changes_the_output(option: str) -> None:
    batch = random_batch(8)
    config = msgspec.structs.replace(SMALL, **{option: True})
    with torch.no_grad():
        if option == "zero_init_outputs":
            torch.manual_seed(0)
            fresh = RelationalTransformer(config, attention="dense")
            for block in fresh.blocks:
                assert torch.equal(
                    block(torch.ones(1, 5, 32), {k: torch.ones(1, 5, 5).bool() for k in ("col", "feat", "nbr")}, {}),
                    torch.ones(1, 5, 32),
                )
            return
        plain, other = made(), made(config)
        missing = other.load_state_dict(plain.state_dict(), strict=False)
        assert not missing.unexpected_keys
        assert plain(batch).loss != other(batch).loss


def test_huber_only_standardises_booleans() -> None:
    batch = random_batch(9, masked=(3,))
    model = made(msgspec.structs.replace(SMALL, huber_only=True))
    with torch.no_grad():
        found = model(batch)
    boolean = batch.target & (batch.kind == BOOLEAN)
    wished = (batch.value[boolean] - 0.4) / 0.49
    losses = torch.nn.functional.huber_loss(found.predicted["number"][boolean][:, 0], wished, reduction="sum")
    torch.testing.assert_close(found.by_kind["number"][0], losses)
    assert found.by_kind["boolean"][1] == 0


def test_the_loss_is_a_mean_over_sequences() -> None:
    """A sequence with many masked cells weighs as much as one with a single one."""
    batch = random_batch(10)
    model = made()
    with torch.no_grad():
        whole = model(batch).loss
        alone = [model(part(batch, b)).loss for b in range(batch.shape[0])]
    torch.testing.assert_close(whole, torch.stack(alone).mean())


def part(batch: Batch, b: int) -> Batch:
    whole = ("names", "texts", "spread")
    return Batch(
        **{
            f.name: getattr(batch, f.name) if f.name in whole else getattr(batch, f.name)[b : b + 1]
            for f in fields(batch)
        }
    )


def test_texts_may_be_left_out() -> None:
    batch = random_batch(11, masked=(NUMBER,))
    model = made()
    with torch.no_grad():
        with_texts, without = model(batch), model(batch, texts=False)
    assert KINDS[TEXT] not in without.predicted
    torch.testing.assert_close(with_texts.loss, without.loss)


def test_summaries_stand_in_their_rows_relations() -> None:
    batch = random_batch(12)
    grown = with_summaries(batch)
    masks = dense_masks(grown)
    length = batch.shape[1]
    for b in range(batch.shape[0]):
        for s in range(length):
            if batch.padding[b, s]:
                continue
            summary = length + int(batch.row[b, s])
            assert masks["feat"][b, summary, s] and masks["feat"][b, s, summary]
            assert torch.equal(masks["nbr"][b, summary, :length], masks["nbr"][b, s, :length])
            same = grown.table[b, length:] == batch.table[b, s]
            assert torch.equal(masks["col"][b, summary, length:], same & ~grown.padding[b, length:])
            assert not masks["col"][b, summary, :length].any()


def test_a_shape_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="width 30 can't be shared by 8 heads"):
        ModelConfig(width=30)
    with pytest.raises(ConfigError, match=r"model\.blocks: 0 is too small"):
        ModelConfig(blocks=0)
