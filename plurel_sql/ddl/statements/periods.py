"""Periods of SQL:2011: what PERIOD FOR asks of its columns, and keys whose last part may not overlap."""

from __future__ import annotations

from collections.abc import Sequence

from plurel_sql.ddl.cursor import Cursor, Name
from plurel_sql.ddl.draft import DraftCheck, DraftExclusion, DraftTable
from plurel_sql.ddl.splitter import split
from plurel_sql.ddl.tokens import Token, render
from plurel_sql.schema.model import Source


def period(cursor: Cursor, table: DraftTable, source: Source) -> None:
    """After PERIOD FOR: the start of an application's period is before its end; SYSTEM_TIME is the engine's own."""
    name, inside = cursor.name(), cursor.group()
    bounds = list(inside.parts()) if inside else []
    if name is None or name.text.upper() == "SYSTEM_TIME" or len(bounds) != 2:
        return
    start, end = (render(bound.tokens) for bound in bounds)
    table.checks.append(DraftCheck(_tokens(f"{start} < {end}", cursor), source, name))
    table.periods[name.key] = _tokens(f"tsrange({start}, {end})", cursor)


def without_overlaps(cursor: Cursor, table: DraftTable, name: Name | None, source: Source, *, primary: bool) -> bool:
    """At (column, ..., period WITHOUT OVERLAPS), which excludes as EXCLUDE USING gist does; False at another list."""
    at = cursor.at
    inside = cursor.group()
    if inside is None or [token.word for token in inside.tokens[-2:]] != ["WITHOUT", "OVERLAPS"]:
        cursor.at = at
        return False
    *equal, last = ([*part.until(("WITHOUT",))] for part in inside.parts())
    for term in [*equal, last] if primary else []:
        column = Cursor(term, cursor.dialect).name()
        if column is not None and column.key in table.columns:
            table.columns[column.key].nullable = False
    spanned = Cursor(last, cursor.dialect).name()
    span = table.periods.get(spanned.key, last) if spanned is not None else last
    elements: list[tuple[Sequence[Token], str]] = [*((term, "=") for term in equal), (span, "&&")]
    table.exclusions.append(DraftExclusion(elements, "gist", (), source, name))
    return True


def _tokens(text: str, cursor: Cursor) -> Sequence[Token]:
    return [token for statement in split(f"CREATE {text}", cursor.dialect) for token in statement.tokens][1:]
