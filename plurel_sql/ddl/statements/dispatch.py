"""Which handler reads a statement, told by its first words; everything that makes no table is passed over."""

from __future__ import annotations

import re
from itertools import pairwise

from plurel_sql.ddl.cursor import Cursor, Name
from plurel_sql.ddl.draft import Catalogue
from plurel_sql.ddl.splitter import Statement, split
from plurel_sql.ddl.statements.alter import alter_table, alter_type, drop, rename_tables
from plurel_sql.ddl.statements.called import called, definition, remember, unknown
from plurel_sql.ddl.statements.create import (
    TABLE_KINDS,
    create_domain,
    create_index,
    create_table,
    create_type,
    create_view,
)
from plurel_sql.ddl.tokens import Token, render, string_value
from plurel_sql.schema import model
from plurel_sql.schema.model import Source

_EXECUTES = re.compile(r"\bexec(?:ute)?\b", re.IGNORECASE)
_COMPOSED_TABLE = re.compile(r"'\s*create\s+(?:\w+\s+)?table\b", re.IGNORECASE)


def apply(statement: Statement, catalogue: Catalogue, file: str) -> None:
    """Applies one statement to the catalogue. Faults become notes; nothing is raised for any text."""
    cursor = Cursor(statement.tokens, catalogue.dialect)
    source = Source(file, statement.line)
    match cursor.word():
        case "CREATE":
            cursor.at = 1
            _create(cursor, catalogue, source)
        case "ALTER":
            cursor.at = 1
            if cursor.take("TABLE"):
                alter_table(cursor, catalogue, source)
            elif cursor.take("TYPE") or cursor.take("DOMAIN"):
                alter_type(cursor, catalogue, source)
            elif cursor.take("SESSION", "SET", "CURRENT_SCHEMA", "="):
                _enter(cursor.name(), catalogue)
        case "DROP":
            cursor.at = 1
            drop(cursor, catalogue, source)
        case "RENAME":
            cursor.at = 1
            if cursor.take_any(("TABLE", "TABLES")):
                rename_tables(cursor, catalogue, source)
        case "COMMENT":
            cursor.at = 1
            _comment(cursor, catalogue)
        case "SET":
            cursor.at = 1
            _set(cursor, catalogue)
        case "USE":
            cursor.at = 1
            _use(cursor, catalogue)
        case "DO" | "BEGIN" | "DECLARE" | "EXEC":
            _code(cursor, catalogue, source)
            _call(cursor, catalogue, source)
        case "SELECT" | "CALL":
            _call(cursor, catalogue, source)


