"""What a relational schema is: plain, frozen data without I/O. Readers (``ddl``) make it, the planner reads it.

Names are kept as the engine would store them (quotes removed, case as written). A table is addressed everywhere by
its ``id``: ``namespace.name``, or ``name`` alone where the DDL gives no namespace.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, Literal

import msgspec

_OPENING = re.compile(r"/\*M?!")
_VERSIONED = re.compile(r"/\*M?!\d*|\*/")

TypeKind = Literal[
    "integer",  # bits, signed
    "decimal",  # precision, scale
    "float",  # bits 32 or 64; precision, scale: rounded to decimal digits (MySQL)
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
    "inet",  # base: inet, inet4, inet6
    "cidr",
    "macaddr",  # length: 6 or 8 bytes
    "set",  # labels; any number of them
    "range",  # item: the type of the bounds
    "multirange",  # item: the type of the bounds
    "struct",  # fields; base "row" for a composite type of PostgreSQL
    "map",  # fields: key and value
    "union",  # fields: a value has one of them
    "xml",
    "hstore",
    "tsvector",
    "tsquery",
    "ltree",
    "geometry",  # of a map: base point, polygon, ..., geometry where open; srid
    "geometric",  # PostgreSQL's own: base point, line, lseg, box, path, polygon, circle
    "special",  # base tells the form: regclass, pg_lsn, jsonpath, hierarchyid, vector, ...
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
    characters (text), bytes (binary, macaddr), bits (bit), or items (array with ``fixed``; vector), None meaning
    unbounded; ``precision`` and ``scale`` are decimal digits (decimal; a negative scale rounds to tens and hundreds)
    or, for time types, ``precision`` the digits of a second.

    ``base`` is the engine's own name of the built-in type where the kind leaves it open (money, citext, year, point,
    int4range, regclass, ...), also behind a domain; ``low`` and ``high`` its limits where they are narrower than the
    kind's, as numbers or ISO text. ``written`` is the column's type as the schema spells it.
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
    base: str = ""
    low: int | str | None = None
    high: int | str | None = None
    fields: tuple[Field, ...] = ()
    srid: int | None = None
    checks: tuple[Check, ...] = ()  # of a domain, on the column VALUE: for items and fields, which have no column


class Field(msgspec.Struct, frozen=True):
    """A member of a struct, map or union type."""

    name: str
    type: SqlType


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
    AUTO_INCREMENT, and ``counts`` is its first value and increment where they are written."""

    name: str
    type: SqlType
    nullable: bool = True
    default: str | None = None
    generated: str | None = None
    identity: bool = False
    comment: str | None = None
    source: Source | None = None
    counts: tuple[int, int] | None = None

    @property
    def versioned(self) -> bool:
        """Generated by an engine that keeps versions of its rows: a period's bound, SQL Server's rowversion."""
        return (self.generated or "").upper() in ("ROW START", "ROW END", "ROWVERSION")


FoldKind = Literal["case", "accents", "blanks", "null", "prefix", "suffix", "unit", "member"]


