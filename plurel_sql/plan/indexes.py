"""Unique indexes over expressions and with conditions: which columns tell their rows apart, and who stays outside."""

from __future__ import annotations

from plurel_sql.plan.draft import Limit, TableDraft
from plurel_sql.plan.groups import fits
from plurel_sql.plan.injective import injective
from plurel_sql.plan.types import DAY
from plurel_sql.schema.model import Compare, Fold, NotNull, Predicate, SqlType, Term, Unique

KEPT = frozenset({"case", "accents", "blanks", "null"})
"""What may be folded without harm: values that carry the row number differ all the same, and are never NULL."""

HOUR = DAY // 24
STEPS = {"year": 366 * DAY, "quarter": 92 * DAY, "month": 31 * DAY, "week": 7 * DAY, "day": DAY, "hour": HOUR}
"""Times as far apart as this never fall into one unit."""


def differing(table: TableDraft, unique: Unique) -> tuple[str, ...]:
    """The columns of which it is enough that they differ together: the plain ones that the engine doesn't compute, and
    those of expressions that keep them apart."""
    columns = [name for name in unique.columns if table.table.column(name).generated is None]
    for term in unique.terms:
        if _kept(term) and table.table.column(term.columns[0]).generated is None:
            columns.append(term.columns[0])
            if any(fold.kind == "null" for fold in term.folds):
                table.not_null.add(term.columns[0])
    _computed(table, unique)
    return tuple(dict.fromkeys(columns))


def _computed(table: TableDraft, unique: Unique) -> None:
    """Generated columns that are another column, or that column in one case, are so in targets that don't compute."""
    generated = [name for name in unique.columns if table.table.column(name).generated is not None]
    for name, term in zip(generated, unique.terms[len(unique.expressions) :], strict=True):
        forms = [str(fold.argument) for fold in term.folds if fold.kind == "case"]
        if term.exact and len(term.columns) == 1 and len(forms) == len(term.folds) <= 1:
            table.computed[name] = (term.columns[0], forms[0] if forms else "")


def _kept(term: Term) -> bool:
    return term.exact and len(term.columns) == 1 and all(fold.kind in KEPT for fold in term.folds)


def special(table: TableDraft, unique: Unique) -> bool:
    """One expression's column carries the row number in a form that the expression keeps: within a prefix, in another
    unit of time for each row, as a member of a document."""
    for term in unique.terms:
        if not term.exact or len(term.columns) != 1:
            continue
        column = table.table.column(term.columns[0])
        folds = [fold for fold in term.folds if fold.kind not in KEPT]
        if len(folds) != 1 or table.taken(column.name) or column.generated is not None:
            continue
        if _carries(table, column.name, folds[0]):
            if any(fold.kind == "null" for fold in term.folds):
                table.not_null.add(column.name)
            return True
    return False


def _carries(table: TableDraft, name: str, fold: Fold) -> bool:
    column = table.table.column(name)
    kind = column.type.kind
    if (
        fold.kind == "prefix"
        and kind == "text"
        and isinstance(fold.argument, int)
        and _longer(table, name, fold.argument)
    ):
        found = injective(table.table, column, table.domain(column), 1, permute=False, prefix=fold.argument)
        if found.rule is None:
            return False
        table.prefixes[name] = fold.argument
        capacity = 2**60 if found.capacity is None else found.capacity
    elif fold.kind == "prefix" and kind in ("text", "binary") and isinstance(fold.argument, int):
        table.narrow(name, SqlType(column.type.kind, length=fold.argument))
        capacity = 36**fold.argument if kind == "text" else 256 ** min(fold.argument, 8)
    elif fold.kind == "unit" and kind in ("date", "timestamp") and fold.argument in STEPS and _unbound(table, name):
        table.forms[name] = fold
        capacity = 7_900 * 365 * DAY // STEPS[str(fold.argument)]
    elif fold.kind == "member" and kind == "json":
        table.forms[name] = fold
        capacity = 2**60
    else:
        return False
    table.serials[name] = False
    if capacity < 2**60:
        table.limits.append(Limit(capacity, (), f"{name} holds {capacity:,} values that its index tells apart"))
    return True


def _longer(table: TableDraft, name: str, most: int) -> bool:
    """Whether a CHECK asks for texts that may not fit into so many characters."""
    domain = table.domain(table.table.column(name))
    return domain.min_length > most or any(not pattern.negated for pattern in domain.patterns)


def _unbound(table: TableDraft, name: str) -> bool:
    domain = table.domain(table.table.column(name))
    return domain.values is None and not domain.bounded


def never(table: TableDraft, unique: Unique) -> bool:
    """No row meets the condition of a partial index; False where that can't be."""
    outside = unique.outside
    if outside is None or not outside.exact or not outside.predicates:
        return False
    if any(isinstance(p, Compare) or not _may_be_kept_out(table, p) for p in outside.predicates):
        return False
    for predicate in outside.predicates:
        assert not isinstance(predicate, Compare)
        if isinstance(predicate, NotNull):
            require(table, predicate.column)
        else:
            table.wish(predicate.column, predicate)
    table.outside[unique] = outside
    return True


def _may_be_kept_out(table: TableDraft, predicate: Predicate) -> bool:
    assert not isinstance(predicate, Compare)
    column = table.table.column(predicate.column)
    if isinstance(predicate, NotNull):
        return may_be_required(table, column.name)
    if table.taken(column.name) or column.generated is not None:
        return False
    return column.name not in table.elections and fits(table, column, predicate)


def may_be_required(table: TableDraft, column: str) -> bool:
    """Whether the column can do without NULL."""
    links = [table.links[k] for k in table.owners(column)]
    return all(
        not link.optional or (link.fk.parent != table.id and link.kind in ("free", "driver", "junction"))
        for link in links
    )


def require(table: TableDraft, column: str) -> None:
    """The column is never NULL; a foreign key in it is met in every row."""
    table.not_null.add(column)
    for k in table.owners(column):
        table.links[k].optional = False
