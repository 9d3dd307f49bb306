"""Schema -> SQLAlchemy MetaData: the definitions for an engine whose dialect is not the schema's.

Types, NOT NULL, keys, CHECKs, defaults, generated columns, identities and comments are carried over as far as the
target's dialect goes; expressions are transpiled. Each thing that can't be is a note: an error where a constraint of
the schema is not in the target. Whether the target takes an expression only the target knows: ``create`` asks it.

``sinks.values`` turns Arrow columns into what the columns here take.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ENUM, CreateEnumType
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import (
    AddConstraint,
    CreateSchema,
    ExecutableDDLElement,
    SetColumnComment,
    SetTableComment,
)

from plurel_sql import ddl
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import Check, Column, ForeignKey, Note, SqlType, Table, Unique
from plurel_sql.sinks.base import Constraints, Source
from plurel_sql.sinks.names import Rules, ToldApart
from plurel_sql.sinks.sqltypes import KEY_BYTES, sql_type

_SPOKEN = {
    "postgresql": "postgres",
    "mariadb": "mysql",
    "mssql": "tsql",
    "redshift": "redshift",
    "mysql": "mysql",
    "sqlite": "sqlite",
    "oracle": "oracle",
    "duckdb": "duckdb",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
}
"""SQLAlchemy's name of a dialect -> ours."""

_UNBOUNDED = SqlType("text")
_MYSQL = ("mysql", "mariadb")
_RULES = {
    "postgresql": Rules(fold=False, limit=63, unit="bytes"),
    "mysql": Rules(limit=64, flat=True, refused="[\0\U00010000-\U0010ffff]|\\s+$"),
    "mariadb": Rules(limit=64, flat=True, refused="[\0\U00010000-\U0010ffff]|\\s+$"),
    "sqlite": Rules(flat=True),
    "mssql": Rules(limit=128),
    "oracle": Rules(limit=128, unit="bytes", flat=True, refused='[\0"]'),
    "duckdb": Rules(),
}
_COMMENTS = {"mysql": (2048, 1024), "mariadb": (2048, 1024)}  # characters of a table's and a column's
_INT_DEFAULTS = {"0": "FALSE", "1": "TRUE", "'0'": "FALSE", "'1'": "TRUE", "'f'": "FALSE", "'t'": "TRUE"}
_INT_DEFAULTS |= {"b'0'": "FALSE", "b'1'": "TRUE", "'false'": "FALSE", "'true'": "TRUE"}


@dataclass(frozen=True)
class ForeignTable:
    """A table for the target: its id in the schema under the target's names, and its foreign keys that have to be added
    when all tables are there (empty where the engine has no ALTER TABLE ADD: they stand in the table then).

    ``table.c[name].info["arrow"]`` is the Arrow type in short that the column's values have to be cast to: a key that
    refers to another type takes the type of what it refers to.
    """

    id: str
    table: sa.Table
    late: tuple[sa.ForeignKeyConstraint, ...] = ()

    @property
    def create(self) -> sa.schema.CreateTable:
        """The CREATE TABLE statement, with keys and CHECKs, without the late foreign keys."""
        inline = [key for key in self.table.foreign_key_constraints if key not in self.late]
        return sa.schema.CreateTable(self.table, include_foreign_key_constraints=inline)

    @property
    def after(self) -> Iterator[ExecutableDDLElement]:
        """Indexes, for after the load."""
        return (sa.schema.CreateIndex(index) for index in sorted(self.table.indexes, key=lambda index: str(index.name)))

    @property
    def foreign_keys(self) -> Iterator[ExecutableDDLElement]:
        """The late foreign keys, for when all tables are there."""
        return map(AddConstraint, self.late)


@dataclass(frozen=True)
class Foreign:
    """The schema for a target of another dialect.

    ``source`` is the source under the target's names; ``before`` makes namespaces and enum types, ``tables`` stand in
    load order, ``comments`` come last (empty where CREATE TABLE holds them); ``notes`` say what is not carried over.
    """

    source: ToldApart
    metadata: sa.MetaData
    before: tuple[ExecutableDDLElement, ...]
    tables: tuple[ForeignTable, ...]
    comments: tuple[ExecutableDDLElement, ...]
    notes: tuple[Note, ...]


