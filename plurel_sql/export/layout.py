"""What a relbench dataset holds of a database: its tables, keys, links and times, and where each column comes from.

relbench knows single keys that number the rows from 0, and foreign keys that hold those numbers. Names here are those
of the dataset; ``source`` says what they stand for. A folder carries its layout as ``mapping.json``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import msgspec

from plurel_sql.schema.model import Note

Kind = Literal["integer", "float", "boolean", "text", "timestamp"]
"""Of a column's values: int64 (or uint64), float64, bool, text, nanoseconds since 1970-01-01 UTC without a zone."""

Role = Literal["key", "link", "time", "feature"]


class OutColumn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column of the dataset. ``source`` are the columns of the source table that it stands for: several for the link
    of a composite foreign key, none for a key that was added and for a time that was lent by a parent. ``keyed`` marks
    a feature that is (part of) a key of the source: it tells rows apart, so it is nothing to predict; ``names_row``
    one that says by its name no more than which row it is, or which other (a tenant's or line's number, the id of
    a row somewhere): it is no number to reckon with."""

    name: str
    source: tuple[str, ...]
    role: Role
    kind: Kind
    names_row: bool = False
    keyed: bool = False


class OutLink(msgspec.Struct, frozen=True):
    """``column`` holds row numbers of the dataset's table ``parent``, NULL where there is none: the foreign key
    ``source`` -> ``parent_source`` of the source."""

    column: str
    parent: str
    source: tuple[str, ...]
    parent_source: tuple[str, ...]


class OutTable(msgspec.Struct, frozen=True, dict=True):
    """A table of the dataset, made from the table with id ``source``.

    Rows stand by ``time`` (missing ones last), then as in the source; ``key`` numbers them 0, 1, ... Where the source
    has no time of its own, ``lenders`` are the link columns whose parents lend theirs: the latest of them, before
    which the row can't have been.
    """

    name: str
    source: str
    key: str | None
    time: str | None
    links: tuple[OutLink, ...]
    columns: tuple[OutColumn, ...]
    lenders: tuple[str, ...] = ()

    def column(self, name: str) -> OutColumn:
        """The column called ``name``; KeyError where there is none."""
        return self._columns[name]

    @cached_property
    def _columns(self) -> dict[str, OutColumn]:
        return {column.name: column for column in self.columns}


class Layout(msgspec.Struct, frozen=True, dict=True):
    """A dataset. Rows up to ``val_timestamp`` (inclusive) may be seen in validation, up to ``test_timestamp`` in the
    test: microseconds since 1970-01-01 UTC, both None where no table has times. ``notes`` are what the dataset does not
    hold of its source."""

    name: str
    tables: tuple[OutTable, ...]
    val_timestamp: int | None
    test_timestamp: int | None
    notes: tuple[Note, ...] = ()

    def table(self, name: str) -> OutTable:
        """The dataset's table called ``name``; KeyError where there is none."""
        return self._by_name[name]

    def of(self, source: str) -> OutTable:
        """The dataset's table for the source table with id ``source``; KeyError where there is none."""
        return self._by_source[source]

    @cached_property
    def _by_name(self) -> dict[str, OutTable]:
        return {table.name: table for table in self.tables}

    @cached_property
    def _by_source(self) -> dict[str, OutTable]:
        return {table.source: table for table in self.tables}


def encode(layout: Layout) -> bytes:
    """The layout as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(layout), indent=1)


def decode(data: bytes) -> Layout:
    """The layout in ``data``; msgspec.ValidationError where it is not one."""
    return msgspec.json.decode(data, type=Layout)
