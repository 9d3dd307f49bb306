"""What can be imported, opened for reading: its schema, and each table's rows as Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pyarrow as pa

from plurel_sql import inputs, urls
from plurel_sql.errors import InputError
from plurel_sql.importing import files, live
from plurel_sql.schema.model import Schema


class Opened(msgspec.Struct, frozen=True):
    """A source. ``stream`` gives a table's rows by its id, columns in the schema's order; numbers and booleans may come
    as text, times as text in ISO form. ``times``, ``cuts`` (ISO) and the ``folder`` are known where the source is a
    dataset."""

    place: str
    schema: Schema
    stream: Callable[[str], pa.RecordBatchReader]
    times: Mapping[str, str | None] | None = None
    cuts: tuple[str, str] | None = None
    folder: Path | None = None


@contextmanager
def opened(source: str, ddl: Sequence[str | Path] = (), dialect: str | None = None) -> Iterator[Opened]:
    """A database's URL, a DuckDB or SQLite file, a relbench folder, or a folder of Parquet or CSV files.

    Args:
        source: which of them is found out.
        ddl: the schema of a folder of files, as ``inputs.read`` takes it; none: the folder's own ``.sql`` files.
        dialect: of the DDL; None finds it out.

    Raises:
        InputError: it can't be found or read, or files and schema don't agree.
    """
    path = Path(source)
    if not urls.is_url(source):
        if path.is_dir():
            with _folder(path, ddl, dialect) as found:
                yield found
            return
        if not path.exists():
            raise InputError("no such file or folder", place=source, hint="or a database's URL, such as duckdb:///FILE")
    if ddl:
        raise InputError("knows its own schema", place=urls.hidden(source), hint="--schema is for a folder of files")
    url = source if urls.is_url(source) else f"{_engine(path)}:///{source}"
    with live.opened(url) as (schema, stream):
        yield Opened(urls.hidden(source), schema, stream)


@contextmanager
def _folder(path: Path, ddl: Sequence[str | Path], dialect: str | None) -> Iterator[Opened]:
    if (path / "manifest.yaml").is_file() and not ddl:
        with files.dataset(path) as (schema, stream, times, cuts):
            yield Opened(str(path), schema, stream, times, cuts, path)
        return
    if not ddl and not any(path.rglob("*.sql")):
        raise InputError(
            "has no schema", place=str(path), hint="--schema names its DDL: keys can't be guessed from rows"
        )
    schema = inputs.read(list(ddl) or path, dialect)
    with files.opened(path, schema) as stream:
        yield Opened(str(path), schema, stream)


def _engine(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    if head == b"SQLite format 3\0":
        return "sqlite"
    if head[8:12] == b"DUCK":
        return "duckdb"
    raise InputError("is neither a DuckDB nor a SQLite file", place=str(path), hint="or name a folder, or a URL")
