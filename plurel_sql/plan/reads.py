"""Which columns of a row are made of which: the twin of ``Column::sources`` in sampler/src/cells/rule.rs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from plurel_sql.plan import model


def dependents(table: model.Table) -> dict[str, set[str]]:
    """Column -> the columns of the row that are made of it, through others too."""
    direct = {column.name: set(sources(column)) for column in table.columns}
    found: dict[str, set[str]] = {name: set() for name in direct}
    for name in direct:
        open_, seen = set(direct[name]), set()
        while open_:
            source = open_.pop()
            if source not in seen and source in found:
                seen.add(source)
                found[source].add(name)
                open_ |= direct[source]
    return found


def sources(column: model.Column) -> Iterator[str]:
    """The columns of the row that ``column`` is made of; what bounds it and what decides that it is there, too."""
    if column.lower is not None:
        yield column.lower.column
    if column.null is not None and column.null.reached is not None:
        yield column.null.reached.column
    yield from made_of(column.rule)


def twins(table: model.Table, name: str) -> set[str]:
    """The columns of the row that tell a column's own chance: made from the nodes that it is made from (the title
    beside the rating), or made of it or of one of those. Without a node of the causal model those made of it."""
    columns = {column.name: column for column in table.columns}
    own = origins(columns, columns[name])
    alike = {each.name for each in table.columns if own.intersection(nodes(each.rule))} | {name}
    below = dependents(table)
    return alike.union(*(below[each] for each in alike)) - {name}


def origins(columns: Mapping[str, model.Column], column: model.Column) -> set[str]:
    """The nodes that a column is made from, through the columns that its rule takes (its lower bound is a cause)."""
    found = set(nodes(column.rule))
    return found.union(*(origins(columns, columns[name]) for name in made_of(column.rule)))


def made_of(rule: model.Rule) -> Iterator[str]:
    """The columns of the row whose values a rule takes."""
    match rule:
        case model.After(base=str(base)):
            yield base
        case model.Product(columns=columns, complements=shares):
            yield from (*columns, *shares)
        case model.Sum(plus=plus, minus=minus):
            yield from (*plus, *minus)
        case model.Copy(column=other):
            yield other
        case model.Elect(chosen=chosen, rest=rest):
            yield from made_of(chosen)
            yield from made_of(rest)
        case model.Value(codec=codec):
            yield from _cells(codec)


def nodes(rule: model.Rule) -> Iterator[str]:
    """The nodes of the causal model whose ranks a rule takes."""
    match rule:
        case model.Value(node=str(node)):
            yield node
        case model.Elect(chosen=chosen, rest=rest):
            yield from nodes(chosen)
            yield from nodes(rest)


def _cells(codec: model.Codec) -> Iterator[str]:
    match codec:
        case model.Text(segments=segments):
            yield from (segment.column for segment in segments if isinstance(segment, model.Cell))
        case model.Json(fields=fields):
            for _, each in fields:
                yield from _cells(each)
        case model.List(item=item):
            yield from _cells(item)
        case model.Record(members=members):
            for member in members:
                yield from _cells(member.codec)