def foreign(source: Source, dialect: Dialect, constraints: Constraints = "all") -> Foreign:
    """What a target of ``dialect`` will hold of the source's schema."""
    return _Designer(source, dialect, constraints).design()


def rules(dialect: Dialect) -> Rules:
    """What the dialect does with names."""
    return _RULES.get(dialect.name) or Rules(limit=dialect.max_identifier_length, flat=True)


@dataclass
class _Designer:
    given: Source
    dialect: Dialect
    constraints: Constraints
    notes: list[Note] = field(default_factory=list)

    def design(self) -> Foreign:
        self.source = ToldApart(self.given, rules(self.dialect))
        self.schema = self.source.schema
        self.spoken = _SPOKEN.get(self.dialect.name, "")
        self.metadata = sa.MetaData()
        self.names = Counter(one.name for t in self.schema.tables for one in _named(t) if one.name)
        self.taken = {table.name.lower() for table in self.schema.tables}
        before: list[ExecutableDDLElement] = []
        for namespace in dict.fromkeys(table.namespace for table in self.schema.tables if table.namespace):
            before.append(CreateSchema(sa.sql.quoted_name(namespace, True), if_not_exists=self._has_if()))
        order = [id for id in load_order(self.schema) if self.schema.table(id).columns]
        made = {id: self._table(self.schema.table(id)) for id in order}
        tables = []
        for id in order:
            late = self._foreign_keys(self.schema.table(id), made) if self.constraints == "all" else []
            tables.append(ForeignTable(id, made[id], tuple(late)))
        kinds = [column.type for table in made.values() for column in table.columns]
        kinds += [kind.item_type for kind in kinds if isinstance(kind, sa.ARRAY)]
        before += map(CreateEnumType, {kind.name: kind for kind in kinds if isinstance(kind, ENUM)}.values())
        self._statements()
        notes = tuple(dict.fromkeys([*self.source.notes, *self.notes]))
        return Foreign(self.source, self.metadata, tuple(before), tuple(tables), tuple(self._comments(made)), notes)

    def _table(self, table: Table) -> sa.Table:
        arrow = self.source.types(table.id)
        rooms = self._rooms(table)
        computed = self._computed(table)
        key = table.primary_key if self.constraints != "none" else None
        number = self._number(table, key)
        columns = [
            self._column(table, column, arrow.get(column.name, "utf8"), rooms.get(column.name), computed, number)
            for column in table.columns
        ]
        longest = _COMMENTS.get(self.dialect.name, (None, None))[0]
        made = sa.Table(
            sa.sql.quoted_name(table.name, True),
            self.metadata,
            *columns,
            schema=None if table.namespace is None else sa.sql.quoted_name(table.namespace, True),
            comment=table.comment[:longest] if table.comment and self.dialect.supports_comments else None,
        )
        if self.dialect.name in _MYSQL:
            self._fit_row(made, set(rooms))
        if key is not None:
            # In the order of the key, which is not always that of the columns.
            made.append_constraint(sa.PrimaryKeyConstraint(*(made.c[name] for name in key.columns)))
        if self.constraints != "none":
            for unique in table.uniques:
                if not unique.primary:
                    self._unique(table, made, unique)
        if self.constraints == "all":
            for check in table.checks:
                self._check(table, made, check)
        for exclusion in table.exclusions:
            label = exclusion.name or ", ".join(term for term, _ in exclusion.elements)
            self._note(table, f"EXCLUDE {label} is not declared: the target has no such constraint", level="error")
        if table.partitioning is not None:
            self._note(table, f"is one table, not partitioned by {', '.join(table.partitioning.keys)}")
        return made

    def _column(
        self,
        table: Table,
        column: Column,
        arrow: str,
        room: int | None,
        computed: dict[str, str],
        number: str | None,
    ) -> sa.Column[Any]:
        root, root_arrow = self._root(table, column, arrow)
        name = self._fresh(f"{table.name}_{column.name}")
        kind = root.type
        if root.identity and kind.kind == "integer" and self.dialect.name not in _MYSQL:
            kind = msgspec.structs.replace(kind, signed=True)  # counters don't come near the limit
        type = sql_type(kind, root_arrow, self.dialect, name=name, room=room, checked=self.constraints == "all")
        if self.dialect.name == "sqlite" and kind.kind == "decimal" and (kind.precision or 0) > 15:
            self._note(table, "is exact to 15 digits there: SQLite has no decimals", column.name)
        if isinstance(type, sa.Enum | ENUM):
            self.taken.add(name.lower())
        extra: list[Any] = []
        if column.name in computed:
            # MySQL's and PostgreSQL's file holds the value; the others compute it on reading.
            stored = self.dialect.name == "postgresql"
            extra = [sa.Computed(sa.literal_column(computed[column.name]), persisted=True if stored else None)]
        elif column.name == number and self._has_identity():
            extra = [sa.Identity(start=self.source.rows(table.id) + 1)]
        default = None if extra or column.name == number else self._default(table, column)
        longest = _COMMENTS.get(self.dialect.name, (None, None))[1]
        return sa.Column(
            sa.sql.quoted_name(column.name, True),
            type,
            *extra,
            nullable=column.nullable,
            autoincrement=column.name == number,
            server_default=None if default is None else sa.literal_column(default),
            comment=column.comment[:longest] if column.comment and self.dialect.supports_comments else None,
            info={"arrow": root_arrow},
        )

    def _root(self, table: Table, column: Column, arrow: str) -> tuple[Column, str]:
        """The column at the end of the foreign keys that start here: most engines want one type along them."""
        seen = {(table.id, column.name)}
        while True:
            for key in table.foreign_keys:
                if column.name in key.columns:
                    there = key.parent_columns[key.columns.index(column.name)]
                    break
            else:
                return column, arrow
            if (key.parent, there) in seen:
                return column, arrow
            seen.add((key.parent, there))
            parent = self.schema.table(key.parent)
            if not any(other.name == there for other in parent.columns):
                return column, arrow
            table, column, arrow = parent, parent.column(there), self.source.types(parent.id).get(there, "utf8")

    def _rooms(self, table: Table) -> dict[str, int]:
        """Characters that each column of a key may have, where the engine limits its keys."""
        limit = KEY_BYTES.get(self.dialect.name)
        keys = [unique.columns for unique in table.uniques] + [key.columns for key in table.foreign_keys]
        keys += [key.parent_columns for t in self.schema.tables for key in t.foreign_keys if key.parent == table.id]
        rooms: dict[str, int] = {}
        if limit is None or self.constraints == "none":
            return rooms
        whole, width = limit
        for names in keys:
            share = max((whole - 8 * len(names)) // width // max(len(names), 1), 1)
            for name in names:
                rooms[name] = min(rooms.get(name, 255 if self.dialect.name in _MYSQL else share), share)
        return rooms

    def _fit_row(self, table: sa.Table, keyed: set[str]) -> None:
        """Moves the longest texts out of a row that would pass 65,535 bytes, MySQL's limit."""

        def width(column: sa.Column[Any]) -> int:
            return 4 * (getattr(column.type, "length", None) or 8) if isinstance(column.type, sa.String) else 16

        free = [c for c in table.columns if isinstance(c.type, sa.String) and c.name not in keyed]
        free = [c for c in free if type(c.type) in (sa.String, sa.CHAR)]
        for column in sorted(free, key=width, reverse=True):
            if sum(map(width, table.columns)) < 60_000:
                break
            column.type = sql_type(_UNBOUNDED, "utf8", self.dialect, name="")

    def _number(self, table: Table, key: Unique | None) -> str | None:
        """The column that the target numbers by itself."""
        found = next((c for c in table.columns if c.identity and c.type.kind == "integer"), None)
        if found is None:
            return None
        name, on = found.name, self.dialect.name
        first = any(u.columns[:1] == (name,) and u.plain for u in table.uniques) and self.constraints != "none"
        alone = key is not None and key.columns == (name,)
        able = alone if on == "sqlite" else first and key is not None and name in key.columns if on in _MYSQL else True
        if not able:
            self._note(table, "is not numbered by the target: that needs a primary key of its own there", name)
        return name if able else None

    def _has_identity(self) -> bool:
        return bool(self.dialect.supports_identity_columns)

    def _has_if(self) -> bool:
        return self.dialect.name not in ("mssql", "oracle")

    def _default(self, table: Table, column: Column) -> str | None:
        if column.default is None or column.generated is not None or column.identity:
            return None
        text = ddl.transpile(column.default, self.schema.dialect, self.spoken, portable=True)
        while text is not None:
            # A cast says no more than the column's type does, and its type may be of the schema's own.
            bare = re.fullmatch(r"\(?CAST\((.*) AS [^']+\)", text, re.DOTALL)
            if bare is None:
                break
            text = bare[1]
        if text is not None and column.type.kind in ("boolean", "bit"):
            text = _INT_DEFAULTS.get(text.lower().strip("()"), text)
            if self.dialect.name in ("mssql", "oracle"):
                text = {"TRUE": "1", "FALSE": "0"}.get(text, text)
        if text is None or text.upper() == "NULL":
            if text is None:
                self._note(table, f"DEFAULT {column.default} is not declared: it can't be translated", column.name)
            return None
        return (
            text if re.fullmatch(r"-?\d+(\.\d+)?|TRUE|FALSE", text) and not _lob(self.dialect, column) else f"({text})"
        )

    def _computed(self, table: Table) -> dict[str, str]:
        """Columns that the target computes: their expression is understood, and no key needs their values."""
        keyed = {name for unique in table.uniques for name in unique.columns}
        keyed |= {name for key in table.foreign_keys for name in key.columns}
        found = {}
        for column in table.columns:
            if column.generated is None:
                continue
            text = None if column.versioned else self._expression(table, column.generated)
            if text is not None and column.name not in keyed and self._computes():
                found[column.name] = text
                continue
            self._note(
                table,
                f"is a plain column, not GENERATED AS ({column.generated})",
                column.name,
                level="info" if column.versioned else "error",
            )
        return found

    def _computes(self) -> bool:
        return self.dialect.name in ("postgresql", "sqlite", "mssql", "oracle", "duckdb", *_MYSQL)

    def _expression(self, table: Table, text: str) -> str | None:
        names = [column.name for column in table.columns]
        return ddl.transpile(text, self.schema.dialect, self.spoken, columns=names, portable=True)

    def _check(self, table: Table, made: sa.Table, check: Check) -> None:
        text = self._expression(table, check.expression)
        if text is None:
            self._note(table, f"CHECK ({check.expression}) is not declared: it can't be translated", level="error")
            return
        made.append_constraint(
            sa.CheckConstraint(sa.literal_column(text), name=self._name(check.name, table), info={"check": check})
        )

    def _unique(self, table: Table, made: sa.Table, unique: Unique) -> None:
        on = self.dialect.name
        label = unique.name or ", ".join((*unique.columns, *unique.expressions))
        partial = "postgresql", "sqlite", "mssql"
        nulls = bool(unique.expressions) or any(table.column(name).nullable for name in unique.columns)
        if nulls and not unique.nulls_distinct and on not in ("postgresql", "mssql"):
            self._note(table, f"UNIQUE ({label}): there NULLs differ from each other", level="error")
        name = self._name(unique.name, table)
        optional = [c for c in table.columns if c.name in unique.columns and c.nullable]
        filtered = on == "mssql" and unique.nulls_distinct and optional
        if unique.plain and not filtered:
            distinct: dict[str, Any] = {}
            if on == "postgresql" and not unique.nulls_distinct:
                distinct["postgresql_nulls_not_distinct"] = True
            columns = (made.c[column] for column in unique.columns)
            made.append_constraint(sa.UniqueConstraint(*columns, name=name, **distinct))
            return
        where = None if unique.where is None else self._expression(table, unique.where)
        if filtered and unique.where is None:
            where = " AND ".join(f"[{c.name.replace(']', ']]')}] IS NOT NULL" for c in optional)
        terms = [self._expression(table, expression) for expression in unique.expressions]
        if (
            None in terms
            or (unique.where is not None and where is None)
            or (unique.where is not None and on not in partial)
            or (terms and on not in ("postgresql", "sqlite", "oracle", "mysql"))
            or (terms and on == "mysql" and getattr(self.dialect, "is_mariadb", False))
        ):
            self._note(table, f"the unique index {label} is not declared: the target has no such index", level="error")
            return
        options: dict[str, Any] = {} if where is None else {f"{on}_where": sa.literal_column(where)}
        parts: list[Any] = [made.c[column] for column in unique.columns]
        parts += [sa.literal_column(f"({term})") for term in terms]
        name = name or self._fresh(f"{table.name}_{'_'.join((*unique.columns, 'key'))}")
        self.taken.add(name.lower())
        sa.Index(name, *parts, unique=True, _table=made, **options)

    def _foreign_keys(self, table: Table, made: dict[str, sa.Table]) -> list[sa.ForeignKeyConstraint]:
        """Attaches the foreign keys; those that have to be added later."""
        found = []
        for key in table.foreign_keys:
            parent = made.get(key.parent)
            if parent is None:
                continue
            late = bool(self.dialect.supports_alter)
            name = self._name(key.name, table) or self._fresh(f"{table.name}_{'_'.join(key.columns)}_fkey")
            self.taken.add(name.lower())
            constraint = sa.ForeignKeyConstraint(
                [made[table.id].c[column] for column in key.columns],
                [parent.c[column] for column in key.parent_columns],
                name=name,
                use_alter=late,
            )
            made[table.id].append_constraint(constraint)
            if late:
                found.append(constraint)
        return found

    def _name(self, wanted: str | None, table: Table) -> str | None:
        """A constraint's name, made good where several tables use it: some engines have one space for all."""
        if wanted is None:
            return None
        name = rules(self.dialect).fitting(wanted)
        if self.names[wanted] > 1 or name.lower() in self.taken:
            name = self._fresh(f"{table.name}_{wanted}")
        self.taken.add(name.lower())
        return name

    def _fresh(self, wanted: str) -> str:
        """A name that nothing has."""
        name, k = rules(self.dialect).fitting(wanted), 2
        while name.lower() in self.taken:
            name, k = rules(self.dialect).fitting(f"{wanted}_{k}"), k + 1
        return name

    def _comments(self, made: dict[str, sa.Table]) -> Iterator[ExecutableDDLElement]:
        if not self.dialect.supports_comments:
            if any(t.comment or any(c.comment for c in t.columns) for t in self.schema.tables):
                self.notes.append(Note("comments are not carried over: the target has none", level="info"))
        elif not self.dialect.inline_comments:
            for table in made.values():
                if table.comment:
                    yield SetTableComment(table)
                yield from (SetColumnComment(column) for column in table.columns if column.comment)

    def _statements(self) -> None:
        """One note on what the schema defines besides tables."""
        kinds = Counter(
            found[1].lower()
            for statement in self.schema.statements
            if (found := re.match(r"(?is)\s*CREATE\s+(?:OR\s+REPLACE\s+|MATERIALIZED\s+|DEFINER\S*\s+)*"
                                  r"(INDEX|VIEW|TRIGGER|FUNCTION|PROCEDURE|RULE|POLICY|EVENT)\b", statement.bare))
        )  # fmt: skip
        if kinds:
            several = {kind: f"{kind}s" for kind in kinds} | {"index": "indexes", "policy": "policies"}
            listed = ", ".join(
                f"{count} {several[kind] if count > 1 else kind}" for kind, count in sorted(kinds.items())
            )
            self.notes.append(Note(f"not carried over to another dialect: {listed}", level="info"))

    def _note(self, table: Table, message: str, column: str | None = None, level: str = "info") -> None:
        where = f"{table.id}.{column}" if column else table.id
        self.notes.append(Note(message, where, table.source, "error" if level == "error" else "info"))


def _named(table: Table) -> tuple[Unique | ForeignKey | Check, ...]:
    return (*table.uniques, *table.foreign_keys, *table.checks)


def _lob(dialect: Dialect, column: Column) -> bool:
    """Whether MySQL takes only an expression as the default of the column, no literal."""
    return dialect.name in _MYSQL and column.type.kind in ("text", "binary", "json", "array", "unknown")
