"""What the planner knows while it works: one mutable draft per table, filled by the passes in ``planner.py``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Literal

import msgspec

from plurel_sql.plan import model
from plurel_sql.plan.config import Config, LinkConfig, TableConfig
from plurel_sql.plan.domains import Domain, domain
from plurel_sql.schema.model import (
    Check,
    Column,
    Compare,
    Exclusion,
    Fold,
    ForeignKey,
    Note,
    Predicate,
    Schema,
    Source,
    SqlType,
    Table,
    Unique,
)

if TYPE_CHECKING:
    from plurel_sql.plan.groups import Election, Stretch

SECOND = 1_000_000
START = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp()) * SECOND
END = int(datetime(2025, 12, 31, tzinfo=UTC).timestamp()) * SECOND
"""The default span; fixed, so that the same plan comes out on any day."""

LinkKind = Literal["free", "driver", "one_to_one", "junction", "within", "derived", "same", "dropped"]


def chance(*names: str) -> float:
    """A number in [0, 1) that hangs on the names alone (so a choice never moves when a schema grows elsewhere)."""
    digest = hashlib.blake2b("\0".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def first(domain: Domain) -> int:
    """Where a column of whole numbers starts to count: at 1, or as near to it as its domain allows."""
    low = 1 if domain.low is None else max(1, ceil(domain.low))
    return low if domain.high is None or low <= domain.high else ceil(domain.low or 0)


@dataclass
class LinkDraft:
    """A foreign key on its way to a law. ``fixed`` says which pass chose ``kind`` and why, in words."""

    fk: ForeignKey
    optional: bool
    kind: LinkKind = "free"
    why: str = "any parent that exists by then"
    path: tuple[int, ...] = ()
    via: int | None = None
    scope: str | None = None
    same: int | None = None
    tuple_key: str | None = None
    back: bool = False
    apart: list[int] = field(default_factory=list)
    """Links whose parents it must not share."""
    side: tuple[int, bool, str] | None = None
    """The link that it is in order with, whether it takes the higher parent, the parent's column that orders them."""
    ring: bool = False
    circle: bool = False
    """Of a table to itself: the roots refer to one another, since none may refer to itself."""
    void: bool = False
    """Dropped, though it holds: one of its columns is NULL in every row."""
    flat: bool = False
    """Of a table to itself: every row is a root."""


@dataclass
class Member:
    """One coordinate of a tuple: a link, or a column with a finite list of values (``size`` of them)."""

    link: int | None = None
    column: str | None = None
    size: int = 0
    labels: tuple[str, ...] = ()


@dataclass
class TupleDraft:
    """Coordinates that must be distinct together, below the parent of link ``after``."""

    key: str
    after: int | None
    members: list[Member]


@dataclass(frozen=True)
class Pool:
    """What a coordinate of a tuple is drawn from: the rows of ``table``, or those below one row of ``scope``, without
    ``less`` of them; of a ``ring`` those ahead, up to half way round."""

    table: str
    scope: str | None = None
    less: int = 0
    ring: bool = False

    def of(self, rows: int) -> int:
        """How many of ``rows`` there are to draw from."""
        return max(rows - 1, 0) // 2 if self.ring else max(rows - self.less, 0)


@dataclass
class Limit:
    """At most ``per`` rows for each combination of ``parents`` (rows of tables; none: in all), because of ``why``."""

    per: int
    parents: tuple[str | Pool, ...]
    why: str


