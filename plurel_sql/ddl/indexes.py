"""What indexed expressions fold together, what partial indexes leave out, and which ranges may not overlap."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlglot import exp

from plurel_sql.ddl.checks import parse, read_check
from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.draft import DraftExclusion
from plurel_sql.ddl.operands import Operands
from plurel_sql.ddl.splitter import split
from plurel_sql.ddl.tokens import render
from plurel_sql.schema.model import Check, Exclusion, Fold, Table, Term, Unique

_RANGES = frozenset({"tstzrange", "tsrange", "daterange", "int4range", "int8range", "numrange"})
_TRUNCATED = frozenset({"year", "quarter", "month", "week", "day", "hour", "minute", "second"})
_BLIND = frozenset({"unaccent", "immutable_unaccent", "f_unaccent"})
_DIGESTS = frozenset({"md5", "sha1", "sha256", "sha512", "digest"})


class Indexes:
    """Reads indexes against the columns of one table; ``names`` gives the stored name for each key of a name."""

    def __init__(self, table: Table, names: Mapping[str, str], dialect: Dialect) -> None:
        self.table = table
        self.names = names
        self.dialect = dialect
        self.operands = Operands(table, names, dialect)

    def understood(self, unique: Unique) -> Unique:
        """The constraint with its ``terms`` and ``outside``."""
        computed = (self.table.column(name).generated for name in unique.columns)
        expressions = (*unique.expressions, *(text for text in computed if text is not None))
        if not expressions and unique.where is None:
            return unique
        terms = tuple(self.term(expression) for expression in expressions)
        outside = self.outside(unique.where) if unique.where else None
        return msgspec.structs.replace(unique, terms=terms, outside=outside)

    def term(self, expression: str) -> Term:
        tree = parse(expression, self.dialect)
        if tree is None:
            return Term(())
        columns, _ = self.operands.columns(tree)
        if not columns:
            return Term((), exact=True)
        folds = self._folds(tree) if len(columns) == 1 else None
        return Term(tuple(columns), tuple(folds or ()), folds is not None)

    def outside(self, where: str) -> Check:
        """NOT (condition) as a check: a NULL passes it, as it keeps a row out of the index."""
        text = f"NOT ({where})"
        tokens = [token for statement in split(f"CREATE {text}", self.dialect) for token in statement.tokens][1:]
        return read_check(tokens, self.table, self.names, self.dialect)[0]

    def exclusion(self, draft: DraftExclusion) -> Exclusion:
        elements = tuple((render(term), operator) for term, operator in draft.elements)
        overlapping = [term for term, operator in draft.elements if operator == "&&"]
        span = self._span(overlapping[0]) if len(overlapping) == 1 else ()
        group = tuple(
            name
            for term, operator in draft.elements
            if operator == "=" and len(term) == 1 and (name := self._column(parse(render(term), self.dialect)))
        )
        name = draft.name.text if draft.name else None
        where = render(draft.where) or None
        return Exclusion(elements, draft.method, where, name, draft.source, span, group)

    def _span(self, term: object) -> tuple[str, ...]:
        """The column of ranges, or the columns of lower and upper bounds, in a term."""
        assert isinstance(term, list | tuple)
        tree = parse(render(term), self.dialect)
        while isinstance(tree, exp.Paren | exp.Cast):
            tree = tree.this
        name = self._column(tree)
        if name is not None:
            return (name,)
        if isinstance(tree, exp.Func) and _name(tree) in _RANGES:
            arguments = _arguments(tree)[:2]
            found = [self._column(_bounded(argument)) for argument in arguments]
            if len(found) == 2 and found[0] and found[1]:
                return (found[0], found[1])
        return ()

    def _column(self, node: exp.Expr | None) -> str | None:
        if node is None:
            return None
        term = self.operands.term(node.unnest())
        return term.column if term is not None and term.form == "value" else None

    def _folds(self, node: exp.Expr) -> list[Fold] | None:
        """What a function of one column folds together, from the column outwards; None where it is not understood."""
        node = node.unnest()
        if self._column(node) is not None and not isinstance(node, exp.Cast):
            return []
        inner, own = self._step(node)
        if inner is None:
            return None
        below = self._folds(inner)
        return None if below is None else [*below, *own]

    def _step(self, node: exp.Expr) -> tuple[exp.Expr | None, list[Fold]]:
        """The argument of a function, and what the function folds; None where it is not understood."""
        name = _name(node)
        arguments = _arguments(node)
        if isinstance(node, exp.Lower | exp.Upper):
            return node.this, [Fold("case", "lower" if isinstance(node, exp.Lower) else "upper")]
        if isinstance(node, exp.Trim) or name in ("ltrim", "rtrim", "btrim"):
            return (node.this if isinstance(node, exp.Trim) else arguments[0]), [Fold("blanks")]
        if isinstance(node, exp.Coalesce) and len(node.expressions) == 1:
            return node.this, [Fold("null", self.operands.literal(node.expressions[0], None))]
        if isinstance(node, exp.Cast):
            return self._cast(node)
        if isinstance(node, exp.Left | exp.Right):
            size = self.operands.literal(node.expression, None)
            return (
                (node.this, [Fold("prefix" if isinstance(node, exp.Left) else "suffix", size)]) if size else (None, [])
            )
        if isinstance(node, exp.Substring):
            start, size = node.args.get("start"), node.args.get("length")
            first = self.operands.literal(start, None) if start is not None else 1
            length = self.operands.literal(size, None) if size is not None else None
            return (node.this, [Fold("prefix", length)]) if first in (0, 1) and length else (None, [])
        if isinstance(node, exp.DateTrunc | exp.TimestampTrunc):
            unit = str(node.args["unit"].name).lower()
            return (node.this, [Fold("unit", unit)]) if unit in _TRUNCATED else (None, [])
        if isinstance(node, exp.Date | exp.TsOrDsToDate):
            return node.this, [Fold("unit", "day")]
        if isinstance(node, exp.AtTimeZone):
            return node.this, []
        if isinstance(node, exp.MD5 | exp.SHA | exp.SHA2 | exp.Hex) or name in _DIGESTS:
            return (node.this if not arguments else arguments[0]), []
        if name in _BLIND and arguments:
            return arguments[-1], [Fold("accents")]
        if isinstance(node, exp.JSONExtract | exp.JSONExtractScalar | exp.JSONBExtract | exp.JSONBExtractScalar):
            member = _member(node.expression)
            return (node.this, [Fold("member", member)]) if member else (None, [])
        return None, []

    def _cast(self, node: exp.Cast) -> tuple[exp.Expr | None, list[Fold]]:
        to = node.to.this
        if to in exp.DataType.TEXT_TYPES or (to == exp.DataType.Type.USERDEFINED and "citext" in node.to.sql().lower()):
            return node.this, []
        if to == exp.DataType.Type.DATE:
            return node.this, [Fold("unit", "day")]
        kept = (exp.DataType.Type.UUID, exp.DataType.Type.BIGINT, exp.DataType.Type.TIMESTAMP)
        return (node.this, []) if to in kept else (None, [])


def _bounded(node: exp.Expr) -> exp.Expr:
    """coalesce(ends_at, 'infinity') without its stand-in."""
    node = node.unnest()
    return node.this.unnest() if isinstance(node, exp.Coalesce) else node


def _arguments(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    return [value for value in node.args.values() if isinstance(value, exp.Expr)] if isinstance(node, exp.Func) else []


def _name(node: exp.Expr) -> str:
    if isinstance(node, exp.Dot):
        node = node.expression
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    return str(node.sql_name()).lower() if isinstance(node, exp.Func) else ""


def _member(path: exp.Expr) -> str | None:
    """The name of the one member that a path names."""
    if isinstance(path, exp.Literal) and path.is_string:
        return str(path.this).removeprefix("$.")
    if isinstance(path, exp.JSONPath):
        keys = [part for part in path.expressions if isinstance(part, exp.JSONPathKey)]
        others = [part for part in path.expressions if not isinstance(part, exp.JSONPathKey | exp.JSONPathRoot)]
        return str(keys[0].this) if len(keys) == 1 and not others else None
    return None
