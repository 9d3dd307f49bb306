"""An audit of a filled DuckDB file in plain SQL, from the schema alone: it shares no code with the generator.

Every finding is a sentence; an empty list means that nothing was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import duckdb

from plurel_sql.ddl import transpile
from plurel_sql.schema.model import Compare, ForeignKey, Partitioning, Schema, Table, Unique


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def relation(table: Table) -> str:
    return f"{quote(table.namespace)}.{quote(table.name)}" if table.namespace else quote(table.name)


def _names(columns: tuple[str, ...], prefix: str = "") -> str:
    return ", ".join(prefix + quote(column) for column in columns)


def _on_a_ring(table: Table, fk: ForeignKey) -> bool:
    """Whether no row may refer to itself though each needs a parent: then some parent is a later row."""
    if fk.parent != table.id or any(table.column(name).nullable for name in fk.columns):
        return False
    own = set(zip(fk.columns, fk.parent_columns, strict=True))
    predicates = (predicate for check in table.checks for predicate in check.predicates)
    return any(set(unique.columns) == set(fk.columns) for unique in table.uniques) or any(
        isinstance(each, Compare) and each.op == "<>" and {(each.left, each.right), (each.right, each.left)} & own
        for each in predicates
    )


def _one(db: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = db.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def _index(schema: Schema, table: Table, unique: Unique) -> tuple[str | None, str]:
    """(terms, condition) in DuckDB's words, by what the schema's engine calls equal; no terms where there are none."""
    texts = {column.name for column in table.columns if column.type.kind == "text"}
    terms = []
    for column in unique.columns:
        blind = schema.dialect in ("mysql", "tsql") and column in texts
        terms.append(f"rtrim(lower(strip_accents({quote(column)})))" if blind else quote(column))
    for expression in unique.expressions:
        term = transpile(expression, schema.dialect, "duckdb")
        if term is None:
            return None, ""
        terms.append(f"({term})")
    where = [f"{term} IS NOT NULL" for term in terms if unique.nulls_distinct]
    if unique.where is not None:
        condition = transpile(unique.where, schema.dialect, "duckdb")
        if condition is None:
            return None, ""
        where.append(f"({condition})")
    return ", ".join(terms), " AND ".join(where) or "true"


def _overlaps(db: duckdb.DuckDBPyConnection, schema: Schema, table: Table) -> Iterator[str]:
    """Exclusion constraints over two columns of bounds: neighbours in order must not overlap."""
    for exclusion in table.exclusions:
        if len(exclusion.span) != 2:
            continue
        low, high = map(quote, exclusion.span)
        group = "PARTITION BY " + _names(exclusion.group) if exclusion.group else ""
        found = _one(
            db,
            f"SELECT count(*) FROM (SELECT {high} AS stop, lead({low}) OVER ({group} ORDER BY {low}, {high}) AS next, "
            f"{low} AS start FROM {relation(table)}) WHERE stop > next OR stop < start",
        )
        if found:
            yield f"{table.id}: {found} overlaps of {exclusion.span} within {exclusion.group}"


def _held(schema: Schema, table: Table, partitioning: Partitioning) -> str | None:
    """The condition that some partition takes a row; None where it can't be said in DuckDB's words."""
    keys = [transpile(key, schema.dialect, "duckdb") for key in partitioning.keys]
    if any(key is None for key in keys) or len(keys) != 1 or any(part.default for part in partitioning.parts):
        return None
    if partitioning.keys[0].upper().startswith("TO_DAYS"):  # its bounds are dates in the schema
        return None
    key, conditions = keys[0], []
    for part in partitioning.parts:
        listed = ", ".join(f"'{value}'" for value in part.values if value is not None)
        if partitioning.strategy == "list":
            condition = f"{key} IN ({listed or 'NULL'})" + (f" OR {key} IS NULL" if None in part.values else "")
        elif partitioning.strategy == "range":
            low, high = (bounds[0] if bounds else None for bounds in (part.low, part.high))
            condition = " AND ".join(
                [
                    f"{key} IS NOT NULL",
                    *([f"{key} >= '{low}'"] if low else []),
                    *([f"{key} < '{high}'"] if high else []),
                ]
            )
        else:
            condition = "true"
        inner = _held(schema, table, part.inner) if part.inner is not None else "true"
        if inner is None:
            return None
        conditions.append(f"(({condition}) AND ({inner}))")
    return " OR ".join(conditions) if partitioning.strategy != "hash" or conditions else "true"


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
            terms, where = _index(schema, table, unique)
            if terms is None:
                continue
            statement = f"SELECT {terms} FROM {name} WHERE {where} GROUP BY ALL HAVING count(*) > 1"
            try:
                doubled = _one(db, f"SELECT count(*) FROM ({statement})")
            except (duckdb.BinderException, duckdb.CatalogException):
                if unique.plain:
                    raise
                continue  # a type or function that DuckDB doesn't have: its own engine is the judge there
            if doubled:
                yield f"{table.id}: {doubled} duplicates of ({terms}) where {where}"
        yield from _overlaps(db, schema, table)
        if table.partitioning is not None:
            held = _held(schema, table, table.partitioning)
            if held is not None and (lost := _one(db, f"SELECT count(*) FROM {name} WHERE ({held}) IS NOT TRUE")):
                yield f"{table.id}: {lost} rows in no partition"
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
            elder = rank.get(parent.id, 0) <= rank.get(table.id, 0) and not _on_a_ring(table, fk)
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
