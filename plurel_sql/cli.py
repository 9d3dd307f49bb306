"""The command line: ``plurel-sql synth | explain | plan | schemas``. Verbs are a few lines each; ``api`` does the work.

Exit codes: 0 done, 1 failed while running, 2 the request can't be met as written, 130 interrupted.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from plurel_sql.errors import InputError, PlurelError, TargetError

if TYPE_CHECKING:
    from plurel_sql.plan.model import Plan

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A SQL schema in, a whole database out: keys, constraints, time and causal dependence in order.",
)


class Format(StrEnum):
    """Forms of an explanation."""

    text = "text"
    json = "json"


class Declared(StrEnum):
    """Constraints to declare in the target."""

    all = "all"
    keys = "keys"
    none = "none"


_SCHEMA = "SQL files, a folder of them, - for standard input, or a bundled schema (see `schemas`)."
Schemas = Annotated[list[str], typer.Argument(metavar="SCHEMA...", help=_SCHEMA, show_default=False)]
OptionalSchemas = Annotated[list[str] | None, typer.Argument(metavar="[SCHEMA...]", help=_SCHEMA, show_default=False)]
Rows = Annotated[
    list[str] | None,
    typer.Option("--rows", metavar="N | TABLE=N", help="Rows in all (1e6, 10k), or of one table; repeatable."),
]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same data.")]
Dialect = Annotated[str | None, typer.Option("--dialect", help="SQL dialect; found out from the text if not given.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="YAML or TOML file with wishes (docs/config.md).")]
Threads = Annotated[int, typer.Option("--threads", help="Worker threads; 0: one per core. Changes no value.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse whatever can't be honoured as written.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@app.command()
def synth(
    schema: OptionalSchemas = None,
    out: Annotated[str, typer.Option("--out", metavar="TARGET", help="The DuckDB file to make.")] = ...,  # type: ignore[assignment]
    rows: Rows = None,
    seed: Seed = 0,
    dialect: Dialect = None,
    config: ConfigFile = None,
    plan: Annotated[Path | None, typer.Option("--plan", help="A plan file, in place of schema and wishes.")] = None,
    threads: Threads = 0,
    strict: Strict = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a DuckDB file that is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no summary.")] = False,
    constraints: Annotated[
        Declared, typer.Option("--constraints", help="What to declare in the target.")
    ] = Declared.all,
    debug: Debug = False,
) -> None:
    """Fill a database."""
    from plurel_sql import api, inputs
    from plurel_sql.report.progress import Bar
    from plurel_sql.report.summary import summary
    from plurel_sql.sinks import duckdb

    duckdb.check(out, overwrite)
    if plan is None:
        if not schema:
            raise InputError(
                "nothing to fill", place="SCHEMA", hint="name SQL files or a bundled schema, or --plan FILE"
            )
        database = api.synthesize(
            schema, rows=rows, seed=seed, dialect=dialect, config=config, threads=threads, strict=strict
        )
    else:
        given = {"--rows": rows, "--seed": seed, "--config": config}
        clash = [name for name, value in given.items() if value]
        if clash:
            raise InputError(f"{', '.join(clash)} can't be given with it", place="--plan", hint="the plan fixes them")
        database = api.open_plan(plan, threads)
        if schema:
            inputs.same_tables(inputs.read(schema, dialect), database.schema, str(plan))
    if strict:
        inputs.refuse([*database.notes, *duckdb.undeclared(database, constraints.value)])
    with Bar(sum(table.rows for table in database.plan.tables), quiet=quiet) as bar:
        loaded = database.write(out, overwrite=overwrite, constraints=constraints.value, progress=bar)
    if not quiet:
        _print(summary(loaded, database.notes, _again(sys.argv[1:], database.plan)))


@app.command()
def explain(
    schema: Schemas,
    rows: Rows = None,
    seed: Seed = 0,
    dialect: Dialect = None,
    config: ConfigFile = None,
    strict: Strict = False,
    format: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.text,
    debug: Debug = False,
) -> None:
    """Say what would be made, and what was understood in part only."""
    from plurel_sql import api

    found = api.explain(schema, rows=rows, seed=seed, dialect=dialect, config=config, strict=strict)
    if format is Format.json:
        print(found.json())
    elif sys.stdout.isatty():
        _print(found)
    else:
        print(found, end="")


@app.command()
def plan(
    schema: Schemas,
    output: Annotated[Path, typer.Option("-o", "--output", help="The plan file to write.")],
    rows: Rows = None,
    seed: Seed = 0,
    dialect: Dialect = None,
    config: ConfigFile = None,
    threads: Threads = 0,
    strict: Strict = False,
    debug: Debug = False,
) -> None:
    """Write the plan, which `synth --plan` fills: everything that decides the data."""
    from plurel_sql import api

    _writable(output)
    _write_plan(
        api.plan(schema, rows=rows, seed=seed, dialect=dialect, config=config, threads=threads, strict=strict), output
    )


@app.command()
def schemas() -> None:
    """List the schemas that come with the package."""
    from plurel_sql import bundled

    for name, shown in bundled.names().items():
        print(f"{name}: {shown}")


def _again(arguments: list[str], plan: Plan) -> str:
    """The command that makes the same data, with what was left to defaults."""
    said = {argument.partition("=")[0] for argument in arguments}
    added = [] if said & {"--seed", "--plan"} else ["--seed", str(plan.seed)]
    if not said & {"--rows", "--plan", "--config"}:
        added += ["--rows", str(sum(table.rows for table in plan.tables))]
    return shlex.join(["plurel-sql", *arguments, *added])


def _print(renderable: object) -> None:
    terminal = sys.stdout.isatty()
    Console(width=None if terminal else 200).print(renderable, soft_wrap=not terminal)


def _writable(path: Path) -> None:
    if path.is_dir():
        raise TargetError("is a folder", place=str(path))
    if not path.parent.is_dir():
        raise TargetError("its folder does not exist", place=str(path), hint=f"create {path.parent} first")


def _write_plan(plan: Plan, path: Path) -> None:
    """Under a temporary name first, so that a broken run leaves no half plan."""
    from plurel_sql.plan.model import encode

    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as part:
            try:
                part.write(encode(plan))
                part.close()
                os.replace(part.name, path)
            except BaseException:
                os.unlink(part.name)
                raise
    except OSError as error:
        raise TargetError(f"can't be written: {error.strerror}", place=str(path)) from error


def main() -> None:
    """The command's entry point: every error becomes one line and an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leaves as little behind as Ctrl-C
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs the command line ``arguments``; the exit code. With ``--debug`` errors are raised as they are."""
    debug = "--debug" in arguments
    try:
        code = app(arguments, standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as end:
        code = end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:
        # The reader has gone (`explain | head`): nothing more to say, and no complaint at interpreter exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except PlurelError as error:
        if debug:
            raise
        return _say(str(error), error.exit_code)
    except Exception as error:
        if debug:
            raise
        if hasattr(error, "format_message"):  # click's own complaints about options
            return _say(error.format_message(), 2)
        return _say(f"{type(error).__name__}: {error} (a fault of this program; --debug shows where)", 1)
    if code == 130:
        print("interrupted", file=sys.stderr)
    return code if isinstance(code, int) else 0


def _say(message: str, code: int) -> int:
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(f"error: {message}"))
    return code
