"""Partitions: rows fall into those that exist.

The partition key's values are narrowed to what the partitions hold. Where the key is a time that the rows' axis runs
along, the span of the whole plan is narrowed instead, so that the times of parents and children lie in it as well. An
expression of another form becomes a pending CHECK, which is met by trying.
"""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase, digits

from plurel_sql.plan.axes import DAY, axis_column
from plurel_sql.plan.domains import NUMERIC, iso
from plurel_sql.plan.draft import Draft, Limit, TableDraft
from plurel_sql.plan.honour import up
from plurel_sql.plan.indexes import may_be_required, require
from plurel_sql.plan.pieces import TIMES, Bounds, Run, between, bound, box, joined, missing, runs, whole, width
from plurel_sql.schema.model import Check, Column, Matches, NotNull, OneOf, Part, Partitioning, Range, Scalar


def partitions(draft: Draft) -> None:
    """Narrows each partition key to the partitions there are; what can't be narrowed is noted."""
    for table in draft.tables.values():
        partitioning = table.table.partitioning
        reason = _narrow(draft, table, partitioning) if partitioning is not None else None
        if partitioning is not None and reason is not None:
            table.unpartitioned = True
            message = f"rows may fall outside the partitions by ({', '.join(partitioning.keys)}): {reason}"
            draft.note(message, table.id, at=table.table.source)


def _narrow(draft: Draft, table: TableDraft, partitioning: Partitioning) -> str | None:
    """Why not all rows are certain to find a partition; None where they are."""
    parts = partitioning.parts
    if not parts and (partitioning.strategy != "hash" or draft.schema.dialect == "postgres"):
        table.limits.append(Limit(0, (), "it is partitioned and has no partition"))
        return None
    inner = _one_inside(parts)
    shares = [part.share for part in parts if part.share is not None]
    if shares and (left := missing(shares))[1]:
        return f"none takes a hash that leaves {left[1][0]} when it is divided by {left[0]}"
    if partitioning.strategy == "hash" or any(part.default and part.inner is None for part in parts):
        return _narrow(draft, table, inner[0].inner) if inner and inner[0].inner else None
    if len(partitioning.keys) != 1:
        return _several(draft, table, partitioning, inner)
    found = _key(table, partitioning.keys[0])
    years = [value or "" for part in inner for value in part.values]
    words = found is not None and found[0].type.kind == "text" and partitioning.strategy == "range" and not whole(inner)
    if found is None or (found[1] and not all(map(str.isdecimal, years))) or (words and _loose(draft, table, found[0])):
        table.pending.append(_condition(partitioning.keys[0], inner, draft.schema.dialect))
        if not any(None in part.values for part in inner):
            _require_all(table, partitioning.keys[0])
        reason = None
    elif words:
        reason = _worded(draft, table, found[0], [(part.low, part.high) for part in inner])
    elif found[1] and partitioning.strategy == "list":
        spans = tuple(Part("", low=(year,), high=(str(int(year) + 1),)) for year in years)
        reason = _ranged(draft, table, *found, spans)
    elif partitioning.strategy == "list":
        reason = _listed(draft, table, found[0], inner)
    else:
        reason = _ranged(draft, table, *found, inner)
    return reason or (_narrow(draft, table, inner[0].inner) if inner[0].inner is not None else None)


def _require_all(table: TableDraft, expression: str) -> None:
    """The columns in an expression are not NULL: of NULL it is NULL as a rule, which no partition takes."""
    words = set(map(str.lower, re.findall(r"\w+", expression)))
    for column in table.table.columns:
        if column.name.lower() in words and may_be_required(table, column.name):
            require(table, column.name)


def is_condition(check: Check, partitioning: Partitioning | None, dialect: str) -> bool:
    """Whether a pending check is none of the schema's but says that a row finds a partition."""
    if partitioning is None:
        return False
    inner, strict = _one_inside(partitioning.parts), len(partitioning.keys) > 1
    return any(check == _condition(key, inner, dialect, strict=strict) for key in partitioning.keys[:1]) or any(
        is_condition(check, part.inner, dialect) for part in partitioning.parts
    )


def _condition(key: str, parts: tuple[Part, ...], dialect: str, *, strict: bool = False) -> Check:
    """That the value of an expression is in one of the partitions; with ``strict`` not on their lower bounds, where
    other columns decide."""

    def literal(value: str) -> str:
        plain = dialect == "mysql" and re.fullmatch(r"-?\d+", value)
        return value if plain else "'" + value.replace("'", "''") + "'"

    key, values = f"({key})", [value for part in parts for value in part.values]
    listed = ", ".join(literal(value) for value in values if value is not None)
    either = [f"{key} IN ({listed})"] if listed else []
    for part in parts:
        low, high = (bounds[0] if bounds else None for bounds in (part.low, part.high))
        sides = [f"{key} {'>' if strict else '>='} {literal(low)}"] if low is not None else []
        sides += [f"{key} < {literal(high)}"] if high is not None else []
        either += [] if part.values else [f"({' AND '.join(sides or ['1 = 1'])})"]
    inside = [f"{key} IS NOT NULL AND ({' OR '.join(either)})"] if either else []
    return Check(" OR ".join([*inside, *([f"{key} IS NULL"] if None in values else [])]), ())


