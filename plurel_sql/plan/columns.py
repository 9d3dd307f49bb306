"""What fills each column: keys, references and times by their laws, everything else by a codec."""

from __future__ import annotations

from msgspec.structs import replace

from plurel_sql.plan import model, published
from plurel_sql.plan.agree import column_meaning
from plurel_sql.plan.axes import DAY, Timed, time_rules
from plurel_sql.plan.codecs import Choice, choose
from plurel_sql.plan.config import ColumnConfig
from plurel_sql.plan.domains import NUMERIC, holds
from plurel_sql.plan.draft import START, Draft, TableDraft, chance, first
from plurel_sql.plan.groups import chosen_value, slot
from plurel_sql.plan.indexes import STEPS
from plurel_sql.plan.injective import injective
from plurel_sql.plan.laws import dims
from plurel_sql.plan.marginals import beneath
from plurel_sql.plan.naming import distinct_names
from plurel_sql.plan.numbers import Hints
from plurel_sql.plan.override import override
from plurel_sql.plan.stages import agreed, happened
from plurel_sql.plan.types import arrow_type
from plurel_sql.schema.model import Column, Compare, Fold, NotNull
from plurel_sql.semantics.names import column_words

Made = tuple[model.Rule, str]

INFORMATIVE = 0.35
"""The share of nullable columns whose NULLs hang on another column of the row (missing not at random)."""


def columns(draft: Draft, table: TableDraft) -> None:
    """Sets the table's plan columns and the SCM nodes they need."""
    timed = time_rules(draft, table)
    nodes: list[str] = []
    made: list[model.Column] = []
    bounds = _bounds(table)
    for column in table.table.columns:
        choice = _choice(draft, table, column, timed)
        for name, words in choice.vocabularies.items():
            draft.vocabularies[name] = words
        if choice.note and column.type.kind != "unknown":  # of unknown types the reader has told already
            draft.note(choice.note, "")
        nodes += [node for node in _nodes(choice.rule) if node not in nodes]
        lower = bounds.get(column.name)
        made.append(model.Column(column.name, arrow_type(column.type), choice.rule, choice.null, lower, choice.why))
    made = happened(made)
    if draft.config.prior is None:
        made = [_inform(table, column, nodes) for column in _nested(agreed(table, _below(table, made)))]
        told = {node for column in made if not _is_prose(column.rule) for node in _nodes(column.rule)}
        draft.nodes[table.id] = tuple(model.NodeSpec(node, leaf=node not in told) for node in nodes)
    else:
        draft.nodes[table.id] = tuple(published.node(draft, table, column) for column in made if column.name in nodes)
    draft.columns[table.id] = tuple(made)


def _choice(draft: Draft, table: TableDraft, column: Column, timed: dict[str, Timed]) -> Choice:
    wished = draft.table_config(table.id).columns.get(column.name) or ColumnConfig()
    fixed = _fixed(draft, table, column)
    if fixed is not None:
        return Choice(fixed[0], None, False, fixed[1], {}, None)
    if table.domain(column).empty:
        return Choice(model.Constant(None), None, False, f"no value fits: {table.domain(column).empty}", {}, None)
    if wished.plain and table.domain(column).values is None and distinct_names(table.table, column):
        found = injective(
            table.table, column, table.domain(column), max(table.rows, 1), permute=False, locale=draft.config.locale
        )
        if isinstance(found.rule, model.Digit):
            return Choice(found.rule, None, False, f"each row its own: {found.why}", found.vocabularies, None)
    choice = choose(
        table.table,
        column,
        table.domain(column),
        locale=draft.config.locale,
        hints=Hints(*draft.span),
        meaning=wished.meaning,
    )
    if column.name in timed and wished.plain:
        time = timed[column.name]
        choice = replace(choice, rule=time.rule, why=time.why, vocabularies={}, note=None)
        if column.name == table.axis_column:
            choice = replace(choice, null=None)
        elif choice.null is not None and choice.null.lane is None and time.null is not None:
            choice = replace(choice, null=time.null)
    if column.name in table.not_null:
        choice = replace(choice, null=None)
    if draft.config.prior is not None and wished.plain:
        choice = published.choice(draft, table, column, choice)
    choice = override(choice, column, wished, f"{table.id}.{column.name}")
    if choice.null is None and isinstance(choice.rule, model.After):
        choice = replace(choice, rule=replace(choice.rule, censored=False))
    return _elected(draft, table, column, choice) if column.name in table.elections else choice


def _nodes(rule: model.Rule) -> tuple[str, ...]:
    """The nodes of the causal model that a rule reads."""
    if isinstance(rule, model.Elect):
        return (*_nodes(rule.chosen), *_nodes(rule.rest))
    return (rule.node,) if isinstance(rule, model.Value) and rule.node else ()


