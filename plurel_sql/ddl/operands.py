"""The sides of a condition: columns, lengths of columns, literals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Literal, NamedTuple

from sqlglot import exp

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.schema.model import Scalar, Table, TypeKind

Form = Literal["value", "length", "upper", "lower"]

_NUMBERS = ("integer", "decimal", "float")
_TEXTS = ("text", "enum", "uuid", "inet")
_FAMILIES: dict[str, str] = {
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(_TEXTS, "text"),
    "date": "time",
    "timestamp": "time",
}
_CASTS = {
    **dict.fromkeys(exp.DataType.NUMERIC_TYPES, "number"),
    **dict.fromkeys(exp.DataType.TEXT_TYPES, "text"),
    **dict.fromkeys(exp.DataType.TEMPORAL_TYPES, "time"),
}
_ARRAY_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)')


class Term(NamedTuple):
    """A column, or its length, or its text in one case."""

    column: str
    form: Form

    def cased(self, text: str) -> str:
        return text.upper() if self.form == "upper" else text.lower()


class Operands:
    """Reads the sides of conditions against the columns of one table."""

    def __init__(self, table: Table, names: Mapping[str, str], dialect: Dialect) -> None:
        self.table = table
        self.names = names
        self.dialect = dialect
        self.kinds: dict[str, TypeKind] = {column.name: column.type.kind for column in table.columns}

    def kind(self, column: str) -> TypeKind:
        return self.kinds[column]

    def nullable(self, column: str) -> bool:
        return self.table.column(column).nullable

    def columns(self, tree: exp.Expr) -> tuple[list[str], str]:
        """The table's columns in the order of their mention, and a name that is none of them."""
        used: dict[str, None] = {}
        missing = ""
        for node in tree.find_all(exp.Column, bfs=False):
            column = self._resolve(node)
            if column is not None:
                used[column] = None
            elif not self._may_be_other(node):
                missing = missing or node.name
        return list(used), missing

    def _resolve(self, node: exp.Column) -> str | None:
        identifier = node.this
        if not isinstance(identifier, exp.Identifier):
            return None
        return self.names.get(self.dialect.key(identifier.this, bool(identifier.args.get("quoted"))))

    def _may_be_other(self, node: exp.Column) -> bool:
        """Names that are no columns: a string in SQLite's double quotes, a unit inside a function, a field."""
        quoted = isinstance(node.this, exp.Identifier) and bool(node.this.args.get("quoted"))
        outside = isinstance(node.parent, exp.Func | exp.Dot) and not isinstance(node.parent, exp.Connector)
        return (quoted and self.dialect.quoted_strings) or outside or not isinstance(node.this, exp.Identifier)

    def term(self, node: exp.Expr) -> Term | None:
        node = node.unnest()
        if isinstance(node, exp.Column):
            column = self._resolve(node)
            return Term(column, "value") if column is not None else None
        if isinstance(node, exp.Cast):
            inner = self.term(node.this)
            return inner if inner is not None and self._harmless(inner, node) else None
        form = _form(node)
        if form is None:
            return None
        counts = _counted_bytes(node)
        inner = self.term(node.this if counts is None else counts)
        if inner is None or inner.form != "value" or (counts is not None and self.kind(inner.column) != "binary"):
            return None
        return Term(inner.column, form)

    def _harmless(self, inner: Term, node: exp.Cast) -> bool:
        """Whether a cast keeps what is compared: within one family, or from an enum and the like to text."""
        family = _CASTS.get(node.to.this)
        return inner.form != "value" or family == _FAMILIES.get(self.kind(inner.column), "")

    def literal(self, node: exp.Expr, column: str | None) -> Scalar | None:
        """A literal as a value of the column's kind (None: as it is written); None where it is no such literal."""
        node = node.unnest()
        while isinstance(node, exp.Cast) and not isinstance(node.this, exp.Column):
            node = node.this.unnest()
        sign = 1
        while isinstance(node, exp.Neg):
            sign, node = -sign, node.this.unnest()
        value: Scalar | None = None
        if isinstance(node, exp.Boolean):
            value = bool(node.this)
        elif isinstance(node, exp.Literal):
            value = str(node.this) if node.is_string else _number(str(node.this))
        elif isinstance(node, exp.National):
            value = str(node.this)
        elif isinstance(node, exp.Column) and self.dialect.quoted_strings and self._resolve(node) is None:
            value = node.name if self._may_be_other(node) else None
        if sign < 0:
            value = -value if isinstance(value, int | float) else None
        if value is None or column is None:
            return value
        return fit(value, self.kind(column))

    def array(self, node: exp.Expr, column: str) -> list[Scalar | None] | None:
        """The items of ARRAY[...] or '{...}'; an item that is no literal is None."""
        node = node.unnest()
        while isinstance(node, exp.Cast):
            node = node.this.unnest()
        if isinstance(node, exp.Array):
            return [self.literal(item, column) for item in node.expressions]
        if isinstance(node, exp.Literal) and node.is_string and str(node.this).startswith("{"):
            found = _ARRAY_ITEM.findall(str(node.this))
            return [fit(re.sub(r"\\(.)", r"\1", quoted) or plain.strip(), self.kind(column)) for quoted, plain in found]
        return None


_BYTES = ("octet_length", "datalength", "lengthb")


def _counted_bytes(node: exp.Expr) -> exp.Expr | None:
    """What a function that counts bytes is given."""
    found: exp.Expr | None = None
    if isinstance(node, exp.ByteLength):
        found = node.this
    elif isinstance(node, exp.Anonymous) and node.name.lower() in _BYTES and len(node.expressions) == 1:
        found = node.expressions[0]
    return found


def _form(node: exp.Expr) -> Form | None:
    if isinstance(node, exp.Length) or _counted_bytes(node) is not None:
        return "length"
    if isinstance(node, exp.Upper):
        return "upper"
    return "lower" if isinstance(node, exp.Lower) else None


def fit(value: Scalar, kind: TypeKind) -> Scalar | None:
    """A literal as a value of a column's kind; None where it can't be one."""
    if kind in _NUMBERS:
        if isinstance(value, str):
            return _number(value)
        return int(value) if isinstance(value, bool) else value
    if kind == "boolean":
        words: dict[Scalar, bool] = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
        if isinstance(value, str):
            return words.get(value.lower())
        return bool(value) if value in (0, 1) else None
    if kind in _TEXTS:
        return value if isinstance(value, str) else None
    if kind in ("date", "timestamp", "time"):
        return value if isinstance(value, str) and _is_iso(value, kind) else None
    return None


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) != float("inf") and value == value else None


def _is_iso(text: str, kind: str) -> bool:
    reader = time.fromisoformat if kind == "time" else datetime.fromisoformat
    try:
        reader(text)
    except ValueError:
        if kind == "time":
            return False
        try:
            date.fromisoformat(text)
        except ValueError:
            return False
    return True
