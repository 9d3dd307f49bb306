"""The stages put together: schema -> plan -> fitted plan -> database. The command line has the same verbs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pyarrow as pa

from plurel_sql import fit, inputs
from plurel_sql.errors import ConfigError, InputError
from plurel_sql.inputs import SchemaLike
from plurel_sql.plan import config as configuration
from plurel_sql.plan import planner
from plurel_sql.plan.config import Config
from plurel_sql.plan.model import Plan, decode
from plurel_sql.plan.whole import contradiction
from plurel_sql.report.explain import Explanation
from plurel_sql.report.explain import explain as explain_plan
from plurel_sql.sample import Sampler
from plurel_sql.schema.lookup import table_id
from plurel_sql.schema.model import Note, Schema
from plurel_sql.sinks import duckdb
from plurel_sql.sinks.base import Constraints, Loaded, Progress
from plurel_sql.sinks.targets import Format, Options, Tasks, open_target, own_dialect

if TYPE_CHECKING:
    import pandas as pd

    from plurel_sql.corpora.run import Made
    from plurel_sql.corpora.worker import Answer
    from plurel_sql.existing import Additions
    from plurel_sql.truth import Truth

Rows = int | float | str | Sequence[str] | Mapping[str, int | float | str] | None
Prior = Literal["default", "plurel"]
ConfigLike = Config | Mapping[str, Any] | str | Path | None


def synthesize(
    schema: SchemaLike,
    *,
    rows: Rows = None,
    seed: int = 0,
    dialect: str | None = None,
    config: ConfigLike = None,
    prior: Prior | None = None,
    threads: int = 0,
    strict: bool = False,
    target: str | Path | None = None,
) -> Database:
    """A whole database for ``schema``, as an address space: rows are made when they are asked for.

    Args:
        schema: a path, paths, a folder, the name of a bundled schema, SQL text, the URL of a live database,
            SQLAlchemy MetaData, or a Schema (see ``inputs.read``).
        rows: the total over all tables (``100_000``, ``"1e6"``), counts by table, or a sequence of both as the command
            line has them (``["1e6", "orders=500"]``); None leaves it to the planner.
        seed: 0 to 2**64 - 1. The same arguments give the same data, on any machine.
        dialect: of the SQL text; None finds it out.
        config: a configuration file's path, or what it would hold (see ``plan.config``).
        prior: what the causal models are drawn from: ``"default"``, or ``"plurel"``, the published prior (research
            mode: names are not interpreted); wins over the configuration's.
        threads: worker threads, 0 for one per core; the data don't depend on it.
        strict: refuse whatever can't be honoured as written.
        target: what ``write`` will be given. SQL that shows no dialect of its own is read as that engine reads it, so
            that its statements make the tables; nothing is touched.

    Raises:
        InputError: or one of its children: the request can't be met as it stands.
    """
    drawn = plan(
        schema,
        rows=rows,
        seed=seed,
        dialect=dialect,
        config=config,
        prior=prior,
        threads=threads,
        strict=strict,
        target=target,
    )
    return open_plan(drawn, threads)


def plan(
    schema: SchemaLike,
    *,
    rows: Rows = None,
    seed: int = 0,
    dialect: str | None = None,
    config: ConfigLike = None,
    prior: Prior | None = None,
    threads: int = 0,
    strict: bool = False,
    target: str | Path | None = None,
) -> Plan:
    """The fitted plan: everything that decides the data. Arguments and errors as in ``synthesize``."""
    _check_seed(seed)
    _check_threads(threads)
    wishes, counts = _config(config), _counts(rows)
    if prior is not None:
        wishes = msgspec.structs.replace(wishes, prior=configuration.prior_named(prior, "prior"))
    Config().with_rows(counts)  # before anything is read
    read = inputs.read(schema, dialect, own_dialect(target) if target is not None else "")
    if strict:
        inputs.refuse(read.notes)
    merged = msgspec.structs.replace(wishes.resolve(read).with_rows(counts), origin="--rows")
    drawn = planner.plan(read, merged.resolve(read), seed)
    if strict:
        inputs.refuse(drawn.notes)
    fitted = fit.fitted(drawn)
    if strict:
        inputs.refuse(fitted.notes)
    return fitted


def explain(
    schema: SchemaLike | Plan,
    *,
    rows: Rows = None,
    seed: int = 0,
    dialect: str | None = None,
    config: ConfigLike = None,
    prior: Prior | None = None,
    strict: bool = False,
    target: str | Path | None = None,
) -> Explanation:
    """What would be made, in words and numbers, for people (``str(...)``) and programs (``.json()``).

    Its notes also say what ``target`` (not touched; None: a DuckDB file) will not declare.

    Other arguments and errors as in ``synthesize``; a Plan is explained as it stands.
    """
    if isinstance(schema, Plan):
        drawn = schema
    else:
        drawn = plan(
            schema,
            rows=rows,
            seed=seed,
            dialect=dialect,
            config=config,
            prior=prior,
            strict=strict,
            target=target,
        )
    database = Database(drawn)
    undeclared = duckdb.undeclared(database) if target is None else open_target(target).undeclared(database)
    if strict:
        inputs.refuse(undeclared)
    return explain_plan(drawn, undeclared)


def additions(
    target: str | Path,
    schema: SchemaLike | None = None,
    *,
    append: bool = False,
    tables: Sequence[str] = (),
    rows: Rows = None,
    seed: int = 0,
    dialect: str | None = None,
    config: ConfigLike = None,
    threads: int = 0,
    strict: bool = False,
) -> Additions:
    """New rows for tables that are in a target already; nothing is written yet (``fill`` does).

    Args:
        target: a DuckDB or SQLite file, or a database URL.
        schema: may be left out, as the target knows its tables; one that is given must have the same.
        append: give more rows to tables that hold some. Their new keys start after the old ones, and foreign keys lead
            to old and new parents.
        tables: ids, names or patterns (``audit_*``) of the tables to fill; all where there are none. A parent that they
            need and that is empty is filled as well.
        rows: as in ``synthesize``, of new rows.

    The other arguments, and errors, are as in ``synthesize``.

    Raises:
        TargetError: tables hold rows, and ``append`` is not asked for.
    """
    from plurel_sql import existing, reflect  # SQLAlchemy takes a third of a second

    _check_seed(seed)
    _check_threads(threads)
    url = existing.url_of(target)
    live = reflect.of_url(url)
    if schema is not None:
        inputs.same_tables(inputs.bare(inputs.read(schema, dialect)), inputs.bare(live), existing.shown(url))
    if strict:
        inputs.refuse(live.notes)
    wishes = _config(config).resolve(live).with_rows(_counts(rows))
    resolved = msgspec.structs.replace(wishes, origin="--rows").resolve(live)
    with existing.opened(url) as opened:
        found = existing.additions(
            opened,
            live,
            resolved,
            seed=seed,
            threads=threads,
            tables=tables,
            append=append,
            place=existing.shown(url),
        )
    if strict:
        inputs.refuse(found.notes)
    return found


def fill(
    target: str | Path,
    schema: SchemaLike | None = None,
    *,
    append: bool = False,
    tables: Sequence[str] = (),
    rows: Rows = None,
    seed: int = 0,
    dialect: str | None = None,
    config: ConfigLike = None,
    threads: int = 0,
    strict: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Adds the rows of ``additions`` to the target, whose tables are there already; arguments and errors are the same.

    Raises:
        RunError: the load failed; the target is as it was.
    """
    sink = open_target(target, Options(existing=True))
    sink.check()
    found = additions(
        target,
        schema,
        append=append,
        tables=tables,
        rows=rows,
        seed=seed,
        dialect=dialect,
        config=config,
        threads=threads,
        strict=strict,
    )
    return sink.write(found, progress=progress)


