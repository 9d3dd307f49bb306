"""A relbench folder against a DuckDB file made from the same plan: the same data, whatever the rows' order and keys.

Each row gets a fingerprint of its features; then, three times over, one of its own and its parents' fingerprints. Both
sides must have the same ones as often. Nothing of ``plurel_sql.export`` computes them but the names in the layout.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from plurel_sql.export.layout import Layout, OutTable, decode

Rows = list[tuple[Hashable, ...]]
ROUNDS = 3


def read_layout(folder: Path) -> Layout:
    return decode((folder / "mapping.json").read_bytes())


def out_prints(folder: Path) -> dict[str, Counter[str]]:
    """Of the folder's tables, by name."""
    layout = read_layout(folder)
    cells, links = {}, {}
    for table in layout.tables:
        data = pq.read_table(folder / "db" / f"{table.name}.parquet")
        assert data.column_names == [column.name for column in table.columns], table.name
        own = [column for column in table.columns if column.source and column.role in ("feature", "time")]
        values = [[plain(v, c.kind) for v in data[c.name].to_pylist()] for c in own]
        cells[table.name] = list(zip(*values, strict=True)) if values else [()] * data.num_rows
        links[table.name] = {link.column: (link.parent, data[link.column].to_pylist()) for link in table.links}
        if table.key is not None:
            assert data[table.key].to_pylist() == list(range(data.num_rows)), table.name
    return refined(cells, links)


def source_prints(layout: Layout, file: Path) -> dict[str, Counter[str]]:
    """Of the file's tables, by their names in the dataset."""
    cells, links = {}, {}
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for table in layout.tables:
            own = [column for column in table.columns if column.source and column.role in ("feature", "time")]
            rows = fetch(connection, table, [c.source[0] for c in own])
            cells[table.name] = [tuple(plain(value, c.kind) for value, c in zip(row, own, strict=True)) for row in rows]
        for table in layout.tables:
            links[table.name] = {}
            for link in table.links:
                parent = layout.table(link.parent)
                where = {key: k for k, key in enumerate(fetch(connection, parent, link.parent_source))}
                found = [where[row] if None not in row else None for row in fetch(connection, table, link.source)]
                links[table.name][link.column] = (link.parent, found)
    return refined(cells, links)


def fetch(connection: duckdb.DuckDBPyConnection, table: OutTable, names: Sequence[str]) -> list[tuple[Any, ...]]:
    quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in names) or "NULL"
    spaces = [("main", table.source), tuple(table.source.split(".", 1))]
    for space in spaces:
        if len(space) == 2:
            where = ".".join('"' + part.replace('"', '""') + '"' for part in space)
            try:
                rows = connection.execute(f"SELECT {quoted} FROM {where} ORDER BY rowid").fetchall()
            except duckdb.CatalogException:
                continue
            return rows if names else [()] * len(rows)
    raise AssertionError(table.source)


def refined(
    cells: Mapping[str, Rows], links: Mapping[str, Mapping[str, tuple[str, list[int | None]]]]
) -> dict[str, Counter[str]]:
    prints = {name: [digest(row) for row in rows] for name, rows in cells.items()}
    for _ in range(ROUNDS):
        new = {}
        for name, own in prints.items():
            columns = [
                [None if k is None else prints[parent][int(k)] for k in found]
                for _, (parent, found) in sorted(links[name].items())
            ]
            new[name] = [digest((mine, *(column[k] for column in columns))) for k, mine in enumerate(own)]
        prints = new
    return {name: Counter(each) for name, each in prints.items()}


def digest(row: Sequence[Hashable]) -> str:
    return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()[:20]


def plain(value: Any, kind: str) -> Hashable:
    """A value as both sides must have it."""
    if value is None:
        return None
    match kind:
        case "integer":
            return int(value)
        case "float":
            return value.total_seconds() if isinstance(value, timedelta) else float(value)
        case "boolean":
            return bool(int(value))
        case "timestamp":
            if isinstance(value, int):  # since 1970
                value = datetime.fromtimestamp(value / (1000 if value > 1e11 else 1), UTC)
            return moment(datetime.fromisoformat(value) if isinstance(value, str) else value)
        case _:
            return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else str(value)


def moment(value: Any) -> Hashable:
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value.replace(tzinfo=None)
    elif isinstance(value, date):
        value = datetime(value.year, value.month, value.day)
    return value.isoformat() if 1678 <= value.year <= 2261 else None
