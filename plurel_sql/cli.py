"""The command line: ``plurel-sql synth | explain | plan | import | corpus | hub | schemas``.

Verbs are a few lines each; ``api`` does the work.

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
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
import typer.core
from rich.console import Console
from rich.text import Text

from plurel_sql import urls
from plurel_sql.errors import InputError, PlurelError, TargetError

if TYPE_CHECKING:
    from plurel_sql.existing import Additions
    from plurel_sql.plan.model import Plan
    from plurel_sql.sinks.base import Source
    from plurel_sql.sinks.targets import Tasks


class _Interrupted(Exception):
    """A KeyboardInterrupt on its way through typer, which would drop its text: what became of the target."""


class _Verbs(typer.core.TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise _Interrupted(str(stop) or "nothing was written") from stop


app = typer.Typer(
    cls=_Verbs,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A SQL schema in, a whole database out: keys, constraints, time and causal dependence in order.",
)


class Format(StrEnum):
    """Forms of an explanation."""

    text = "text"
    json = "json"


class Files(StrEnum):
    """Forms of the files in a folder."""

    parquet = "parquet"
    csv = "csv"
    sql = "sql"
    relbench = "relbench"


class Priors(StrEnum):
    """What causal models are drawn from."""

    default = "default"
    plurel = "plurel"


class Forms(StrEnum):
    """Forms of a corpus's databases."""

    relbench = "relbench"
    plan = "plan"


class Dataset(StrEnum):
    """Forms of a dataset."""

    relbench = "relbench"


class Declared(StrEnum):
    """Constraints to declare in the target."""

    all = "all"
    keys = "keys"
    none = "none"


