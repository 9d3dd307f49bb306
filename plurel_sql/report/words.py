"""Laws, axes and rules in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from plurel_sql.plan import model as m

SHOWN = 3
"""Moves of a retry that are named."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(micros: float) -> str:
    """A point in time; its day alone where it is midnight."""
    try:
        at = _EPOCH + timedelta(microseconds=int(micros))
    except (OverflowError, ValueError):
        return f"{micros:g} us"
    return at.strftime("%Y-%m-%d") if at.time() == datetime.min.time() else at.strftime("%Y-%m-%d %H:%M:%S")


def duration(micros: float) -> str:
    """A span of time in its largest fitting unit."""
    for unit, size in (("days", 86_400e6), ("hours", 3_600e6), ("minutes", 60e6), ("seconds", 1e6)):
        if abs(micros) >= size:
            return f"{micros / size:.3g} {unit}"
    return f"{micros:g} us"


def number(x: float) -> str:
    """A number, short."""
    return f"{int(x):,}" if float(x).is_integer() and abs(x) < 1e15 else f"{x:,.6g}"


def link(link: m.Link, table: m.Table) -> str:
    """A foreign key's law, and what ties it to other keys."""
    parts = [_law(link.law, table)]
    if link.apart:
        parts.append(f"never the parent of {' or '.join(_link_name(other, table) for other in link.apart)}")
    if link.side is not None:
        end = "higher" if link.side.high else "lower"
        parts.append(f"the {end} of the two with {_link_name(link.side.other, table)}")
    return ", ".join(parts)


def _link_name(link: int, table: m.Table) -> str:
    return table.links[link].name if 0 <= link < len(table.links) else f"link {link}"


_ROOTS = {"self": "roots point to themselves", "ring": "roots point to one another"}


def _law(law: m.Law, table: m.Table) -> str:
    match law:
        case m.Driver(spread=spread, minimum=minimum, cap=cap):
            kind = "the same number each" if spread == 0 else f"degrees spread {spread:g}"
            bounds = f", at least {minimum}" if minimum else ""
            bounds += f", at most {cap:,}" if cap < 2**40 else ""
            return f"contiguous children of each parent, {kind}{bounds}"
        case m.Affinity(epochs=epochs, skew=skew, recency=recency, levels=levels, roots=roots):
            parts = [f"any parent that exists by then, skew {skew:g}"]
            parts += [f"{epochs} epochs"] if epochs > 1 else []
            parts += [f"{recency:.0%} to recent parents"] if recency else []
            parts += [f"{len(levels)} level{'s' if len(levels) > 1 else ''} of communities"] if levels else []
            parts += [_ROOTS[roots]] if roots in _ROOTS else []
            return ", ".join(parts)
        case m.OneToOne(order="chain"):
            return "the row before, in short chains"
        case m.OneToOne(order=order):
            return f"at most one child for each parent, {order}"
        case m.Within(via=via, scope=scope, tree=tree):
            return f"{'an earlier row' if tree else 'a parent'} in the same {scope} as {_link_name(via, table)}"
        case m.Junction(key=key, after=after):
            group = "over the whole table" if after is None else f"for each parent of {_link_name(after, table)}"
            return f"part of the distinct tuple {key}, {group}"
        case m.Derived(path=path):
            more = f" and {len(path) - 1} more" if len(path) > 1 else ""
            return f"reached over {_link_name(path[0], table)}{more}"
        case m.Same(link=link):
            return f"the same parent row as {_link_name(link, table)}"


def retry(retry: m.Retry) -> str:
    """How rows that fail a CHECK are made again, in the order in which it is tried."""
    steps = []
    if retry.attempts:
        steps.append(f"{', '.join(retry.columns)} drawn anew, up to {retry.attempts} times")
    moves = [_move(retry.changed, move) for tier in retry.moves for move in tier]
    if moves:
        more = f" (or {len(moves) - SHOWN} more)" if len(moves) > SHOWN else ""
        steps.append(f"{' or '.join(moves[:SHOWN])}{more}")
    if retry.solutions:
        steps.append(f"one of {len(retry.solutions)} rows that were seen to pass")
    return "; then ".join(steps) or "as it is"


def _move(columns: tuple[str, ...], move: tuple[str | None, ...]) -> str:
    return ", ".join(f"{column} := {made}" for column, made in zip(columns, move, strict=True) if made is not None)


def axis(axis: m.Axis, table: m.Table) -> str:
    """When the rows of a table happen."""
    match axis:
        case m.Static():
            return "no time"
        case m.Own(start=start, end=end, trend=trend):
            tendency = ", growing" if trend > 0 else ", shrinking" if trend < 0 else ""
            return f"{moment(start)} to {moment(end)}{tendency}"
        case m.Inherited(link=link, mode=mode, delay=delay):
            parent = table.links[link].parent if 0 <= link < len(table.links) else "its parent"
            delayed = (
                f"{duration(delay)} after" if mode == "delay" else "spread out after" if mode == "span" else "with"
            )
            return f"{delayed} {parent}"


