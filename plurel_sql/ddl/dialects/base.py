"""What one SQL dialect does differently, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from plurel_sql.ddl.kinds import TypeTable


@dataclass(frozen=True, eq=False)
class Dialect:
    """Facts about a dialect that the reader needs.

    ``fold`` tells how names match: ``"lower"`` stores unquoted names in lower case (PostgreSQL), ``"upper"`` matches
    unquoted names in upper case but keeps them as written (Oracle, Snowflake), ``"ignore"`` matches any name without
    regard to case. ``ends`` is a pattern of lines that end a statement (GO), ``skips`` of lines that are commands to
    the client (psql, SQL*Plus).
    """

    name: str
    sqlglot: str
    types: TypeTable = field(default_factory=dict)
    own_types: frozenset[str] = frozenset()  # names that mean the engine's type whatever the schema defines
    default_namespace: str | None = None
    fold: Literal["lower", "upper", "ignore"] = "ignore"
    name_limit: int | None = None  # bytes; longer names are cut
    name_quotes: str = '"`'
    string_quotes: str = "'"
    backslash_escapes: bool = False
    escape_strings: bool = False  # E'...'
    dollar_quotes: bool = False
    hash_comments: bool = False
    nested_comments: bool = False
    versioned_comments: bool = False  # /*!40101 ... */ is read
    word_characters: str = "$"
    ends: str = ""
    skips: str = ""
    routines_end_at_line: bool = False  # CREATE PROCEDURE runs up to a line of ``ends``, not to a semicolon
    namespace_is_database: bool = False  # names given by USE stand for the whole database
    index_elements: bool = False  # KEY and INDEX lines inside CREATE TABLE
    affinity: bool = False  # any type name is allowed and read by its parts (SQLite)
    fixed_arrays: bool = False  # t[n] holds n items, no more and no fewer
    quoted_strings: bool = False  # "x" is a string where no column is called x (SQLite)
    implicit_names: Mapping[str, str] = field(default_factory=dict)  # how the engine names constraints without name

    def key(self, name: str, quoted: bool) -> str:
        """What two names must share to be the same name."""
        if self.fold == "ignore":
            return name.lower()
        if quoted:
            return name
        return name.lower() if self.fold == "lower" else name.upper()

    def stored(self, name: str, quoted: bool) -> str:
        """The name as it is kept in the schema."""
        if self.name_limit:
            name = name.encode("utf-8", "replace")[: self.name_limit].decode("utf-8", "ignore")
        return name.lower() if self.fold == "lower" and not quoted else name