class Fold(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an indexed expression makes equal: letters of any case (``argument`` "lower" or "upper"), letters with and
    without accents, texts but for their blanks at the ends (trim), NULL and a value ``argument`` (coalesce), texts with
    the same first or last ``argument`` characters, times within one ``argument`` (date_trunc: "day", "month", ...), and
    documents with the same member ``argument``."""

    kind: FoldKind
    argument: Scalar | None = None


class Term(msgspec.Struct, frozen=True, omit_defaults=True):
    """An indexed expression: the ``columns`` in it and, where it is a function of one column that is understood
    (``exact``), what it folds together. A constant has no columns."""

    columns: tuple[str, ...]
    folds: tuple[Fold, ...] = ()
    exact: bool = False


class Unique(msgspec.Struct, frozen=True, omit_defaults=True):
    """A PRIMARY KEY, a UNIQUE constraint or a unique index.

    ``expressions`` are the indexed terms that are no plain columns, as SQL in the schema's dialect (``lower(email)``),
    and ``terms`` what was understood of each, and after them of the generated ones among ``columns``, the plain ones.
    ``where`` is the condition of a partial index; rows that don't meet it are free. ``outside`` is the condition's
    opposite as a check: where it holds, the row is not in the index. ``index`` marks a unique index, to which no
    foreign key may refer in some engines.
    """

    columns: tuple[str, ...]
    primary: bool = False
    name: str | None = None
    nulls_distinct: bool = True
    expressions: tuple[str, ...] = ()
    where: str | None = None
    index: bool = False
    source: Source | None = None
    terms: tuple[Term, ...] = ()
    outside: Check | None = None

    @property
    def all_columns(self) -> tuple[str, ...]:
        """The plain columns and those inside expressions, each once."""
        inside = (name for term in self.terms for name in term.columns)
        return tuple(dict.fromkeys((*self.columns, *inside)))

    @property
    def plain(self) -> bool:
        """Over columns alone and for all rows."""
        return not self.expressions and self.where is None


class Exclusion(msgspec.Struct, frozen=True, omit_defaults=True):
    """EXCLUDE USING ``method`` (term WITH operator, ...) [WHERE (``where``)]: no two rows for which all hold.

    ``span`` is the column of ranges, or the two columns of bounds, that may not overlap (``&&``), empty where none is
    understood; ``group`` the plain columns that are compared with ``=``.
    """

    elements: tuple[tuple[str, str], ...]
    method: str = "gist"
    where: str | None = None
    name: str | None = None
    source: Source | None = None
    span: tuple[str, ...] = ()
    group: tuple[str, ...] = ()


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


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One partition: of a ``list`` by ``values`` (None: NULL; over several columns by ``tuples``), of a ``range`` from
    ``low`` (inclusive) to ``high`` (exclusive), None being unbounded; of a ``hash`` by what is left over (``share``:
    modulus, remainder) where it is said. ``default`` takes what no other does. Values are SQL literals' texts.
    ``inner`` says how the partition is partitioned itself."""

    name: str
    values: tuple[str | None, ...] = ()
    tuples: tuple[tuple[str | None, ...], ...] = ()
    share: tuple[int, int] | None = None
    low: tuple[str | None, ...] = ()
    high: tuple[str | None, ...] = ()
    default: bool = False
    inner: Partitioning | None = None


class Partitioning(msgspec.Struct, frozen=True, omit_defaults=True):
    """PARTITION BY ``strategy`` (``keys``), keys being columns or expressions, with the partitions that exist."""

    strategy: Literal["range", "list", "hash"]
    keys: tuple[str, ...]
    parts: tuple[Part, ...] = ()


class Table(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """A table; ``uniques`` holds the primary key first where there is one, ``inherits`` the ids of the tables that it
    inherits columns from (a query of those gives its rows as well). Names of an ``opaque`` table mean nothing: they are
    not interpreted (research mode)."""

    name: str
    columns: tuple[Column, ...]
    namespace: str | None = None
    uniques: tuple[Unique, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    comment: str | None = None
    source: Source | None = None
    exclusions: tuple[Exclusion, ...] = ()
    partitioning: Partitioning | None = None
    inherits: tuple[str, ...] = ()
    opaque: bool = False

    @cached_property
    def id(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in reversed(self.columns)}

    @cached_property
    def derived(self) -> dict[object, Any]:
        """Room for what others work out of this table alone and ask for often: it never changes."""
        return {}

    @property
    def primary_key(self) -> Unique | None:
        return next((u for u in self.uniques if u.primary), None)

    def column(self, name: str) -> Column:
        """The column called ``name``; KeyError where there is none."""
        return self._by_name[name]


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


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """A data definition statement as it was written, without its delimiter."""

    text: str
    source: Source | None = None

    @property
    def bare(self) -> str:
        """The text without the marks of MySQL's versioned comments, whose content counts."""
        return _VERSIONED.sub(" ", self.text).strip() if _OPENING.search(self.text) else self.text


class Schema(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """All tables, in the order they were written, and what was noticed while reading.

    ``statements`` are the user's own definitions in their order, for a target that speaks the same dialect.
    """

    tables: tuple[Table, ...]
    dialect: str = ""
    notes: tuple[Note, ...] = ()
    statements: tuple[Statement, ...] = ()

    @cached_property
    def derived(self) -> dict[object, Any]:
        """What others have worked out from this schema, kept with it."""
        return {}

    @cached_property
    def _by_id(self) -> dict[str, Table]:
        return {table.id: table for table in reversed(self.tables)}

    def table(self, id: str) -> Table:
        """The table with this id; KeyError where there is none."""
        return self._by_id[id]
