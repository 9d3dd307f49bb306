"""Schema -> the tables of a relbench dataset. Pure; what relbench can't hold as it is gets another form here:

* A key of one column that only numbers or names rows becomes the row number, under its name. Any other key (composite,
  part of a foreign key, a text or date that says something) stays as it is beside a key column that is added.
* A foreign key becomes one column, whatever it refers to and however many columns it has.
* Tables and columns whose names something can't take, or that differ by case alone, are renamed.
* A detail, event or junction without a time of its own takes its parents'.
* Bytes, and what the engine alone understands, are left out with a note.
"""

from __future__ import annotations

from collections.abc import Mapping

from plurel_sql.export.layout import Kind, OutColumn, OutLink, OutTable
from plurel_sql.export.names import Names, table_names, time_name
from plurel_sql.schema.cuts import load_order
from plurel_sql.schema.model import ForeignKey, Note, Schema, SqlType, Table
from plurel_sql.semantics.names import word_set, words
from plurel_sql.semantics.roles import table_role

_OPAQUE = word_set("id identifier uuid guid ulid oid key pk sk hash token no nr num number")
"""Last words of key columns that say nothing of the row but which it is."""

_KINDS: dict[str, Kind | None] = {
    "integer": "integer", "float": "float", "boolean": "boolean", "date": "timestamp", "timestamp": "timestamp",
    "interval": "float", "binary": None, "unknown": None,
}  # fmt: skip


def design(schema: Schema, times: Mapping[str, str | None]) -> tuple[tuple[OutTable, ...], tuple[Note, ...]]:
    """The dataset's tables, in the schema's order, and what they leave out.

    Args:
        schema: whose foreign keys are those that the rows meet.
        times: table id -> the column that says when a row came about.
    """
    names = table_names(schema)
    referred = {key.parent for table in schema.tables for key in table.foreign_keys}
    notes: list[Note] = []
    made: dict[str, OutTable] = {}
    for id in load_order(schema):
        table = schema.table(id)
        if not table.columns:
            notes.append(Note("is left out: it has no columns", id))
            continue
        made[id] = _Designed(table, names, times.get(id), id in referred, made, notes).table
    return tuple(made[table.id] for table in schema.tables if table.id in made), tuple(notes)


def kind(type_: SqlType) -> Kind | None:
    """How values of a type stand in the dataset; None for what it leaves out."""
    if type_.kind == "decimal":
        whole = type_.scale == 0 and type_.precision is not None and type_.precision <= 18
        return "integer" if whole and not type_.base else "float"
    if type_.kind == "bit" and type_.length == 1:
        return "boolean"
    return _KINDS.get(type_.kind, "text")


class _Designed:
    """One table on its way; ``earlier`` are those that stand before it in load order."""

    def __init__(
        self,
        table: Table,
        names: Mapping[str, str],
        time: str | None,
        referred: bool,
        earlier: Mapping[str, OutTable],
        notes: list[Note],
    ) -> None:
        self.source = table
        self.names = names
        self.taken = Names()
        self.linked = {name for key in table.foreign_keys for name in key.columns}
        self.notes = notes
        own = self._own_key()
        columns = [column for c in table.columns if (column := self._column(c.name, c.type, own, time)) is not None]
        key = next((column.name for column in columns if column.role == "key"), None)
        links = self._links()
        if key is None and (referred or table.primary_key is not None):
            key = self.taken.free(f"{names[table.id]}_id", f"{names[table.id]}_key")
            columns.insert(0, OutColumn(key, (), "key", "integer"))
        columns += [OutColumn(link.column, link.source, "link", "integer") for link in links]
        found = next((column.name for column in columns if column.role == "time"), None)
        lenders = self._lenders(links, earlier) if found is None else ()
        if lenders:
            lent = next(link for link in links if link.column == lenders[0])
            parent = next(one for one in earlier.values() if one.name == lent.parent)
            found = self.taken.free(str(parent.time), time_name(f"{parent.name}_{parent.time}"))
            columns.append(OutColumn(found, (), "time", "timestamp"))
        place = {column.name: k for k, column in enumerate(table.columns)}
        last = len(place)
        columns.sort(key=lambda c: (c.role != "key", min((place[name] for name in c.source), default=last)))
        self.table = OutTable(names[table.id], table.id, key, found, tuple(links), tuple(columns), lenders)

    def _own_key(self) -> str | None:
        """The column of the primary key where a row number can stand in its place."""
        key = self.source.primary_key
        if key is None or len(key.columns) != 1 or key.columns[0] in self.linked:
            return None
        column = self.source.column(key.columns[0])
        opaque = column.type.kind in ("uuid", "binary") or column.identity
        return column.name if opaque or words(column.name)[-1] in _OPAQUE else None

    def _column(self, name: str, type_: SqlType, own: str | None, time: str | None) -> OutColumn | None:
        if name in self.linked:
            return None
        if name == own:
            return OutColumn(self.taken.free(name), (name,), "key", "integer")
        if name == time:
            return OutColumn(self.taken.free(time_name(name)), (name,), "time", "timestamp")
        found = kind(type_)
        if found is None:
            held = "bytes" if type_.kind == "binary" else "values of a type that is not understood"
            said = f"is left out: it holds {held} ({type_.written or type_.kind})"
            self.notes.append(Note(said, f"{self.source.id}.{name}", level="info"))
            return None
        keys = [unique.columns for unique in self.source.uniques if unique.plain and name in unique.columns]
        part = any(len(columns) > 1 for columns in keys)
        return OutColumn(
            self.taken.free(name),
            (name,),
            "feature",
            found,
            (part or found == "integer") and words(name)[-1] in _OPAQUE,
            bool(keys),
        )

    def _links(self) -> list[OutLink]:
        distinct = {(key.columns, key.parent): key for key in reversed(self.source.foreign_keys)}
        found = []
        for key in reversed(distinct.values()):
            parent = self.names[key.parent]
            own = self._naming_column(key)
            wanted = (own, f"{own}_{parent}") if own else (f"{parent}_id",)
            found.append(OutLink(self.taken.free(*wanted), parent, key.columns, key.parent_columns))
        return found

    def _naming_column(self, key: ForeignKey) -> str | None:
        """The column that names a foreign key: its only one, or the only one that no other foreign key has."""
        if len(key.columns) == 1:
            return key.columns[0]
        others = {name for other in self.source.foreign_keys if other.columns != key.columns for name in other.columns}
        alone = [name for name in key.columns if name not in others]
        return alone[0] if len(alone) == 1 and words(alone[0])[-1] in _OPAQUE else None

    def _lenders(self, links: list[OutLink], earlier: Mapping[str, OutTable]) -> tuple[str, ...]:
        """The required links to tables with times, where the table is one whose rows happen."""
        if table_role(self.source) not in ("detail", "event", "junction"):
            return ()
        timed = {table.name for table in earlier.values() if table.time is not None}
        optional = {column.name for column in self.source.columns if column.nullable}
        return tuple(link.column for link in links if link.parent in timed and not optional & {*link.source})
