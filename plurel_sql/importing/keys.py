"""Whether rows meet their keys: duplicates are refused, rows that refer to nothing are counted."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from plurel_sql.errors import InputError
from plurel_sql.export.convert import Relation
from plurel_sql.schema.model import ForeignKey, Note, Schema, Table


def refuse_duplicates(
    connection: duckdb.DuckDBPyConnection, schema: Schema, relations: Mapping[str, Relation], place: str
) -> None:
    """Refuses a primary key, or a unique key that is referred to, that several rows share.

    Raises:
        InputError: names the table and the key, with an example.
    """
    referred = {(key.parent, frozenset(key.parent_columns)) for table in schema.tables for key in table.foreign_keys}
    for table in schema.tables:
        for unique in table.uniques:
            if not unique.plain or not (unique.primary or (table.id, frozenset(unique.columns)) in referred):
                continue
            names = _list(relations[table.id], unique.columns)
            whole = " AND ".join(f"{relations[table.id].columns[name]} IS NOT NULL" for name in unique.columns)
            found = connection.execute(
                f"SELECT {names}, count(*) AS n FROM {relations[table.id].sql} WHERE {whole}"
                f" GROUP BY {names} HAVING n > 1 ORDER BY n DESC LIMIT 1"
            ).fetchall()
            if found:
                *values, count = found[0]
                shown = ", ".join(f"{name} = {value}" for name, value in zip(unique.columns, values, strict=True))
                raise InputError(
                    f"its key ({', '.join(unique.columns)}) is not unique: {count:,} rows have {shown}",
                    place=f"{place}: {table.id}",
                    hint="a key must tell rows apart: remove the duplicates, or the key from the schema",
                )


def orphans(
    connection: duckdb.DuckDBPyConnection, schema: Schema, relations: Mapping[str, Relation]
) -> tuple[Note, ...]:
    """Notes on foreign keys whose values no parent has: they are null in the dataset."""
    found = []
    for table in schema.tables:
        for key in table.foreign_keys:
            count = _orphans(connection, table, key, relations)
            if count:
                said = f"{count:,} rows refer to no row of {key.parent}: null"
                found.append(Note(said, f"{table.id}.{','.join(key.columns)}", level="info"))
    return tuple(found)


def _orphans(
    connection: duckdb.DuckDBPyConnection, table: Table, key: ForeignKey, relations: Mapping[str, Relation]
) -> int:
    child, parent = relations[table.id], relations[key.parent]
    pairs = zip(key.columns, key.parent_columns, strict=True)
    same = " AND ".join(f"c.{child.columns[a]}::VARCHAR = p.{parent.columns[b]}::VARCHAR" for a, b in pairs)
    whole = " AND ".join(f"c.{child.columns[name]} IS NOT NULL" for name in key.columns)
    sql = f"SELECT count(*) FROM {child.sql} c ANTI JOIN {parent.sql} p ON {same} WHERE {whole}"
    ((count,),) = connection.execute(sql).fetchall()
    return int(count)


def _list(relation: Relation, names: tuple[str, ...]) -> str:
    return ", ".join(relation.columns[name] for name in names)