def _one_inside(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """All partitions where all are partitioned alike; else the one that a row finds its way into most easily."""
    if len({_shape(part.inner) for part in parts}) <= 1:
        return parts
    return (max(parts, key=lambda part: len(part.inner.parts) if part.inner else 10**6),)


def _shape(inner: Partitioning | None) -> object:
    """What two partitionings share if a row that finds a place in one finds one in the other."""
    shares = [] if inner is None else [part.share for part in inner.parts if part.share is not None]
    lacks = bool(shares and missing(shares)[1])
    if inner is None or (inner.strategy == "hash" and not lacks and not any(part.inner for part in inner.parts)):
        return None
    parts = (
        (part.values, part.tuples, part.share, part.low, part.high, part.default, _shape(part.inner))
        for part in inner.parts
    )
    return (inner.keys, tuple(parts))


_CALL = re.compile(r"""(\w+)\s*\(\s*(?:'\w+'\s*(?:::\w+)?\s*,\s*)?[`"]?(\w+)[`"]?\s*\)""")
_YEAR = re.compile(r"""extract\s*\(\s*year\s+from\s+[`"]?(\w+)[`"]?\s*\)""", re.IGNORECASE)
_ORDERED = frozenset({"to_days", "unix_timestamp", "date", "date_trunc", "to_seconds"})
"""Functions of a time whose bounds are written as that function of a literal time."""


def _key(table: TableDraft, text: str) -> tuple[Column, str] | None:
    """The column behind a partition key and "year" where the key is its year; None for other expressions."""
    names = {column.name.lower(): column for column in table.table.columns}
    plain = names.get(text.strip().strip('`"').lower())
    if plain is not None:
        return plain, ""
    if (found := _YEAR.fullmatch(text)) and found[1].lower() in names:
        return names[found[1].lower()], "year"
    if (found := _CALL.fullmatch(text)) and found[2].lower() in names:
        function = found[1].lower()
        if function == "year" or function in _ORDERED:
            return names[found[2].lower()], "year" if function == "year" else ""
    return None


def _listed(draft: Draft, table: TableDraft, column: Column, parts: tuple[Part, ...]) -> str | None:
    values = [value for part in parts for value in part.values]
    predicate = OneOf(column.name, tuple(_literal(column, value) for value in values if value is not None))
    return _ask(draft, table, predicate, required=None not in values)


def _ask(draft: Draft, table: TableDraft, predicate: OneOf | Range | Matches, *, required: bool) -> str | None:
    """Asks ``predicate`` of a column, and of the keys that it is copied from; why that can't be, or None."""
    column = predicate.column
    if required:
        if not may_be_required(table, column):
            return f"{column} may be NULL"
        require(table, column)
        table.inside.append(NotNull(column))
    table.inside.append(predicate)
    at, asked, seen = table, predicate, set[tuple[str, str]]()
    while (owner := at.owner(asked.column)) is not None:
        link = at.links[owner]
        if (at.id, asked.column) in seen or link.fk.parent == at.id:
            return f"{column} is a foreign key that leads round in a circle"
        seen.add((at.id, asked.column))
        at, asked = draft[link.fk.parent], up(link, asked)
        at.wish(asked.column, asked)
    if at is table:
        table.wish(column, predicate)
    return None


def _literal(column: Column, value: str) -> Scalar:
    try:
        if column.type.kind == "integer":
            return int(value)
        return float(value) if column.type.kind in NUMERIC else value
    except ValueError:
        return value


def _ranged(draft: Draft, table: TableDraft, column: Column, unit: str, parts: tuple[Part, ...]) -> str | None:
    times = column.type.kind in TIMES
    bounds = [(part.low[0] if part.low else None, part.high[0] if part.high else None) for part in parts]
    if not times and column.type.kind not in NUMERIC and not whole(parts):
        return f"ranges of {column.type.written} are not followed"
    ranges: list[Run] = [(None, None)]
    try:
        if not whole(parts):
            ranges = [(bound(low, times, unit), bound(high, times, unit)) for low, high in bounds]
    except ValueError as error:
        return f"a bound is not understood: {error}"
    low, high = max(runs(ranges), key=width)
    if may_be_required(table, column.name):  # NULL is in no range
        require(table, column.name)
    if low is None and high is None:
        return None if column.name in table.not_null else f"{column.name} may be NULL"
    if times and table.owner(column.name) is None and _span(draft, table, column, low, high):
        return None
    shown = [None if bound is None else iso(bound, "timestamp") if times else bound for bound in (low, high)]
    predicate = Range(column.name, shown[0], shown[1], high_open=True)
    return _ask(draft, table, predicate, required=True)


def _loose(draft: Draft, table: TableDraft, column: Column) -> bool:
    """Whether nothing hangs on a column's values, so that a row may be drawn anew until it finds a partition."""
    keyed = any(column.name in unique.all_columns for unique in table.table.uniques)
    referred = any(
        link.fk.parent == table.id and column.name in link.fk.parent_columns
        for other in draft.tables.values()
        for link in other.links
    )
    return not keyed and not referred and table.owner(column.name) is None


def _worded(draft: Draft, table: TableDraft, column: Column, bounds: list[Bounds]) -> str | None:
    """Ranges of texts: those that begin with a letter or digit between the first ones of two bounds are inside, in any
    collation."""
    best = ""
    for low, high in joined(bounds):
        first, last = (bound[0] if bound else None for bound in (low, high))
        for letters in (ascii_lowercase, ascii_uppercase, digits):
            known = [text for text in (first, last) if text is not None]
            if all(text[:1] in letters and text for text in known):
                begin = 0 if first is None else letters.index(first[0]) + 1
                found = letters[begin : len(letters) if last is None else letters.index(last[0])]
                best = max(best, found, key=len)
    if not best:
        return f"no letter lies between the bounds of {column.name}"
    return _ask(draft, table, Matches(column.name, "regex", f"^[{best[0]}-{best[-1]}]"), required=True)


def _several(draft: Draft, table: TableDraft, partitioning: Partitioning, parts: tuple[Part, ...]) -> str | None:
    """Lists and ranges over several columns."""
    found = [_key(table, key) for key in partitioning.keys]
    columns = [column for column, unit in (each for each in found if each is not None) if not unit]
    if not columns or len(columns) != len(found) or any(part.inner for part in parts):
        return "its key has several columns"
    if partitioning.strategy == "list":
        return _boxed(draft, table, columns, parts)
    return _leading(draft, table, partitioning, columns, parts)


def _boxed(draft: Draft, table: TableDraft, columns: list[Column], parts: tuple[Part, ...]) -> str | None:
    """A list over several columns: each column holds any of its values, all combinations of which are listed."""
    listed = [values for part in parts for values in part.tuples if None not in values]
    if not listed or any(len(values) != len(columns) for values in listed):
        return "the values of its partitions are not understood"
    for column, values in zip(columns, box(listed), strict=True):
        asked = OneOf(column.name, tuple(_literal(column, value) for value in values if value is not None))
        if reason := _ask(draft, table, asked, required=True):
            return reason
    return None


def _leading(
    draft: Draft, table: TableDraft, partitioning: Partitioning, columns: list[Column], parts: tuple[Part, ...]
) -> str | None:
    """Ranges over several columns: what lies between the first one's bounds is inside, whatever the others hold."""
    first, *rest = columns
    if not all(may_be_required(table, column.name) for column in rest):
        return "a column of its key may be NULL"
    bounds = joined([(part.low, part.high) for part in parts])
    if first.type.kind == "text":
        if first.name != partitioning.keys[0] or not _loose(draft, table, first):
            reason = _worded(draft, table, first, bounds)
        else:
            table.pending.append(_condition(first.name, parts, draft.schema.dialect, strict=True))
            require(table, first.name)
            reason = None
    else:
        inside = [part for part in (between(first, *each) for each in bounds) if part is not None]
        if not inside:
            return _fixed(draft, table, columns, bounds)
        reason = _ranged(draft, table, first, "", (inside[0],))
    for column in rest:
        require(table, column.name)
    return reason


def _fixed(draft: Draft, table: TableDraft, columns: list[Column], bounds: list[Bounds]) -> str | None:
    """Ranges that leave the first column one value: it has that one, and the next lies between its bounds."""
    first, second = columns[:2]
    for low, high in bounds:
        if not low or not high or low[0] is None or low[0] != high[0] or len(columns) > 2:
            continue
        reason = _ranged(draft, table, second, "", (Part("", low=low[1:], high=high[1:]),))
        return reason or _ask(draft, table, OneOf(first.name, (_literal(first, low[0]),)), required=True)
    return "its bounds leave the first column no room"


def _span(draft: Draft, table: TableDraft, column: Column, low: float | None, high: float | None) -> bool:
    """Narrows the plan's span, where the column is the table's axis and something is left of the span."""
    axis = axis_column(table)
    if axis is None or axis.name != column.name:
        return False
    start, end = draft.span
    # Times are rounded up, to whole days at most, and no row is earlier than its parents: hence the day at the end.
    first = start if low is None else max(start, int(low))
    last = end if high is None else min(end, int(high) - DAY)
    if last - first < DAY and draft.narrowed is None and draft.config.start is None and draft.config.end is None:
        first = int(low) if low is not None else int(high or 0) - (end - start)
        last = int(high) - DAY if high is not None else first + (end - start)
    if last <= first:
        return False
    draft.narrowed = (first, last)
    table.kept_times.add(column.name)
    return True
