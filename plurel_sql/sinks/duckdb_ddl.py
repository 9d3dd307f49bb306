"""Schema -> what DuckDB can hold of it: statements, and notes on the rest.

Every statement is tried on an empty database in memory before a row is made, so that DuckDB itself decides what it
accepts (expressions of CHECKs and defaults, key types, types along a foreign key); what it refuses is left out with its
own reason as a note. Known limits of DuckDB 2.0: no foreign key across namespaces, in a cycle of tables, to columns
without a declared key, or between columns whose types differ (but see ``duckdb_keys``); no STORED generated column;
names that differ by case alone are one name (see ``names``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import duckdb
import msgspec

from plurel_sql import ddl
from plurel_sql.errors import TargetError
from plurel_sql.plan.types import arrow_type, precision_scale
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Check, Column, ForeignKey, Note, Schema, SqlType, Table, Unique
from plurel_sql.sinks.base import Constraints
from plurel_sql.sinks.duckdb_keys import alike

_INTEGERS = {8: "TINYINT", 16: "SMALLINT", 24: "INTEGER", 32: "INTEGER", 64: "BIGINT"}
_BASES = {"hugeint": "HUGEINT", "uhugeint": "UHUGEINT", "bignum": "BIGNUM", "variant": "VARIANT"}
_TIMES = {
    "timestamp_s": "TIMESTAMP_S",
    "timestamp_ms": "TIMESTAMP_MS",
    "timestamp_ns": "TIMESTAMP_NS",
    "time_ns": "TIME_NS",
}
_PLAIN = {
    "boolean": "BOOLEAN",
    "text": "VARCHAR",
    "date": "DATE",
    "interval": "INTERVAL",
    "uuid": "UUID",
    "json": "JSON",
    "binary": "BLOB",
    "bit": "BIT",
}
"""Types by kind; what is not listed is text in DuckDB (an INET would need an extension wherever the file is read)."""


class TableDesign(msgspec.Struct, frozen=True):
    """One table, ready to be made.

    ``lines`` are the column definitions and constraints of its CREATE TABLE, ``self_lines`` those that a reference to
    itself needs (its keys and that foreign key), ``keys`` the ALTER TABLE statements for after the load (empty where
    ``self_lines`` holds them). ``loaded`` are the columns that take data, ``computed`` those that DuckDB computes, each
    with its line in ``lines`` and the line of a plain column in its place; ``casts`` are the expressions that make a
    column's value of its text, where DuckDB needs to be told. ``checks`` are those of ``lines`` that are CHECKs
    met by trying, with their conditions: here they may mean something else.
    """

    id: str
    name: str
    lines: tuple[str, ...]
    loaded: tuple[str, ...]
    computed: tuple[tuple[str, str, str], ...] = ()
    keys: tuple[str, ...] = ()
    self_lines: tuple[str, ...] = ()
    self_keys: tuple[ForeignKey, ...] = ()
    casts: tuple[tuple[str, str], ...] = ()
    checks: tuple[tuple[str, str], ...] = ()

    def create(self, self_reference: bool = True) -> str:
        """The CREATE TABLE statement, with or without the foreign keys of the table to itself."""
        lines = (*self.lines, *self.self_lines) if self_reference else self.lines
        return f"CREATE TABLE {self.name} ({', '.join(lines)})"

    def plain(self) -> TableDesign:
        """The same with columns that take data where DuckDB would compute them."""
        lines = {line: plain for _, line, plain in self.computed}
        return msgspec.structs.replace(
            self,
            lines=tuple(lines.get(line, line) for line in self.lines),
            loaded=(*self.loaded, *(name for name, _, _ in self.computed)),
            computed=(),
        )

    def without(self, checks: Sequence[tuple[str, str]]) -> TableDesign:
        """The same without some of its CHECKs."""
        gone = {line for line, _ in checks}
        return msgspec.structs.replace(
            self,
            lines=tuple(line for line in self.lines if line not in gone),
            checks=tuple(check for check in self.checks if check not in checks),
        )


class Design(msgspec.Struct, frozen=True):
    """``before`` (namespaces, sequences), the tables in load order, ``after`` (comments), and what is not declared."""

    before: tuple[str, ...]
    tables: tuple[TableDesign, ...]
    after: tuple[str, ...]
    notes: tuple[Note, ...]


def quoted(name: str) -> str:
    """``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_name(table: Table) -> str:
    """The table's quoted name, with its namespace where it has one."""
    return f"{quoted(table.namespace)}.{quoted(table.name)}" if table.namespace else quoted(table.name)


def columns_list(columns: tuple[str, ...]) -> str:
    return "(" + ", ".join(map(quoted, columns)) + ")"


