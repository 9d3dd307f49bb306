"""What SCHEMA may be: a file, several, a folder, standard input, a bundled name, SQL text, a database's URL, or
SQLAlchemy MetaData; read into a Schema."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from plurel_sql import bundled, ddl, urls
from plurel_sql.errors import InputError, SchemaError
from plurel_sql.migrations import forward, ordered
from plurel_sql.schema.lookup import nearest
from plurel_sql.schema.model import Note, Schema

if TYPE_CHECKING:
    from sqlalchemy import MetaData

DIALECTS = ("ansi", "bigquery", "duckdb", "mysql", "oracle", "postgres", "redshift", "snowflake", "sqlite", "tsql")
_ALIASES = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql", "sqlserver": "tsql", "sqlite3": "sqlite"}

SchemaLike: TypeAlias = "Schema | MetaData | str | Path | Sequence[str | Path]"


def read(schema: SchemaLike, dialect: str | None = None, likely: str = "") -> Schema:
    """The schema that ``schema`` means.

    Args:
        schema: a Schema (returned as it is), a path, ``"-"`` (standard input), the name of a bundled schema, SQL text
            (recognised by a newline or semicolon), or a sequence of paths and names, read as one text in that order;
            the files of a folder are read in the order of their names, as migrations (see ``migrations``);
            the URL of a live database (recognised by ``://``; see ``reflect``), or SQLAlchemy MetaData.
        dialect: one of ``DIALECTS`` or a usual alias; None finds it out from the text. A database knows its own.
        likely: what SQL is read in that shows no dialect of its own, as that of the target; "" is standard SQL.

    Raises:
        InputError: something can't be found or read, or the dialect is unknown.
        SchemaError: there is nothing in it that can be used.
    """
    known = _dialect(dialect)
    if isinstance(schema, Schema):
        return schema
    if not isinstance(schema, str | Path | Sequence):
        from plurel_sql.reflect import of_metadata

        return of_metadata(schema)
    named = [schema] if isinstance(schema, str | Path) else list(schema)
    if (url := next((item for item in named if _is_url(item)), None)) is not None:
        if len(named) > 1:
            raise InputError(
                "a database stands alone", place=urls.hidden(str(url)), hint="leave out what else is named"
            )
        from plurel_sql.reflect import of_url

        return of_url(str(url))
    if isinstance(schema, str) and ("\n" in schema or ";" in schema):
        if "\x00" in schema:
            raise InputError("holds a NUL character", place="<text>", hint="expected SQL text")
        sources = [("<text>", schema)]
    else:
        sources = [source for item in named for source in _texts(item)]
    if not any(sql.strip() for _, sql in sources):
        place = ", ".join(name for name, _ in sources) or "SCHEMA"
        raise SchemaError("is empty", place=place, hint="expected CREATE TABLE statements")
    result = ddl.read([ddl.Text(name, forward(sql)) for name, sql in sources], known, likely)
    if not any(table.columns for table in result.tables):
        raise SchemaError(
            "no table was found in it" + "".join(f"; {note}" for note in result.notes[:3]),
            place=", ".join(name for name, _ in sources[:3]),
            hint="expected CREATE TABLE statements",
        )
    return result


def refuse(notes: Sequence[Note]) -> None:
    """What ``strict`` does: raise where any note is an error.

    Raises:
        SchemaError: lists every such note, one a line.
    """
    faults = [str(note) for note in notes if note.level == "error"]
    if faults:
        count = f"{len(faults)} thing{'s' if len(faults) > 1 else ''} can't be honoured as written"
        raise SchemaError("\n  ".join([f"{count}:", *faults]), place="strict")


def same_tables(schema: Schema, planned: Schema, place: str) -> None:
    """Makes sure that a plan was made for ``schema``.

    Raises:
        InputError: names the first table that differs in its columns; ``place`` is the plan's file.
    """
    here, there = ({t.id: [c.name for c in t.columns] for t in s.tables} for s in (schema, planned))
    for id in [*here, *there]:
        if here.get(id) != there.get(id):
            raise InputError(f"was made for another schema: {id} differs", place=place, hint="leave SCHEMA out")


def _is_url(item: str | Path) -> bool:
    return isinstance(item, str) and "\n" not in item and urls.is_url(item.partition(" ")[0])


def bare(schema: Schema) -> Schema:
    """The schema with its tables under their names alone, in lower case: a file and an engine may differ in these."""
    columns = ((t, tuple(replace(c, name=c.name.lower()) for c in t.columns)) for t in schema.tables)
    return replace(schema, tables=tuple(replace(t, name=t.name.lower(), namespace=None, columns=c) for t, c in columns))


def _dialect(name: str | None) -> str | None:
    if name is None:
        return None
    folded = _ALIASES.get(name.lower(), name.lower())
    if folded not in DIALECTS:
        raise InputError(f"unknown dialect {name!r}", place="--dialect", hint=nearest(name, [*DIALECTS, *_ALIASES]))
    return "" if folded == "ansi" else folded


def _texts(item: str | Path) -> list[tuple[str, str]]:
    """(name, SQL) of each file that ``item`` stands for."""
    if str(item) == "-":
        return [("<stdin>", decode(sys.stdin.buffer.read(), "<stdin>"))]
    path = Path(item)
    try:
        if path.is_dir():
            found = ordered((p for p in path.rglob("*") if p.suffix.lower() == ".sql" and p.is_file()), path)
            if not found:
                raise InputError("no .sql file in this folder", place=str(path))
            return [(str(file), decode(file.read_bytes(), str(file))) for file in found]
        if path.exists():
            return [(str(path), decode(path.read_bytes(), str(path)))]
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(f"can't be read: {getattr(error, 'strerror', None) or error}", place=str(item)) from error
    if str(item) in bundled.names():
        return [(f"{item}.sql", bundled.text(str(item)))]
    similar = nearest(str(item), [*bundled.names(), *_siblings(path)])
    raise InputError("no such file, folder or bundled schema", place=str(item), hint=similar)


def _siblings(path: Path) -> list[str]:
    try:
        return [str(path.parent / p.name) for p in path.parent.iterdir() if p.suffix.lower() == ".sql"]
    except OSError:
        return []


def decode(data: bytes, name: str) -> str:
    """``data`` as text: by its byte order mark, else UTF-8, else Latin-1.

    Raises:
        InputError: it is binary (it holds NUL or many control characters).
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\x00" in data:
        encodings = []
    else:
        encodings = ["utf-8-sig", "latin-1"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        controls = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\v\f\r\x1a\x1b")
        if "\x00" in text or controls > len(text) / 100:
            break
        return text
    engine = "sqlite" if data.startswith(b"SQLite format 3\0") else "duckdb" if data[8:12] == b"DUCK" else ""
    hint = f"to read the structure of this database, write {engine}:///{name}" if engine else "expected SQL text"
    raise InputError("is not a text file", place=name, hint=hint)