def _create(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """Everything after CREATE."""
    start = cursor.at
    remember(cursor.tokens, catalogue)
    cursor.take("OR", "REPLACE")
    ahead = 0
    while cursor.word(ahead) in TABLE_KINDS:
        ahead += 1
    if cursor.word(ahead) == "TABLE":
        cursor.at = start
        create_table(cursor, catalogue, source)
    elif cursor.word() == "UNIQUE":
        create_index(cursor, catalogue, source)
    elif cursor.take("TYPE"):
        create_type(cursor, catalogue, source)
    elif cursor.take("DOMAIN"):
        create_domain(cursor, catalogue, source)
    elif cursor.take("VIEW") or cursor.take("MATERIALIZED", "VIEW"):
        create_view(cursor, catalogue, source)
    elif cursor.take("SCHEMA"):
        _create_schema(cursor, catalogue, source)
    elif any(cursor.word(k) in ("FUNCTION", "PROCEDURE") for k in range(3)):
        _code(cursor, catalogue, source)


def _create_schema(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """CREATE SCHEMA name, with the CREATE statements that it may hold: they are made in that namespace."""
    cursor.take("IF", "NOT", "EXISTS")
    name = None if cursor.word() == "AUTHORIZATION" else cursor.name()
    starts = [k for k in range(cursor.at, len(cursor.tokens)) if cursor.tokens[k].word == "CREATE"]
    if not starts:
        return
    before = catalogue.search_path
    if name is not None:
        catalogue.search_path = [name, *before]
    for start, end in zip(starts, [*starts[1:], len(cursor.tokens)], strict=True):
        tokens = tuple(cursor.tokens[start:end])
        apply(Statement(tokens, tokens[0].line), catalogue, source.file)
    catalogue.search_path = before


def _comment(cursor: Cursor, catalogue: Catalogue) -> None:
    """COMMENT ON TABLE t IS '...', COMMENT ON COLUMN t.c IS '...'."""
    cursor.take("ON")
    kind = cursor.take_any(("TABLE", "COLUMN"))
    if not kind:
        return
    start = cursor.at
    while cursor and cursor.word() != "IS":
        cursor.skip()
    target, end = Cursor(cursor.tokens[start : cursor.at], catalogue.dialect), cursor.at + 1
    if end >= len(cursor.tokens) or cursor.tokens[end].kind != "string":
        return
    text = string_value(cursor.tokens[end], catalogue.dialect)
    if kind == "TABLE":
        if (path := target.path()) and (table := catalogue.find(path)):
            table.comment = text
        return
    column = Cursor(target.tokens[-1:], catalogue.dialect).name()
    path = Cursor(target.tokens[:-2], catalogue.dialect).path()
    table = catalogue.find(path) if path else None
    if table is not None and column is not None and column.key in table.columns:
        table.columns[column.key].comment = text


def _set(cursor: Cursor, catalogue: Catalogue) -> None:
    cursor.take_any(("SESSION", "LOCAL"))
    if not (cursor.take("SEARCH_PATH") or cursor.take("SCHEMA")):
        return
    cursor.take_any(("=", "TO"))
    names = [name for part in cursor.parts() if (name := part.name()) and name.text not in ("", "$user", "pg_catalog")]
    if not names or [name.key for name in names] == ["default"]:
        names = [catalogue.default]
    catalogue.search_path = names


def _use(cursor: Cursor, catalogue: Catalogue) -> None:
    """USE names a database in MySQL, DuckDB and T-SQL; only where databases are namespaces does it bear on names."""
    if catalogue.dialect.namespace_is_database or cursor.take("SCHEMA"):
        path = cursor.path()
        _enter(path.name if path else None, catalogue)


def _enter(name: Name | None, catalogue: Catalogue) -> None:
    if name is not None:
        catalogue.search_path = [name]


def _code(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """A block of code: statements that it runs as they stand are applied, those that it composes are only told of."""
    is_block = cursor.word() == "DO"
    for token in cursor.tokens:
        if token.kind != "string":
            continue
        body = string_value(token, catalogue.dialect)
        if _EXECUTES.search(body) and _COMPOSED_TABLE.search(body):
            _told(catalogue, source)
        elif is_block:
            for statement in split(body, catalogue.dialect, token.line):
                found = tuple(definition(statement.tokens))
                if found:
                    apply(Statement(found, found[0].line), catalogue, source.file)
    if not is_block and any(_dynamic_string(a, b) for a, b in pairwise(cursor.tokens)):
        _told(catalogue, source)


def _call(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """A routine called: what its body defines is applied, and given to a target of the same dialect in its place."""
    cursor.at = 0
    names = called(cursor, catalogue)
    for name in names:
        for statement in catalogue.routines[name]:
            apply(statement, catalogue, source.file)
            catalogue.statements.append(model.Statement(render(statement.tokens), Source(source.file, source.line)))
        if not catalogue.routines[name]:
            catalogue.note(f"{name} is not run: no definition can be read from its body", source, level="info")
    cursor.at = 0
    if not names and (routine := unknown(cursor, catalogue)) is not None:
        catalogue.note(f"{routine} is not run: what it does can't be told from this text", source, level="info")


def _dynamic_string(word: Token, string: Token) -> bool:
    """Oracle: EXECUTE IMMEDIATE 'CREATE TABLE ...'."""
    dynamic = word.word in ("IMMEDIATE", "EXECUTE", "EXEC") and string.kind == "string"
    return dynamic and _COMPOSED_TABLE.search(string.text) is not None


def _told(catalogue: Catalogue, source: Source) -> None:
    message = "code that makes tables by EXECUTE can't be read from text; read the live database to have them"
    catalogue.note(message, source, level="info")