def codec(codec: m.Codec, type: str = "") -> tuple[str, str]:
    """(what it is, its range or vocabulary). ``type``: the column's Arrow type in short, by which numbers are shown."""
    match codec:
        case m.Number(knots=knots, low=low, high=high):
            time = type.startswith(("date", "time"))
            show = _shown_as(type)
            bottom = knots.x[0] if low is None else max(low, knots.x[0])
            top = knots.x[-1] if high is None else min(high, knots.x[-1])
            middle = _median(knots)
            return ("time" if time else "number"), f"{show(bottom)} to {show(top)}, median {show(middle)}"
        case m.Bool(p=p):
            return "flag", f"true {p:.0%}"
        case m.Category(labels=labels, weights=weights):
            total = sum(weights) or 1.0
            shown = [f"{label} {weight / total:.0%}" for label, weight in zip(labels[:6], weights, strict=False)]
            return "category", ", ".join(shown) + (f", ... ({len(labels)})" if len(labels) > 6 else "")
        case m.Text(segments=segments, max_length=longest):
            return "text", "".join(map(_segment, _joined(segments))) + (
                f" (at most {longest} characters)" if longest else ""
            )
        case m.Uuid(version=version):
            return "uuid", f"version {version}"
        case m.Json(fields=fields, array=array):
            return "json", ("a list of " if array else "") + ", ".join(name for name, _ in fields)
        case m.Bytes(low=low, high=high):
            return "bytes", f"{low} to {high} bytes"
        case m.List(item=item, low=low, high=high):
            kind, values = _codec(item, type.removeprefix("list<").removesuffix(">"))
            return f"list of {kind}", f"{low} to {high} of: {values}"
        case m.Counter(start=start, step=step):
            return "sequence", f"from {start:,} by {step:,}"
        case m.Span(item=item, low=lower, count=count):
            return "multirange" if count else "range", f"from {_codec(lower, item)[1]}"
        case m.Set(labels=labels):
            return "set", ", ".join(labels[:6]) + (f", ... ({len(labels)})" if len(labels) > 6 else "")
        case m.Record(members=members, form=form):
            return {"json": "struct", "row": "composite"}.get(form, form), ", ".join(each.name for each in members)


_codec = codec


def rule(column: m.Column) -> tuple[str, str]:
    """(what fills the column, its range or vocabulary)."""
    time = column.type.startswith(("date", "time"))
    match column.rule:
        case m.Sequence(start=start, step=step, permute=permute):
            shown = f"from {moment(start)} by {duration(step)}" if time else f"from {start:,} by {step:,}"
            return "sequence", shown + (", shuffled" if permute else "")
        case m.Ref(column=name):
            return "parent's key", name
        case m.Position(start=start):
            return "position in its group", f"from {start:,}" if not column.rule.from_time else "steps in time"
        case m.Digit(labels=labels):
            return "part of a distinct tuple", ", ".join(labels[:6])
        case m.Elect(chosen=chosen, rest=rest):
            (what, chosen_values), (_, other_values) = (
                rule(msgspec.structs.replace(column, rule=each)) for each in (chosen, rest)
            )
            return f"one row of each group: {what}", f"{chosen_values}; the others {other_values}"
        case m.Slot(part=part, low=low, high=high):
            shown = f"{moment(low)} to {moment(high)}" if column.rule.resolution > 1 else f"{low:,} to {high:,}"
            return f"{part} of a stretch that overlaps no other of its group", shown
        case m.At():
            return "time of the row", ""
        case m.After(base=base, mean=mean):
            yet = ", NULL while that is yet to come" if column.rule.censored else ""
            return "later time", f"{duration(mean)} after {base or 'the row'} on average{yet}"
        case m.Value(codec=codec):
            return _codec(codec, column.type)
        case m.Product(columns=columns, complements=shares):
            return "product", " * ".join((*columns, *(f"(1 - {share})" for share in shares)))
        case m.Sum(plus=plus, minus=minus):
            return "sum", " - ".join((" + ".join(plus), *minus))
        case m.Quote(column=name, same=same, low=low, high=high):
            return "number of the row it refers to", f"{name}, {same:.0%} as it is, else times {low:g} to {high:g}"
        case m.Rollup(table=table, of=of, columns=columns):
            return f"{of} over the rows below", " * ".join(
                (table, *columns)
            ) if of == "count" else f"{table}: " + " * ".join(columns)
        case m.Copy(column=name):
            return "copy", name
        case m.Constant(value=value):
            return "constant", "NULL" if value is None else value


def _segment(segment: m.Segment) -> str:
    match segment:
        case m.Lit(text=text):
            return text
        case m.Vocab(list=name):
            return f"<{name}>"
        case m.Chars(count=count):
            return f"<{count} character{'s' if count > 1 else ''}>"
        case m.Serial() | m.Groups():
            return "<number>"
        case m.Cell(column=name):
            return f"<{name}>"
        case m.Prose(low=low, high=high):
            return f"<{low} to {high} words>"
        case m.Num(low=low, high=high):
            return f"<{low}..{high}>"


def _shown_as(type: str) -> Callable[[float], str]:
    """How a number of a column of this type is written."""
    if type.startswith("date"):
        return lambda x: moment(x).partition(" ")[0]
    if type.startswith("time"):
        return moment
    if "int" in type:
        return lambda x: f"{round(x):,}"
    if scale := re.fullmatch(r"decimal128\(\d+,\s*(\d+)\)", type):
        return lambda x: f"{x:,.{scale[1]}f}"
    return number


def _joined(segments: tuple[m.Segment, ...]) -> list[m.Segment]:
    """Neighbouring characters as one segment."""
    joined: list[m.Segment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if isinstance(segment, m.Chars) and isinstance(last, m.Chars):
            joined[-1] = m.Chars(last.alphabet, last.count + segment.count)
        else:
            joined.append(segment)
    return joined


def _median(knots: m.Knots) -> float:
    """The quantile function at rank 1/2."""
    pairs = list(zip(knots.u, knots.x, strict=True))
    for (u0, x0), (u1, x1) in pairwise(pairs):
        if u0 <= 0.5 <= u1:
            return x0 if u1 == u0 else x0 + (x1 - x0) * (0.5 - u0) / (u1 - u0)
    return knots.x[len(knots.x) // 2]