@dataclass
class TableDraft:
    table: Table
    links: list[LinkDraft]
    driver: int | None = None
    tuples: list[TupleDraft] = field(default_factory=list)
    serials: dict[str, bool] = field(default_factory=dict)
    """Columns that must be injective in the row number; the value says whether to permute."""
    positions: dict[str, int] = field(default_factory=dict)
    """Columns that count inside an ancestor's range, with the number of driver steps up."""
    constants: dict[str, str] = field(default_factory=dict)
    forms: dict[str, Fold] = field(default_factory=dict)
    """Serials that must differ by more than the value: times by a unit, documents by a member."""
    prefixes: dict[str, int] = field(default_factory=dict)
    """Serials that must differ within so many characters, and are longer."""
    computed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Generated columns in keys: the column each follows, and its case ("lower", "upper", or as it is)."""
    elections: dict[str, Election] = field(default_factory=dict)
    """Columns that one row of each group holds another value in than the others."""
    stretches: dict[str, Stretch] = field(default_factory=dict)
    """Columns that hold stretches without overlap."""
    distinct_time: str | None = None
    """The time column whose values must be strictly increasing along the own axis."""
    limits: list[Limit] = field(default_factory=list)
    at_least: dict[str, int] = field(default_factory=dict)
    """Tables each of whose rows needs so many of this one."""
    driver_cap: int = 2**40
    driver_minimum: int = 0
    not_null: set[str] = field(default_factory=set)
    rows: int = 0
    least: int = 1
    """If the table has rows, then so many or more."""
    axis: model.Axis = field(default_factory=model.Static)
    axis_column: str | None = None
    hidden_axis: bool = False
    """The rows happen in time though no column says when: what may come later is told from there."""
    rules: dict[str, model.Rule] = field(default_factory=dict)
    uniques: list[Unique] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    """Uniques and checks that the plan guarantees; only these are declared in a target."""
    outside: dict[Unique, Check] = field(default_factory=dict)
    """Partial indexes that are met because no row meets their condition, with the condition's opposite."""
    inside: list[Predicate] = field(default_factory=list)
    """What the rows must meet to find a partition."""
    kept_times: set[str] = field(default_factory=set)
    """Time columns that stay within the plan's span, since the partitions do."""
    unpartitioned: bool = False
    """Some rows may find no partition; a note says so."""
    exclusions: list[Exclusion] = field(default_factory=list)
    paired: list[Compare] = field(default_factory=list)
    """Comparisons of foreign keys that their laws see to."""
    pending: list[Check] = field(default_factory=list)
    """Checks that no rule guarantees."""
    wishes: dict[str, tuple[Predicate, ...]] = field(default_factory=dict)
    """What the configuration asks of columns, beside what the schema does."""
    _narrowed: dict[str, SqlType] = field(default_factory=dict)
    _domains: dict[str, Domain] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.table.id

    def owners(self, column: str) -> Iterator[int]:
        """The links that set ``column``, firmest first: required before optional, and those that could lead round in a
        circle (to the table itself, against the value order, copied with other columns) last.

        Nothing sets a column of one value for all rows.
        """
        found = [
            k
            for k, link in enumerate(self.links)
            if link.kind != "dropped" and column in link.fk.columns and column not in self.constants
        ]

        def firmness(k: int) -> tuple[bool, bool, bool, int]:
            link = self.links[k]
            return link.optional, link.fk.parent == self.id, link.back, len(link.fk.columns)

        yield from sorted(found, key=firmness)

    def owner(self, column: str) -> int | None:
        return next(self.owners(column), None)

    def is_key(self, columns: tuple[str, ...]) -> bool:
        """Whether a PRIMARY KEY or UNIQUE lies within ``columns``."""
        return any(unique.plain and set(unique.columns) <= set(columns) for unique in self.table.uniques)

    def narrow(self, column: str, other: SqlType) -> None:
        """Keeps a key column's values within the type of a column that refers to it."""
        mine = self.key_column(column).type
        if mine.kind != other.kind:
            return
        least = {
            name: min(a, b) if a is not None and b is not None else (a if b is None else b)
            for name in ("bits", "length", "precision")
            for a, b in [(getattr(mine, name), getattr(other, name))]
        }
        self._narrowed[column] = msgspec.structs.replace(mine, signed=mine.signed or other.signed, **least)
        self._domains.pop(column, None)

    def wish(self, column: str, *predicates: Predicate) -> None:
        """Narrows what the column may hold, beside what the schema says."""
        self.wishes[column] = (*self.wishes.get(column, ()), *predicates)
        self._domains.pop(column, None)

    def unwish(self, column: str, predicate: Predicate) -> None:
        self.wishes[column] = tuple(wish for wish in self.wishes[column] if wish is not predicate)
        self._domains.pop(column, None)

    def key_column(self, name: str) -> Column:
        """The column, its type as narrow as the narrowest key column that refers to it."""
        column = self.table.column(name)
        return msgspec.structs.replace(column, type=self._narrowed[name]) if name in self._narrowed else column

    def domain(self, column: Column) -> Domain:
        if column.name not in self._domains:
            table = self.table
            if column.name in self.wishes:
                wish = Check("", (column.name,), predicates=self.wishes[column.name])
                table = msgspec.structs.replace(table, checks=(*table.checks, wish))
            self._domains[column.name] = domain(table, self.key_column(column.name))
        return self._domains[column.name]

    def taken(self, column: str) -> bool:
        """True where a pass has already decided how ``column`` is made."""
        return (
            self.owner(column) is not None
            or column in self.serials
            or column in self.positions
            or column in self.constants
            or column in self.stretches
            or column == self.distinct_time
            or any(member.column == column for group in self.tuples for member in group.members)
        )


