"""The draft to a ``Schema``: types, keys, foreign keys and checks against what exists, faults to notes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from plurel_sql.ddl.checks import read_check
from plurel_sql.ddl.cursor import Name, Path
from plurel_sql.ddl.draft import Catalogue, DraftCheck, DraftColumn, DraftForeignKey, DraftTable, UserType
from plurel_sql.ddl.statements.columns import find_user_type
from plurel_sql.ddl.tokens import Token, quote_name, render
from plurel_sql.ddl.types import read_type, type_words
from plurel_sql.schema.model import (
    Check,
    Column,
    ForeignKey,
    Note,
    Range,
    Schema,
    SqlType,
    Table,
    Unique,
)

_FAMILIES = {
    "integer": "number",
    "decimal": "number",
    "float": "number",
    "boolean": "number",
    "text": "text",
    "enum": "text",
    "uuid": "text",
    "inet": "text",
    "json": "text",
    "date": "time",
    "timestamp": "time",
    "time": "clock",
    "interval": "interval",
    "binary": "binary",
    "bit": "binary",
    "array": "array",
}


_ENGINES_WITHOUT_KEYS = {"MYISAM", "ARIA", "MEMORY", "ARCHIVE", "CSV"}


class _Resolver:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.dialect = catalogue.dialect
        self.drafts = [table for table in catalogue.tables.values() if not table.ignored]
        self.bare = self._one_namespace()
        self.tables: dict[int, Table] = {}

    def _one_namespace(self) -> bool:
        """Whether namespaces say nothing: all tables are in the default one, or in the only database there is."""
        keys = {(table.path.namespace or self.catalogue.default).key for table in self.drafts}
        return keys <= {self.catalogue.default.key} or (self.dialect.namespace_is_database and len(keys) == 1)

    def id(self, path: Path) -> str:
        if self.bare or path.namespace is None or not path.namespace.text:
            return path.name.text
        return str(path)

    def schema(self) -> Schema:
        for draft in self.drafts:
            self.tables[id(draft)] = self.table(draft)
        tables = tuple(self.linked(draft) for draft in self.drafts)
        return Schema(tables, self.dialect.name, self.notes())

    def notes(self) -> tuple[Note, ...]:
        notes = [
            Note(
                note.message,
                ".".join(part for part in (self.id(note.table.path) if note.table else "", note.detail) if part),
                note.source,
                note.level,
            )
            for note in self.catalogue.notes
        ]
        order = {file: k for k, file in enumerate(dict.fromkeys(n.source.file for n in notes if n.source))}
        return tuple(sorted(notes, key=lambda n: (order[n.source.file], n.source.line) if n.source else (0, 0)))

    # Tables without what refers to other tables

    def table(self, draft: DraftTable) -> Table:
        listed = [key.columns for key in draft.keys] + [key.columns for key in draft.foreign_keys]
        in_keys = {name.key for names in listed for name in names}
        primary = draft.primary
        required = {name.key for name in primary.columns} if primary else set()
        columns = tuple(self.column(draft, c, k in in_keys, k in required) for k, c in draft.columns.items())
        uniques = self.uniques(draft)
        columns = self._rowid_alias(columns, uniques)
        namespace = None if self.bare or draft.path.namespace is None else draft.path.namespace.text or None
        table = Table(draft.path.name.text, columns, namespace, uniques, comment=draft.comment, source=draft.source)
        checks = [check for c in draft.checks if (check := self.check(draft, table, c.tokens, c)) is not None]
        for column in draft.columns.values():
            checks.extend(self.type_checks(draft, table, column))
        return msgspec.structs.replace(table, checks=tuple(checks))

    def _rowid_alias(self, columns: tuple[Column, ...], uniques: Sequence[Unique]) -> tuple[Column, ...]:
        """SQLite numbers INTEGER PRIMARY KEY by itself."""
        primary = next((u for u in uniques if u.primary), None)
        if not self.dialect.affinity or primary is None or len(primary.columns) != 1:
            return columns
        return tuple(
            msgspec.structs.replace(c, identity=True)
            if c.name == primary.columns[0] and c.type.written.upper() == "INTEGER"
            else c
            for c in columns
        )

    def column(self, draft: DraftTable, column: DraftColumn, in_key: bool, required: bool) -> Column:
        user_type = column.user_type or find_user_type(self.catalogue, column.type)
        chain = _chain(user_type)
        nullable = column.nullable and not required and not any(made.not_null for made in chain)
        default = column.default or next((made.default for made in chain if made.default), None)
        found = self.type(column.type, user_type)
        if found.kind == "decimal" and found.precision is None and in_key and self.dialect.name == "oracle":
            found = SqlType("integer", found.written, bits=64)  # a bare NUMBER that numbers rows
        if found.kind == "unknown" and column.generated is None:
            written = found.written or "none"
            if nullable:
                message = f"type {written} is not known; the column is filled with NULL"
                self.catalogue.note(message, column.source, table=draft, detail=column.name.text, level="info")
            else:
                message = f"type {written} is not known and the column is NOT NULL"
                self.catalogue.note(message, column.source, table=draft, detail=column.name.text)
        return Column(
            column.name.text,
            found,
            nullable,
            default,
            column.generated,
            column.identity,
            column.comment,
            column.source,
        )

    def type(self, tokens: Sequence[Token], user_type: UserType | None) -> SqlType:
        if user_type is None:
            return read_type(tokens, self.dialect)
        made = _chain(user_type)[-1]
        written = render(tokens)
        if made.labels is not None:
            found = SqlType("enum", written, labels=tuple(made.labels))
        elif made.base:
            found = msgspec.structs.replace(read_type(made.base, self.dialect), written=written)
        else:
            found = SqlType("unknown", written)
        if tokens[-1].word in ("]", "ARRAY"):
            return SqlType("array", written, item=found)
        return found

    def uniques(self, draft: DraftTable) -> tuple[Unique, ...]:
        found: list[Unique] = []
        for key in sorted(draft.keys, key=lambda key: not key.primary):
            names = self._columns(draft, key.columns)
            what = "PRIMARY KEY" if key.primary else "UNIQUE"
            if names is None:
                message = f"{what} names a column that does not exist: {_listed(key.columns)}"
                self.catalogue.note(message, key.source, table=draft)
            elif not any(set(names) == set(other.columns) for other in found):
                name = key.name.text if key.name else None
                found.append(Unique(names, key.primary, name, key.nulls_distinct, key.source))
        return tuple(found)

    def _columns(self, draft: DraftTable, names: Sequence[Name]) -> tuple[str, ...] | None:
        """The columns as stored; None where one does not exist or stands there twice."""
        found = [draft.columns[name.key].name.text for name in names if name.key in draft.columns]
        return tuple(found) if len(found) == len(names) == len(set(found)) else None

    # Checks

    def check(
        self, draft: DraftTable, table: Table, tokens: Sequence[Token], made: DraftCheck, name: str | None = None
    ) -> Check | None:
        check, missing = read_check(tokens, table, {k: c.name.text for k, c in draft.columns.items()}, self.dialect)
        label = name or (made.name.text if made.name else None)
        if missing:
            message = f"CHECK{f' {label}' if label else ''} names a column that does not exist: {missing}"
            self.catalogue.note(message, made.source, table=draft)
            return None
        return msgspec.structs.replace(check, name=label, source=made.source)

    def type_checks(self, draft: DraftTable, table: Table, column: DraftColumn) -> list[Check]:
        """Checks that come with a column's type: a domain's, and the range of MySQL's YEAR."""
        quoted = quote_name(column.name.text, self.dialect)
        checks = []
        user_type = column.user_type or find_user_type(self.catalogue, column.type)
        for made in _chain(user_type):
            for tokens, name in made.checks:
                own = [t._replace(kind="name", word="", text=quoted) if t.word == "VALUE" else t for t in tokens]
                check = self.check(draft, table, own, DraftCheck(own, column.source), name)
                if check is not None:
                    checks.append(check)
        if self.dialect.name == "mysql" and type_words(column.type) == "year":
            name = column.name.text
            years = Range(name, 1901, 2155)
            checks.append(Check(f"{quoted} BETWEEN 1901 AND 2155", (name,), None, (years,), True, column.source))
        return checks

    # Foreign keys

    def linked(self, draft: DraftTable) -> Table:
        found: dict[tuple[object, ...], ForeignKey] = {}
        for key in draft.foreign_keys:
            link = self.foreign_key(draft, key)
            if link is not None:
                found.setdefault((link.columns, link.parent, link.parent_columns), link)
        if found and draft.engine in _ENGINES_WITHOUT_KEYS:
            message = f"engine {draft.engine} does not keep foreign keys; they are followed all the same"
            self.catalogue.note(message, draft.source, table=draft, level="info")
        return msgspec.structs.replace(self.tables[id(draft)], foreign_keys=tuple(found.values()))

    def foreign_key(self, draft: DraftTable, key: DraftForeignKey) -> ForeignKey | None:
        found = self._link(draft, key)
        if isinstance(found, ForeignKey):
            return found
        label = f"foreign key {key.name.text}" if key.name else f"foreign key ({_listed(key.columns)})"
        self.catalogue.note(f"{label} is left out: {found}", key.source, table=draft)
        return None

    def _link(self, draft: DraftTable, key: DraftForeignKey) -> ForeignKey | str:
        """The foreign key against what exists, or why it can't be."""
        columns = self._columns(draft, key.columns)
        if columns is None:
            return f"{self.id(draft.path)} has no such columns: {_listed(key.columns)}"
        parent = self.catalogue.find(key.parent, draft.path.namespace)
        if parent is None:
            return f"there is no table {key.parent}"
        if parent.ignored:
            return f"{key.parent} has no rows of its own (a partition, a view or a temporary table)"
        table = self.tables[id(parent)]
        if key.parent_columns:
            parent_columns = self._columns(parent, key.parent_columns)
            if parent_columns is None:
                return f"{table.id} has no such columns: {_listed(key.parent_columns)}"
        elif table.primary_key is not None:
            parent_columns = table.primary_key.columns
        else:
            return f"{table.id} has no primary key"
        if len(columns) != len(parent_columns):
            return f"{len(columns)} columns refer to {len(parent_columns)}"
        if not any(set(unique.columns) == set(parent_columns) for unique in table.uniques):
            return f"{table.id} ({', '.join(parent_columns)}) is not unique"
        own = self.tables[id(draft)]
        for child_name, parent_name in zip(columns, parent_columns, strict=True):
            child_type, parent_type = own.column(child_name).type, table.column(parent_name).type
            if _clash(child_type, parent_type):
                return f"{child_name} is {child_type.written}, but {table.id}.{parent_name} is {parent_type.written}"
        return ForeignKey(columns, table.id, parent_columns, key.name.text if key.name else None, key.source)


def resolve(catalogue: Catalogue) -> Schema:
    """The schema that the statements have left, with every fault as a note and the faulty part left out."""
    return _Resolver(catalogue).schema()


def _chain(made: UserType | None) -> list[UserType]:
    """A type and the types it is based on."""
    chain: list[UserType] = []
    while made is not None and made not in chain:
        chain.append(made)
        made = made.base_type
    return chain


def _clash(child: SqlType, parent: SqlType) -> bool:
    """Whether values of one can't be values of the other; within numbers and within texts anything goes."""
    if not child.written or not parent.written:
        return False
    kinds = {child.kind, parent.kind}
    if "unknown" in kinds or kinds == {"uuid", "binary"}:
        return False
    if kinds == {"array"} and child.item and parent.item:
        return _clash(child.item, parent.item)
    return _FAMILIES[child.kind] != _FAMILIES[parent.kind]


def _listed(names: Sequence[Name]) -> str:
    return ", ".join(name.text for name in names)
