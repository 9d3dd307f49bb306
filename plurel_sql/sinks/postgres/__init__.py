"""The sink for PostgreSQL: the user's own DDL, rows by COPY, one transaction. See ``sink``."""

from plurel_sql.sinks.postgres.sink import Postgres

__all__ = ["Postgres"]
