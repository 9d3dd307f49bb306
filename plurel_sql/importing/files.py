"""Folders: a relbench dataset, or files of rows with a schema beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from plurel_sql.errors import InputError
from plurel_sql.importing.live import Stream, of_duckdb
from plurel_sql.schema.lookup import nearest
from plurel_sql.schema.model import Column, ForeignKey, Schema, SqlType, Table, Unique

_READERS = {
    ".parquet": "read_parquet({})",
    ".csv": "read_csv({}, header = true, all_varchar = true, allow_quoted_nulls = false)",
}


@contextmanager
def opened(folder: Path, schema: Schema) -> Iterator[Stream]:
    """The rows of a folder that has ``<table>.parquet`` or ``<table>.csv``, or a folder ``<table>`` of such, for each
    table, or of one that ``synth --format parquet|csv`` has made.

    Raises:
        InputError: a table has no file, a file has not its columns, or can't be read.
    """
    files = {table.id: _files(folder, table) for table in schema.tables}
    with _reading(folder) as connection:
        for table in schema.tables:
            _same_columns(connection, table, files[table.id])
        yield lambda id: of_duckdb(connection, schema.table(id), _relation(files[id]))


@contextmanager
def dataset(folder: Path) -> Iterator[tuple[Schema, Stream, Mapping[str, str | None], tuple[str, str] | None]]:
    """The tables of a relbench folder, their times, and its cuts.

    Raises:
        InputError: the manifest can't be read, or a table has no file.
    """
    place = folder / "manifest.yaml"
    try:
        manifest = yaml.safe_load(place.read_text(encoding="utf-8"))
        tables: dict[str, dict[str, Any]] = manifest["tables"]
        schema = Schema(tuple(_table(folder, name, tables) for name in tables), "duckdb")
        times = {name: found.get("time_col") for name, found in tables.items()}
        cuts = manifest["val_timestamp"], manifest["test_timestamp"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise InputError(f"is no manifest of a relbench dataset: {error}", place=str(place)) from error
    with _reading(folder) as connection:
        files = {name: [folder / "db" / f"{name}.parquet"] for name in tables}
        yield (
            schema,
            lambda id: of_duckdb(connection, schema.table(id), _relation(files[id])),
            times,
            (str(cuts[0]), str(cuts[1])) if all(cuts) else None,
        )


def _table(folder: Path, name: str, tables: Mapping[str, dict[str, Any]]) -> Table:
    found = tables[name]
    arrow = pq.read_schema(folder / "db" / f"{name}.parquet")
    columns = tuple(Column(f.name, _type(f.type), identity=f.name == found.get("pkey")) for f in arrow)
    keys = tuple(
        ForeignKey((column,), parent, (tables[parent]["pkey"],))
        for column, parent in (found.get("fkeys") or {}).items()
    )
    uniques = (Unique((found["pkey"],), primary=True),) if found.get("pkey") else ()
    return Table(name, columns, uniques=uniques, foreign_keys=keys)


def _type(type_: pa.DataType) -> SqlType:
    if pa.types.is_boolean(type_):
        return SqlType("boolean")
    if pa.types.is_integer(type_):
        return SqlType("integer", bits=type_.bit_width, signed=not str(type_).startswith("u"))
    if pa.types.is_floating(type_):
        return SqlType("float", bits=64)
    if pa.types.is_timestamp(type_):
        return SqlType("timestamp", zoned=type_.tz is not None)
    if pa.types.is_date(type_):
        return SqlType("date")
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        return SqlType("binary", written=str(type_))
    return SqlType("array", item=_type(type_.value_type)) if pa.types.is_list(type_) else SqlType("text")


def _files(folder: Path, table: Table) -> list[Path]:
    manifest = folder / "manifest.json"
    if manifest.is_file():
        for entry in json.loads(manifest.read_text(encoding="utf-8"))["tables"]:
            if entry["name"] == table.id:
                return [folder / file["path"] for file in entry["files"]]
    wanted = {table.id.lower(), table.name.lower()}
    alone = [path for path in folder.iterdir() if path.suffix in _READERS and path.stem.lower() in wanted]
    parts = [path for place in folder.iterdir() if place.is_dir() and place.name.lower() in wanted
             for path in sorted(place.iterdir()) if path.suffix in _READERS]  # fmt: skip
    if len(alone) == 1 or (parts and not alone):
        return alone or parts
    near = nearest(table.id, [path.stem for path in folder.iterdir() if path.suffix in _READERS])
    said = f"{len(alone)} files hold it" if alone else "no file holds it"
    hint = f"expected {table.name}.parquet or {table.name}.csv" + (f"; {near}" if near else "")
    raise InputError(f"{said}", place=f"{folder}: {table.id}", hint=hint)


def _relation(files: list[Path]) -> str:
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    return _READERS[files[0].suffix].format(f"[{listed}]")


def _same_columns(connection: duckdb.DuckDBPyConnection, table: Table, files: list[Path]) -> None:
    described = connection.execute(f"DESCRIBE SELECT * FROM {_relation(files)}").fetchall()
    held = {str(name).lower() for name, *_ in described}
    for column in table.columns:
        if column.name.lower() not in held:
            near = nearest(column.name, [str(name) for name, *_ in described])
            raise InputError(f"has no column {column.name!r} of {table.id}", place=str(files[0]), hint=near)


@contextmanager
def _reading(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
    except duckdb.Error as error:
        raise InputError(f"can't be read: {' '.join(str(error).split())}", place=str(folder)) from error
