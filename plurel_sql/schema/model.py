"""What a relational schema is: plain, frozen data without I/O. Readers (``ddl``) make it, the planner reads it.

Names are kept as the engine would store them (quotes removed, case as written). A table is addressed everywhere by
its ``id``: ``namespace.name``, or ``name`` alone where the DDL gives no namespace.
"""

from __future__ import annotations

from typing import Literal

import msgspec

TypeKind = Literal[
    "integer",  # bits, signed
    "decimal",  # precision, scale
    "float",  # bits 32 or 64
    "boolean",
    "text",  # length, fixed
    "date",
    "time",  # precision
    "timestamp",  # precision, zoned
    "interval",
    "uuid",
    "json",
    "binary",  # length, fixed
    "enum",  # labels
    "array",  # item
    "bit",  # length
    "inet",
    "unknown",  # text as written; filled with NULL where allowed
]


class Source(msgspec.Struct, frozen=True):
    """A place in the text that was read; ``line`` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class SqlType(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column type, independent of dialect.

    ``bits`` is the width of an integer (8..64, 24 for MySQL mediumint) or float (32, 64); ``length`` counts
    characters (text), bytes (binary) or bits (bit), None meaning unbounded; ``precision`` and ``scale`` are decimal
    digits (decimal) or, for time types, ``precision`` the digits of a second.
    """

    kind: TypeKind
    written: str = ""
    bits: int | None = None
    signed: bool = True
    length: int | None = None
    fixed: bool = False
    precision: int | None = None
    scale: int | None = None
    zoned: bool = False
    labels: tuple[str, ...] = ()
    item: SqlType | None = None


Scalar = int | float | str | bool


class OneOf(msgspec.Struct, frozen=True, tag="one_of"):
    """column IN (values); ``negated`` for NOT IN and <>."""

    column: str
    values: tuple[Scalar, ...]
    negated: bool = False


class Range(msgspec.Struct, frozen=True, tag="range", omit_defaults=True):
    """low <= column <= high, either side open where marked, absent where None.

    Bounds of time columns are ISO text; ``unit`` is ``"value"``, or ``"length"`` for a bound on the text's length.
    """

    column: str
    low: int | float | str | None = None
    high: int | float | str | None = None
    low_open: bool = False
    high_open: bool = False
    unit: Literal["value", "length"] = "value"


class Matches(msgspec.Struct, frozen=True, tag="matches"):
    """column LIKE pattern, or column ~ pattern (a regular expression); ``case`` for forms such as col = lower(col)."""

    column: str
    syntax: Literal["like", "glob", "regex", "case"]
    pattern: str
    negated: bool = False
    ignore_case: bool = False


class Compare(msgspec.Struct, frozen=True, tag="compare"):
    """left op right between two columns of the row; NULL on either side passes."""

    left: str
    op: Literal["<", "<=", "=", "<>"]
    right: str


class NotNull(msgspec.Struct, frozen=True, tag="not_null"):
    """column IS NOT NULL."""

    column: str


Predicate = OneOf | Range | Matches | Compare | NotNull


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """A CHECK constraint. ``expression`` is its SQL in the schema's dialect, without the outer parentheses.

    ``predicates`` is the conjunction that was understood. ``exact`` is True where that conjunction implies the whole
    expression, so that meeting it meets the CHECK (a NULL passes unless NotNull is among them).
    """

    expression: str
    columns: tuple[str, ...]
    name: str | None = None
    predicates: tuple[Predicate, ...] = ()
    exact: bool = False
    source: Source | None = None


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """``default`` and ``generated`` are SQL text in the schema's dialect; ``identity`` covers SERIAL, IDENTITY and
    AUTO_INCREMENT."""

    name: str
    type: SqlType
    nullable: bool = True
    default: str | None = None
    generated: str | None = None
    identity: bool = False
    comment: str | None = None
    source: Source | None = None


class Unique(msgspec.Struct, frozen=True, omit_defaults=True):
    """A PRIMARY KEY or UNIQUE constraint (or unique index over plain columns)."""

    columns: tuple[str, ...]
    primary: bool = False
    name: str | None = None
    nulls_distinct: bool = True
    source: Source | None = None


class ForeignKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """``columns[k]`` refers to ``parent_columns[k]`` of the table with id ``parent``."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    name: str | None = None
    source: Source | None = None

    @property
    def label(self) -> str:
        """A stable name: the columns and the parent; independent of position and constraint name."""
        return f"{','.join(self.columns)}->{self.parent}({','.join(self.parent_columns)})"


class Table(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table; ``uniques`` holds the primary key first where there is one."""

    name: str
    columns: tuple[Column, ...]
    namespace: str | None = None
    uniques: tuple[Unique, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    comment: str | None = None
    source: Source | None = None

    @property
    def id(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name

    @property
    def primary_key(self) -> Unique | None:
        return next((u for u in self.uniques if u.primary), None)

    def column(self, name: str) -> Column:
        """The column called ``name``; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that was not understood, not honoured, or changed on the way.

    ``level`` is ``"error"`` where ``--strict`` must refuse it (a broken statement, a key to nowhere, a constraint not
    honoured) and ``"info"`` where nothing that was asked for is lost.
    """

    message: str
    where: str = ""
    source: Source | None = None
    level: Literal["error", "info"] = "error"

    def __str__(self) -> str:
        places = [f"{place}:" for place in (self.source, self.where) if place]
        return " ".join((*places, self.message))


class Schema(msgspec.Struct, frozen=True, omit_defaults=True):
    """All tables, in the order they were written, and what was noticed while reading."""

    tables: tuple[Table, ...]
    dialect: str = ""
    notes: tuple[Note, ...] = ()

    def table(self, id: str) -> Table:
        """The table with this id; KeyError where there is none."""
        for table in self.tables:
            if table.id == id:
                return table
        raise KeyError(id)
