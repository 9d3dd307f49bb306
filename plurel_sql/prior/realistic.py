"""Random schemas with the shapes of real ones: how many tables, how wide, how many keys and of which tables, types.

``realistic.json`` holds what was measured on real schemas (``benchmarks/schema_laws.py`` made it); names are neutral.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from plurel_sql.plan.draws import Draws
from plurel_sql.schema.model import Check, Column, ForeignKey, OneOf, Schema, SqlType, Table, Unique

_TYPES: dict[str, SqlType] = {
    "integer": SqlType("integer", "INTEGER", bits=32),
    "decimal": SqlType("decimal", "DECIMAL(12,2)", precision=12, scale=2),
    "float": SqlType("float", "DOUBLE", bits=64),
    "boolean": SqlType("boolean", "BOOLEAN"),
    "text": SqlType("text", "VARCHAR(80)", length=80),
    "date": SqlType("date", "DATE"),
    "timestamp": SqlType("timestamp", "TIMESTAMP", precision=6),
}
_KEY = SqlType("integer", "BIGINT", bits=64)


class Laws(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Measured on real schemas. Counts map a number (as text) to how often it was met: tables of a schema (from 3 on),
    free columns of a table, foreign keys of a table. ``attachment`` is the share of keys that lead to a table because
    others do so already; ``self_references`` the share of keys within a table; ``optional`` and ``nullable`` the shares
    of keys and free columns that may be NULL; ``listed`` that of columns with a list of values; ``kinds`` of types."""

    command: str
    schemas: int
    tables: dict[str, int]
    columns: dict[str, int]
    keys: dict[str, int]
    attachment: float
    self_references: float
    optional: float
    nullable: float
    listed: float
    kinds: dict[str, float]


@lru_cache(maxsize=1)
def laws() -> Laws:
    return msgspec.json.decode((files("plurel_sql") / "prior" / "realistic.json").read_bytes(), type=Laws)


def realistic_schema(seed: int) -> Schema:
    """The schema of seed ``seed``: a graph grown table by table, so without circles but for tables that refer to
    themselves."""
    law = laws()
    draws = Draws(seed, "realistic", "graph")
    count = _number(law.tables, draws)
    tables: list[Table] = []
    urn: list[int] = []
    for number in range(count):
        own = Draws(seed, "realistic", f"table_{number}")
        parents: list[int] = []
        for _ in range(_number(law.keys, own)):
            if own.chance(law.self_references):
                parents.append(number)
            elif number:
                parents.append(own.pick(urn) if urn and own.chance(law.attachment) else own.below(number))
        parents = list(dict.fromkeys(parents))
        urn += [parent for parent in parents if parent != number]
        tables.append(_table(number, parents, law, own))
    return Schema(tuple(tables))


def _table(number: int, parents: list[int], law: Laws, draws: Draws) -> Table:
    keys = tuple(ForeignKey((f"foreign_row_{k}",), f"table_{p}", ("row_idx",)) for k, p in enumerate(parents))
    columns = [Column("row_idx", _KEY, nullable=False, identity=True)]
    columns += [
        Column(key.columns[0], _KEY, nullable=parent == number or draws.chance(law.optional))
        for key, parent in zip(keys, parents, strict=True)
    ]
    checks: list[Check] = []
    kinds = list(law.kinds)
    for k in range(_number(law.columns, draws)):
        name = f"feature_{k}"
        kind = kinds[draws.weighted(list(law.kinds.values()))]
        columns.append(Column(name, _TYPES[kind], nullable=draws.chance(law.nullable)))
        if kind in ("text", "integer") and draws.chance(law.listed):
            values = tuple(f"v{k}" if kind == "text" else k for k in range(draws.whole(2, 8)))
            shown = ", ".join(f"'{value}'" if kind == "text" else str(value) for value in values)
            checks.append(Check(f"{name} IN ({shown})", (name,), None, (OneOf(name, values),), True))
    return Table(
        f"table_{number}",
        tuple(columns),
        uniques=(Unique(("row_idx",), primary=True),),
        foreign_keys=keys,
        checks=tuple(checks),
    )


def _number(counts: Mapping[str, Any], draws: Draws) -> int:
    return int(list(counts)[draws.weighted(list(counts.values()))])
