"""The sink for MySQL and MariaDB: the user's own DDL, rows by LOAD DATA, a mark till all is done. See ``sink``."""

from plurel_sql.sinks.mysql.sink import MySQL

__all__ = ["MySQL"]
