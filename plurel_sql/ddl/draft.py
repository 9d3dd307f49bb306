"""The schema while statements are applied to it: tables that can still change, and what was noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from plurel_sql.ddl.cursor import Name, Path, make_name
from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.splitter import Statement
from plurel_sql.ddl.tokens import Token, name_value, quote_name
from plurel_sql.schema import model
from plurel_sql.schema.model import Part, Source


@dataclass
class UserType:
    """CREATE TYPE or CREATE DOMAIN: an enum has labels, a domain a base, a composite type fields, a range type the
    type of its bounds (``multi``: its multirange type); anything else is not understood."""

    name: str
    labels: list[str] | None = None
    fields: list[tuple[str, Sequence[Token]]] | None = None
    bounds: Sequence[Token] = ()
    multi: bool = False
    base: Sequence[Token] = ()
    base_type: UserType | None = None
    not_null: bool = False
    default: str | None = None
    checks: list[tuple[Sequence[Token], str | None]] = field(default_factory=list)


@dataclass
class DraftColumn:
    name: Name
    type: Sequence[Token]
    source: Source
    user_type: UserType | None = None
    nullable: bool = True
    default: str | None = None
    generated: str | None = None
    identity: bool = False
    comment: str | None = None
    srid: int | None = None
    counts: tuple[int, int] | None = None


@dataclass
class DraftKey:
    """``terms`` are the indexed expressions, ``where`` the condition of a partial index."""

    columns: list[Name]
    source: Source
    primary: bool = False
    name: Name | None = None
    nulls_distinct: bool = True
    implicit: str = ""  # the name that the engine gave, kept when the table or a column is renamed
    terms: list[Sequence[Token]] = field(default_factory=list)
    where: Sequence[Token] = ()
    index: bool = False


@dataclass
class DraftForeignKey:
    columns: list[Name]
    parent: Path
    parent_columns: list[Name]  # empty: the primary key
    source: Source
    name: Name | None = None
    implicit: str = ""


@dataclass
class DraftCheck:
    tokens: Sequence[Token]
    source: Source
    name: Name | None = None
    implicit: str = ""


@dataclass
class DraftExclusion:
    """EXCLUDE USING method (term WITH operator, ...) WHERE (...)."""

    elements: list[tuple[Sequence[Token], str]]
    method: str
    where: Sequence[Token]
    source: Source
    name: Name | None = None
    implicit: str = ""


DraftConstraint = DraftKey | DraftForeignKey | DraftCheck | DraftExclusion


@dataclass
class DraftPartitioning:
    """``parts`` with the table that holds each one's rows, where it is a table of its own."""

    strategy: Literal["range", "list", "hash"]
    keys: list[Sequence[Token]]
    parts: list[tuple[Part, DraftTable | None]] = field(default_factory=list)


@dataclass
class DraftTable:
    path: Path
    source: Source
    columns: dict[str, DraftColumn] = field(default_factory=dict)
    keys: list[DraftKey] = field(default_factory=list)
    foreign_keys: list[DraftForeignKey] = field(default_factory=list)
    checks: list[DraftCheck] = field(default_factory=list)
    comment: str | None = None
    engine: str = ""  # MySQL
    ignored: bool = False  # temporary tables, partitions, views: known, so that statements about them are no faults
    virtual: bool = False  # SQLite
    exclusions: list[DraftExclusion] = field(default_factory=list)
    partitioning: DraftPartitioning | None = None
    part_of: DraftTable | None = None
    inherits: list[DraftTable] = field(default_factory=list)
    periods: dict[str, Sequence[Token]] = field(default_factory=dict)  # as ranges of their two columns

    @property
    def primary(self) -> DraftKey | None:
        return next((key for key in self.keys if key.primary), None)


@dataclass
class DraftNote:
    message: str
    source: Source
    table: DraftTable | None
    detail: str
    level: Literal["error", "info"]


