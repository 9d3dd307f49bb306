"""A database's structure as statements, and those as a schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from plurel_sql import ddl
from plurel_sql.schema.model import Schema, Statement


class Piece(NamedTuple):
    """A statement without its delimiter. With ``read`` False it only rides along (a function, an extension): nothing
    in it bears on rows, and its text need not be understood."""

    text: str
    read: bool = True


def schema_of(pieces: Iterable[Piece], dialect: str, place: str) -> Schema:
    """The schema that the statements make.

    Args:
        pieces: in an order in which they can be run.
        dialect: as ``ddl.read`` has it.
        place: what notes name; there is no file whose lines they could point to.
    """
    listed = list(pieces)
    found = ddl.read([ddl.Text(place, ";\n".join(piece.text for piece in listed if piece.read) + ";")], dialect)
    bare: Schema = _without_sources(found)
    notes = tuple(msgspec.structs.replace(note, where=note.where or place) for note in bare.notes)
    statements = tuple(Statement(piece.text) for piece in listed)
    return msgspec.structs.replace(bare, notes=tuple(dict.fromkeys(notes)), statements=statements)


def _without_sources(item: Any) -> Any:
    """Plain data without the places in a text that nobody has seen."""
    if isinstance(item, tuple):
        return tuple(map(_without_sources, item))
    if not isinstance(item, msgspec.Struct):
        return item
    changes = {
        name: None if name == "source" else _without_sources(value)
        for name in item.__struct_fields__
        if isinstance(value := getattr(item, name), msgspec.Struct | tuple)
    }
    return msgspec.structs.replace(item, **changes) if changes else item
