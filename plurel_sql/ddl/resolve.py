"""The draft to a ``Schema``: types, keys, foreign keys and checks against what exists, faults to notes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from plurel_sql.ddl.checks import read_check
from plurel_sql.ddl.cursor import Cursor, Name, Path
from plurel_sql.ddl.draft import Catalogue, DraftCheck, DraftColumn, DraftForeignKey, DraftKey, DraftTable, UserType
from plurel_sql.ddl.indexes import Indexes
from plurel_sql.ddl.statements.columns import find_user_type
from plurel_sql.ddl.statements.partitions import merge_parts, partitioning
from plurel_sql.ddl.tokens import Token, quote_name, render
from plurel_sql.ddl.types import item_tokens, read_type, type_words
from plurel_sql.schema.model import (
    Check,
    Column,
    Field,
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
    "set": "text",
    "cidr": "text",
    "range": "range",
}
"""Kinds whose values can be one another's; any other kind stands alone."""


_ROOMY = 500
"""A text that is to hold JSON holds any we make if it has room for so many characters."""
_ENGINES_WITHOUT_KEYS = {"MYISAM", "ARIA", "MEMORY", "ARCHIVE", "CSV"}


class _Resolver:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.dialect = catalogue.dialect
        self.drafts = [table for table in catalogue.tables.values() if not table.ignored]
        for table in self.drafts:
            merge_parts(table)
        self.bare = self._one_namespace()
        self.tables: dict[int, Table] = {}
        self.open: list[UserType] = []  # types being read: one that holds itself is not known

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
        links = [self.links(draft) for draft in self.drafts]
        tables = tuple(
            msgspec.structs.replace(self.tables[id(draft)], foreign_keys=found)
            for draft, found in zip(self.drafts, links, strict=True)
        )
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
        required = _required(draft)
        columns = tuple(self.column(draft, c, k in in_keys, k in required) for k, c in draft.columns.items())
        uniques = self.uniques(draft)
        columns = self._json_texts(draft, self._rowid_alias(columns, uniques))
        namespace = None if self.bare or draft.path.namespace is None else draft.path.namespace.text or None
        table = Table(
            draft.path.name.text,
            columns,
            namespace,
            comment=draft.comment,
            source=draft.source,
            partitioning=partitioning(draft.partitioning),
            inherits=tuple(self.id(parent.path) for parent in draft.inherits if not parent.ignored),
        )
        reader = Indexes(table, {key: column.name.text for key, column in draft.columns.items()}, self.dialect)
        table = msgspec.structs.replace(
            table,
            uniques=tuple(map(reader.understood, uniques)),
            exclusions=tuple(map(reader.exclusion, draft.exclusions)),
        )
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

    def _json_texts(self, draft: DraftTable, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """CHECK (json_valid(column)) makes JSON of a text: MariaDB has no other JSON, SQLite no other type for it."""
        found = set()
        for check in draft.checks:
            words = [token for token in check.tokens if token.word not in ("(", ")", "=", "1")]
            if len(words) == 2 and words[0].word in ("JSON_VALID", "ISJSON"):
                name = Cursor(words[1:], self.dialect).name()
                found.add(name.key if name else "")
        texts = {column.name.text for key, column in draft.columns.items() if key in found}
        return tuple(
            msgspec.structs.replace(c, type=SqlType("json", c.type.written))
            if c.name in texts and c.type.kind == "text" and (c.type.length or _ROOMY) >= _ROOMY
            else c
            for c in columns
        )

    def column(self, draft: DraftTable, column: DraftColumn, in_key: bool, required: bool) -> Column:
        chain = self.domains(column)
        nullable = column.nullable and not required and not any(made.not_null for made in chain)
        default = column.default or next((made.default for made in chain if made.default), None)
        found = self.type(column.type)
        if self.dialect.affinity and not column.type and (referred := self._referred(draft, column.name)):
            found = msgspec.structs.replace(self.type(referred), written="")
        found = msgspec.structs.replace(found, checks=(), srid=column.srid if found.srid is None else found.srid)
        if found.kind == "decimal" and found.precision is None and in_key and self.dialect.name == "oracle":
            found = SqlType("integer", found.written, bits=64)  # a bare NUMBER that numbers rows
        if found.kind == "boolean" and _counts(draft, column):
            found = SqlType("integer", found.written, bits=8)
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
            column.counts,
        )

    def _referred(self, draft: DraftTable, name: Name) -> Sequence[Token]:
        """The type of what a column without one refers to, also over several tables; nothing where none is written.

        SQLite keeps a value there as it is, and a text is not equal to a number.
        """
        seen: set[tuple[int, str]] = set()
        while (id(draft), name.key) not in seen:
            seen.add((id(draft), name.key))
            link = next((key for key in draft.foreign_keys if name.key in [n.key for n in key.columns]), None)
            parent = self.catalogue.find(link.parent, draft.path.namespace) if link else None
            if link is None or parent is None:
                break
            names = link.parent_columns or (parent.primary.columns if parent.primary else [])
            pairs = {here.key: there for here, there in zip(link.columns, names, strict=False)}
            column = parent.columns.get(pairs[name.key].key) if name.key in pairs else None
            if column is None or column.type:
                return column.type if column else ()
            draft, name = parent, column.name
        return ()

    def type(self, tokens: Sequence[Token]) -> SqlType:
        return read_type(tokens, self.dialect, self.users)

    def users(self, tokens: Sequence[Token]) -> SqlType | None:
        """The type made by CREATE TYPE or CREATE DOMAIN that the tokens name."""
        made = find_user_type(self.catalogue, tokens)
        if made is None or made in self.open:
            return None if made is None else SqlType("unknown")
        self.open.append(made)
        try:
            return self._made(made)
        finally:
            self.open.pop()

    def _made(self, made: UserType) -> SqlType:
        if made.labels is not None:
            return SqlType("enum", labels=tuple(made.labels))
        if made.fields is not None:
            fields = tuple(Field(name, self.type(tokens)) for name, tokens in made.fields)
            form = "" if self.dialect.name in ("oracle", "snowflake", "bigquery") else "row"
            return SqlType("struct", fields=fields, base=form) if fields else SqlType("unknown")
        if made.bounds:
            item = self.type(made.bounds)
            return SqlType("multirange" if made.multi else "range", item=item, base=made.name)
        if not made.base:
            return SqlType("unknown")
        found = self.type(made.base)
        column = Column("VALUE", found, nullable=not made.not_null)
        table = Table("", (column,))
        checks = list(found.checks)
        for tokens, name in made.checks:
            check, _ = read_check(tokens, table, {self.dialect.key("VALUE", False): "VALUE"}, self.dialect)
            checks.append(msgspec.structs.replace(check, name=name))
        return msgspec.structs.replace(found, checks=tuple(checks))

    def domains(self, column: DraftColumn) -> list[UserType]:
        """The domains that the column itself is of, not its items."""
        if item_tokens(column.type) is not None:
            return []
        return _chain(column.user_type or find_user_type(self.catalogue, column.type))

    def uniques(self, draft: DraftTable) -> tuple[Unique, ...]:
        found: list[Unique] = []
        for key in sorted(draft.keys, key=lambda key: not key.primary):
            names = self._columns(draft, key.columns)
            what = "PRIMARY KEY" if key.primary else "UNIQUE"
            if names is None:
                message = f"{what} names a column that does not exist: {_listed(key.columns)}"
                self.catalogue.note(message, key.source, table=draft)
            else:
                made = Unique(
                    names,
                    key.primary,
                    key.name.text if key.name else None,
                    key.nulls_distinct and not self._equal_nulls(key),
                    tuple(map(render, key.terms)),
                    render(key.where) or None,
                    key.index,
                    key.source,
                )
                if not any(_same(made, other) for other in found):
                    found.append(made)
        return tuple(found)

    def _equal_nulls(self, key: DraftKey) -> bool:
        """SQL Server takes NULL for a value in UNIQUE, Oracle where another column of the key is not NULL."""
        several = len(key.columns) + len(key.terms) > 1
        return self.dialect.name == "tsql" or (self.dialect.name == "oracle" and several)

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
        for made in self.domains(column):
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

    def links(self, draft: DraftTable) -> tuple[ForeignKey, ...]:
        found: dict[tuple[object, ...], ForeignKey] = {}
        for key in draft.foreign_keys:
            link = self.foreign_key(draft, key)
            if link is not None:
                found.setdefault((link.columns, link.parent, link.parent_columns), link)
        if found and draft.engine in _ENGINES_WITHOUT_KEYS:
            message = f"engine {draft.engine} does not keep foreign keys; they are followed all the same"
            self.catalogue.note(message, draft.source, table=draft, level="info")
        return tuple(found.values())

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
        unique = any(unique.plain and set(unique.columns) == set(parent_columns) for unique in table.uniques)
        if not unique and not self._told_apart(parent, parent_columns, draft, columns):
            return f"{table.id} ({', '.join(parent_columns)}) is not unique"
        own = self.tables[id(draft)]
        for child_name, parent_name in zip(columns, parent_columns, strict=True):
            child_type, parent_type = own.column(child_name).type, table.column(parent_name).type
            if _clash(child_type, parent_type):
                return f"{child_name} is {child_type.written}, but {table.id}.{parent_name} is {parent_type.written}"
        return ForeignKey(columns, table.id, parent_columns, key.name.text if key.name else None, key.source)

    def _told_apart(
        self, parent: DraftTable, parent_columns: tuple[str, ...], child: DraftTable, columns: tuple[str, ...]
    ) -> bool:
        """Whether a key may refer to columns that are not unique: InnoDB takes any that an index begins with. They are
        made unique where they are not copied themselves; copied ones may repeat, if the child's need not differ."""
        if self.dialect.name != "mysql":
            return False
        table, own = self.tables[id(parent)], self.tables[id(child)]
        copied = {name.key for key in parent.foreign_keys for name in key.columns}
        if all(key in copied for key, column in parent.columns.items() if column.name.text in parent_columns):
            return not any(set(columns) & set(unique.all_columns) for unique in own.uniques)
        unique = Unique(parent_columns, index=True, source=parent.source)
        self.tables[id(parent)] = msgspec.structs.replace(table, uniques=(*table.uniques, unique))
        message = f"({', '.join(parent_columns)}) is made unique, since a foreign key refers to it"
        self.catalogue.note(message, parent.source, table=parent, level="info")
        return True


