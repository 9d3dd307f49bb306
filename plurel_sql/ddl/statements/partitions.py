"""PARTITION BY, PARTITION OF, ATTACH PARTITION: which partitions there are, and what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

import msgspec

from plurel_sql.ddl.cursor import Cursor
from plurel_sql.ddl.draft import Catalogue, DraftPartitioning, DraftTable
from plurel_sql.ddl.statements.indexed import bare_term
from plurel_sql.ddl.tokens import Token, render, string_value
from plurel_sql.schema.model import Part, Partitioning, Source

_STRATEGIES: dict[str, Literal["range", "list", "hash"]] = {
    "RANGE": "range",
    "LIST": "list",
    "HASH": "hash",
    "KEY": "hash",
}
_HIGHEST = ("MAXVALUE", "MINVALUE")


def partition_by(cursor: Cursor, catalogue: Catalogue) -> DraftPartitioning | None:
    """After PARTITION BY; None for what restricts no row (a warehouse's hint of where rows lie)."""
    cursor.take("LINEAR")
    strategy = _STRATEGIES.get(cursor.take_any(_STRATEGIES))
    if strategy is None:
        return None
    cursor.take_any(("COLUMNS",))
    if cursor.take("ALGORITHM", "="):
        cursor.skip()
    keys = cursor.group()
    made = DraftPartitioning(strategy, [bare_term(part.until(("COLLATE",))) for part in keys.parts()] if keys else [])
    grows = False
    while cursor and cursor.word() != "(":
        if cursor.word() in ("INTERVAL", "AUTOMATIC"):  # Oracle makes partitions as rows come
            grows = True
        elif cursor.word() in ("SUBPARTITION", "PARTITIONS"):
            cursor.skip()
            cursor.take_any(("BY",))
            cursor.take_any(("LINEAR",))
            cursor.take_any(tuple(_STRATEGIES))
            cursor.take_any(("COLUMNS",))
            cursor.group()
            continue
        cursor.skip()
        if grows:
            cursor.group()
    inside = cursor.group()
    made.parts = listed_parts(inside, catalogue) if inside else []
    if grows or (inside is None and catalogue.dialect.name != "postgres" and strategy != "hash"):
        made.parts.append((Part("", default=True), None))
    return made


def listed_parts(inside: Cursor, catalogue: Catalogue) -> list[tuple[Part, DraftTable | None]]:
    """PARTITION name VALUES LESS THAN (...), ...; VALUES [IN] (...), of MySQL and Oracle."""
    parts: list[tuple[Part, DraftTable | None]] = []
    low: tuple[str | None, ...] = ()
    for part in inside.parts():
        if not part.take("PARTITION"):
            continue
        name = None if part.word() == "VALUES" else part.name()
        label = name.text if name else ""
        if part.take("VALUES", "LESS", "THAN"):
            high = (None,) if part.take("MAXVALUE") else _values(part)
            parts.append((Part(label, low=low, high=high), None))
            low = high
        elif part.take("VALUES"):
            part.take("IN")
            parts.append((_listed(part, label), None))
        else:
            parts.append((Part(label, default=True), None))
    return parts


def partition_of(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    """After PARTITION OF: a table whose rows are those of another one."""
    path = cursor.path()
    whole = catalogue.find(path, table.path.namespace) if path else None
    table.ignored = True
    if whole is None:
        catalogue.note(f"PARTITION OF names a table that does not exist: {path}", source, table=table)
        return
    table.columns = {key: replace(column) for key, column in whole.columns.items()}
    cursor.group()
    attach(cursor, catalogue, whole, table, source)
    if cursor.take("PARTITION", "BY"):
        table.partitioning = partition_by(cursor, catalogue)


def attach(cursor: Cursor, catalogue: Catalogue, whole: DraftTable, part: DraftTable, source: Source) -> None:
    """Makes ``part`` a partition of ``whole``, its bounds after the cursor."""
    name = whole.path.name.text
    catalogue.note(f"partition of {name}: its rows are those of {name}", source, table=part, level="info")
    part.ignored, part.part_of = True, whole
    if whole.partitioning is not None:
        whole.partitioning.parts.append((_bounds(cursor, part.path.name.text), part))


def _bounds(cursor: Cursor, name: str) -> Part:
    """FOR VALUES FROM (...) TO (...), IN (...), WITH (...), or DEFAULT."""
    cursor.take("FOR", "VALUES")
    if cursor.take("FROM"):
        low = _values(cursor)
        cursor.take("TO")
        return Part(name, low=low, high=_values(cursor))
    if cursor.take("IN"):
        return Part(name, _values(cursor))
    inside = cursor.group() if cursor.take("WITH") else None
    said = {part.word(): part.rest()[-1].text for part in inside.parts()} if inside else {}
    if all(said.get(word, "").isdecimal() for word in ("MODULUS", "REMAINDER")):
        return Part(name, share=(int(said["MODULUS"]), int(said["REMAINDER"])))
    cursor.take("DEFAULT")
    return Part(name, default=True)


def _listed(cursor: Cursor, name: str) -> Part:
    """The values after IN, or the tuples of a list over several columns."""
    if cursor.ahead("(", "("):
        inside = cursor.group()
        tuples = tuple(_values(part) for part in inside.parts()) if inside else ()
        if all(len(values) > 1 for values in tuples):
            return Part(name, tuples=tuples)
        return Part(name, tuple(value for values in tuples for value in values))
    values = _values(cursor)
    return Part(name, default=True) if values == ("DEFAULT",) else Part(name, values)


def _values(cursor: Cursor) -> tuple[str | None, ...]:
    inside = cursor.group()
    return tuple(_value(part.rest(), cursor) for part in inside.parts()) if inside else ()


def _value(tokens: Sequence[Token], cursor: Cursor) -> str | None:
    """A literal's text; None for NULL and for no bound."""
    if len(tokens) == 1 and tokens[0].word in (*_HIGHEST, "NULL"):
        return None
    strings = [string_value(token, cursor.dialect) for token in tokens if token.kind == "string"]
    if strings and tokens[0].word in ("TO_DATE", "TO_TIMESTAMP") and len(strings) > 1:
        return _dated(*strings[:2]) or render(tokens)
    if strings and tokens[0].word not in ("UNHEX", "X"):
        return strings[0]
    return render(tokens)


_ORACLE = {
    "YYYY": "%Y",
    "RRRR": "%Y",
    "MON": "%b",
    "MM": "%m",
    "DD": "%d",
    "HH24": "%H",
    "MI": "%M",
    "SS": "%S",
    "YY": "%y",
}


def _dated(text: str, form: str) -> str | None:
    """Oracle's TO_DATE(text, form) as ISO text."""
    pattern = form.upper()
    for word, code in _ORACLE.items():
        pattern = pattern.replace(word, code)
    try:
        return datetime.strptime(text.strip(), pattern).isoformat(sep=" ").removesuffix(" 00:00:00")
    except ValueError:
        return None


def partitioning(made: DraftPartitioning | None) -> Partitioning | None:
    """What was read, with the partitions of partitions."""
    if made is None:
        return None
    parts = (
        msgspec.structs.replace(part, inner=partitioning(table.partitioning) if table else None)
        for part, table in made.parts
    )
    return Partitioning(made.strategy, tuple(render(key) for key in made.keys), tuple(parts))


def merge_parts(whole: DraftTable) -> None:
    """Foreign keys, keys and NOT NULL that stand on partitions alone hold for all rows: a row may be in any."""
    for _, part in whole.partitioning.parts if whole.partitioning else ():
        if part is None:
            continue
        merge_parts(part)
        whole.foreign_keys += [key for key in part.foreign_keys if key not in whole.foreign_keys]
        whole.keys += [replace(key, primary=False, name=None) for key in part.keys]
        for key, column in part.columns.items():
            own = whole.columns.get(key)
            if own is not None:
                own.nullable = own.nullable and column.nullable
                own.identity = own.identity or column.identity