@dataclass
class Draft:
    schema: Schema
    config: Config
    seed: int
    tables: dict[str, TableDraft]
    order: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    vocabularies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    columns: dict[str, tuple[model.Column, ...]] = field(default_factory=dict)
    nodes: dict[str, tuple[model.NodeSpec, ...]] = field(default_factory=dict)
    narrowed: tuple[int, int] | None = None
    """The plan's time, where partitions leave less of it."""

    def __getitem__(self, table: str) -> TableDraft:
        return self.tables[table]

    def __iter__(self) -> Iterator[TableDraft]:
        """Drafts in value order once it is known, in schema order before."""
        return (self.tables[name] for name in (self.order or self.tables))

    @property
    def span(self) -> tuple[int, int]:
        """Start and end of the plan's time, in microseconds."""
        if self.narrowed is not None:
            return self.narrowed
        start, end = self.config.start_micros, self.config.end_micros
        return START if start is None else start, END if end is None else end

    def note(
        self, message: str, where: str, level: Literal["error", "info"] = "error", at: Source | None = None
    ) -> None:
        self.notes.append(Note(message, where=where, source=at, level=level))

    def drop(self, table: TableDraft, link: int, reason: str) -> None:
        """Leaves a foreign key out, and says so."""
        dropped = table.links[link]
        dropped.kind = "dropped"
        self.note(
            f"FOREIGN KEY ({', '.join(dropped.fk.columns)}) to {dropped.fk.parent} {reason}; it is left out",
            f"{table.id}.{dropped.fk.name or ','.join(dropped.fk.columns)}",
        )

    def table_config(self, table: str) -> TableConfig:
        return self.config.tables.get(table) or TableConfig()

    def link_config(self, table: str, fk: ForeignKey) -> LinkConfig:
        """The configuration of a link, named by its columns joined with commas, or by its constraint's name."""
        links = self.table_config(table).links
        return links.get(",".join(fk.columns)) or (links.get(fk.name) if fk.name else None) or LinkConfig()

    def claim_driver(self, table: str, link: int, ring: bool = False) -> bool:
        """Makes ``link`` the driver of ``table`` if nothing speaks against it; True where it is the driver now.

        A link that gives way to another one is none, since its parent's rows don't stand together; but for a ``ring``.
        """
        draft = self.tables[table]
        wanted = draft.links[link]
        if (wanted.apart or wanted.side is not None) and not ring:
            return False
        if draft.driver is not None:
            return draft.driver == link
        if wanted.kind not in ("free", "driver") or wanted.fk.parent == table:
            return False
        above: str | None = wanted.fk.parent
        while above is not None:
            if above == table:
                return False
            parent = self.tables[above]
            above = None if parent.driver is None else parent.links[parent.driver].fk.parent
        draft.driver = link
        wanted.kind = "driver"
        wanted.why = "rows of one parent stand together"
        return True


def drafted(table: Table) -> TableDraft:
    """A table with its foreign keys, nothing decided."""
    found: dict[tuple[tuple[str, ...], str], LinkDraft] = {}
    for fk in table.foreign_keys:
        if not trivial(table, fk):
            optional = any(table.column(name).nullable for name in fk.columns)
            found.setdefault((fk.columns, fk.parent), LinkDraft(fk, optional))
    return TableDraft(table, list(found.values()))


def trivial(table: Table, fk: ForeignKey) -> bool:
    """A key from a column to itself: every row meets it by pointing at itself."""
    return fk.parent == table.id and fk.columns == fk.parent_columns
