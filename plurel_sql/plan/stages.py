"""Times that agree with the row's status: what is "open" has not been paid, what is "delivered" has been shipped."""

from __future__ import annotations

from msgspec.structs import replace

from plurel_sql.plan import model
from plurel_sql.plan.draft import TableDraft
from plurel_sql.semantics import stages
from plurel_sql.semantics.names import column_words

MEANING = frozenset({"status", "state", "stage", "phase", "condition"})


def agreed(table: TableDraft, made: list[model.Column]) -> list[model.Column]:
    """The columns, with the NULLs of times (and of what is NULL together with them) decided by a status or a flag."""
    by_name = {column.name: column for column in made}
    for column in made:
        if not isinstance(column.rule, model.After) or column.null is None:
            continue
        found, rate = _reached(table, made, column.name)
        if found is None:
            continue
        for other in made:
            together = other.null is not None and column.null.lane is not None and other.null.lane == column.null.lane
            if other is column or (together and other.name != found.column):
                assert other.null is not None
                rule = replace(other.rule, censored=False) if isinstance(other.rule, model.After) else other.rule
                null = replace(other.null, rate=rate, node=None, lane=None, reached=found)
                by_name[other.name] = replace(other, rule=rule, null=null)
    return list(by_name.values())


def happened(made: list[model.Column]) -> list[model.Column]:
    """The columns; what a time that is always there follows is not yet to come, since its NULL would be copied."""
    by_name = {column.name: column for column in made}
    for column in made:
        later = _later(column)
        if column.null is not None or later is None or later.censored:
            continue
        while later is not None and later.base is not None:
            base = by_name[later.base]
            later = _later(base)
            if isinstance(base.rule, model.After):
                by_name[base.name] = replace(base, rule=replace(base.rule, censored=False))
    return list(by_name.values())


def _later(column: model.Column) -> model.After | None:
    rule = column.rule.rest if isinstance(column.rule, model.Elect) else column.rule
    return rule if isinstance(rule, model.After) else None


def _reached(table: TableDraft, made: list[model.Column], name: str) -> tuple[model.Reached | None, float]:
    """The cells of the row's status or flag that say that the time of this name is there, and how often none does."""
    named = column_words(table.table.name, name)
    for other in made:
        if not isinstance(other.rule, model.Value) or other.name == name:
            continue
        spelled = column_words(table.table.name, other.name)
        match other.rule.codec:
            case model.Category(labels=labels, weights=weights) if MEANING & set(spelled):
                if found := stages.reached(named, labels):
                    there = sum(weight for label, weight in zip(labels, weights, strict=True) if label in found)
                    return model.Reached(other.name, found), round(1 - there / (sum(weights) or 1.0), 3)
            case model.Bool(p=p) if stages.flags(named, spelled):
                return model.Reached(other.name, ("true", "1")), round(1 - p, 3)
    return None, 0.0
