"""Where the schemas of many databases come from, in words: ``random``, ``realistic``, ``ddl:FOLDER``, or a mixture of
them with weights, ``random:0.3,ddl:FOLDER:0.7``."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from plurel_sql.errors import ConfigError
from plurel_sql.plan.draws import Draws
from plurel_sql.plan.params import Params
from plurel_sql.prior.published import random_schema
from plurel_sql.prior.real import files, real_schema
from plurel_sql.prior.realistic import realistic_schema
from plurel_sql.schema.lookup import nearest
from plurel_sql.schema.model import Schema

KINDS = ("random", "realistic", "ddl")
_PLACE = "--schemas"


class Part(msgspec.Struct, frozen=True):
    """One of a mixture: ``folder`` is that of ``ddl``."""

    kind: str
    weight: float = 1.0
    folder: str = ""


class Drawn(NamedTuple):
    """A schema with what it was drawn from; ``neutral``: its names mean nothing."""

    schema: Schema
    kind: str
    neutral: bool


def parse(text: str) -> tuple[Part, ...]:
    """The mixture that ``text`` describes.

    Raises:
        ConfigError: a source that is not known, a weight that is not above 0.
        InputError: a folder without DDL.
    """
    parts = tuple(_part(piece.strip()) for piece in text.split(",") if piece.strip())
    if not parts:
        raise ConfigError("no source of schemas", place=_PLACE, hint="random, realistic or ddl:FOLDER")
    return parts


def _part(text: str) -> Part:
    kind, _, rest = text.partition(":")
    if kind not in KINDS:
        raise ConfigError(f"{kind!r} is not a source of schemas", place=_PLACE, hint=nearest(kind, KINDS))
    folder, _, last = rest.rpartition(":") if kind == "ddl" else ("", "", rest)
    if kind == "ddl" and not folder:
        folder, last = rest, ""
    try:
        weight = float(last) if last else 1.0
    except ValueError:
        if kind != "ddl":
            raise ConfigError(f"{last!r} is not a weight", place=_PLACE, hint=f"such as {kind}:0.5") from None
        folder, weight = rest, 1.0
    if not 0 < weight < float("inf"):
        raise ConfigError(f"{weight} is not a weight", place=_PLACE, hint="a number above 0 is expected")
    if kind == "ddl":
        if not folder:
            raise ConfigError("no folder is named", place=_PLACE, hint="write ddl:FOLDER")
        files(Path(folder))
    return Part(kind, weight, folder)


def draw(parts: tuple[Part, ...], seed: int, params: Params) -> Drawn:
    """The schema of seed ``seed``."""
    part = parts[Draws(seed, "source").weighted([part.weight for part in parts])]
    match part.kind:
        case "random":
            return Drawn(random_schema(seed, params), part.kind, True)
        case "realistic":
            return Drawn(realistic_schema(seed), part.kind, True)
        case _:
            return Drawn(real_schema(Path(part.folder), seed), part.kind, False)
