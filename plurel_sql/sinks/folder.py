"""A folder of files: Parquet, CSV or SQL, with a manifest.

``manifest.json`` names the plan's digest, the form, and the tables in load order, each with its columns (name, Arrow
type, type as the schema has it), rows and files. A table of up to 983,040 rows is one file (``orders.parquet``), a
larger one a folder of numbered parts (``orders/00000.parquet``). With SQL there are also ``schema.sql``, to be run
before, and ``after.sql``, to be run after the others: ``cat schema.sql data/*.sql after.sql | psql -1 shop``.

The folder is made under a temporary name beside and renamed when it is whole. With ``resume`` the parts lie in the
folder itself, each renamed when it is whole and then entered in a journal; a run that was stopped goes on after the
parts that are there and gives the same bytes. What another plan has left is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from plurel_sql.errors import InputError, TargetError
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Note, Table
from plurel_sql.sinks import folders, paths
from plurel_sql.sinks.base import Constraints, Counted, Loaded, Progress, Silent, Source, TableLoad
from plurel_sql.sinks.computed import Computed
from plurel_sql.sinks.formats import Csv, Parquet, Sql, Writer
from plurel_sql.sinks.interrupts import Interrupts
from plurel_sql.sinks.script import Script, script

PART_ROWS = 983_040  # eight batches
_MANIFEST = "manifest.json"
_JOURNAL = ".unfinished.jsonl"


class Folder:
    """The sink: see the module's text."""

    def __init__(self, target: str | Path, format: str, *, overwrite: bool = False, resume: bool = False) -> None:
        self.target = str(target)
        self.path = Path(os.path.realpath(self.target))
        self.format = format
        self.overwrite = overwrite
        self.resume = resume
        self._notes: list[Note] = []

    def check(self) -> None:
        held, notes = folders.held(self.target, self.path, lambda names: bool(names & {_MANIFEST, _JOURNAL}))
        self._notes += notes
        if not held or self.resume or self.overwrite:
            return
        if _JOURNAL in held and _MANIFEST not in held:
            folders.refuse(self.target, "holds an unfinished run", "--resume goes on with it", notes)
        folders.refuse(self.target, "exists already", "--overwrite replaces it", notes)

    def undeclared(self, source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
        notes: list[Note] = list(script(source).notes) if self.format == "sql" else []
        if self.format != "sql":
            for table in source.schema.tables:
                if any(column.generated for column in table.columns):
                    notes += Computed(source.schema, table, source.stream(table.id).schema).notes
        return tuple(notes)

    def write(self, source: Source, *, constraints: Constraints = "all", progress: Progress | None = None) -> Loaded:
        self.check()
        began = time.perf_counter()
        digest = _digest(source, self.format)
        with Interrupts() as interrupts, folders.translated(self.target):
            work = self.path if self.resume else paths.unfinished(self.path)
            try:
                work.mkdir(exist_ok=True)
                journal = _Journal(work, digest, self.target, self.overwrite) if self.resume else None
                if self.resume:
                    interrupts.state = "the files that are whole stay, --resume goes on with them"
                run = _Run(source, work, self.format, digest, progress or Silent(), interrupts, journal)
                tables = run.all()
                if not self.resume:
                    paths.exchange(work, self.path)
                paths.sync_folder(self.path.parent)
            finally:
                if not self.resume:
                    shutil.rmtree(work, ignore_errors=True)
        size = sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())
        return Loaded(self.target, tuple(tables), size, time.perf_counter() - began, (*self._notes, *run.notes))


