"""Columns that other columns say: a line's total, an order's total and number of lines, a price taken over from the
product, a name copied beside a key. They are worked out in the core from the cells themselves, so that a report over
the database adds up.

A figure of the rows below tells only of rows that come about together with the row (the lines of an order), or that
have no time: a count of later rows would show the future.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from plurel_sql.plan import model
from plurel_sql.plan.agree import column_meaning, free
from plurel_sql.plan.domains import NUMERIC
from plurel_sql.plan.draft import Draft, TableDraft
from plurel_sql.plan.reads import nodes
from plurel_sql.schema.model import Column, Range
from plurel_sql.semantics.names import column_words, singular, word_set, words

TOTAL = word_set("total")
SUBTOTALS = (word_set("subtotal"), word_set("sub total"))
_BESIDE = word_set("amount price cents net gross due value sum grand line item extended paid payable")
"""Words that stand beside "total" and change nothing."""
_PLUS = word_set("tax taxes vat gst shipping freight postage delivery handling fee fees tip gratuity surcharge duty")
_MONEY = _PLUS | word_set("amount cost charge price cents total value")
"""Last words of sums of money; a "tax_id" or "shipping_method" is none."""
QUOTE = (0.8, 0.85, 1.1)
"""The share of prices taken over as they are, and the range of factors of the others (a discount, a later price)."""


def figures(draft: Draft) -> None:
    """Replaces the rules of columns that others say."""
    if draft.config.prior is not None:
        return
    for step in (_lines, _quotes, _copies, _totals, _sums):
        for table in draft:
            for name, rule, why in list(step(draft, table)):
                _set(draft, table, name, rule, why)


def _set(draft: Draft, table: TableDraft, name: str, rule: model.Rule, why: str) -> None:
    made = tuple(
        replace(each, rule=rule, null=None, why=why) if each.name == name else each for each in draft.columns[table.id]
    )
    read = {node for each in made for node in nodes(each.rule)}
    read |= {each.null.node for each in made if each.null is not None and each.null.node is not None}
    draft.columns[table.id] = made
    draft.nodes[table.id] = tuple(node for node in draft.nodes[table.id] if node.name in read)


def _lines(draft: Draft, table: TableDraft) -> Iterator[tuple[str, model.Rule, str]]:
    """Total = quantity * price * (1 - discount), inside one row."""
    factors = _line(draft, table)
    totals = _totals_of(draft, table)
    if factors is not None and totals:
        columns, shares = factors
        said = " * ".join((*columns, *(f"(1 - {share})" for share in shares)))
        yield totals[0].name, model.Product(columns, shares), said


def _line(draft: Draft, table: TableDraft) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The columns whose product is what a row comes to, and the shares that are taken off; None where unclear."""
    numbers = [each for each in table.table.columns if each.type.kind in NUMERIC and free(table.table, each)]
    shape = {each.name: column_words(table.table.name, each.name) for each in numbers}
    quantities = [name for name in shape if "quantity" in shape[name] and len(shape[name]) <= 2]
    prices = [name for name in shape if shape[name][-1:] in (("price",), ("cost",)) and not TOTAL & {*shape[name]}]
    units = [name for name in prices if "unit" in shape[name]]
    prices = [name for name in units or prices if "extended" not in shape[name]]
    off = [each for each in numbers if "discount" in shape[each.name]]
    if len(quantities) != 1 or len(prices) != 1 or len(off) > 1:
        return None
    if off and not _is_share(draft, table, off[0]):
        return None
    return (quantities[0], prices[0]), tuple(each.name for each in off)


def _is_share(draft: Draft, table: TableDraft, column: Column) -> bool:
    """Whether the column's values lie in 0..1."""
    rule = _made(draft, table, column.name).rule
    codec = rule.codec if isinstance(rule, model.Value) else None
    return isinstance(codec, model.Number) and codec.knots.x[0] >= 0 and codec.knots.x[-1] <= 1


def _totals_of(draft: Draft, table: TableDraft) -> list[Column]:
    """Columns for what the row comes to, the one before taxes first."""
    own = {singular(word) for word in words(table.table.name)}
    found: dict[bool, Column] = {}
    for column in table.table.columns:
        if _changeable(draft, table, column):
            core = {word for word in column_words(table.table.name, column.name) if singular(word) not in own} - _BESIDE
            if core in (TOTAL, *SUBTOTALS):
                found.setdefault(core == TOTAL, column)
    return [found[last] for last in sorted(found)]