def _is_prose(rule: model.Rule) -> bool:
    return isinstance(rule, model.Value) and isinstance(rule.codec, model.Text)


def _elected(draft: Draft, table: TableDraft, column: Column, choice: Choice) -> Choice:
    """The rule for the one row of a group that may meet a partial index's condition, and that of the others."""
    election = table.elections[column.name]
    chosen, rest = choice.rule, choice.rule
    if isinstance(election.predicate, NotNull):
        chosen = model.Constant(None)
        rest = replace(rest, censored=False) if isinstance(rest, model.After) else rest
    else:
        table.wish(column.name, election.predicate)
        narrowed = choose(
            table.table, column, table.domain(column), locale=draft.config.locale, hints=Hints(*draft.span)
        )
        table.unwish(column.name, election.predicate)
        rest = narrowed.rule
        choice = replace(choice, vocabularies={**choice.vocabularies, **narrowed.vocabularies})
        value = chosen_value(election.predicate, column)
        listed = table.domain(column).values
        if listed is not None and value not in {*listed, *(str(each).lower() for each in listed)}:
            value = None
        chosen = choice.rule if value is None else model.Constant(value)
    rule = model.Elect(election.key, election.levels, chosen, rest)
    return replace(choice, rule=rule, null=None, why=f"one row of each group ({election.key}); {choice.why}")


def _fixed(draft: Draft, table: TableDraft, column: Column) -> Made | None:
    """The rule of a column that a key decides."""
    owner = table.owner(column.name)
    if owner is not None:
        link = table.links[owner]
        parent_column = link.fk.parent_columns[link.fk.columns.index(column.name)]
        return model.Ref(owner, parent_column), f"refers to {link.fk.parent}.{parent_column}"
    if column.name in table.constants:
        return model.Constant(table.constants[column.name]), "one value for all rows, so that keys agree"
    if column.name in table.positions:
        return _position(draft, table, column), "counts inside its parent's rows"
    for group in table.tuples:
        for index, member in enumerate(group.members):
            if member.column == column.name:
                start = first(table.domain(column))
                rule = model.Digit(group.key, group.after, dims(draft, table, group), index, member.labels, start=start)
                return rule, f"distinct ({group.key})"
    if column.name in table.computed:
        source, form = table.computed[column.name]
        if form not in ("lower", "upper"):
            return model.Copy(source), f"generated from {source}"
        cell = model.Cell(source, "lower" if form == "lower" else "upper")
        return model.Value(model.Text((cell,), max_length=column.type.length)), f"generated from {source}"
    if column.name in table.stretches:
        return slot(draft, table, column), "no overlap inside its group"
    if column.name in table.forms:
        return _formed(table.forms[column.name]), "unique, in a form that its index tells apart"
    if column.name in table.serials:
        found = injective(
            table.table,
            table.key_column(column.name),
            table.domain(column),
            max(table.rows, 1),
            permute=table.serials[column.name],
            locale=draft.config.locale,
            prefix=table.prefixes.get(column.name),
        )
        draft.vocabularies.update(found.vocabularies)
        if found.rule is not None:
            return _apart(draft, table, column, found.rule), f"unique: {found.why}"
    return None


def _apart(draft: Draft, table: TableDraft, column: Column, rule: model.Rule) -> model.Rule:
    """A key of an inheriting table counts on where the keys of the tables related to it end, if its type has room."""
    if not table.table.inherits or not isinstance(rule, model.Sequence) or column.type.kind != "integer":
        return rule
    roots = _roots(draft, table.id)
    names = list(draft.tables)
    before = (
        other.rows
        for other in map(draft.__getitem__, names[: names.index(table.id)])
        if other.serials.get(column.name) is not None and roots & _roots(draft, other.id)
    )
    start = rule.start + rule.step * sum(before)
    last = start + rule.step * max(table.rows - 1, 0)
    domain = table.domain(column)
    return replace(rule, start=start) if holds(domain, min(start, last), max(start, last)) else rule


def _roots(draft: Draft, name: str) -> set[str]:
    """The tables at the top of those that ``name`` inherits from; itself where there are none."""
    above = draft[name].table.inherits
    return {root for parent in above for root in _roots(draft, parent)} if above else {name}


