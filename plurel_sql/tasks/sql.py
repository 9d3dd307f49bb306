"""SQL in small pieces, and asking it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

Connection = duckdb.DuckDBPyConnection


def literal(text: str) -> str:
    """A string for DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def moment(time: datetime) -> str:
    """A time for DuckDB."""
    return f"TIMESTAMP '{time.isoformat(sep=' ')}'"


def rows(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    """What a statement answers."""
    return connection.execute(statement).fetchall()