def type_name(type: SqlType, planned: str = "") -> str:
    """DuckDB's name of a type; ``planned`` (the Arrow type in short) decides what the SQL type leaves open."""
    if type.base in _BASES and type.kind != "json":
        return _BASES[type.base]
    match type.kind:
        case "integer":
            if type.bits is not None and type.bits > 64:
                return "HUGEINT" if type.signed else "UHUGEINT"
            name = _INTEGERS.get(type.bits or 32, "BIGINT")
            return name if type.signed else f"U{name}"
        case "decimal":
            width, scale = precision_scale(type)
            if type.precision is None:
                found = re.fullmatch(r"decimal128\((\d+),\s*(-?\d+)\)", planned)
                if not found:
                    return "DOUBLE"
                width, scale = int(found[1]), int(found[2])
            return f"DECIMAL({width}, {scale})"
        case "float":
            return "FLOAT" if type.bits == 32 else "DOUBLE"
        case "time" | "timestamp" if type.base in _TIMES:
            return _TIMES[type.base]
        case "time":
            return "TIMETZ" if type.zoned else "TIME"
        case "timestamp":
            return "TIMESTAMPTZ" if type.zoned else "TIMESTAMP"
        case "enum":
            labels = dict.fromkeys(type.labels)
            return f"ENUM({', '.join(map(literal, labels))})" if labels else "VARCHAR"
        case "array":
            item = planned.removeprefix("list<").removesuffix(">")
            size = type.length if type.fixed and type.length else ""
            return f"{type_name(type.item, item)}[{size}]" if type.item else "VARCHAR[]"
        case "struct" | "union" if type.base != "row":
            members = ", ".join(f"{quoted(field.name)} {_member(field.type)}" for field in type.fields)
            return f"{type.kind.upper()}({members})"
        case "map" if type.base != "json":
            return f"MAP({', '.join(_member(field.type) for field in type.fields)})"
        case "map":
            return "JSON"
        case "geometry" if type.base == "geometry" and type.srid is None:
            return "GEOMETRY"
        case "bit" if planned == "bool":
            return "BOOLEAN"
    return _PLAIN.get(type.kind, "VARCHAR")


def _cast(column: Column) -> str | None:
    """How a column's value is made where DuckDB has no cast of its own: a union from text by the first member that can
    read it, a BIGNUM from a decimal by way of text. None for all others."""
    name = quoted(column.name)
    if column.type.base == "bignum":
        return f"{name}::VARCHAR::BIGNUM"
    if column.type.kind != "union":
        return None
    union = type_name(column.type)
    tries = (f"TRY_CAST({name} AS {_member(field.type)})" for field in column.type.fields)
    return f"CASE {' '.join(f'WHEN {each} IS NOT NULL THEN {each}::{union}' for each in tries)} END"


def _member(type: SqlType) -> str:
    """The name of a type inside another one, which travels as text and takes any width."""
    return type_name(type, arrow_type(type))


def design(
    schema: Schema,
    *,
    constraints: Constraints = "all",
    rows: Callable[[str], int],
    types: Callable[[str], Mapping[str, str]],
) -> Design:
    """What DuckDB will hold of ``schema``; ``rows`` and ``types`` as in ``sinks.base.Source``.

    Raises:
        TargetError: DuckDB refuses a table's columns.
    """
    with duckdb.connect(":memory:") as scratch:
        return _Designer(schema, constraints, rows, types, scratch).design()


