"""``plurel-train``: pretrain, evaluate, finetune."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from plurel_sql.context import Fill
from plurel_sql.errors import PlurelError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Length = Annotated[int, typer.Option(help="Cells of a context.")]
Published = Annotated[bool, typer.Option("--published", help="The published sampler's rules, which show the future.")]
MaxWidth = Annotated[int, typer.Option(help="Most rows of those that refer to one row.")]
FillWith = Annotated[Fill, typer.Option("--fill", help="What comes where room is left.")]
Out = Annotated[Path, typer.Option(help="Folder for what is written.")]


@app.command()
def pretrain(
    config: Annotated[Path, typer.Option(help="A recipe (YAML).")],
    out: Annotated[Path, typer.Option(help="The run's folder; a run that is there goes on.")],
    change: Annotated[list[str] | None, typer.Option("--set", help="key.key=value, over what the recipe says.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Pretrain a model on databases as a recipe says."""
    from plurel_training.config import PretrainConfig, load
    from plurel_training.pretrain import pretrain as run

    run(load(config, PretrainConfig, tuple(change or ())), out, quiet=quiet)


@app.command()
def evaluate(
    checkpoint: Annotated[Path, typer.Argument(help="Ours or a published one.")],
    dataset: Annotated[Path, typer.Argument(help="A relbench dataset's folder.")],
    task: Annotated[list[str] | None, typer.Option(help="One of its tasks; may be repeated. All without it.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for results.json, a plot and predictions.")] = None,
    protocol: Annotated[list[str] | None, typer.Option(help="seed or cut; both without it.")] = None,
    length: Length = 1024,
    batch: Annotated[int, typer.Option(help="Contexts at a time.")] = 32,
    device: Device = "auto",
    encoder: Annotated[str | None, typer.Option(help="The text encoder, where the checkpoint names none.")] = None,
    random_seeds: Annotated[int, typer.Option(help="Untrained models beside it.")] = 1,
    max_width: MaxWidth = 128,
    fill: FillWith = "neighbourhoods",
    published: Published = False,
) -> None:
    """Zero-shot on a dataset's tasks, beside simpler models."""
    from plurel_training.checkpoint import read
    from plurel_training.evaluation import report
    from plurel_training.evaluation.evaluate import evaluate as scored
    from plurel_training.evaluation.evaluate import tasks_of

    found = read(checkpoint)
    names, rules = tasks_of(dataset, task or []), _rules(max_width, published, fill)
    setting = _setting(device, length, batch, rules, random_seeds)
    console = Console()
    scores = []
    vectors = _encoder(found, encoder, setting.device)
    for score in scored(found, dataset, names, vectors, setting, protocols=_protocols(protocol), out=out):
        scores.append(score)
    console.print(report.table(scores))
    if out is not None:
        about = {"checkpoint": str(checkpoint), "dataset": str(dataset), "step": found.step, "length": length}
        report.write(out, scores, about)


@app.command()
def finetune(
    checkpoint: Annotated[Path, typer.Argument(help="Ours or a published one.")],
    dataset: Annotated[Path, typer.Argument(help="A relbench dataset's folder.")],
    task: Annotated[str, typer.Option(help="One of its tasks.")],
    out: Out,
    steps: Annotated[int, typer.Option(help="Steps of the optimiser.")] = 500,
    batch: Annotated[int, typer.Option(help="Contexts of a step.")] = 32,
    lr: Annotated[float, typer.Option(help="The highest learning rate.")] = 1e-4,
    length: Length = 1024,
    device: Device = "auto",
    encoder: Annotated[str | None, typer.Option(help="The text encoder, where the checkpoint names none.")] = None,
    max_width: MaxWidth = 128,
    fill: FillWith = "neighbourhoods",
    published: Published = False,
) -> None:
    """Train a checkpoint on one task; OUT/best.pt is what evaluate takes."""
    from plurel_training.checkpoint import read
    from plurel_training.evaluation.evaluate import tasks_of
    from plurel_training.finetune import Tuning
    from plurel_training.finetune import finetune as run

    found = read(checkpoint)
    (name,) = tasks_of(dataset, [task])
    setting = _setting(device, length, batch, _rules(max_width, published, fill), 0)
    tuning = Tuning(steps=steps, batch=batch, lr=lr)
    best = run(found, dataset, name, _encoder(found, encoder, setting.device), setting, tuning, out)
    Console(stderr=True).print(f"{name}: {best:.4f} on val; {out / 'best.pt'}")


def _rules(max_width: int, published: bool, fill: Fill) -> Any:
    from plurel_sql.context import Rules

    return Rules(max_width, published, fill)


def _setting(device: str, length: int, batch: int, rules: Any, random_seeds: int) -> Any:
    from plurel_training.evaluation.evaluate import Setting
    from plurel_training.processes import device_of

    seeds = tuple(range(random_seeds))
    return Setting(length, batch, str(device_of(device)), rules=rules, random_seeds=seeds)


def _encoder(found: Any, name: str | None, device: str) -> Any:
    from plurel_training.text import open_encoder

    return open_encoder(name or found.text.encoder, found.model.text_width, device)


def _protocols(wanted: list[str] | None) -> Any:
    from plurel_sql.errors import ConfigError
    from plurel_training.evaluation.evaluate import PROTOCOLS

    for name in wanted or []:
        if name not in PROTOCOLS:
            raise ConfigError(f"{name!r} is no protocol", place="--protocol", hint=" or ".join(PROTOCOLS))
    return tuple(wanted or PROTOCOLS)


def main() -> None:
    """Exit codes: 2 for bad input, 1 for a failure while running."""
    try:
        app()
    except PlurelError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