_SCHEMA = "SQL files, a folder of them, - for standard input, a bundled schema (see `schemas`), or a database's URL."
_TARGET = "A DuckDB file, a SQLite file (.sqlite, .db3), a database URL, or with --format a folder."
Schemas = Annotated[list[str], typer.Argument(metavar="SCHEMA...", help=_SCHEMA, show_default=False)]
OptionalSchemas = Annotated[list[str] | None, typer.Argument(metavar="[SCHEMA...]", help=_SCHEMA, show_default=False)]
Rows = Annotated[
    list[str] | None,
    typer.Option("--rows", metavar="N | TABLE=N", help="Rows in all (1e6, 10k), or of one table; repeatable."),
]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same data.")]
Dialect = Annotated[str | None, typer.Option("--dialect", help="SQL dialect; found out from text or target.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="YAML or TOML file with wishes (docs/config.md).")]
Prior = Annotated[Priors | None, typer.Option("--prior", help="plurel: the published prior; names mean nothing.")]
Threads = Annotated[int, typer.Option("--threads", help="Worker threads; 0: one per core. Changes no value.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse whatever can't be honoured as written.")]
TasksWanted = Annotated[
    str | None, typer.Option("--tasks", metavar="none|auto|N", help="Tasks of a relbench dataset; auto if not given.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@app.command()
def synth(
    schema: OptionalSchemas = None,
    out: Annotated[str, typer.Option("--out", metavar="TARGET", help=_TARGET)] = ...,  # type: ignore[assignment]  # typer: required
    rows: Rows = None,
    seed: Seed = 0,
    dialect: Dialect = None,
    config: ConfigFile = None,
    prior: Prior = None,
    plan: Annotated[Path | None, typer.Option("--plan", help="A plan file, in place of schema and wishes.")] = None,
    threads: Threads = 0,
    strict: Strict = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    format: Annotated[Files | None, typer.Option("--format", help="Fill a folder with files of this form.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a folder that a stopped run left.")] = False,
    tasks: TasksWanted = None,
    existing: Annotated[bool, typer.Option("--existing", help="Fill tables that are in the target already.")] = False,
    append: Annotated[bool, typer.Option("--append", help="With --existing: add to tables that hold rows.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--tables", metavar="A,B,'C_*'", help="With --existing: fill these alone.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="DIR", help="Write what is known behind the rows (docs/truth.md).")
    ] = None,
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
    from plurel_sql.sinks.targets import Options, open_target

    if tasks is not None and format != Files.relbench:
        raise InputError("are those of a relbench dataset", place="--tasks", hint="--format relbench")
    wanted = Options(
        overwrite=overwrite,
        existing=existing,
        format=format.value if format else None,
        resume=resume,
        tasks=_tasks(tasks),
    )
    sink = open_target(out, wanted)
    if (append or only) and not existing:
        raise InputError("is for tables that are there", place="--append" if append else "--tables", hint="--existing")
    if existing and (plan or overwrite or format or truth or prior):
        clashes = {"--plan": plan, "--overwrite": overwrite, "--format": format, "--truth": truth, "--prior": prior}
        other = next(name for name, value in clashes.items() if value)
        raise InputError("can't be given with --existing", place=other)
    sink.check()
    if truth is not None:
        from plurel_sql.truth import write

        write.check(truth, overwrite)
    database: api.Database | Additions
    if existing:
        database = api.additions(
            out,
            schema or None,
            append=append,
            tables=[name.strip() for names in only or () for name in names.split(",") if name.strip()],
            rows=rows,
            seed=seed,
            dialect=dialect,
            config=config,
            threads=threads,
            strict=strict,
        )
    elif plan is None:
        if not schema:
            raise InputError(
                "nothing to fill", place="SCHEMA", hint="name SQL files or a bundled schema, or --plan FILE"
            )
        database = api.synthesize(
            schema,
            rows=rows,
            seed=seed,
            dialect=dialect,
            config=config,
            prior=_name(prior),
            threads=threads,
            strict=strict,
            target=None if format else out,
        )
    else:
        given = {"--rows": rows, "--seed": seed, "--config": config, "--prior": prior}
        clash = [name for name, value in given.items() if value]
        if clash:
            raise InputError(f"{', '.join(clash)} can't be given with it", place="--plan", hint="the plan fixes them")
        database = api.open_plan(plan, threads)
        if schema:
            inputs.same_tables(inputs.read(schema, dialect), database.schema, str(plan))
    if strict:
        inputs.refuse([*database.notes, *sink.undeclared(database, constraints.value)])
    loaded = None
    try:
        with Bar(sum(database.rows(table.id) for table in database.schema.tables), quiet=quiet) as bar:
            loaded = sink.write(database, constraints=constraints.value, progress=bar)
            if truth is not None and isinstance(database, api.Database):
                dataset = out if format is Files.relbench else None
                database.truth().write(truth, overwrite=overwrite, dataset=dataset)
        if not quiet:
            _print(summary(loaded, database.notes, _again(sys.argv[1:], database)))
    except KeyboardInterrupt:
        if loaded is None:
            raise
        raise KeyboardInterrupt(f"{loaded.target} is complete") from None


@app.command()
def explain(
    schema: Schemas,
    rows: Rows = None,
    seed: Seed = 0,
    dialect: Dialect = None,
    config: ConfigFile = None,
    prior: Prior = None,
    strict: Strict = False,
    out: Annotated[str | None, typer.Option("--out", metavar="TARGET", help="Say what it would not declare.")] = None,
    format: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.text,
    debug: Debug = False,
) -> None:
    """Say what would be made, and what was understood in part only."""
    from plurel_sql import api

    found = api.explain(
        schema, rows=rows, seed=seed, dialect=dialect, config=config, prior=_name(prior), strict=strict, target=out
    )
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
    prior: Prior = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="TARGET", help="What it is for: says how plain SQL is read.")
    ] = None,
    threads: Threads = 0,
    strict: Strict = False,
    debug: Debug = False,
) -> None:
    """Write the plan, which `synth --plan` fills: everything that decides the data."""
    from plurel_sql import api

    _writable(output)
    made = api.plan(
        schema,
        rows=rows,
        seed=seed,
        dialect=dialect,
        config=config,
        prior=_name(prior),
        threads=threads,
        strict=strict,
        target=out,
    )
    _write_plan(made, output)


@app.command()
def corpus(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Filled with databases and an index.")],
    count: Annotated[int, typer.Option("--count", min=1, help="How many databases.")],
    schemas: Annotated[
        str, typer.Option("--schemas", help="random, realistic, ddl:FOLDER, or random:0.3,ddl:FOLDER:0.7")
    ] = "random",
    rows: Annotated[str | None, typer.Option("--rows", metavar="N", help="Rows of each database in all.")] = None,
    prior: Prior = None,
    format: Annotated[Forms, typer.Option("--format", help="A relbench dataset each, or its plan.")] = Forms.relbench,
    prefix: Annotated[str, typer.Option("--prefix", help="Databases are called PREFIX-SEED.")] = "plurel",
    tasks: Annotated[
        str, typer.Option("--tasks", metavar="none|auto|N", help="Tasks of each dataset; seconds each for five.")
    ] = "none",
    seed_offset: Annotated[int, typer.Option("--seed-offset", help="The first seed.")] = 0,
    workers: Annotated[int, typer.Option("--workers", help="Processes; 0: one per core. Changes no value.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no summary.")] = False,
    debug: Debug = False,
) -> None:
    """Make many databases, each by its seed; go on with those that are not there yet."""
    from plurel_sql import api
    from plurel_sql.plan.config import row_count
    from plurel_sql.report.corpus import Watch, outcome

    with Watch(count, quiet=quiet) as watch:
        made = api.corpus(
            out,
            count,
            schemas,
            rows=None if rows is None else row_count(rows, "--rows"),
            prior=_name(prior),
            format=format.value,
            prefix=prefix,
            tasks=_tasks(tasks),
            seed_offset=seed_offset,
            workers=workers,
            told=watch,
        )
    if not quiet:
        _print(outcome(made, out))
    if made.failed:
        raise typer.Exit(1)


hub = typer.Typer(no_args_is_help=True, help="A corpus to a Hugging Face dataset repository, and back.")
app.add_typer(hub, name="hub")
Repository = Annotated[str, typer.Argument(metavar="REPO", help="owner/name or owner/name/folder.")]


@hub.command()
def push(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A corpus.")],
    repository: Repository,
    private: Annotated[bool, typer.Option("--private", help="If the repository is new.")] = False,
    debug: Debug = False,
) -> None:
    """Upload a corpus."""
    from plurel_sql.corpora import hub

    print(f"{repository}: {hub.push(folder, repository, private=private):,} databases")


@hub.command()
def pull(
    repository: Repository,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to make.")],
    debug: Debug = False,
) -> None:
    """Download a corpus."""
    from plurel_sql.corpora import hub

    print(f"{folder}: {hub.pull(repository, folder):,} databases")


@app.command("import")
def import_(
    source: Annotated[
        str,
        typer.Argument(help="A DuckDB or SQLite file, a database's URL, a relbench folder, or one of Parquet or CSV."),
    ],
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder to make.")] = ...,  # type: ignore[assignment]  # typer: required
    format: Annotated[Dataset, typer.Option("--format", help="What to make of it.")] = Dataset.relbench,
    schema: Annotated[
        list[str] | None, typer.Option("--schema", help="Of a folder of files: its DDL; repeatable.")
    ] = None,
    dialect: Dialect = None,
    tasks: TasksWanted = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no summary.")] = False,
    debug: Debug = False,
) -> None:
    """Make a dataset of a database that is there."""
    from plurel_sql.importing import import_dataset
    from plurel_sql.report.progress import Bar
    from plurel_sql.report.summary import summary

    with Bar(None, quiet=quiet) as bar:
        loaded = import_dataset(
            source, out, ddl=schema or (), dialect=dialect, overwrite=overwrite, tasks=_tasks(tasks), progress=bar
        )
    if not quiet:
        _print(summary(loaded, (), shlex.join(["plurel-sql", *map(urls.hidden, sys.argv[1:])])))


@app.command()
def schemas() -> None:
    """List the schemas that come with the package."""
    from plurel_sql import bundled

    for name, shown in bundled.names().items():
        print(f"{name}: {shown}")


def _name(prior: Priors | None) -> Literal["default", "plurel"] | None:
    return None if prior is None else prior.value


def _tasks(text: str | None) -> Tasks:
    if text is None or text == "auto":
        return "auto"
    if text == "none":
        return 0
    if not text.isdecimal():
        raise InputError(f"{text!r} is no number of tasks", place="--tasks", hint="none, auto or a number")
    return int(text)


def _again(arguments: list[str], source: Source) -> str:
    """The command that makes the same data (with --existing: on the target as it was), with what was left to defaults
    and without passwords."""
    said = {argument.partition("=")[0] for argument in arguments}
    added = [] if said & {"--seed", "--plan"} else ["--seed", "0"]
    if not said & {"--rows", "--plan", "--config"}:
        added += ["--rows", str(sum(source.rows(table.id) for table in source.schema.tables))]
    return shlex.join(["plurel-sql", *map(urls.hidden, arguments), *added])


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
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:  # before the work or after it: the process ends as Python's would, without its traceback
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)


def run(arguments: list[str]) -> int:
    """Runs the command line ``arguments``; the exit code. With ``--debug`` errors are raised as they are."""
    debug = "--debug" in arguments
    try:
        code = app(arguments, standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as end:
        code = end.exit_code
    except _Interrupted as stop:
        print(f"interrupted; {stop}", file=sys.stderr)
        return 130
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
            return _say(urls.hidden(error.format_message()), 2)
        return _say(
            f"{type(error).__name__}: {urls.hidden(str(error))} (a fault of this program; --debug shows where)", 1
        )
    if code == 130:
        print("interrupted; nothing was written", file=sys.stderr)
    return code if isinstance(code, int) else 0


def _say(message: str, code: int) -> int:
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(f"error: {urls.hidden(message)}"))
    return code
