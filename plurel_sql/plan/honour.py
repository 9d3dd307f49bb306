"""Which CHECKs the plan guarantees, and which it says it can't. Only guaranteed ones are declared in a target."""

from __future__ import annotations

from plurel_sql.plan import model
from plurel_sql.plan.draft import Draft, Limit, TableDraft
from plurel_sql.schema.model import Check, Compare, NotNull, OneOf, Predicate

TIMES = (model.At, model.After)


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
    """Keeps the CHECKs that follow from the planned rules; notes the others."""
    for table in draft:
        rules = {column.name: column for column in draft.columns[table.id]}
        for check in table.table.checks:
            reason = _doubt(table, rules, check)
            if reason is None:
                table.checks.append(check)
            else:
                draft.note(
                    f"CHECK ({check.expression}) is not guaranteed ({reason}); it is left out",
                    ".".join(filter(None, (table.id, check.name or ",".join(check.columns)))),
                    at=check.source,
                )


def _doubt(table: TableDraft, rules: dict[str, model.Column], check: Check) -> str | None:
    """Why a check can't be vouched for, or None where it can."""
    if not check.exact:
        return "its form is not understood"
    for predicate in check.predicates:
        reason = _compare(rules, predicate) if isinstance(predicate, Compare) else _single(table, rules, predicate)
        if reason:
            return reason
    return None


def _single(table: TableDraft, rules: dict[str, model.Column], predicate: Predicate) -> str | None:
    assert not isinstance(predicate, Compare)
    if predicate.column not in rules:
        return f"there is no column {predicate.column}"
    column = rules[predicate.column]
    if isinstance(predicate, NotNull):
        nullable = column.null is not None or (isinstance(column.rule, model.Ref) and _optional(table, column))
        return f"{column.name} may be NULL" if nullable else None
    notes = table.domain(table.table.column(column.name)).notes
    if notes:
        return "; ".join(notes)
    if isinstance(column.rule, model.Ref):
        return f"{column.name} is a foreign key"
    if isinstance(column.rule, TIMES) and not (isinstance(predicate, OneOf) and predicate.negated):
        return f"{column.name} follows the time axis"
    return None


def _optional(table: TableDraft, column: model.Column) -> bool:
    assert isinstance(column.rule, model.Ref)
    return table.links[column.rule.link].optional


def _compare(rules: dict[str, model.Column], predicate: Compare) -> str | None:
    left, right = rules.get(predicate.left), rules.get(predicate.right)
    if left is None or right is None:
        return "it names a column that is not there"
    bound = right.lower
    if predicate.op in ("<", "<=") and bound is not None and bound.column == left.name:
        return None
    return f"{predicate.left} {predicate.op} {predicate.right} is not met by construction"