class _Designer:
    def __init__(
        self,
        schema: Schema,
        constraints: Constraints,
        rows: Callable[[str], int],
        types: Callable[[str], Mapping[str, str]],
        scratch: duckdb.DuckDBPyConnection,
    ) -> None:
        self.schema, self.notes = alike(schema)
        self.constraints = constraints
        self.rows = rows
        self.types = types
        self.scratch = scratch
        self.before: list[str] = []

    def design(self) -> Design:
        namespaces = dict.fromkeys(table.namespace for table in self.schema.tables if table.namespace)
        for namespace in namespaces:
            self._run_before(f"CREATE SCHEMA IF NOT EXISTS {quoted(namespace)}")
        made: set[str] = set()
        tables = []
        for id in load_order(self.schema):
            table = self.schema.table(id)
            if not table.columns:
                self._note(table, "is left out: DuckDB has no table without columns", level="error")
                continue
            tables.append(self._table(table, made))
            made.add(id)
        after = [statement for table in self.schema.tables for statement in _comments(table)]
        return Design(tuple(self.before), tuple(tables), tuple(after), tuple(self.notes))

    def _table(self, table: Table, made: set[str]) -> TableDesign:
        name = sql_name(table)
        computed = self._computed(table)
        lines = [self._column(table, column, computed.get(column.name)) for column in table.columns]
        self._try(name, lines, fatal=table.id)
        lines = [self._default(table, name, lines, k, column) for k, column in enumerate(table.columns)]
        checks: list[tuple[str, str]] = []
        if self.constraints == "all":
            for check in table.checks:
                condition = self._condition(table, check)
                head = f"CONSTRAINT {quoted(check.name)} " if check.name else ""
                clause = None if condition is None else f"{head}CHECK ({condition})"
                added = self._add(name, lines, clause, f"CHECK ({check.expression})", table, check)
                if added and not check.exact and clause is not None and condition is not None:
                    checks.append((clause, condition))
            for key in table.foreign_keys:
                if key.parent == table.id:
                    continue
                if key.parent not in made:
                    self._note(table, f"foreign key {key.label} is not declared: it closes a cycle of tables")
                    continue
                clause = self._foreign_key(key)
                self._add(name, lines, clause, f"foreign key {key.label}", table, key)
        uniques = [_unique(unique) for unique in table.uniques if unique.plain] if self.constraints != "none" else []
        own = [key for key in table.foreign_keys if key.parent == table.id] if self.constraints == "all" else []
        for index in (unique for unique in table.uniques if not unique.plain):
            terms = ", ".join((*index.columns, *index.expressions))
            where = f" WHERE {index.where}" if index.where else ""
            self._note(table, f"UNIQUE ({terms}){where} is met, not declared: DuckDB has no such index")
        for exclusion in table.exclusions:
            terms = ", ".join(f"{term} WITH {operator}" for term, operator in exclusion.elements)
            self._note(table, f"EXCLUDE ({terms}) is met, not declared: DuckDB has no such constraint")
        self_lines, self_keys = self._self_reference(table, name, lines, uniques, own)
        self.scratch.execute(f"CREATE TABLE {name} ({', '.join([*lines, *self_lines])})")
        keys = []
        for unique in [] if self_keys else uniques:
            statement = f"ALTER TABLE {name} ADD {unique}"
            try:
                self.scratch.execute(statement)
                keys.append(statement)
            except duckdb.Error as error:
                self._note(table, f"{unique} is not declared: {reason(error)}")
        return TableDesign(
            table.id,
            name,
            tuple(lines),
            loaded=tuple(column.name for column in table.columns if column.name not in computed),
            computed=tuple(
                (column.name, self._column(table, column, computed[column.name]), self._column(table, column, None))
                for column in table.columns
                if column.name in computed
            ),
            checks=tuple(checks),
            keys=tuple(keys),
            self_lines=tuple(self_lines),
            self_keys=tuple(self_keys),
            casts=tuple((column.name, cast) for column in table.columns if (cast := _cast(column))),
        )

    def _self_reference(
        self, table: Table, name: str, lines: list[str], uniques: list[str], own: list[ForeignKey]
    ) -> tuple[list[str], list[ForeignKey]]:
        """The keys (which must stand in CREATE TABLE then) and the foreign keys to the table itself."""
        if not own:
            return [], []
        together, kept = list(lines), []
        for unique in uniques:
            self._add(name, together, unique, unique, table, None)
        for key in own:
            if self._add(name, together, self._foreign_key(key), f"foreign key {key.label}", table, key):
                kept.append(key)
        return (together[len(lines) :], kept) if kept else ([], [])

    def _column(self, table: Table, column: Column, computed: str | None) -> str:
        type = type_name(column.type, self.types(table.id).get(column.name, ""))
        head = f"{quoted(column.name)} {type}"
        if computed is not None:
            return f"{head} GENERATED ALWAYS AS ({computed})"
        return head if column.nullable else f"{head} NOT NULL"

    def _default(self, table: Table, name: str, lines: list[str], position: int, column: Column) -> str:
        """The column's line with its default (for an identity the next free number), where DuckDB takes it."""
        line = lines[position]
        if column.generated is not None:
            return line
        if column.identity and column.type.kind == "integer":
            sequence = quoted(f"{table.name}_{column.name}_seq")
            sequence = f"{quoted(table.namespace)}.{sequence}" if table.namespace else sequence
            self._run_before(f"CREATE SEQUENCE IF NOT EXISTS {sequence} START {self.rows(table.id) + 1}")
            return f"{line} DEFAULT nextval({literal(sequence)})"
        if column.default is None:
            return line
        default = ddl.transpile(column.default, self.schema.dialect, "duckdb")
        reason: str | None = "it can't be translated"
        # A cast to a type of the schema's own ('new'::status) says no more than the column's type does.
        bare = re.fullmatch(r"CAST\((.*) AS [^()']+\)", default or "", re.DOTALL)
        for expression in [default, bare[1]] if bare else [default]:
            if expression is not None:
                declared = f"{line} DEFAULT ({expression})"
                reason = self._try(name, [*lines[:position], declared, *lines[position + 1 :]])
                if reason is None:
                    return declared
        self._note(table, f"DEFAULT {column.default} is not declared: {reason}", column.name)
        return line

    def _computed(self, table: Table) -> dict[str, str]:
        """Columns that DuckDB computes by itself: not part of a key, their expression understood."""
        keyed = {name for unique in table.uniques for name in unique.all_columns}
        keyed |= {name for key in table.foreign_keys for name in key.columns}
        keyed |= {name for check in table.checks for name in check.columns}
        found: dict[str, str] = {}
        for column in table.columns:
            if column.generated is None:
                continue
            expression = None if column.versioned else ddl.transpile(column.generated, self.schema.dialect, "duckdb")
            plain = [self._column(table, other, None) for other in table.columns if other.generated is None]
            if column.name not in keyed and expression is not None:
                line = self._column(table, column, expression)
                if self._try(sql_name(table), [*plain, line]) is None:
                    found[column.name] = expression
                    self._note(
                        table, f"is computed by the database, Arrow has other values there: {expression}", column.name
                    )
                    continue
            level = "info" if column.versioned else "error"
            self._note(table, f"is a plain column, not GENERATED AS ({column.generated})", column.name, level=level)
        return found

    def _condition(self, table: Table, check: Check) -> str | None:
        expression = ddl.transpile(check.expression, self.schema.dialect, "duckdb")
        return expression if check.exact else self._as_judged(table, check, expression)

    def _as_judged(self, table: Table, check: Check, plain: str | None) -> str | None:
        """A CHECK that was met by trying, in the words in which it was judged; where it names today, in its own."""
        if plain is not None and "CURRENT_" in plain.upper():
            return plain
        try:
            return ddl.evaluable(check.expression, table, self.schema).expression
        except ddl.Unreadable:
            return None

    def _foreign_key(self, key: ForeignKey) -> str:
        """The clause, its columns in the order of the parent's key, which DuckDB insists on."""
        parent = self.schema.table(key.parent)
        pairs = dict(zip(key.parent_columns, key.columns, strict=True))
        plain = (u.columns for u in parent.uniques if u.plain)
        order = next((columns for columns in plain if set(columns) == set(pairs)), key.parent_columns)
        columns = tuple(pairs[name] for name in order)
        head = f"CONSTRAINT {quoted(key.name)} " if key.name else ""
        return f"{head}FOREIGN KEY {columns_list(columns)} REFERENCES {sql_name(parent)} {columns_list(order)}"

    def _add(
        self, name: str, lines: list[str], clause: str | None, what: str, table: Table, at: Check | ForeignKey | None
    ) -> bool:
        """Appends ``clause`` to ``lines`` where DuckDB takes it, else notes why not."""
        reason = "not met for certain, or not to be translated" if clause is None else self._try(name, [*lines, clause])
        if clause is not None and reason is None:
            lines.append(clause)
            return True
        self.notes.append(
            Note(f"{what} is not declared: {reason}", table.id, at.source if at else table.source, "info")
        )
        return False

    def _try(self, name: str, lines: list[str], fatal: str | None = None) -> str | None:
        """None where DuckDB makes the table, else its reason."""
        try:
            self.scratch.execute(f"CREATE TABLE {name} ({', '.join(lines)})")
        except duckdb.Error as error:
            if fatal is not None:
                raise TargetError(f"DuckDB refuses its columns: {reason(error)}", place=fatal) from error
            return reason(error)
        self.scratch.execute(f"DROP TABLE {name}")
        return None

    def _run_before(self, statement: str) -> None:
        self.scratch.execute(statement)
        self.before.append(statement)

    def _note(self, table: Table, message: str, column: str | None = None, level: str = "info") -> None:
        where = f"{table.id}.{column}" if column else table.id
        self.notes.append(Note(message, where, table.source, "error" if level == "error" else "info"))


def _unique(unique: Unique) -> str:
    return f"{'PRIMARY KEY' if unique.primary else 'UNIQUE'} {columns_list(unique.columns)}"


def _comments(table: Table) -> list[str]:
    name = sql_name(table)
    statements = [f"COMMENT ON TABLE {name} IS {literal(table.comment)}"] if table.comment else []
    return statements + [
        f"COMMENT ON COLUMN {name}.{quoted(column.name)} IS {literal(column.comment)}"
        for column in table.columns
        if column.comment
    ]


def reason(error: duckdb.Error) -> str:
    """DuckDB's message in one line, without the echo of the statement."""
    text = str(error).split("\n\nLINE ")[0].split("\nLINE ")[0]
    return " ".join(text.split()).partition(" Error: ")[2] or " ".join(text.split())
