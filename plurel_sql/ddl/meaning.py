"""Expressions of a dialect in a form that means the same in DuckDB, over the Arrow types that carry the columns.

Where engines differ (case of letters, division of whole numbers, the empty string, today), the rewritten form is true
only where the engine's own is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from sqlglot import exp, parse_one

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.ranges import call, in_order, of_range
from plurel_sql.ddl.render import same_everywhere
from plurel_sql.schema.model import SqlType, Table

BLIND = ("mysql", "tsql")
"""Dialects that compare texts without regard to case and trailing spaces, unless told otherwise."""
STRICT_DIVISION = ("postgres", "redshift", "tsql", "oracle", "duckdb", "snowflake", "ansi")
"""Dialects in which a division by zero is an error, not NULL."""
NOW = ("TIMESTAMP '2025-12-31 00:00:00'", "TIMESTAMP '2036-01-01 00:00:00'")
"""Today, at the earliest and the latest: what is compared with it must hold at either."""

_KINDS = {
    "integer": "integer", "decimal": "number", "float": "number", "text": "text", "enum": "text", "uuid": "text",
    "inet": "text", "date": "time", "timestamp": "time", "time": "time", "boolean": "boolean",
}  # fmt: skip
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_TEXTS = (exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.Concat, exp.DPipe, exp.Left, exp.Right, exp.Replace,
          exp.JSONExtractScalar, exp.RegexpReplace, exp.Pad, exp.Initcap, exp.Repeat)  # fmt: skip
_TRUTHS = (exp.Predicate, exp.Connector, exp.Not)
_WHOLE = (exp.Length, exp.StrPosition, exp.DateDiff, exp.ArraySize)
_TODAY = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime, exp.Localtimestamp)


def same_meaning(tree: exp.Expr, table: Table, dialect: Dialect) -> exp.Expr:
    """``tree`` changed in place (or its replacement), parts first."""
    rewriter = _Rewriter({column.name: column.type for column in table.columns}, dialect.name)
    for node in reversed(list(tree.bfs())):
        meant = rewriter.meant(same_everywhere(node, dialect.name) if not isinstance(node, exp.Div) else node)
        if node is tree:
            tree = meant
        elif meant is not node:
            node.replace(meant)
    return _at_either_end(tree)


class _Rewriter:
    def __init__(self, types: Mapping[str, SqlType], dialect: str) -> None:
        self.types = types
        self.kinds = {name: type.kind for name, type in types.items()}
        self.dialect = dialect

    def kind(self, node: exp.Expr) -> str:
        """What an expression is for certain; "" where that can't be told."""
        node = node.unnest()
        match node:
            case exp.Column():
                return _KINDS.get(self.kinds.get(node.name, ""), "")
            case exp.Literal():
                return "literal" if node.is_string else "integer" if node.is_int else "number"
            case exp.Neg() | exp.Abs():
                return self.kind(node.this)
            case exp.Add() | exp.Sub() | exp.Mul() | exp.Mod() | exp.IntDiv():
                sides = {self.kind(node.this), self.kind(node.expression)}
                return "integer" if sides == {"integer"} else "number" if sides <= {"integer", "number"} else ""
            case exp.Coalesce():
                found = {self.kind(each) for each in (node.this, *node.expressions)}
                return found.pop() if len(found) == 1 else ""
            case exp.Cast():
                if node.to.this in exp.DataType.INTEGER_TYPES:
                    return "integer"
                if node.to.this in exp.DataType.TEXT_TYPES:
                    return "text"
                return "number" if node.to.this in exp.DataType.NUMERIC_TYPES else ""
            case exp.Extract() | exp.Div():
                return "number"
        if isinstance(node, _TEXTS):
            return "text"
        return "integer" if isinstance(node, _WHOLE) else ""

    def meant(self, node: exp.Expr) -> exp.Expr:
        """The node itself, or what says the same; its parts have been seen to."""
        if self.dialect in ("postgres", "duckdb"):
            found = of_range(node, self.types) or in_order(node, self.types)
            if found is not None:
                return found
        match node:
            case exp.Column():
                return self.column(node)
            case exp.Div() | exp.IntDiv() | exp.Mod():
                return self.division(node)
            case exp.Add() | exp.Sub() | exp.Mul() if self.dialect in ("mysql", "sqlite"):
                for name in ("this", "expression"):  # true counts as 1
                    if isinstance(node.args[name].unnest(), _TRUTHS):
                        node.set(name, exp.cast(node.args[name].copy(), "int"))
                return node
            case exp.Any():
                return node
            case exp.SimilarTo():
                return self.similar(node)
            case exp.Like() | exp.ILike():
                return self.like(node)
            case exp.RegexpLike():
                return self.regex(node)
            case exp.In():
                return self.in_list(node)
            case exp.Cast() if node.to.this == exp.DataType.Type.USERDEFINED:
                return self.own_type(node)
            case exp.Collate():
                return node.this if not isinstance(node.parent, (*_COMPARISONS, exp.Like)) else node
            case exp.Length():
                return self.length(node)
            case exp.Literal() if self.dialect == "oracle" and node.is_string and node.this == "":
                return exp.Null()
            case exp.Anonymous():
                return self.function(node)
        if isinstance(node, _COMPARISONS):
            return self.comparison(node)
        return self.rare(node)

    def own_type(self, node: exp.Expr) -> exp.Expr:
        """A cast to a type of the schema's own (pg_dump writes one at each label of an enum) says nothing about
        equality; the order of such values is the type's, which DuckDB does not know."""
        ordered = isinstance(node.parent, exp.LT | exp.LTE | exp.GT | exp.GTE | exp.Between)
        return node if ordered else node.this

    def column(self, node: exp.Expr) -> exp.Expr:
        """SQLite counts in floating point, and keeps a day as text."""
        kind = self.kinds.get(node.name)
        if self.dialect == "sqlite" and kind == "decimal":
            return exp.cast(node.copy(), "double")
        texts = (exp.Like, exp.ILike, exp.Glob, exp.RegexpLike, exp.Length, exp.Substring)
        if self.dialect == "sqlite" and kind == "date" and isinstance(node.parent, texts):
            return exp.cast(node.copy(), "text")
        return node

    def division(self, node: exp.Expr) -> exp.Expr:
        """Whole numbers are divided as the engine does; a division by zero fails where it is an error."""
        left, right = node.this, node.expression
        if isinstance(node, exp.Div):
            sides = {self.kind(left), self.kind(right)}
            whole = sides == {"integer"} and self.dialect not in ("mysql", "oracle", "duckdb", "snowflake", "bigquery")
            node = exp.IntDiv(this=left, expression=right) if whole else exp.Div(this=left, expression=right)
        if self.dialect not in STRICT_DIVISION or isinstance(right.unnest(), exp.Literal):
            return exp.paren(node, copy=False)
        zero = exp.EQ(this=exp.paren(right.copy()), expression=exp.Literal.number(0))
        broken = call("error", exp.Literal.string("division by zero"))
        return exp.Case(ifs=[exp.If(this=zero, true=broken)], default=node)

    def comparison(self, node: exp.Expr) -> exp.Expr:
        left, right = node.this.unnest(), node.expression.unnest()
        quantified = _array(right)
        if quantified is not None:
            return self.quantified(node, *quantified)
        if "number" in (self.kind(left), self.kind(right)) and isinstance(node, exp.EQ | exp.NEQ):
            words = [each.this.lower() for each in map(_uncast, (left, right)) if each.is_string]
            if words == ["nan"]:  # ours are numbers
                return exp.Boolean(this=isinstance(node, exp.NEQ))
        exact = any(isinstance(each, exp.Collate) for each in (left, right))
        for name in ("this", "expression"):
            side = node.args[name]
            if isinstance(side.unnest(), exp.Collate):
                node.set(name, side.unnest().this)
        if self.dialect in BLIND and not exact and self.textual(left, right):
            return type(node)(this=_folded(node.this), expression=_folded(node.expression))
        return node

    def textual(self, *sides: exp.Expr) -> bool:
        """Whether texts are compared."""
        kinds = {self.kind(side) for side in sides}
        return "text" in kinds and kinds <= {"text", "literal"}

    def quantified(self, node: exp.Expr, every: bool, array: exp.Expr) -> exp.Expr:
        """x = ANY (array) and the like, one item after another; over a column of lists by DuckDB's own function."""
        if isinstance(array, exp.Array):
            parts = [
                self.comparison(type(node)(this=node.this.copy(), expression=item.copy())) for item in array.expressions
            ]
            join = exp.and_ if every else exp.or_
            return exp.paren(join(*parts)) if parts else exp.Boolean(this=every)
        if isinstance(node, exp.EQ) and not every:
            return call("list_contains", array, node.this)
        if isinstance(node, exp.NEQ) and every:
            return exp.Not(this=call("list_contains", array, node.this))
        return node

    def in_list(self, node: exp.Expr) -> exp.Expr:
        items = node.expressions
        if self.dialect in BLIND and items and self.textual(node.this, *items):
            node.set("this", _folded(node.this))
            node.set("expressions", [_folded(item) for item in items])
        return node

    def like(self, node: exp.Expr) -> exp.Expr:
        pattern = node.expression.unnest()
        quantified = _array(pattern)
        if quantified is not None and isinstance(quantified[1], exp.Array):
            return self.quantified(node, *quantified)
        blind = self.dialect in (*BLIND, "sqlite") and isinstance(node, exp.Like)
        return exp.ILike(**node.args) if blind and not isinstance(pattern, exp.Collate) else node

    def regex(self, node: exp.Expr) -> exp.Expr:
        pattern = node.expression.unnest()
        if self.dialect == "mysql" and isinstance(pattern, exp.Literal) and node.args.get("flag") is None:
            node.set("expression", exp.Literal.string(f"(?i){pattern.this}"))
        return node

    def similar(self, node: exp.Expr) -> exp.Expr:
        """SIMILAR TO knows % and _ beside a regular expression's signs; DuckDB's is the regular expression alone."""
        pattern = node.expression.unnest()
        if self.dialect == "duckdb" or not isinstance(pattern, exp.Literal):
            return node
        out, escaped, inside = "", False, False
        for char in str(pattern.this):
            if escaped:
                out, escaped = out + (char if char.isalnum() else f"\\{char}"), False
            elif char == "\\":
                escaped = True
            elif inside or char not in "%_.^$":
                inside = (inside or char == "[") and char != "]"
                out += char
            else:
                out += {"%": ".*", "_": "."}.get(char, f"\\{char}")
        matches = call("regexp_full_match", node.this, exp.Literal.string(f"(?s){out}"))
        return exp.Not(this=matches) if node.args.get("negate") else matches

    def length(self, node: exp.Expr) -> exp.Expr:
        if self.kinds.get(node.this.unnest().name) == "binary":
            return call("octet_length", node.this)
        if node.args.get("binary") and self.dialect == "mysql":
            return call("strlen", node.this)
        if self.dialect == "tsql":  # LEN doesn't count trailing spaces
            return exp.Length(this=call("rtrim", exp.cast(node.this, "text")))
        return exp.Length(this=node.this)

    def function(self, node: exp.Expr) -> exp.Expr:
        name, arguments = str(node.this).lower(), node.expressions
        if name in ("all", "some", "any"):
            return node
        if name == "typeof" and self.dialect == "sqlite":
            return call("sqlite_typeof", *arguments)
        if name == "octet_length" and self.kinds.get(arguments[0].unnest().name) != "binary":
            return call("strlen", *arguments)
        if name == "json_valid" and self.dialect == "sqlite":  # of NULL it is 0 in some versions
            return exp.Coalesce(this=node, expressions=[exp.false()])
        if name == "datalength":
            return call("strlen", *arguments)
        if name == "patindex":
            from plurel_sql.ddl.checks import like_to_regex

            pattern = str(arguments[0].unnest().name)
            regex = like_to_regex(pattern).removesuffix(".*$").removeprefix("^.*").rstrip("$")
            found = exp.RegexpLike(this=arguments[1], expression=exp.Literal.string(f"(?is){regex}"))
            return exp.Case(ifs=[exp.If(this=found, true=exp.Literal.number(1))], default=exp.Literal.number(0))
        return node

    def rare(self, node: exp.Expr) -> exp.Expr:
        """What only some dialects have."""
        name = type(node).__name__
        if name in ("ByteLength", "OctetLength"):
            return call("strlen", node.this)
        if name == "Typeof" and self.dialect == "sqlite":
            return call("sqlite_typeof", node.this)
        if name == "JSONType" and self.dialect == "mysql":
            return call("mysql_json_type", node.this)
        if name in ("JSONBContains", "JSONBContainsTopKey"):
            return call("json_has", node.this, node.expression)
        if name in ("ArrayContainsAll", "ArrayContainedBy") and self._json(node.this, node.expression):
            return call("json_contains", node.this, node.expression)
        if (
            name in ("DateTrunc", "TimestampTrunc", "Trunc")
            and self.dialect == "oracle"
            and self.kind(node.this) == "time"
        ):
            return call("date_trunc", exp.Literal.string("day"), node.this)
        if name == "ArraySize" and node.expression and self.dialect == "postgres":  # of an empty array it is NULL
            return call("nullif", call("len", node.this), exp.Literal.number(0))
        if name == "JSON" or (name == "Is" and type(node.expression).__name__ == "JSON"):
            return call("json_valid", node.this) if name == "Is" else node
        return node

    def _json(self, *sides: exp.Expr) -> bool:
        return any(self.kinds.get(side.unnest().name) == "json" for side in sides)


