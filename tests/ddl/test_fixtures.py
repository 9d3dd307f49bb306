"""Each ``tests/fixtures/ddl/NAME.sql`` (or ``NAME.DIALECT.sql``) beside ``NAME.txt``, what must be read from it.

To add one: write the SQL, run ``python tests/ddl/test_fixtures.py``, and read the text that it writes before you
keep it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from plurel_sql.ddl import Text, read
from plurel_sql.schema.model import Column, Partitioning, Schema, SqlType

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "ddl"
FILES = sorted(FOLDER.glob("*.sql"))


def summary(schema: Schema) -> str:
    """A schema as text that a person can check."""
    lines: list[str] = []
    for table in schema.tables:
        lines.append(f"{table.id}" + (f" -- {table.comment}" if table.comment else ""))
        lines += [f"  {_column(column)}" for column in table.columns]
        for unique in table.uniques:
            kind = "primary key" if unique.primary else "unique" if unique.nulls_distinct else "unique (nulls equal)"
            terms = ", ".join((*unique.columns, *unique.expressions))
            lines.append(f"  {kind} {terms}" + (f" where {unique.where}" if unique.where else ""))
        lines += [f"  exclude {each.elements} {each.span} {each.group}" for each in table.exclusions]
        lines += [f"  {line}" for line in _partitions(table.partitioning)]
        lines += [f"  foreign key {key.label}" for key in table.foreign_keys]
        for check in table.checks:
            lines.append(f"  check {check.expression}  [{', '.join(check.columns)}]{' exact' if check.exact else ''}")
            lines += [f"    {predicate}" for predicate in check.predicates]
    lines += [f"{note.level}: {note}" for note in schema.notes]
    return "\n".join(lines) + "\n"


def _partitions(partitioning: Partitioning | None) -> Iterator[str]:
    if partitioning is None:
        return
    yield f"partitions by {partitioning.strategy} ({', '.join(partitioning.keys)})"
    for part in partitioning.parts:
        yield f"  {part.name}: " + ("default" if part.default else f"{part.values or (part.low, part.high)}")
        yield from (f"  {line}" for line in _partitions(part.inner))


def _column(column: Column) -> str:
    marks = [
        "" if column.nullable else "not null",
        "identity" if column.identity else "",
        f"default {column.default}" if column.default else "",
        f"generated {column.generated}" if column.generated else "",
        f"-- {column.comment}" if column.comment else "",
    ]
    return " ".join(part for part in (column.name, _type(column.type), *marks) if part)


def _type(type_: SqlType) -> str:
    if type_.item is not None:
        return f"array<{_type(type_.item)}>"
    facts = msgspec.to_builtins(type_)
    shown = [f"{key}={value}" for key, value in facts.items() if key not in ("kind", "written")]
    return f"{type_.kind}({', '.join(shown)})" if shown else type_.kind


def _read(path: Path) -> str:
    dialect = path.name.split(".")[-2]
    return summary(read([Text(path.name, path.read_text())], dialect))


def _expected(path: Path) -> Path:
    return path.with_suffix(".txt")


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_fixture(path: Path) -> None:
    assert _read(path) == _expected(path).read_text()


if __name__ == "__main__":
    for file in FILES:
        _expected(file).write_text(_read(file))
