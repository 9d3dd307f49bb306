"""Types made of others: arrays, ranges, sets, structs, maps and unions; each part is filled as a column would be."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from plurel_sql.plan import marginals as m
from plurel_sql.plan.domains import Domain, domain
from plurel_sql.plan.model import (
    Category,
    Codec,
    Counter,
    Knots,
    List,
    Lit,
    Member,
    Num,
    Number,
    Record,
    Serial,
    Set,
    Span,
    Text,
    Uuid,
)
from plurel_sql.plan.numbers import weights
from plurel_sql.plan.textual import textual
from plurel_sql.plan.types import DAY, arrow_type, step
from plurel_sql.schema.model import Check, Column, SqlType, Table

Fill = Callable[[Table, Column, Domain], Codec]
"""The codec of a column that stands for a part."""

COMPOSITE = frozenset({"array", "range", "multirange", "set", "struct", "map", "union"})
_OPEN = 0.06
_EMPTY = 0.01
_OPTIONAL = 0.08
"""The share of a record's members that are absent where they may be."""


def composite(table: Table, column: Column, fill: Fill) -> Codec:
    """The codec of a column of one of ``COMPOSITE``."""
    type_ = column.type
    match type_.kind:
        case "array":
            return _array(table, column, fill)
        case "range" | "multirange":
            return _span(table, column, fill)
        case "set":
            return Set(type_.labels, weights(len(type_.labels), table.name, column.name), 0.25)
        case "map":
            return _map(table, column, fill)
        case "union":
            return Record(tuple(_members(table, column, fill)), "union")
        case _:
            return Record(tuple(_members(table, column, fill)), "row" if type_.base == "row" else "json")


def part(table: Table, column: Column, name: str, type_: SqlType) -> tuple[Table, Column, Domain]:
    """A part as a column of its own, with the CHECKs of its domain."""
    inner = msgspec.structs.replace(column, name=name, type=type_, nullable=False, default=None, comment=None)
    checks = tuple(_renamed(check, name) for check in type_.checks)
    alone = msgspec.structs.replace(table, columns=(inner,), checks=checks, uniques=(), foreign_keys=())
    return alone, inner, domain(alone, inner)


def _renamed(check: Check, name: str) -> Check:
    """A domain's CHECK, which speaks of VALUE, on the column ``name``."""
    fields = (
        msgspec.structs.replace(predicate, column=name)
        for predicate in check.predicates
        if getattr(predicate, "column", None) == "VALUE"
    )
    return msgspec.structs.replace(check, columns=(name,), predicates=tuple(fields))


def _array(table: Table, column: Column, fill: Fill) -> List:
    """Up to four items; of an array of arrays the inner ones are alike in length, as most engines ask."""
    type_ = column.type
    item = type_.item or SqlType("text")
    if item.kind == "array":
        inner = msgspec.structs.replace(column, type=item)
        made: Codec = _array(table, inner, fill)
        assert isinstance(made, List)
        length = item.length or 2
        made = msgspec.structs.replace(made, low=length, high=length)
    else:
        siblings = msgspec.structs.replace(table, checks=())
        _, inner, its_domain = part(table, column, column.name, item)
        made = fill(siblings, msgspec.structs.replace(inner, comment=column.comment), its_domain)
    if type_.fixed and type_.length:
        return List(made, type_.length, type_.length)
    return List(made, 0, 4)


def _members(table: Table, column: Column, fill: Fill) -> Iterable[Member]:
    for field in column.type.fields:
        alone, inner, its_domain = part(table, column, field.name, field.type)
        required = its_domain.not_null and any(check.predicates for check in field.type.checks)
        absent = 0.0 if column.type.kind == "union" or required else _OPTIONAL
        yield Member(field.name, arrow_type(field.type), fill(alone, inner, its_domain), absent)


_KEYS = {
    "text": ("colour", "size", "material", "origin", "batch"),
    "integer": ("1", "2", "3", "4", "5"),
    "decimal": ("1", "2", "3", "4", "5"),
    "date": ("2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"),
    "timestamp": ("2024-01-01 00:00:00", "2024-07-01 00:00:00"),
    "boolean": ("true", "false"),
}


def _map(table: Table, column: Column, fill: Fill) -> Record:
    """A few of some usual keys, each with a value of its own; the first key is always there."""
    key, value = (field.type for field in column.type.fields)
    keys = key.labels[:6] if key.kind == "enum" else _KEYS.get(key.kind, _KEYS["text"])
    members = []
    for position, name in enumerate(keys):
        alone, inner, its_domain = part(table, column, name, value)
        made = fill(alone, inner, its_domain)
        members.append(Member(name, arrow_type(value), made, 0.45 if position else 0.0))
    return Record(tuple(members), "json" if column.type.base == "json" else "map")