class _Run:
    def __init__(
        self,
        source: Source,
        work: Path,
        format: str,
        digest: str,
        progress: Progress,
        interrupts: Interrupts,
        journal: _Journal | None,
    ) -> None:
        self.source = source
        self.work = work
        self.digest = digest
        self.format = format
        self.progress = progress
        self.interrupts = interrupts
        self.journal = journal
        self.notes: list[Note] = []
        self.script: Script | None = script(source) if format == "sql" else None
        self.writer: Writer = _writer(format, source.schema.dialect, self.script)

    def all(self) -> list[TableLoad]:
        order = [self.source.schema.table(id) for id in load_order(self.source.schema)]
        order = [table for table in order if table.columns]
        stems = paths.stems([table.id for table in order], ("manifest", "schema", "after"))
        if self.format == "sql":  # by load order
            stems = {id: f"data/{k + 1:04}_{stem}" for k, (id, stem) in enumerate(stems.items())}
        loads, listed = [], []
        if self.script is not None:
            self.notes += self.script.notes
            self._text("schema.sql", self.script.before)
            self._text("after.sql", self.script.after)
        for table in order:
            load, entry = self._table(table, stems[table.id])
            loads.append(load)
            listed.append(entry)
        manifest = {
            "plan": self.digest,
            "format": self.format,
            "dialect": self.source.schema.dialect,
            "rows": sum(load.rows for load in loads),
            "tables": listed,
        }
        self.interrupts.check()
        self._text(_MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
        if self.journal is not None:
            self.journal.close()
        return loads

    def _table(self, table: Table, stem: str) -> tuple[TableLoad, dict[str, Any]]:
        began = time.perf_counter()
        self.progress.table(table.id)
        rows = self.source.rows(table.id)
        if rows <= PART_ROWS:
            names = [f"{stem}.{self.writer.suffix}"]
        else:
            names = [f"{stem}/{k:05}.{self.writer.suffix}" for k in range(-(-rows // PART_ROWS))]
        done = self._done(names)
        counted = Counted(_from(self.source, table.id, done * PART_ROWS), self.progress, self.interrupts.check)
        arrow = counted.reader.schema
        computed = Computed(self.source.schema, table, arrow) if self.format != "sql" else None
        if computed is not None:
            self.notes += computed.notes
        generated = {column.name for column in table.columns if column.generated is not None}
        kept = [field for field in arrow if self.format != "sql" or field.name not in generated]
        batches = _Cut(counted.reader)
        for k, name in enumerate(names[done:], start=done):
            taken = batches.take(min(PART_ROWS, rows - k * PART_ROWS))
            final = (computed.apply(batch) if computed else batch.select([f.name for f in kept]) for batch in taken)
            with _as_it_was(counted):
                self._part(name, table, pa.schema(kept), final)
        with _as_it_was(counted):
            for _ in counted.reader:  # its end, which may be an error
                pass
        written = [f"{column.type.written or column.type.kind}" for column in table.columns]
        entry = {
            "name": table.id,
            "rows": rows,
            "columns": [
                {"name": column.name, "arrow": str(arrow.field(column.name).type), "type": type}
                for column, type in zip(table.columns, written, strict=True)
                if column.name in arrow.names
            ],
            "files": [
                {"path": name, "rows": min(PART_ROWS, rows - k * PART_ROWS), "bytes": (self.work / name).stat().st_size}
                for k, name in enumerate(names)
            ],
        }
        return TableLoad(table.id, rows, time.perf_counter() - began, counted.bytes), entry

    def _done(self, names: list[str]) -> int:
        """How many parts, from the first, an earlier run has finished."""
        if self.journal is None:
            return 0
        return next((k for k, name in enumerate(names) if not self.journal.holds(name)), len(names))

    def _part(self, name: str, table: Table, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        self.writer.write(unfinished, table, schema, batches)
        paths.sync(unfinished)
        os.replace(unfinished, path)
        if self.journal is not None:
            self.journal.enter(name)

    def _text(self, name: str, text: str) -> None:
        path = self.work / name
        unfinished = path.with_name(f".{name}.part")
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        paths.sync(unfinished)
        os.replace(unfinished, path)


class _Journal:
    """What is finished in a folder that may be resumed: a line for the plan, then one for each part."""

    def __init__(self, folder: Path, digest: str, target: str, overwrite: bool) -> None:
        self.folder = folder
        self.path = folder / _JOURNAL
        self.parts: dict[str, int] = {}
        head, lines = self._read()
        if head is not None and head != digest:
            if not overwrite:
                hint = "name another folder, or --overwrite"
                raise TargetError("holds files of another plan", place=target, hint=hint)
            self._empty(head)
            lines = []
        self.parts = {str(line["path"]): int(line["bytes"]) for line in lines}
        self._write(digest)

    def _write(self, digest: str) -> None:
        """The journal anew: a run that was killed while it wrote a line has left a torn one."""
        lines = [{"plan": digest}, *({"path": name, "bytes": size} for name, size in self.parts.items())]
        unfinished = self.path.with_name(f"{_JOURNAL}.part")
        unfinished.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        paths.sync(unfinished)
        os.replace(unfinished, self.path)

    def _empty(self, digest: str) -> None:
        """Removes another plan's files. From the first of them on its journal says that they are not whole, and it is
        the last to go: a run that is killed meanwhile can be told from other people's folders."""
        self._write(digest)
        (self.folder / _MANIFEST).unlink(missing_ok=True)
        for old in self.folder.iterdir():
            if old != self.path:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        self.path.unlink()

    def _read(self) -> tuple[str | None, list[dict[str, Any]]]:
        """The digest of the plan whose files these are, and the parts that it has."""
        if (self.folder / _MANIFEST).exists():
            manifest = json.loads((self.folder / _MANIFEST).read_text(encoding="utf-8"))
            return manifest["plan"], [file for table in manifest["tables"] for file in table["files"]]
        if not self.path.exists():
            return None, []
        lines = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:  # the run was killed while it wrote this line
                break
        return (lines[0]["plan"], lines[1:]) if lines else (None, [])

    def holds(self, name: str) -> bool:
        path = self.folder / name
        return name in self.parts and path.is_file() and path.stat().st_size == self.parts[name]

    def enter(self, name: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"path": name, "bytes": (self.folder / name).stat().st_size}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        self.path.unlink()


class _Cut:
    """Batches of a reader, cut where parts end."""

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self.reader = reader
        self.rest: pa.RecordBatch | None = None

    def take(self, rows: int) -> Iterator[pa.RecordBatch]:
        """The next ``rows`` rows."""
        while rows > 0:
            batch = self.rest if self.rest is not None else self.reader.read_next_batch()
            self.rest = batch.slice(rows) if batch.num_rows > rows else None
            yield batch.slice(0, rows)
            rows -= min(rows, batch.num_rows)


def _from(source: Source, table: str, start: int) -> pa.RecordBatchReader:
    """The table's rows from ``start`` on; a source that can't begin there is read up to it."""
    begin = getattr(source, "stream_from", None)
    if begin is not None:
        reader: pa.RecordBatchReader = begin(table, start)
        return reader
    reader = source.stream(table)
    start = min(start, source.rows(table))
    for _ in _Cut(reader).take(start):
        pass
    return reader


def _digest(source: Source, format: str) -> str:
    """Of everything that decides the files."""
    plan = getattr(source, "plan", None)
    seen = msgspec.json.encode(plan if plan is not None else source.schema)
    counts = [[table.id, source.rows(table.id)] for table in source.schema.tables]
    return hashlib.sha256(b"\n".join([seen, format.encode(), msgspec.json.encode(counts)])).hexdigest()


def _writer(format: str, dialect: str, script: Script | None) -> Writer:
    if format == "parquet":
        return Parquet()
    if format == "csv":
        return Csv()
    if script is None:
        raise InputError(f"{format!r} is no form of files", place="format", hint="parquet, csv or sql is expected")
    return Sql(dialect, script)


@contextmanager
def _as_it_was(counted: Counted) -> Iterator[None]:
    """What breaks the stream is raised as it was."""
    try:
        yield
    except Exception:
        if counted.error is not None:
            raise counted.error from None
        raise