def _totals(draft: Draft, table: TableDraft) -> Iterator[tuple[str, model.Rule, str]]:
    """What the rows below come to, and how many they are."""
    below = list(_details(draft, table))
    totals = _totals_of(draft, table)
    worth = [(child, k, found) for child, k in below if (found := _worth(draft, child)) is not None]
    if totals and len(worth) == 1 and _line(draft, table) is None:
        child, k, (columns, shares) = worth[0]
        yield (
            totals[0].name,
            model.Rollup(child.id, k, "sum", columns, shares),
            f"sum of {child.id}: {' * '.join((*columns, *(f'(1 - {share})' for share in shares)))}",
        )
    for column in table.table.columns:
        if column.type.kind == "integer" and _changeable(draft, table, column):
            counted = _counted(table, column)
            for child, k in below:
                if counted and tuple(singular(word) for word in words(child.table.name))[-len(counted) :] == counted:
                    yield column.name, model.Rollup(child.id, k, "count"), f"number of its {child.id}"
                    break


def _worth(draft: Draft, child: TableDraft) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The columns whose product a row of ``child`` comes to: its total where it has one, else as of a line."""
    totals = _totals_of(draft, child)
    named = [
        each.name
        for each in child.table.columns
        if isinstance(_made(draft, child, each.name).rule, model.Product) or (totals and each.name == totals[-1].name)
    ]
    found = ((named[-1],), ()) if named else _line(draft, child)
    return found if found and not _pending(child) & {*found[0], *found[1]} else None


def _counted(table: TableDraft, column: Column) -> tuple[str, ...]:
    """What a column counts, in the singular: ("order", "item") of ``order_item_count``; nothing where it doesn't."""
    shape = column_words(table.table.name, column.name)
    if shape[-1:] == ("count",):
        shape = shape[:-1]
    elif shape[:2] == ("number", "of"):
        shape = shape[2:]
    elif shape[:1] in (("number",), ("num",), ("nb",), ("count",)):
        shape = shape[1:]
    else:
        return ()
    return tuple(singular(word) for word in shape)


def _details(draft: Draft, table: TableDraft) -> Iterator[tuple[TableDraft, int]]:
    """The tables whose rows stand together below this one's and come about with them, with the link."""
    for child in draft:
        k = child.driver
        if k is None or child.links[k].fk.parent != table.id or child.id == table.id:
            continue
        together = isinstance(child.axis, model.Inherited) and child.axis.link == k and child.axis.mode == "together"
        if together or isinstance(child.axis, model.Static):
            yield child, k


def _sums(draft: Draft, table: TableDraft) -> Iterator[tuple[str, model.Rule, str]]:
    """Total = subtotal + taxes + shipping - discount."""
    numbers = [each for each in table.table.columns if each.type.kind in NUMERIC and free(table.table, each)]
    shape = {each.name: column_words(table.table.name, each.name) for each in numbers}
    before = [name for name in shape if any(words.issubset(shape[name]) for words in SUBTOTALS)]
    totals = _totals_of(draft, table)
    if len(before) != 1 or not totals or totals[-1].name == before[0]:
        return
    money = [name for name in shape if shape[name][-1] in _MONEY | {"discount"} and "rate" not in shape[name]]
    plus = (before[0], *(name for name in money if _PLUS & {*shape[name]} and name != before[0]))
    minus = tuple(name for name in money if "discount" in shape[name])
    if totals[-1].name not in (*plus, *minus):
        said = " - ".join((" + ".join(plus), *minus))
        yield totals[-1].name, model.Sum(plus, minus), said


def _quotes(draft: Draft, table: TableDraft) -> Iterator[tuple[str, model.Rule, str]]:
    """A price that a row takes over from what it refers to."""
    for column in table.table.columns:
        if not _changeable(draft, table, column):
            continue
        wanted = _price_words(table, column)
        found = [
            (k, parent, other)
            for k, parent in _parents(draft, table)
            for other in parent.table.columns
            if wanted and _price_words(parent, other) == wanted and free(parent.table, other)
        ]
        if len(found) == 1 and _fits(draft, table, column, *found[0]):
            k, parent, other = found[0]
            same, low, high = QUOTE
            yield column.name, model.Quote(k, other.name, same, low, high), f"{parent.id}.{other.name}, or near it"


