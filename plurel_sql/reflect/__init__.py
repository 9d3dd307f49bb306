"""A live database, or SQLAlchemy MetaData, to a schema: its structure as DDL text, which ``ddl`` reads.

Structure is read, rows never. Why as text: docs/decisions/0007.
"""

from __future__ import annotations

from sqlalchemy import make_url

from plurel_sql import urls
from plurel_sql.errors import InputError, SchemaError
from plurel_sql.reflect import files, metadata, mysql, postgres
from plurel_sql.reflect.connect import connected, file_of
from plurel_sql.reflect.metadata import of_metadata
from plurel_sql.reflect.pieces import schema_of
from plurel_sql.schema.model import Schema

__all__ = ["of_metadata", "of_url"]


def of_url(url: str) -> Schema:
    """The schema of the database that a SQLAlchemy URL names.

    ``postgresql://``, ``mysql://``, ``mariadb://``, ``sqlite:///FILE`` and ``duckdb:///FILE`` give all that their
    catalogues know; any other dialect of SQLAlchemy gives what its reflection finds.

    Raises:
        InputError: it is no such URL, a driver is missing, or the database can't be reached or read; no message holds
            a password.
        SchemaError: the database has no table.
    """
    parsed = make_url(url) if urls.scheme(url) == "duckdb" else urls.parse(url)  # DuckDB is read without SQLAlchemy
    place = urls.hidden(parsed.render_as_string(hide_password=True))
    if "@" in (parsed.host or ""):
        raise InputError("holds more than one at sign", place=place, hint="write %40 for one in a password")
    match parsed.get_backend_name():
        case "sqlite":
            schema = schema_of(files.sqlite_pieces(file_of(parsed)), "sqlite", place)
        case "duckdb":
            schema = schema_of(files.duckdb_pieces(file_of(parsed)), "duckdb", place)
        case "postgresql":
            with connected(parsed) as connection:
                found = list(postgres.pieces(connection))
            schema = schema_of(found, "postgres", place)
        case "mysql" | "mariadb":
            with connected(parsed) as connection:
                found = list(mysql.pieces(connection, parsed))
            schema = schema_of(found, "mysql", place)
        case _:
            with connected(parsed) as connection:
                found, dialect = metadata.pieces(connection), metadata.dialect(connection)
            schema = schema_of(found, dialect, place)
    if not any(table.columns for table in schema.tables):
        raise SchemaError("holds no table", place=place)
    return schema
