"""Standard SQL, and what can't be told apart from it."""

from plurel_sql.ddl.dialects.base import Dialect

DIALECT = Dialect(name="", sqlglot="", dollar_quotes=True, ends="/")