def _folded(side: exp.Expr) -> exp.Expr:
    """A text as engines see it that compare without case and trailing spaces."""
    if isinstance(side.unnest(), exp.Literal):
        return exp.Literal.string(str(side.unnest().this).lower().rstrip(" "))
    return call("rtrim", exp.Lower(this=side.copy()))


def _array(node: exp.Expr) -> tuple[bool, exp.Expr] | None:
    """(whether all of them, the array) of ANY (array) and ALL (array)."""
    every: bool
    if isinstance(node, exp.Any | exp.All):
        every, inside = isinstance(node, exp.All), node.this.unnest()
    elif isinstance(node, exp.Anonymous) and str(node.this).lower() in ("all", "some", "any") and node.expressions:
        every, inside = str(node.this).lower() == "all", node.expressions[0].unnest()
    else:
        return None
    while isinstance(inside, exp.Cast) and isinstance(inside.this.unnest(), exp.Array | exp.Literal):
        inside = inside.this.unnest()
    if isinstance(inside, exp.Literal) and str(inside.this).startswith("{"):
        items = [text.strip().strip('"') for text in str(inside.this)[1:-1].split(",") if text.strip()]
        inside = exp.Array(expressions=[exp.Literal.string(text) for text in items])
    if isinstance(inside, exp.Array):  # items of one type each, cast together
        inside.set("expressions", [_uncast(item) for item in inside.expressions])
    return every, inside


