"""What a run is told: the model's shape and options, its data, its optimiser. Read from YAML, unknown keys refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import yaml

from plurel_sql.context import Fill
from plurel_sql.errors import ConfigError

AttentionPath = Literal["auto", "dense", "flex"]
"""``dense``: scaled dot products over an S x S mask; ``flex``: FlexAttention over block masks; ``auto``: by device."""


def _at_least(place: str, value: int, least: int) -> None:
    if value < least:
        raise ConfigError(f"{value} is too small", place=place, hint=f"at least {least}")


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class ModelConfig(_Strict, frozen=True):
    """A Relational Transformer; as published by default.

    Attributes:
        blocks, width, heads, hidden: blocks, width of a cell, attention heads, width inside the feed-forward.
        text_width: width of the text vectors.
        output_gates: what an attention gives is multiplied by a sigmoid of its input, entry by entry.
        length_scaled_queries: queries grow with the log of the number of keys that they see (Scalable-Softmax), by a
            learned amount for each head that begins at 0.
        zero_init_outputs: attentions and feed-forwards add nothing at first.
        huber_only: booleans are standardised and predicted like numbers.
        neighbour_counts: a cell knows how many rows of its context refer to its row.
        summary_cells: each row has one more cell, which stands for the row.
    """

    blocks: int = 12
    width: int = 256
    heads: int = 8
    hidden: int = 1024
    text_width: int = 384
    output_gates: bool = False
    length_scaled_queries: bool = False
    zero_init_outputs: bool = False
    huber_only: bool = False
    neighbour_counts: bool = False
    summary_cells: bool = False

    def __post_init__(self) -> None:
        for name in ("blocks", "width", "heads", "hidden", "text_width"):
            _at_least(f"model.{name}", getattr(self, name), 1)
        if self.width % self.heads:
            raise ConfigError(
                f"width {self.width} can't be shared by {self.heads} heads", place="model.heads", hint="a divisor of it"
            )


class Virtual(_Strict, frozen=True, tag_field="kind", tag="virtual"):
    """Databases that are never made: contexts straight from plans, a new plan each time.

    Attributes:
        schemas: where their schemas come from: ``random``, ``realistic``, ``ddl:FOLDER`` or a mixture
            (``plurel_sql.prior.sources``).
        prior: None leaves it to the source of schemas.
        rows: of each database in all; None for the planner's choice.
    """

    schemas: str = "random"
    prior: Literal["default", "plurel"] | None = None
    rows: int | None = None
    weight: float = 1.0


class Corpus(_Strict, frozen=True, tag_field="kind", tag="corpus"):
    """A folder of databases (``plurel-sql corpus``): relbench datasets or plans."""

    folder: str
    weight: float = 1.0


class Dataset(_Strict, frozen=True, tag_field="kind", tag="dataset"):
    """A relbench dataset, up to its validation cut.

    Attributes:
        tasks: whose training rows are seeds too, half of the time; names, or none.
    """

    folder: str
    tasks: tuple[str, ...] = ()
    weight: float = 1.0


Source = Virtual | Corpus | Dataset


class DataConfig(_Strict, frozen=True):
    """Contexts and where they come from.

    Attributes:
        sources: drawn from by weight.
        length: cells of a sequence.
        databases: different ones in a batch.
        steps_each: for how many steps a database is seen before another takes its place.
        published: the published rules of the sampler, which let a parent from the future in.
        max_width: most rows sampled of those that refer to one row.
        fill: what comes where a context has room left (``plurel_sql.context.Rules``).
        masked: share of a sequence's numbers and booleans that are masked and predicted beside the seed's cell; 0 as
            published. More to learn from in each step, at the price of contexts with holes.
        workers: processes that plan virtual databases ahead; 0 plans in the training process.
        threads: of the sampler; 0 for one per core.
    """

    sources: tuple[Source, ...] = (Virtual(),)
    length: int = 1024
    databases: int = 8
    steps_each: int = 50
    published: bool = False
    max_width: int = 128
    fill: Fill = "neighbourhoods"
    masked: float = 0.0
    workers: int = 1
    threads: int = 0

    def __post_init__(self) -> None:
        _at_least("data.length", self.length, 2)
        for name, least in (("databases", 1), ("steps_each", 1), ("max_width", 0), ("workers", 0), ("threads", 0)):
            _at_least(f"data.{name}", getattr(self, name), least)
        if not 0 <= self.masked < 1:
            raise ConfigError(f"{self.masked} is out of range", place="data.masked", hint="0 up to 1")
        if not self.sources:
            raise ConfigError("no source of databases", place="data.sources", hint="such as {kind: virtual}")
        for index, source in enumerate(self.sources):
            if not 0 < source.weight < float("inf"):
                raise ConfigError(
                    f"{source.weight} is not a weight", place=f"data.sources[{index}].weight", hint="a number above 0"
                )


class TextConfig(_Strict, frozen=True):
    """``encoder``: ``hashing``, or a sentence-transformers model by name or folder; ``cache``: folder for its vectors
    (of databases on disk), None for none."""

    encoder: str = "hashing"
    cache: str | None = None


class OptimizerConfig(_Strict, frozen=True):
    """As published by default.

    Attributes:
        name: ``muon`` moves the matrices of the blocks by Muon, with updates of AdamW's size, and the rest by AdamW.
        warmup: share of the steps.
        ema: decay of the averaged weights, which are then what is validated and evaluated; 0 for none.
    """

    name: Literal["adamw", "muon"] = "adamw"
    lr: float = 5e-4
    weight_decay: float = 0.1
    warmup: float = 0.2
    clip: float = 1.0
    ema: float = 0.0

    def __post_init__(self) -> None:
        for name, low, high in (("warmup", 0, 1), ("ema", 0, 1)):
            if not low <= getattr(self, name) < high:
                raise ConfigError(
                    f"{getattr(self, name)} is out of range", place=f"optimizer.{name}", hint=f"{low} up to {high}"
                )
        for name in ("lr", "clip"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{getattr(self, name)} is not above 0", place=f"optimizer.{name}")


class RunConfig(_Strict, frozen=True):
    """How long, how large, how often.

    Attributes:
        batch: sequences of a step, over all processes and accumulated parts.
        accumulate: parts that a process's share of the batch is computed in.
        precision: ``bf16`` computes in bfloat16 with float32 weights; ``auto`` does so on a GPU.
        compile: None compiles on a GPU.
        recompute: activation checkpointing.
        validate_every, validation_databases, validation_sequences: the loss on databases that training never draws
            decides which checkpoint is the best one.
    """

    steps: int = 4001
    batch: int = 128
    accumulate: int = 1
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    compile: bool | None = None
    attention: AttentionPath = "auto"
    recompute: bool = False
    log_every: int = 10
    save_every: int = 500
    validate_every: int = 500
    validation_databases: int = 4
    validation_sequences: int = 64
    wandb: str | None = None

    def __post_init__(self) -> None:
        for name in (
            *("steps", "batch", "accumulate", "log_every", "save_every", "validate_every"),
            *("validation_databases", "validation_sequences"),
        ):
            _at_least(f"run.{name}", getattr(self, name), 1)


class PretrainConfig(_Strict, frozen=True):
    """All of a run. ``start``: a checkpoint whose weights it begins with (continued pretraining)."""

    seed: int = 0
    start: str | None = None
    model: ModelConfig = ModelConfig()
    data: DataConfig = DataConfig()
    text: TextConfig = TextConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    run: RunConfig = RunConfig()

    def __post_init__(self) -> None:
        _at_least("seed", self.seed, 0)
        parts = self.run.accumulate * self.data.databases
        if self.run.batch % parts:
            raise ConfigError(
                f"a batch of {self.run.batch} can't be shared by {parts} databases",
                place="run.batch",
                hint="a multiple of run.accumulate x data.databases",
            )


Settings = TypeVar("Settings", bound=_Strict)


def load(path: Path, kind: type[Settings], changes: tuple[str, ...] = ()) -> Settings:
    """The configuration in a YAML file.

    Args:
        changes: ``key.key=value`` each, over what the file says.

    Raises:
        ConfigError: it can't be read, names something unknown, or gives a value that can't be.
    """
    try:
        data = yaml.safe_load(path.read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"can't be read: {error}", place=str(path)) from error
    for change in changes:
        _change(data, change)
    return of_mapping(data, kind, str(path))


def of_mapping(data: Any, kind: type[Settings], origin: str) -> Settings:
    """The configuration that plain ``data`` holds; ``origin`` for errors. Raises ConfigError."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$")
        raise ConfigError(reason, place=f"{origin}: {place.strip('`.')}" if place else origin) from error


def _change(data: Any, change: str) -> None:
    name, equals, text = change.partition("=")
    if not equals or not isinstance(data, dict):
        raise ConfigError(f"{change!r} is no change", place="--set", hint="such as run.steps=100")
    *parents, last = name.split(".")
    for parent in parents:
        data = data.setdefault(parent, {})
        if not isinstance(data, dict):
            raise ConfigError(f"{parent} has no parts", place=f"--set {name}")
    data[last] = yaml.safe_load(text)
