"""DDL loaded into its own engine and read back from there says what the text says."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from support.servers import MYSQL, POSTGRES, database, run_script

from plurel_sql import inputs
from plurel_sql.reflect import of_url
from plurel_sql.schema.model import Column, Schema, SqlType, Table

SHARED = Path(__file__).parents[3] / "shared" / "schemas"
FIXTURES = Path(__file__).parent / "fixtures"


def kind(type_: SqlType) -> tuple[Any, ...]:
    """A type without its spelling."""
    item = type_.item and kind(type_.item)
    facts = (type_.bits, type_.signed, type_.length, type_.fixed, type_.precision, type_.scale, type_.zoned)
    return (type_.kind, *facts, type_.labels, item)


def facts(table: Table) -> dict[str, Any]:
    """What a table is, without what engines spell anew: expressions and names of constraints."""
    return {
        "columns": [(c.name, kind(c.type), c.nullable, c.identity, c.generated is not None) for c in table.columns],
        "uniques": {(u.columns, u.primary, u.nulls_distinct, len(u.expressions), bool(u.where)) for u in table.uniques},
        "foreign keys": {(k.columns, k.parent, k.parent_columns) for k in table.foreign_keys},
        "checks": sorted((tuple(sorted(check.columns)), check.exact) for check in table.checks),
        "exclusions": len(table.exclusions),
    }


def assert_alike(live: Schema, text: Schema) -> None:
    if text.dialect == "duckdb":
        text = without_lengths(text)
    assert {table.id for table in live.tables} == {table.id for table in text.tables}
    for table in text.tables:
        assert facts(live.table(table.id)) == facts(table), table.id


def without_lengths(schema: Schema) -> Schema:
    """DuckDB keeps no length of a text and no digits of a time."""

    def column(column: Column) -> Column:
        lossy = column.type.kind in ("text", "timestamp", "time")
        bare = replace(column.type, length=None, fixed=False, precision=None) if lossy else column.type
        return replace(column, type=bare)

    tables = (replace(table, columns=tuple(map(column, table.columns))) for table in schema.tables)
    return replace(schema, tables=tuple(tables))


@contextmanager
def loaded(engine: str, script: str, folder: Path) -> Iterator[str]:
    """The URL of a database that the script has made."""
    if engine == "sqlite":
        path = folder / "loaded.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
        yield f"sqlite:///{path}"
    elif engine == "duckdb":
        path = folder / "loaded.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(script)
        yield f"duckdb:///{path}"
    else:
        with database(POSTGRES if engine == "postgres" else MYSQL) as url:
            if "\n\\" in script or "DELIMITER" in script:  # what only the engine's own client understands
                parsed = sa.make_url(url)
                where = ["-h", parsed.host or "", "-d" if engine == "postgres" else "-D", parsed.database or ""]
                program = shutil.which("psql" if engine == "postgres" else "mysql")
                if program is None:
                    pytest.skip("the client of this engine is not installed")
                subprocess.run([program, *where], input=script.encode(), check=True, capture_output=True)
            else:
                run_script(url, script)
            yield url


@pytest.mark.parametrize("engine", ["postgres", "mysql", "sqlite", "duckdb"])
def test_awkward(engine: str, tmp_path: Path) -> None:
    script = (FIXTURES / f"{engine}.sql").read_text(encoding="utf-8")
    with loaded(engine, script, tmp_path) as url:
        live = of_url(url)
    text = inputs.read(script, engine)
    assert_alike(live, text)
    assert {(t.id, c.name): c.comment for t in live.tables for c in t.columns} == {
        (t.id, c.name): c.comment for t in text.tables for c in t.columns
    }
    assert not [note for note in live.notes if note.level == "error"]


@pytest.mark.parametrize("engine", ["postgres", "mysql", "sqlite", "duckdb"])
def test_statements_make_it_again(engine: str, tmp_path: Path) -> None:
    """The statements that ride along are whole: run in an empty database they leave the same structure."""
    script = (FIXTURES / f"{engine}.sql").read_text(encoding="utf-8")
    with loaded(engine, script, tmp_path) as url:
        first = of_url(url)
    (tmp_path / "again").mkdir()
    with loaded(engine, ";\n".join(s.text for s in first.statements) + ";", tmp_path / "again") as url:
        again = of_url(url)
    assert again.tables == first.tables
    assert len(again.statements) == len(first.statements)


REAL = [
    "postgres/pagila",
    "postgres/adventureworks",
    "postgres/bookbrainz",
    "mysql/sakila",
    "mysql/biosql",
    "sqlite/zotero",
    "sqlite/stash",
    "duckdb/mimic3",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real(name: str, tmp_path: Path) -> None:
    path = SHARED / f"{name}.sql"
    if not path.exists():
        pytest.skip("the real schemas are not here")
    engine = name.partition("/")[0]
    with loaded(engine, path.read_text(encoding="utf-8"), tmp_path) as url:
        assert_alike(of_url(url), inputs.read(path, engine))