def corpus(
    out: str | Path,
    count: int,
    schemas: str = "random",
    *,
    rows: int | None = None,
    prior: Prior | None = None,
    format: Literal["relbench", "plan"] = "relbench",
    prefix: str = "plurel",
    tasks: Tasks = 0,
    seed_offset: int = 0,
    workers: int = 0,
    told: Callable[[Answer], None] = lambda _: None,
) -> Made:
    """Fills a folder with databases ``<prefix>-<seed>``, each a pure function of its seed; those there already stay.

    Args:
        out: the folder, with an index of what it holds (``index.parquet``).
        count: how many: seeds ``seed_offset`` to ``seed_offset + count - 1``.
        schemas: where schemas come from: ``random``, ``realistic``, ``ddl:FOLDER`` or a mixture (docs/corpora.md).
        rows: of each database in all; None leaves it to the planner.
        prior: as in ``synthesize``; None: the published one where names mean nothing, ours for DDL.
        format: of each: a relbench dataset, or its plan alone.
        tasks: of each dataset: at most so many, ``"auto"`` for as many as are worth it.
        workers: processes, 0 for one per core; the databases don't depend on it.
        told: called with each database's figures, or why it failed, as it comes.

    Raises:
        InputError: the request can't be met as it stands. A database that fails raises nothing: see ``Made.failed``.
    """
    from plurel_sql.corpora.recipe import recipe
    from plurel_sql.corpora.run import fill as fill_corpus

    _check_seed(seed_offset)
    if not 0 < count <= 2**32 or not 0 <= workers <= 1024:
        raise ConfigError(f"{count!r} databases by {workers!r} workers can't be", place="corpus")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", prefix):
        raise ConfigError(f"{prefix!r} can't begin a name", place="prefix", hint="letters, digits, _ . - are expected")
    wanted = recipe(schemas, format=format, prior=prior, rows=rows, prefix=prefix, tasks=tasks)
    seeds = range(seed_offset, seed_offset + count)
    return fill_corpus(Path(out), wanted, seeds, workers or os.cpu_count() or 1, told)