def _uncast(item: exp.Expr) -> exp.Expr:
    while isinstance(item.unnest(), exp.Cast) and isinstance(item.unnest().this, exp.Literal):
        item = item.unnest().this
    return item


def _at_either_end(tree: exp.Expr) -> exp.Expr:
    """The tree with today replaced by a fixed day, at both ends of the time in which rows may be loaded."""

    def is_now(node: exp.Expr) -> bool:
        named = isinstance(node, exp.Anonymous) and str(node.this).lower() in (
            "now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "sysdate", "systimestamp",
            "getdate", "sysdatetime", "getutcdate", "curdate", "localtimestamp", "unix_timestamp",
        )  # fmt: skip
        word = (
            isinstance(node, exp.Column)
            and not node.this.args.get("quoted")
            and node.name.lower() in ("sysdate", "systimestamp")
        )
        literal = (isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal)
                   and str(node.this.this).lower() in ("now", "today"))  # fmt: skip
        return isinstance(node, _TODAY) or named or word or literal

    if not any(is_now(node) for node in tree.walk()):
        return tree

    def at(moment: str) -> exp.Expr:
        def swap(node: exp.Expr) -> exp.Expr:
            if not is_now(node):
                return node
            fixed = parse_one(moment, read="duckdb")
            return exp.cast(fixed, "date") if isinstance(node, exp.CurrentDate) else fixed

        return exp.paren(tree.copy().transform(swap))

    return reduce(lambda left, right: exp.And(this=left, expression=right), [at(moment) for moment in NOW])