def _price_words(table: TableDraft, column: Column) -> frozenset[str]:
    """What tells a price from other prices; nothing of what is none."""
    shape = column_words(table.table.name, column.name)
    if column.type.kind not in ("decimal", "float", "integer") or shape[-1:] not in (("price",), ("cost",)):
        return frozenset()
    if column_meaning(table.table, column).name not in ("price", "cost") or TOTAL & {*shape} or "extended" in shape:
        return frozenset()
    return frozenset(shape) - {"unit", "list", *(singular(word) for word in words(table.table.name))}


def _fits(draft: Draft, table: TableDraft, column: Column, k: int, parent: TableDraft, other: Column) -> bool:
    """Whether the parent's number, times any factor, is a value of the column."""
    made = _made(draft, parent, other.name)
    if not isinstance(made.rule, model.Value) or not isinstance(made.rule.codec, model.Number):
        return False
    if not _there(draft, table, column, k, parent, other):
        return False
    low, high = made.rule.codec.knots.x[0] * QUOTE[1], made.rule.codec.knots.x[-1] * QUOTE[2]
    domain = table.domain(column)
    return low >= 0 and (domain.low is None or domain.low <= low) and (domain.high is None or high <= domain.high)


def _there(draft: Draft, table: TableDraft, column: Column, k: int, parent: TableDraft, other: Column) -> bool:
    """Whether the parent's cell is one that no CHECK draws anew, and there wherever the column must be."""
    if other.name in _pending(parent):
        return False
    missing = _made(draft, parent, other.name).null is not None or table.links[k].optional
    return not missing or (column.nullable and column.name not in table.not_null)


def _copies(draft: Draft, table: TableDraft) -> Iterator[tuple[str, model.Rule, str]]:
    """A text kept beside a key: ``product_name`` beside a key to products."""
    for column in table.table.columns:
        if column.type.kind != "text" or not _changeable(draft, table, column):
            continue
        shape = column_words(table.table.name, column.name)
        found = [
            (k, parent, other)
            for k, parent in _parents(draft, table)
            for other in parent.table.columns
            if other.type.kind == "text" and free(parent.table, other)
            if shape == (singular(words(parent.table.name)[-1]), *column_words(parent.table.name, other.name))
        ]
        if len(found) != 1:
            continue
        k, parent, other = found[0]
        room = column.type.length is None or (other.type.length or column.type.length + 1) <= column.type.length
        if room and _there(draft, table, column, k, parent, other):
            yield column.name, model.Ref(k, other.name), f"{parent.id}.{other.name}, kept beside the key"


def _parents(draft: Draft, table: TableDraft) -> Iterator[tuple[int, TableDraft]]:
    for k, link in enumerate(table.links):
        if link.kind != "dropped" and not link.back and link.fk.parent != table.id:
            yield k, draft[link.fk.parent]


def _made(draft: Draft, table: TableDraft, name: str) -> model.Column:
    return next(each for each in draft.columns[table.id] if each.name == name)


def _pending(table: TableDraft) -> set[str]:
    """Columns that a row may be drawn anew for."""
    return {column for check in table.pending for column in check.columns}


def _changeable(draft: Draft, table: TableDraft, column: Column) -> bool:
    """Whether nothing but the column's meaning decides its values: no key, no wish, no CHECK that a figure could
    break, and no other column that is lifted above it."""
    name = column.name
    wished = draft.table_config(table.id).columns.get(name)
    if (wished is not None and not wished.plain) or table.taken(name) or not free(table.table, column):
        return False
    made = _made(draft, table, name)
    if not isinstance(made.rule, model.Value) or made.lower is not None:
        return False
    if any(name in unique.columns for unique in table.table.uniques) or name in _partitioned(table):
        return False
    if any(each.lower is not None and each.lower.column == name for each in draft.columns[table.id]):
        return False
    if column.type.kind not in NUMERIC:
        return column.type.kind == "text" and not any(name in check.columns for check in table.table.checks)
    domain = table.domain(column)
    bounds = [predicate for check in table.table.checks if name in check.columns for predicate in check.predicates]
    alone = all(check.exact for check in table.table.checks if name in check.columns) and all(
        isinstance(each, Range) and each.column == name and each.high is None for each in bounds
    )
    return alone and domain.values is None and (domain.low is None or domain.low <= 0)


def _partitioned(table: TableDraft) -> str:
    partitioning = table.table.partitioning
    return "" if partitioning is None else " ".join(partitioning.keys)
