"""MySQL and MariaDB: what SHOW CREATE TABLE says of each table of the database that the URL names."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import URL, Connection

from plurel_sql import urls
from plurel_sql.errors import InputError
from plurel_sql.reflect.pieces import Piece


def pieces(connection: Connection, url: URL) -> Iterator[Piece]:
    """The statements that make the tables, in the order of their names.

    Raises:
        InputError: the URL names no database.
    """
    if not url.database:
        place = urls.hidden(url.render_as_string(hide_password=True))
        raise InputError("names no database", place=place, hint="write it behind the last slash")
    # How the server writes names and strings is the session's affair; no backslash is left out, no name unquoted.
    connection.exec_driver_sql("SET SESSION sql_mode = '', sql_quote_show_create = 1")
    listed = connection.exec_driver_sql("SHOW FULL TABLES").all()
    for name, kind in ((row[0], row[1]) for row in listed):
        quoted = "`" + str(name).replace("`", "``").replace("%", "%%") + "`"
        if kind == "SEQUENCE":
            text = connection.exec_driver_sql(f"SHOW CREATE SEQUENCE {quoted}").one()[1]
            yield Piece(text, read=False)
        elif kind in ("BASE TABLE", "SYSTEM VERSIONED"):
            yield Piece(connection.exec_driver_sql(f"SHOW CREATE TABLE {quoted}").one()[1])
