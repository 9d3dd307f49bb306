"""The dialects: one short file each, and this list."""

from __future__ import annotations

from plurel_sql.ddl.dialects import ansi, bigquery, duckdb, mysql, oracle, postgres, redshift, snowflake, sqlite, tsql
from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.errors import InputError

DIALECTS: dict[str, Dialect] = {
    module.DIALECT.name: module.DIALECT
    for module in (ansi, bigquery, duckdb, mysql, oracle, postgres, redshift, snowflake, sqlite, tsql)
}

_SYNONYMS = {
    "ansi": "",
    "generic": "",
    "postgresql": "postgres",
    "pg": "postgres",
    "mariadb": "mysql",
    "sqlite3": "sqlite",
    "mssql": "tsql",
    "sqlserver": "tsql",
}


def get(name: str) -> Dialect:
    """The dialect called ``name`` (or a usual synonym, as ``postgresql``).

    Raises:
        InputError: no dialect has this name.
    """
    key = name.strip().lower()
    dialect = DIALECTS.get(_SYNONYMS.get(key, key))
    if dialect is None:
        known = ", ".join(sorted(name or "ansi" for name in DIALECTS))
        raise InputError(f"no SQL dialect is called {name!r}", place="dialect", hint=f"expected one of {known}")
    return dialect
