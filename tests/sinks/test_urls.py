"""Passwords in URLs are never shown."""

import pytest

from plurel_sql import urls
from plurel_sql.errors import TargetError

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:s3cr3t@host/db", "postgresql://me:***@host/db"),
        ("postgresql+psycopg://me:s3cr3t@host:5432/db?x=1", "postgresql+psycopg://me:***@host:5432/db?x=1"),
        ("mysql://me:s3/cr?3#t s3cr3t@host/db", "mysql://me:***@host/db"),
        ("mysql://me:at@s3cr3t@host/db", "mysql://me:***@host/db"),
        ("mysql://:s3cr3t@host/db", "mysql://:***@host/db"),
        ("x://host/db?user=me&password=s3cr3t&y=1", "x://host/db?user=me&password=***&y=1"),
        ("x://host/db?sslpassword=s3cr3t", "x://host/db?sslpassword=***"),
        ("x://host/db?api_key=s3cr3t#z", "x://host/db?api_key=***#z"),
        ("could not open postgresql://me:s3cr3t@host/db: no", "could not open postgresql://me:***@host/db: no"),
        ("x://me:***@h: denied to 'me'@'h', x://me:s3cr3t@h", "x://me:***@h: denied to 'me'@'h', x://me:***@h"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("sqlite:///a.db", "sqlite:///a.db"),
        ("/some/where@here:there.duckdb", "/some/where@here:there.duckdb"),
    ],
)
def test_hidden(text, shown):
    assert urls.hidden(text) == shown
    assert SECRET not in shown


def test_a_driver_that_is_here_is_chosen():
    assert urls.parse("postgres://me@host/db").drivername == "postgresql+psycopg"
    assert urls.parse("mysql://me@host/db").drivername == "mysql+pymysql"
    assert urls.parse("mariadb+pymysql://me@host/db").drivername == "mariadb+pymysql"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("frobnicate://me:s3cr3t@host/db", "no dialect for 'frobnicate'"),
        ("snowflake://me:s3cr3t@host/db", "pip install snowflake-sqlalchemy"),
        ("postgresql+nosuch://me:s3cr3t@host/db", "no dialect for 'postgresql+nosuch'"),
        ("postgresql+asyncpg://me:s3cr3t@host/db", "pip install"),
        ("mysql+pymysql://me:s3cr3t@host:port/db", "is not a database URL"),
    ],
)
def test_what_is_missing_is_said_without_the_password(target, said):
    with pytest.raises(TargetError) as caught:
        urls.parse(target)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


def test_scrubbed_in_every_spelling():
    url = urls.parse("postgresql://me:p%40ss%2Fw'd@host/db?password=other")
    message = "no entry for p@ss/w'd, p%40ss%2Fw%27d\nor other"
    assert urls.scrubbed(message, url) == "no entry for ***, *** or ***"