# --- ranges -----------------------------------------------------------------------------------------------------------


def _span(table: Table, column: Column, fill: Fill) -> Codec:
    item = column.type.item or SqlType("integer", bits=32)
    many = column.type.kind == "multirange"
    siblings = msgspec.structs.replace(table, checks=())
    _, inner, its_domain = part(table, column, column.name, item)
    low = fill(siblings, inner, its_domain)
    if isinstance(low, Number) and item.kind != "interval":
        if item.kind in ("timestamp", "time"):  # hours and their quarters, as in a calendar
            low = msgspec.structs.replace(low, step=max(low.step, 900e6), endings=(), ending_share=0.0)
        checked = any(column.name in check.columns for check in table.checks)
        count = (1, 3) if many else None
        empty, unbounded = (0.0, 0.0) if checked else (_EMPTY, _OPEN)
        return Span(arrow_type(item), low, _width(item, low), empty, unbounded, count)
    texts = {
        "text": (Lit("[a"), Num(100, 499), Lit(",b"), Num(500, 999), Lit(")")),
        "inet": (Lit("[10.1."), Num(0, 255), Lit(".0,10.2."), Num(0, 255), Lit(".0)")),
    }
    parts = texts.get(item.kind, (Lit("empty"),))
    return Text((Lit("{"), *parts, Lit("}")) if many and item.kind in texts else parts if not many else (Lit("{}"),))


def _width(item: SqlType, low: Number) -> Number:
    """How far apart bounds are: hours, days, or a part of what the numbers themselves are."""
    free = Domain(item.kind)
    match item.kind:
        case "timestamp" | "time":
            return m.number(m.lognormal(2 * DAY / 24, 0.8), free, step=900e6, low=900e6)
        case "date":
            return m.number(m.lognormal(6 * DAY, 0.9), free, step=float(DAY), low=float(DAY))
        case _:
            middle = abs(low.knots.x[len(low.knots.x) // 2]) or 10.0
            grid = low.step or step(item)
            return m.number(m.lognormal(max(0.5 * middle, grid), 0.7), free, step=grid, low=grid)


# --- distinct values --------------------------------------------------------------------------------------------------


def counted(type_: SqlType) -> tuple[Codec | None, int | None]:
    """A codec whose value holds the row number, and how many rows it tells apart; (None, 0) where there is none."""
    form = textual(type_)
    if form is not None:
        return form.unique, form.capacity
    match type_.kind:
        case "integer":
            return Counter(), min(2 ** ((type_.bits or 64) - type_.signed) - 1, 2**62)
        case "decimal":
            return Counter(), 10 ** max(0, min((type_.precision or 18) - (type_.scale or 0), 18)) - 1
        case "text" if type_.length is None or type_.length >= 12:
            return Text((Lit("n"), Serial())), None
        case "uuid":
            return Uuid(4), None
        case "date":
            return Counter(0, DAY), 2**21
        case "timestamp":
            return Counter(0, 60_000_000), 2**30
        case "array":
            inner, capacity = counted(type_.item or SqlType("text"))
            size = type_.length if type_.fixed and type_.length else 1
            return (List(inner, size, size), capacity) if inner is not None else (None, 0)
        case "range" | "multirange":
            return _counted_span(type_)
        case "struct":
            return _counted_struct(type_)
    return None, 0


def _counted_span(type_: SqlType) -> tuple[Codec | None, int | None]:
    item = type_.item or SqlType("integer", bits=32)
    unit, capacity = {
        "integer": (1, 2 ** ((item.bits or 64) - 2)),
        "decimal": (1, 10**12),
        "float": (1, 2**24),
        "date": (DAY, 2**20),
        "timestamp": (3_600_000_000, 2**25),
        "time": (1_000_000, 86_000),
    }.get(item.kind, (0, 0))
    if not unit:
        return None, 0
    many = (1, 1) if type_.kind == "multirange" else None
    one = Number(Knots((0.0, 1.0), (float(unit), float(unit))))
    return Span(arrow_type(item), one, one, count=many, serial=(0, unit)), capacity


def _counted_struct(type_: SqlType) -> tuple[Codec | None, int | None]:
    """The first field that can hold it holds the row number; the others are NULL or plain words."""
    members: list[Member] = []
    found: int | None = 0
    for field in type_.fields:
        inner, capacity = counted(field.type) if not members or members[-1].absent else (None, 0)
        if inner is not None:
            found = capacity
        members.append(
            Member(field.name, arrow_type(field.type), inner, 0.0)
            if inner is not None
            else Member(field.name, "utf8", Category(("x",), (1.0,)), 1.0)
        )
    held = any(member.absent == 0 for member in members)
    return (Record(tuple(members), "row" if type_.base == "row" else "json"), found) if held else (None, 0)