def _formed(fold: Fold) -> model.Rule:
    """The row number as a time in a unit of its own, or as the member of a document."""
    if fold.kind == "member":
        return model.Value(model.Json(((str(fold.argument), model.Text((model.Serial(),))),)))
    return model.Sequence(START + DAY // 2, STEPS[str(fold.argument)])


def _position(draft: Draft, table: TableDraft, column: Column) -> model.Position:
    levels = table.positions[column.name]
    if column.type.kind not in ("date", "timestamp"):
        return model.Position(levels, start=first(table.domain(column)))
    start, end = draft.span
    assert table.driver is not None
    parents = max(draft[table.links[table.driver].fk.parent].rows, 1)
    most = max(4 * (table.rows // parents), 4)
    step = max((end - start) // (3 * most) // DAY, 1) * DAY
    timed = not isinstance(draft[table.links[table.driver].fk.parent].axis, model.Static)
    return model.Position(levels, 0 if timed else start, step, max(step - DAY, 0), timed)


def _bounds(table: TableDraft) -> dict[str, model.Bound]:
    """Comparisons between columns of the row that the later column is lifted to meet."""
    bounds: dict[str, model.Bound] = {}
    ordered = (
        predicate
        for check in table.table.checks
        for predicate in check.predicates
        if isinstance(predicate, Compare) and predicate.op in ("<", "<=")
    )
    for predicate in ordered:
        if predicate.right not in bounds and not table.taken(predicate.right):
            bounds[predicate.right] = model.Bound(predicate.left, predicate.op == "<")
    return bounds


def _below(table: TableDraft, made: list[model.Column]) -> list[model.Column]:
    """A number that lies below another one of the row (by a CHECK, or as a cost does below a price) walks that one's
    ranks, at a share of its size. So the sampler seldom has to lift the larger one to the smaller."""
    by_name = {column.name: column for column in made}
    for low, high in _pairs(table, made):
        lower, upper = by_name[low].rule, by_name[high].rule
        if not isinstance(lower, model.Value) or not isinstance(upper, model.Value):
            continue
        codec = beneath(lower.codec, upper.codec, 0.45 + 0.4 * chance(table.id, low, "share"))
        if codec is not None:
            by_name[low] = replace(by_name[low], rule=replace(lower, codec=codec, node=upper.node))
    return list(by_name.values())


def _pairs(table: TableDraft, made: list[model.Column]) -> list[tuple[str, str]]:
    """Columns of which the first is to lie below the second: by CHECKs, then cost and price, minimum and maximum."""
    found = {column.lower.column: column.name for column in made if column.lower is not None}
    numbers = [each for each in table.table.columns if each.type.kind in NUMERIC]
    means = {each.name: column_meaning(table.table, each).name for each in numbers}
    prices = [name for name in means if means[name] == "price"]
    costs = [name for name in means if means[name] == "cost"]
    if len(costs) == 1 and len(prices) == 1 and prices[0] not in found:
        found.setdefault(costs[0], prices[0])
    spelled = {column_words(table.table.name, name): name for name in means}
    for shape, name in spelled.items():
        if "minimum" in shape:
            other = spelled.get(tuple("maximum" if word == "minimum" else word for word in shape))
            if other is not None and other not in found:
                found.setdefault(name, other)
    return [(low, high) for low, high in found.items() if not table.taken(low)]


LATER_STAGE = 0.12
"""The share of the rows that reached one stage of their life and have not reached the next."""


def _nested(made: list[model.Column]) -> list[model.Column]:
    """Stages of a row's life that follow one another (shipped, delivered, returned) share their NULLs: a later one is
    NULL wherever an earlier one is."""
    by_name = {column.name: column for column in made}
    bases = {
        column.name: column.rule.base
        for column in made
        if isinstance(column.rule, model.After) and column.null is not None
        if column.null.lane is None and column.null.reached is None
    }
    links = {later: base for later, base in bases.items() if base is not None and base in bases}
    rates: dict[str, float] = {}

    def rate(name: str) -> float:
        null = by_name[name].null
        own = null.rate if null else 0.0
        if name not in rates:
            reached = 1 - rate(links[name]) if name in links else 1.0
            rates[name] = max(own, round(1 - reached * (1 - LATER_STAGE), 3)) if name in links else own
        return rates[name]

    for name in {*links, *links.values()}:
        by_name[name] = replace(by_name[name], null=model.Null(rate(name), lane="stages"))
    return list(by_name.values())


def _inform(table: TableDraft, column: model.Column, nodes: list[str]) -> model.Column:
    """Lets some columns' NULLs hang on another node of the row."""
    others = [node for node in nodes if node != column.name]
    null = column.null
    if null is not None and null.node is not None and null.node not in nodes:
        null = replace(null, node=None)
        column = replace(column, null=null)
    if null is None or null.node or null.lane or null.reached or null.rate >= 1 or not others:
        return column
    if chance(table.id, column.name, "mnar") > INFORMATIVE:
        return column
    node = others[int(chance(table.id, column.name, "mnar", "node") * len(others))]
    return replace(column, null=replace(null, node=node))