def resolve(catalogue: Catalogue) -> Schema:
    """The schema that the statements have left, with every fault as a note and the faulty part left out."""
    return _Resolver(catalogue).schema()


def _required(draft: DraftTable) -> set[str]:
    """Columns that a primary key keeps from being NULL: the table's own or that of one it inherits from."""
    primary = draft.primary
    required = {name.key for name in primary.columns} if primary else set()
    return required.union(*map(_required, draft.inherits))


def _counts(draft: DraftTable, column: DraftColumn) -> bool:
    """Whether a TINYINT(1), elsewhere a truth, is a number: it is a key alone, refers to one, or is 2 by default."""
    if not column.type or column.type[0].word != "TINYINT":
        return False
    own = any([name.key for name in key.columns] == [column.name.key] for key in draft.keys)
    refers = any(name.key == column.name.key for key in draft.foreign_keys for name in key.columns)
    default = (column.default or "0").strip("'\"()").upper()
    return column.identity or own or refers or (default.lstrip("-").isdecimal() and default not in ("0", "1"))


def _chain(made: UserType | None) -> list[UserType]:
    """A domain and the domains it is based on, as long as each is the whole of the other's type."""
    chain: list[UserType] = []
    while made is not None and made not in chain:
        chain.append(made)
        made = made.base_type if item_tokens(made.base) is None else None
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
    return _FAMILIES.get(child.kind, child.kind) != _FAMILIES.get(parent.kind, parent.kind)


def _same(one: Unique, other: Unique) -> bool:
    return (set(one.columns), one.expressions, one.where) == (set(other.columns), other.expressions, other.where)


def _listed(names: Sequence[Name]) -> str:
    return ", ".join(name.text for name in names)