def load_plan(path: str | Path) -> Plan:
    """The plan in a file that ``plan -o`` or ``plan.model.encode`` wrote.

    Raises:
        InputError: the file can't be read, or is no plan.
    """
    try:
        loaded = decode(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, OSError):
            raise InputError(f"can't be read: {error.strerror}", place=str(path)) from error
        raise InputError(f"is not a plan: {error}", place=str(path), hint="make one with `plurel-sql plan`") from error
    if loaded.format != 1:
        raise InputError(f"is a plan of format {loaded.format}", place=str(path), hint="this version reads format 1")
    if (fault := contradiction(loaded)) is not None:
        raise InputError(f"is not a plan: {fault}", place=str(path), hint="make one with `plurel-sql plan`")
    return loaded


def open_plan(plan: Plan | str | Path, threads: int = 0) -> Database:
    """The database that a plan (or a plan file) stands for.

    Raises:
        InputError: it is no plan.
        ImpossibleError: it asks for what can't be.
    """
    _check_threads(threads)
    return Database(fit.fitted(plan if isinstance(plan, Plan) else load_plan(plan)), threads)


class Database:
    """A database that is not stored: tables are views whose rows are made on reading, alike every time."""

    def __init__(self, plan: Plan, threads: int = 0) -> None:
        if plan.schema is None:
            raise InputError("the plan carries no schema", place="plan")
        self.plan = plan
        self.schema: Schema = plan.schema
        self._sampler = Sampler(plan, threads)

    @property
    def tables(self) -> tuple[str, ...]:
        """Ids of all tables, in the order of the schema."""
        return tuple(table.id for table in self.schema.tables)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was not understood, not honoured, or changed on the way."""
        return tuple(dict.fromkeys([*self.schema.notes, *self.plan.notes]))

    def __getitem__(self, name: str) -> TableView:
        """The table with this id, or with this bare name where only one has it; ConfigError where there is none."""
        id = table_id(self.schema, name)
        return TableView(self._sampler, id, 0, self.rows(id))

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def rows(self, table: str) -> int:
        """How many rows the table with this id has."""
        return self.plan.table(table).rows

    def types(self, table: str) -> dict[str, str]:
        """Column -> Arrow type in short."""
        return {column.name: column.type for column in self.plan.table(table).columns}

    def stream(self, table: str) -> pa.RecordBatchReader:
        """All rows of the table with this id, made while they are read."""
        return self._sampler.batches(table)

    def stream_from(self, table: str, start: int) -> pa.RecordBatchReader:
        """The rows of the table with this id from ``start`` on (to its end), made while they are read."""
        return self._sampler.batches(table, min(start, self.rows(table)))

    def write(
        self,
        target: str | Path,
        *,
        overwrite: bool = False,
        format: Format | None = None,
        resume: bool = False,
        tasks: Tasks = "auto",
        constraints: Constraints = "all",
        progress: Progress | None = None,
    ) -> Loaded:
        """Fills a target with all tables (see ``sinks.targets``).

        Args:
            target: a DuckDB or SQLite file, a database URL of SQLAlchemy's form, or with ``format`` a folder.
            overwrite: replace what is there.
            format: of the files in a folder: ``"parquet"``, ``"csv"`` or ``"sql"``; ``"relbench"`` for a dataset.
            resume: go on with a folder that a stopped run has left.
            tasks: of a dataset: at most so many (0: none), or as many as are worth it.
            constraints: what to declare: ``"all"``, ``"keys"`` (PRIMARY KEY and UNIQUE) or ``"none"``.
            progress: told about the rows as they go.

        Raises:
            TargetError: the target can't or may not be written.
            RunError: the load failed; the target is as it was.
        """
        sink = open_target(target, Options(overwrite=overwrite, format=format, resume=resume, tasks=tasks))
        sink.check()
        return sink.write(self, constraints=constraints, progress=progress)

    def truth(self) -> Truth:
        """What stands behind the rows: causal graph, mechanisms, latents, best possible predictions (docs/truth.md)."""
        from plurel_sql.truth import Truth

        return Truth(self.plan, self._sampler)

    def __repr__(self) -> str:
        total = sum(table.rows for table in self.plan.tables)
        return f"<Database of {len(self)} tables, {total:,} rows, seed {self.plan.seed}>"


class TableView:
    """Rows ``start <= row < stop`` of a table, made whenever they are read, alike every time."""

    def __init__(self, sampler: Sampler, name: str, start: int, stop: int) -> None:
        self.name = name
        self.start = start
        self.stop = stop
        self._sampler = sampler

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, rows: slice) -> TableView:
        """A range of these rows, as with a list; a step other than 1 is refused (ValueError)."""
        start, stop, step = rows.indices(len(self))
        if step != 1:
            raise ValueError("a table is cut into ranges only: the step of a slice must be 1")
        return TableView(self._sampler, self.name, self.start + start, self.start + max(start, stop))

    def batches(self, start: int = 0, stop: int | None = None) -> pa.RecordBatchReader:
        """Rows ``start`` to ``stop`` of this view, as a stream of record batches of at most 122,880 rows."""
        part = self[start:stop]
        return self._sampler.batches(self.name, part.start, part.stop)

    def arrow(self) -> pa.Table:
        """All rows of this view in memory."""
        return self.batches().read_all()

    def pandas(self) -> pd.DataFrame:
        """All rows of this view as a data frame (needs pandas)."""
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The Arrow PyCapsule interface: polars, pandas, DuckDB and others read the view without a copy."""
        return self.batches().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"<TableView of {self.name}, rows {self.start:,} to {self.stop:,}>"


def _check_seed(seed: int) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**64:
        raise ConfigError(
            f"{seed!r} is not a seed", place="seed", hint="a whole number from 0 to 2**64 - 1 is expected"
        )


def _check_threads(threads: int) -> None:
    if isinstance(threads, bool) or not isinstance(threads, int) or not 0 <= threads <= 1024:
        raise ConfigError(f"{threads!r} threads can't be", place="threads", hint="0 (one per core) to 1024 is expected")


def _config(config: ConfigLike) -> Config:
    match config:
        case None:
            return Config()
        case Config():
            return config
        case str() | Path():
            return configuration.load(Path(config))
        case _:
            return configuration.from_mapping(config)


def _counts(rows: Rows) -> Sequence[object]:
    """Row counts as the command line has them; they win over those of a configuration."""
    match rows:
        case None:
            return ()
        case Mapping():
            return [f"{name}={count}" for name, count in rows.items()]
        case int() | float() | str():
            return [rows]
        case _:
            return rows
