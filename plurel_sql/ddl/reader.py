"""SQL text to a schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from plurel_sql.ddl import dialects
from plurel_sql.ddl.detect import detect
from plurel_sql.ddl.draft import Catalogue
from plurel_sql.ddl.resolve import resolve
from plurel_sql.ddl.splitter import as_written, split
from plurel_sql.ddl.statements.dispatch import apply
from plurel_sql.schema.model import Schema, Source, Statement

_DEFINES = {"CREATE", "ALTER", "DROP", "COMMENT", "RENAME", "USE", "SET", "DO"}
"""First words of the statements that a target of the same dialect is given as they stand."""


class Text(NamedTuple):
    """SQL text and the name (usually the file) that notes give for it."""

    name: str
    sql: str


def read(sources: Sequence[Text], dialect: str | None = None, likely: str = "") -> Schema:
    """The schema that these texts leave when they are run in order.

    Statements that define tables, keys, constraints and types are applied one after another, as an engine would, so
    that migrations (ALTER, RENAME, DROP) come out right; a foreign key may point to a table that comes later. Nothing
    that is met in the text raises: each fault becomes a ``Note`` with file and line, and only the faulty part is left
    out.

    Args:
        sources: the texts, in the order in which they would be run.
        dialect: postgres, mysql, sqlite, tsql, oracle, duckdb, snowflake, bigquery, redshift or "" (standard SQL);
            None tells it from the text.
        likely: what a text is read in that shows no dialect of its own.

    Raises:
        InputError: no dialect has that name.
    """
    if dialect is None:
        dialect = detect("\n".join(source.sql for source in sources), likely)
    chosen = dialects.get(dialect)
    catalogue = Catalogue(chosen)
    for source in sources:
        catalogue.search_path = [catalogue.default]
        text = source.sql.removeprefix("\ufeff")
        for statement in split(text, chosen):
            apply(statement, catalogue, source.name)
            tokens = statement.tokens
            if tokens and tokens[0].word in _DEFINES:
                written = as_written(text, tokens, chosen)
                catalogue.statements.append(Statement(written, Source(source.name, statement.line)))
    return msgspec.structs.replace(resolve(catalogue), statements=tuple(catalogue.statements))
