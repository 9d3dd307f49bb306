"""An audit of a filled DuckDB file in plain SQL, from the schema alone: it shares no code with the generator.

Every finding is a sentence; an empty list means that nothing was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import duckdb

from plurel_sql.ddl import transpile
from plurel_sql.schema.model import Schema, Table


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def relation(table: Table) -> str:
    return f"{quote(table.namespace)}.{quote(table.name)}" if table.namespace else quote(table.name)


def _names(columns: tuple[str, ...], prefix: str = "") -> str:
    return ", ".join(prefix + quote(column) for column in columns)


def _one(db: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = db.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def audit(
    db: duckdb.DuckDBPyConnection,
    schema: Schema,
    rows: Mapping[str, int],
    times: Mapping[str, str] | None = None,
    order: Sequence[str] = (),
) -> list[str]:
    """All violations in ``db``.

    Args:
        schema: what must hold: keys, foreign keys, NOT NULL, and CHECKs that DuckDB can evaluate.
        rows: the expected count of each table id.
        times: for tables with a time, the column that says when a row came about; parents must not be younger.
        order: tables in an order of time; in a cycle the keys against it (to a later table) say nothing about age.
    """
    return list(_audit(db, schema, rows, times or {}, {table: k for k, table in enumerate(order)}))


def _audit(
    db: duckdb.DuckDBPyConnection,
    schema: Schema,
    rows: Mapping[str, int],
    times: Mapping[str, str],
    rank: Mapping[str, int],
) -> Iterator[str]:
    for table in schema.tables:
        name = relation(table)
        count = _one(db, f"SELECT count(*) FROM {name}")
        if count != rows[table.id]:
            yield f"{table.id}: {count} rows instead of {rows[table.id]}"
        required = {column.name for column in table.columns if not column.nullable}
        for column in sorted(required):
            if nulls := _one(db, f"SELECT count(*) FROM {name} WHERE {quote(column)} IS NULL"):
                yield f"{table.id}.{column}: {nulls} NULLs"
        for unique in table.uniques:
            present = " AND ".join(f"{quote(column)} IS NOT NULL" for column in unique.columns)
            columns = _names(unique.columns)
            doubled = _one(
                db,
                f"SELECT count(*) FROM (SELECT {columns} FROM {name} WHERE {present} "
                f"GROUP BY {columns} HAVING count(*) > 1)",
            )
            if doubled:
                yield f"{table.id}: {doubled} duplicates of ({columns})"
        for fk in table.foreign_keys:
            parent = schema.table(fk.parent)
            present = " AND ".join(f"c.{quote(column)} IS NOT NULL" for column in fk.columns)
            same = " AND ".join(
                f"c.{quote(a)} = p.{quote(b)}" for a, b in zip(fk.columns, fk.parent_columns, strict=True)
            )
            orphans = _one(
                db, f"SELECT count(*) FROM {name} c ANTI JOIN {relation(parent)} p ON {same} WHERE {present}"
            )
            if orphans:
                yield f"{table.id}: {orphans} orphans along {fk.label}"
            elder = rank.get(parent.id, 0) <= rank.get(table.id, 0)
            if table.id in times and parent.id in times and elder:
                early = _one(
                    db,
                    f"SELECT count(*) FROM {name} c JOIN {relation(parent)} p ON {same} "
                    f"WHERE c.{quote(times[table.id])} < p.{quote(times[parent.id])}",
                )
                if early:
                    yield f"{table.id}: {early} rows older than their parent along {fk.label}"
        for check in table.checks:
            expression = transpile(check.expression, schema.dialect, "duckdb")
            if expression is None:
                continue
            try:
                broken = _one(db, f"SELECT count(*) FROM {name} WHERE NOT ({expression})")
            except duckdb.Error:
                continue  # a function that DuckDB doesn't have: its own engine is the judge there
            if broken:
                yield f"{table.id}: {broken} rows break CHECK ({check.expression})"
