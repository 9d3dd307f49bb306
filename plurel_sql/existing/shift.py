"""Unique values of new rows put beyond those that are there: changes to a plan, so that keys that refer to them follow.

A label of a list is one that no row has yet; where too few are left, text columns take a number behind the label.
A number counts on from the highest old one (or inside the first gap that is wide enough, where its type or a CHECK
leaves no room above); a text with a serial number in it counts from the number of old rows on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from plurel_sql.errors import ImpossibleError
from plurel_sql.plan import model
from plurel_sql.plan.types import limits
from plurel_sql.schema.model import Compare, Matches, OneOf, Range, Table


class FullError(ImpossibleError):
    """A table has no room for the asked rows; ``left`` of them would fit beside the old ones."""

    def __init__(self, message: str, *, table: str, left: int, place: str) -> None:
        self.table = table
        self.left = left
        super().__init__(message, place=place, hint="ask for fewer rows")


def shifted(
    planned: model.Table,
    table: Table,
    old: int,
    numbers: Callable[[str], Sequence[int]],
    labels: Callable[[str], set[str]],
    further: int,
) -> tuple[model.Table, dict[str, tuple[str, ...]]]:
    """``planned`` with its counters moved, and the word lists that it needs for that.

    Args:
        table: in the schema.
        old: how many rows the table holds.
        numbers: the old whole numbers in a column, ascending.
        labels: the old values in a column, folded as ``folded`` does.
        further: by how much more texts are to be moved.

    Raises:
        FullError: there is no room for so many more values.
    """
    unique = {name for key in table.uniques for name in key.all_columns}
    unique |= {column.name for column in table.columns if column.identity}
    if any(key.terms and not key.all_columns and key.outside is None and key.where is None for key in table.uniques):
        message = "a unique index over nothing that differs allows one row, which is there"
        raise FullError(message, table=table.id, left=0, place=table.id)
    lists: dict[str, tuple[str, ...]] = {}
    left = _left(planned, table, labels)
    columns = []
    for column in planned.columns:
        rule = column.rule
        if isinstance(rule, model.Digit) and rule.key in left:
            kept = left[rule.key]
            if len(kept) >= planned.rows:
                rule = msgspec.structs.replace(rule, labels=tuple(rule.labels[k] for k in kept), dims=(len(kept),))
            elif column.name in unique and _stretches(table, column.name):
                name = f"existing.{table.id}.{column.name}"
                lists[name] = rule.labels
                number = model.Serial(start=1 + old + further)
                words = (model.Vocab(name), model.Lit(" "), number)
                rule = model.Value(model.Text(words, max_length=table.column(column.name).type.length))
            elif column.name in unique:
                raise FullError(
                    f"{planned.rows:,} more rows, but {len(kept):,} of its values are left",
                    table=table.id,
                    left=len(kept),
                    place=f"{table.id}.{column.name}",
                )
        elif column.name in unique and isinstance(rule, model.Sequence):
            if column.type.startswith(("int", "uint", "decimal", "float")) and column.type != "interval":
                start = _room(table, column.name, numbers(column.name), planned.rows, rule)
            else:
                unit = rule.step * (old + further)
                start = rule.start + unit
            rule = msgspec.structs.replace(rule, start=start)
        elif isinstance(rule, model.Value):
            rule = msgspec.structs.replace(rule, codec=_moved(rule.codec, old + further))
        columns.append(msgspec.structs.replace(column, rule=rule))
    return msgspec.structs.replace(planned, columns=tuple(columns)), lists


def folded(text: str) -> str:
    """A text as the laxest engine compares it."""
    return text.casefold().rstrip()


def _left(planned: model.Table, table: Table, labels: Callable[[str], set[str]]) -> dict[str, list[int]]:
    """For each list of labels that gives every row another one (parallel columns share a list): the places in it that
    no old row has taken."""
    keyed = {name for unique in table.uniques for name in unique.all_columns}
    found: dict[str, list[int]] = {}
    for column in planned.columns:
        rule = column.rule
        if isinstance(rule, model.Digit) and rule.labels and rule.after is None and len(rule.dims) == 1:
            taken = labels(column.name) if column.name in keyed else set()
            places = found.get(rule.key, range(len(rule.labels)))
            found[rule.key] = [k for k in places if folded(rule.labels[k]) not in taken]
    return found


def _stretches(table: Table, column: str) -> bool:
    """Whether the column may hold other texts than those of its list."""
    listed = (
        predicate
        for check in table.checks
        for predicate in check.predicates
        if not isinstance(predicate, Compare) and predicate.column == column
    )
    return table.column(column).type.kind == "text" and not any(isinstance(p, OneOf | Matches) for p in listed)


def _moved(codec: Any, by: int) -> Any:
    """The codec with every serial number in it counting from ``by`` further on."""
    if isinstance(codec, model.Serial):
        return msgspec.structs.replace(codec, start=codec.start + by)
    if isinstance(codec, tuple):
        return tuple(_moved(item, by) for item in codec)
    if isinstance(codec, model.Text):
        return msgspec.structs.replace(codec, segments=_moved(codec.segments, by))
    if isinstance(codec, model.Json):
        return msgspec.structs.replace(codec, fields=_moved(codec.fields, by))
    return codec


def _room(table: Table, column: str, old: Sequence[int], rows: int, rule: model.Sequence) -> int:
    """Where ``rows`` numbers in steps of the rule can start without meeting an old one."""
    if not len(old):
        return rule.start
    low, high = limits(table.column(column).type)
    for predicate in (p for check in table.checks for p in check.predicates):
        if isinstance(predicate, Range) and predicate.column == column and predicate.unit == "value":
            if isinstance(predicate.high, int | float):
                high = predicate.high if high is None else min(high, predicate.high)
            if isinstance(predicate.low, int | float):
                low = predicate.low if low is None else max(low, predicate.low)
    span = rule.step * max(rows - 1, 0)
    after = max(old[-1] + rule.step, rule.start)
    if high is None or after + span <= high:
        return int(after)
    before = rule.start
    for value in old:
        if before + span < value:
            return int(before)
        before = max(before, value + rule.step)
    free = [
        b - a - 1 for a, b in pairwise([rule.start - 1, *(value for value in old if value >= rule.start), high + 1])
    ]
    raise FullError(
        f"{rows:,} more numbers find no room below {high:,.0f}",
        table=table.id,
        left=int(max(free, default=0)) // rule.step,
        place=f"{table.id}.{column}",
    )
