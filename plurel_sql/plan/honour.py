"""Which CHECKs the rules guarantee; the others are left pending, for ``settle`` to meet by trying again or to note."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from plurel_sql.plan import model
from plurel_sql.plan.domains import Domain
from plurel_sql.plan.draft import Draft, Limit, LinkDraft, TableDraft
from plurel_sql.plan.pairs import doubt
from plurel_sql.plan.texts import Lists, honours
from plurel_sql.schema.model import Check, Compare, Matches, NotNull, OneOf, Predicate, Range

TIMES = (model.At, model.After)
P = TypeVar("P", bound=OneOf | Range | Matches)


ASKED = 10_000
"""A bound on a foreign key's column is asked of the parent's key where it leaves this many whole numbers or more."""


def ask_parents(draft: Draft) -> None:
    """What a CHECK or a domain asks of a foreign key's column is asked of the key that it copies, over all generations,
    where that leaves the key room: bounds of numbers, patterns, texts that it must not be."""
    frontier = [
        (table, predicate)
        for table in draft.tables.values()
        for check in table.table.checks
        for predicate in check.predicates
    ]
    while frontier:
        table, predicate = frontier.pop()
        if isinstance(predicate, Compare | NotNull) or not _leaves_room(predicate):
            continue
        for link in table.links:
            if predicate.column in link.fk.columns and link.fk.parent != table.id:
                parent, asked = draft[link.fk.parent], up(link, predicate)
                if asked not in _asked(parent):
                    parent.wish(asked.column, asked)
                    frontier.append((parent, asked))


def _leaves_room(predicate: OneOf | Range | Matches) -> bool:
    if isinstance(predicate, OneOf):
        return predicate.negated
    if isinstance(predicate, Matches):
        return predicate.syntax == "case"
    low, high = predicate.low, predicate.high
    if isinstance(low, str) or isinstance(high, str):
        return False
    room = (2**31 if high is None else high) - (0 if low is None else low)
    return predicate.unit == "length" or room >= ASKED


def up(link: LinkDraft, predicate: P) -> P:
    """The predicate on the parent's column."""
    column = link.fk.parent_columns[link.fk.columns.index(predicate.column)]
    return msgspec.structs.replace(predicate, column=column)


def _asked(table: TableDraft) -> set[Predicate]:
    checks = (predicate for check in table.table.checks for predicate in check.predicates)
    return {*checks, *(wish for wishes in table.wishes.values() for wish in wishes)}


def contradictions(draft: Draft) -> None:
    """Tables with a required column that no value fits can't have rows; said before any row is made."""
    for table in draft.tables.values():
        for column in table.table.columns:
            reason = table.domain(column).empty
            if not reason:
                continue
            if column.nullable:
                draft.note(f"no value fits ({reason}): always NULL", f"{table.id}.{column.name}", "info")
            else:
                table.limits.append(Limit(0, (), f"no value fits {column.name}: {reason}"))
                draft.note(f"no value fits ({reason}): the table stays empty", f"{table.id}.{column.name}")


def honour_checks(draft: Draft) -> None:
    """Parts the CHECKs that follow from the planned rules from the others; notes partial indexes and partitions that
    turn out not to be met."""
    for table in draft:
        rules = {column.name: column for column in draft.columns[table.id]}
        for unique, outside in table.outside.items():
            reason = _doubt(draft, table, rules, outside)
            if reason is not None:
                table.uniques.remove(unique)
                text = f"UNIQUE ({', '.join((*unique.columns, *unique.expressions))}) WHERE {unique.where}"
                draft.note(f"{text} is not guaranteed ({reason}); it is left out", table.id, at=unique.source)
        reason = _doubt(draft, table, rules, Check("", (), predicates=tuple(table.inside), exact=True))
        if reason is not None:
            table.unpartitioned = True
            draft.note(f"rows may fall outside the partitions: {reason}", table.id, at=table.table.source)
        for check in table.table.checks:
            (table.checks if _doubt(draft, table, rules, check) is None else table.pending).append(check)


def _doubt(draft: Draft, table: TableDraft, rules: dict[str, model.Column], check: Check) -> str | None:
    """Why a check can't be vouched for, or None where it can."""
    if not check.exact:
        return "its form is not understood"
    for predicate in check.predicates:
        if isinstance(predicate, Compare):
            reason = _compare(draft, table, rules, predicate)
        else:
            reason = _single(draft, table, rules, predicate)
        if reason:
            return reason
    return None


def _single(draft: Draft, table: TableDraft, rules: dict[str, model.Column], predicate: Predicate) -> str | None:
    assert not isinstance(predicate, Compare)
    if predicate.column not in rules:
        return f"there is no column {predicate.column}"
    column = rules[predicate.column]
    if isinstance(predicate, NotNull):
        nullable = column.null is not None or (isinstance(column.rule, model.Ref) and _optional(table, column))
        nullable = nullable or model.Constant(None) in _inner(column.rule)
        return f"{column.name} may be NULL" if nullable else None
    domain = table.domain(table.table.column(column.name))
    if domain.notes:
        return "; ".join(domain.notes)
    if isinstance(predicate, Matches) and not _written(draft, column, domain):
        return f"no text was found for {column.name} that meets all that is asked of it"
    if isinstance(column.rule, model.Ref):
        link = table.links[column.rule.link]
        parent, asked = draft[link.fk.parent], up(link, predicate)
        if parent is table or asked not in _asked(parent):
            return f"{column.name} is a foreign key"
        return _single(draft, parent, {each.name: each for each in draft.columns[parent.id]}, asked)
    if isinstance(predicate, Range) and predicate.unit == "length" and column.type.startswith("list"):
        return f"{column.name} is a list"
    timed = any(isinstance(rule, TIMES) for rule in _inner(column.rule))
    if timed and not (isinstance(predicate, OneOf) and predicate.negated):
        return f"{column.name} follows the time axis"
    if isinstance(column.rule, model.Slot) and table.domain(table.table.column(column.name)).bounded:
        return f"{column.name} holds stretches that may be drawn out"
    return None


def _written(draft: Draft, column: model.Column, domain: Domain) -> bool:
    """Whether the texts of the column's own rule are such as the domain asks for."""
    lists = Lists(draft.config.locale)
    codecs = (rule.codec for rule in _inner(column.rule) if isinstance(rule, model.Value))
    return all(honours(codec.segments, domain, lists) for codec in codecs if isinstance(codec, model.Text))


def _inner(rule: model.Rule) -> tuple[model.Rule, ...]:
    return (rule.chosen, rule.rest) if isinstance(rule, model.Elect) else (rule,)


def _optional(table: TableDraft, column: model.Column) -> bool:
    assert isinstance(column.rule, model.Ref)
    return table.links[column.rule.link].optional


def _compare(draft: Draft, table: TableDraft, rules: dict[str, model.Column], predicate: Compare) -> str | None:
    left, right = rules.get(predicate.left), rules.get(predicate.right)
    if left is None or right is None:
        return "it names a column that is not there"
    if isinstance(left.rule, model.Ref) or isinstance(right.rule, model.Ref):
        return doubt(draft, table, predicate)
    bound = right.lower
    if isinstance(left.rule, model.Slot) and isinstance(right.rule, model.Slot) and left.rule.key == right.rule.key:
        in_order = (left.rule.part, right.rule.part) == ("start", "end") and predicate.op != "="
        return None if in_order else f"{predicate.left} lies before {predicate.right}"
    if predicate.op in ("<", "<=") and bound is not None and bound.column == left.name:
        return None
    return f"{predicate.left} {predicate.op} {predicate.right} is not met by construction"
