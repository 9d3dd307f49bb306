"""Database URLs: read by SQLAlchemy, shown without their secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plurel_sql.errors import TargetError

if TYPE_CHECKING:
    from sqlalchemy import URL

_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "oracle": "oracle+oracledb",
}
"""What a scheme without a driver means here; others keep SQLAlchemy's own default."""

_EXTRAS = {"postgresql": "'plurel-sql[postgres]'", "mysql": "'plurel-sql[mysql]'", "mariadb": "'plurel-sql[mysql]'"}
_DIALECTS = {
    "bigquery": "sqlalchemy-bigquery",
    "clickhouse": "clickhouse-sqlalchemy",
    "cockroachdb": "sqlalchemy-cockroachdb",
    "crate": "sqlalchemy-cratedb",
    "databricks": "databricks-sqlalchemy",
    "db2": "ibm-db-sa",
    "firebird": "sqlalchemy-firebird",
    "hana": "sqlalchemy-hana",
    "ibm_db_sa": "ibm-db-sa",
    "redshift": "sqlalchemy-redshift redshift-connector",
    "snowflake": "snowflake-sqlalchemy",
    "teradatasql": "teradatasqlalchemy",
    "trino": "trino[sqlalchemy]",
}
"""SQLAlchemy dialects that live in packages of their own (sqlalchemy.org, "External Dialects")."""

_SECRET = re.compile(r"pass|pwd|token|secret|key", re.IGNORECASE)
_USERINFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^\s/?#:@]*):(?!\*{3}@).*@")
"""Passwords hold anything, even an @; one that is hidden already is left, and with it what follows."""
_PARAMETER = re.compile(r"(?i)([?&][\w.-]*(?:pass|pwd|token|secret|key)[\w.-]*=)[^&#\s'\")]*")


def is_url(target: str) -> bool:
    """Whether ``target`` is written as a URL; a path may hold a colon, but not ``://``."""
    return "://" in target


def scheme(target: str) -> str:
    """The engine that a URL names, in lower case and without its driver: ``postgresql`` of ``postgresql+psycopg://``."""
    return target.partition("://")[0].partition("+")[0].lower()


def hidden(text: str) -> str:
    """``text`` with ``***`` in place of the password, and of parameters that hold secrets, of every URL in it."""
    return _PARAMETER.sub(r"\1***", _USERINFO.sub(r"\1\2:***@", text))


def parse(target: str) -> URL:
    """The URL, with a driver that this package can do with where it names none.

    Raises:
        TargetError: it is no URL, no SQLAlchemy dialect has this name, or the driver is not installed; says what to
            install.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    place, engine = hidden(target), scheme(target)
    try:
        url = make_url(target)
    except (ArgumentError, ValueError) as error:
        raise TargetError(
            "is not a database URL", place=place, hint="expected scheme://user:password@host:port/database"
        ) from error
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    try:
        dialect = url.get_dialect()
    except (NoSuchModuleError, ArgumentError, ImportError) as error:
        needed = _DIALECTS.get(engine)
        hint = f"pip install {needed}" if needed else "a SQLAlchemy dialect of that name has to be installed"
        raise TargetError(f"no dialect for {url.drivername!r} is installed", place=place, hint=hint) from error
    try:
        dialect.import_dbapi()
    except ImportError as error:
        hint = f"pip install {_EXTRAS.get(engine) or error.name or dialect.driver}"
        raise TargetError(f"its driver {dialect.driver!r} is not installed", place=place, hint=hint) from error
    return url


def scrubbed(message: str, url: URL) -> str:
    """``message`` of a driver in one line, without the password of ``url`` in any spelling."""
    from urllib.parse import quote, quote_plus

    text = hidden(" ".join(message.split()))
    secrets = [str(url.password)] if url.password else []
    for name, values in url.query.items():
        if _SECRET.search(name):
            secrets += [values] if isinstance(values, str) else values
    for secret in secrets:
        for spelling in {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}:
            text = text.replace(spelling, "***")
    return text
