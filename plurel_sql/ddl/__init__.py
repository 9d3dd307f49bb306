"""SQL text to a schema, and expressions from one dialect to another; the only package that knows sqlglot."""

from plurel_sql.ddl.evaluable import Evaluable, Unreadable, evaluable
from plurel_sql.ddl.reader import Text, read
from plurel_sql.ddl.render import transpile

__all__ = ["Evaluable", "Text", "Unreadable", "evaluable", "read", "transpile"]