class Catalogue:
    """Tables and types by name, as the statements so far have left them."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.tables: dict[tuple[str, str], DraftTable] = {}
        self.types: dict[tuple[str, str], UserType] = {}
        self.notes: list[DraftNote] = []
        self.routines: dict[str, list[Statement]] = {}
        """What each routine defines when it is called."""
        self.statements: list[model.Statement] = []
        """The definitions as written, for a target of the same dialect."""
        self.default = make_name(dialect.default_namespace or "", dialect, quoted=False)
        self.search_path: list[Name] = [self.default]

    def note(
        self,
        message: str,
        source: Source,
        *,
        table: DraftTable | None = None,
        detail: str = "",
        level: Literal["error", "info"] = "error",
    ) -> None:
        """Keeps a note; ``detail`` is a column or, without a table, whatever the note is about."""
        self.notes.append(DraftNote(message, source, table, detail, level))

    def full(self, path: Path) -> Path:
        """The path with the namespace in which a new object would be made."""
        return path if path.namespace else Path(self.search_path[0] if self.search_path else self.default, path.name)

    def find(self, path: Path, near: Name | None = None) -> DraftTable | None:
        """The table that a name means here; ``near`` is the namespace of the table that mentions it."""
        if path.namespace is not None:
            return self.tables.get((path.namespace.key, path.name.key))
        for namespace in (*self.search_path, near, self.default):
            if namespace is not None and (found := self.tables.get((namespace.key, path.name.key))):
                return found
        return None

    def find_type(self, path: Path) -> UserType | None:
        if path.namespace is not None:
            return self.types.get((path.namespace.key, path.name.key))
        if path.name.key in self.dialect.own_types:
            return None
        for namespace in (*self.search_path, self.default):
            if found := self.types.get((namespace.key, path.name.key)):
                return found
        # A type is often made in one namespace and used without it; one of that name alone is meant.
        named = [found for (_, name), found in self.types.items() if name == path.name.key]
        return named[0] if len(named) == 1 else None

    def add(self, table: DraftTable) -> None:
        namespace = table.path.namespace or self.default
        self.tables[namespace.key, table.path.name.key] = table

    def remove(self, table: DraftTable) -> None:
        place = ((table.path.namespace or self.default).key, table.path.name.key)
        if self.tables.get(place) is table:
            del self.tables[place]
        if table.part_of is not None:
            self.detach(table)
        if table.partitioning is not None:
            for _, part in table.partitioning.parts:
                if part is not None:
                    self.remove(part)

    def detach(self, part: DraftTable) -> None:
        """Takes a partition out of its table."""
        whole, part.part_of = part.part_of, None
        if whole is not None and whole.partitioning is not None:
            whole.partitioning.parts = [entry for entry in whole.partitioning.parts if entry[1] is not part]

    def constraint_name(self, table: DraftTable, item: DraftConstraint) -> str:
        """The key of a constraint's name: as written, or as the engine makes it from table and columns."""
        if item.name is not None or item.implicit:
            return item.name.key if item.name is not None else item.implicit
        if isinstance(item, DraftExclusion):
            kind, columns = "exclude", []
        elif isinstance(item, DraftCheck):
            kind = "check"
            columns = [c.name.text for c in table.columns.values() if any(self._is(t, c.name) for t in item.tokens)]
            columns = columns if len(columns) == 1 else []
        else:
            columns = [name.text for name in item.columns]
            kind = "foreign" if isinstance(item, DraftForeignKey) else "primary" if item.primary else "unique"
        form = self.dialect.implicit_names.get(kind, "")
        made = form.format(table=table.path.name.text, columns="_".join(columns), first=(columns or [""])[0])
        return self.dialect.key(made.replace("__", "_") if not columns else made, quoted=True)

    def _keep_names(self, table: DraftTable) -> None:
        items: list[DraftConstraint] = [*table.keys, *table.foreign_keys, *table.checks, *table.exclusions]
        for item in items:
            item.implicit = self.constraint_name(table, item)

    def move(self, table: DraftTable, path: Path) -> None:
        """Renames a table; foreign keys to it follow."""
        self._keep_names(table)
        for other in self.tables.values():
            for key in other.foreign_keys:
                if self.find(key.parent, other.path.namespace) is table:
                    key.parent = path
        # The place in the order of tables is kept.
        self.tables = {
            ((path.namespace or self.default).key, path.name.key) if entry is table else place: entry
            for place, entry in self.tables.items()
        }
        table.path = path

    def drop_keys_to(self, table: DraftTable) -> None:
        for other in self.tables.values():
            other.foreign_keys = [
                key for key in other.foreign_keys if self.find(key.parent, other.path.namespace) is not table
            ]

    def rename_column(self, table: DraftTable, old: Name, new: Name) -> None:
        """Renames a column in its table, its constraints and the foreign keys to it."""
        self._keep_names(table)

        def swap(names: list[Name]) -> list[Name]:
            return [new if name.key == old.key else name for name in names]

        def renamed(tokens: Sequence[Token]) -> Sequence[Token]:
            return [self._renamed(token, old, new) for token in tokens]

        table.columns = {
            new.key if key == old.key else key: replace(column, name=new) if key == old.key else column
            for key, column in table.columns.items()
        }
        for key in table.keys:
            key.columns = swap(key.columns)
            key.terms = [renamed(term) for term in key.terms]
            key.where = renamed(key.where)
        for check in table.checks:
            check.tokens = renamed(check.tokens)
        for exclusion in table.exclusions:
            exclusion.elements = [(renamed(term), operator) for term, operator in exclusion.elements]
            exclusion.where = renamed(exclusion.where)
        if table.partitioning is not None:
            table.partitioning.keys = [renamed(key) for key in table.partitioning.keys]
        for other in self.tables.values():
            for foreign in other.foreign_keys:
                if other is table:
                    foreign.columns = swap(foreign.columns)
                if self.find(foreign.parent, other.path.namespace) is table:
                    foreign.parent_columns = swap(foreign.parent_columns)

    def _is(self, token: Token, name: Name) -> bool:
        """Whether a token of an expression is this column's name."""
        if token.kind == "word":
            return make_name(token.text, self.dialect, quoted=False).key == name.key
        return token.kind == "name" and make_name(name_value(token), self.dialect, quoted=True).key == name.key

    def _renamed(self, token: Token, old: Name, new: Name) -> Token:
        if not self._is(token, old):
            return token
        return token._replace(kind="name", word="", text=quote_name(new.text, self.dialect))

    def drop_column(self, table: DraftTable, column: Name) -> None:
        """Drops a column with the constraints that mention it."""

        def mentions(names: Sequence[Name]) -> bool:
            return any(name.key == column.key for name in names)

        def speaks(tokens: Sequence[Token]) -> bool:
            return any(self._is(token, column) for token in tokens)

        table.columns.pop(column.key, None)
        table.keys = [
            key for key in table.keys if not mentions(key.columns) and not any(map(speaks, (*key.terms, key.where)))
        ]
        table.exclusions = [
            exclusion for exclusion in table.exclusions if not any(speaks(term) for term, _ in exclusion.elements)
        ]
        table.foreign_keys = [key for key in table.foreign_keys if not mentions(key.columns)]
        table.checks = [check for check in table.checks if not speaks(check.tokens)]
