"""A relbench dataset folder: manifest, tables, diagram, card, tasks, and the mapping to the source.

    manifest.yaml  db/<table>.parquet  schema.svg  README.md  mapping.json
    tasks/<task>/manifest.yaml  tasks/<task>/{train,val,test}.parquet

relbench 3 reads the manifests; the tables also carry, as metadata of their files, what relbench 1 and 2 look for there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from plurel_sql.attempts.judge import quoted
from plurel_sql.export.card import card
from plurel_sql.export.diagram import diagram
from plurel_sql.export.layout import Layout, OutTable, encode

Split = Literal["train", "val", "test"]


class Task(msgspec.Struct, frozen=True):
    """A task's folder: ``manifest`` as relbench's TaskManifest writes it, and its label tables."""

    name: str
    manifest: Mapping[str, Any]
    splits: Mapping[Split, pa.Table]


def write(
    layout: Layout,
    data: duckdb.DuckDBPyConnection | Mapping[str, pa.Table],
    folder: Path,
    *,
    tasks: tuple[Task, ...] = (),
    description: str = "",
) -> Iterator[OutTable]:
    """Fills ``folder``, which is empty, from the tables that ``data`` holds; gives each table when it is written,
    for whoever watches. Nothing is finished before the last one has been taken.

    Args:
        layout: what the tables are.
        data: a table for each of the layout, as ``convert`` or ``plain`` makes them.
        tasks: written as they are.
        description: of the dataset, for its manifest and card.
    """
    (folder / "db").mkdir()
    rows: dict[str, int] = {}
    for table in layout.tables:
        path = folder / "db" / f"{table.name}.parquet"
        rows[table.name] = (
            _copied(table, data, path) if isinstance(data, duckdb.DuckDBPyConnection) else _put(table, data, path)
        )
        yield table
    for task in tasks:
        place = folder / "tasks" / task.name
        place.mkdir(parents=True)
        _yaml(place / "manifest.yaml", task.manifest)
        for split, labels in task.splits.items():
            pq.write_table(labels, place / f"{split}.parquet", compression="zstd")
    (folder / "mapping.json").write_bytes(encode(layout))
    (folder / "schema.svg").write_text(diagram(layout, rows), encoding="utf-8")
    (folder / "README.md").write_text(card(layout, rows, [task.manifest for task in tasks], description), "utf-8")
    _yaml(folder / "manifest.yaml", manifest(layout, description))


def manifest(layout: Layout, description: str = "") -> dict[str, Any]:
    """The dataset's manifest as relbench 3 reads it."""
    tables = {
        table.name: {"pkey": table.key, "time_col": table.time, "fkeys": _fkeys(table)} for table in layout.tables
    }
    head: dict[str, Any] = {"name": layout.name, "manifest_version": 1}
    if description:
        head["description"] = description
    return {
        **head,
        "val_timestamp": iso(layout.val_timestamp),
        "test_timestamp": iso(layout.test_timestamp),
        "tables": tables,
    }


def iso(micros: int | None) -> str | None:
    """A time as relbench's manifests write it: ``2005-01-01``, or with the time of day where it is not midnight."""
    if micros is None:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return moment.strftime("%Y-%m-%d") if micros % 86_400_000_000 == 0 else moment.replace(tzinfo=None).isoformat(" ")


def _fkeys(table: OutTable) -> dict[str, str]:
    return {link.column: link.parent for link in table.links}


def _copied(table: OutTable, connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Writes a table's file; how many rows it has."""
    held = ", ".join(f"{name}: {_string(value)}" for name, value in _metadata(table).items())
    ((count,),) = connection.execute(
        f"COPY {quoted(table.name)} TO {_string(str(path))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{held}}})"
    ).fetchall()
    return int(count)


def _put(table: OutTable, data: Mapping[str, pa.Table], path: Path) -> int:
    """As ``_copied``, of a table in Arrow."""
    rows = data[table.name]
    fields = [field.with_nullable(rows[field.name].null_count > 0) for field in rows.schema]
    # Numbers with a fraction hardly repeat: a dictionary of them only takes time.
    repeated = [field.name for field in fields if not pa.types.is_floating(field.type)]
    rows = rows.cast(pa.schema(fields, _metadata(table)))
    pq.write_table(rows, path, compression="zstd", use_dictionary=repeated)
    return int(rows.num_rows)


def _metadata(table: OutTable) -> dict[str, str]:
    held = {"fkey_col_to_pkey_table": _fkeys(table), "pkey_col": table.key, "time_col": table.time}
    return {name: json.dumps(value) for name, value in held.items()}


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _yaml(path: Path, data: Mapping[str, Any]) -> None:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where libyaml is there
    with path.open("w", encoding="utf-8", newline="\n") as file:
        yaml.dump(dict(data), file, Dumper=_block_style(dumper), sort_keys=False, allow_unicode=True, width=4096)


def _block_style(dumper: type[Any]) -> type[Any]:
    """A dumper that writes texts of several lines, such as a task's SQL, as they are."""

    class Dumper(dumper):  # type: ignore[misc]  # a base that is chosen at run time
        pass

    def text(self: Any, value: str) -> Any:
        return self.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return Dumper
