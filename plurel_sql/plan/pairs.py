"""Foreign keys that a CHECK sets apart (``a_id <> b_id``), to one parent or to two, or in order (``a_id < b_id``), and
keys of a table to itself that it sets against the row's own (``parent_id <> id``).

Of two keys that differ one is the *mover*: it draws from one parent fewer and is moved past the other's, so the
diagonal is left out. Two keys in order draw as they would, then one takes the lower parent and the other the higher.
Where such a pair must be unique as well the two stand on a ring (``keys.py``). docs/decisions/0019.
"""

from __future__ import annotations

from typing import Literal

from plurel_sql.plan import model
from plurel_sql.plan.draft import Draft, LinkDraft, TableDraft
from plurel_sql.schema.model import Compare

KeyOrder = Literal["row", "uuid"]


def pairs(draft: Draft) -> None:
    """Marks the links of each table that must differ or be in order."""
    for table in draft.tables.values():
        for check in table.table.checks:
            for predicate in check.predicates:
                if not isinstance(predicate, Compare) or predicate in table.paired:
                    continue
                own, found = own_key(table, predicate), tied(table, predicate)
                if own is not None:
                    _settle_own(draft, table, predicate, own)
                elif found is not None and _settle(draft, table, predicate, *found):
                    table.paired.append(predicate)


def tied(table: TableDraft, predicate: Compare) -> tuple[int, int] | None:
    """The two links whose parents are one and the same row exactly where the two columns are equal; or, of keys that
    differ, two plain ones to two tables (whose rows of one number have equal keys as a rule)."""
    a, b = table.owner(predicate.left), table.owner(predicate.right)
    if a is None or b is None or a == b or predicate.op == "=":
        return None
    if table.links[a].fk.parent != table.links[b].fk.parent:
        return (a, b) if predicate.op == "<>" and all(len(table.links[k].fk.columns) == 1 for k in (a, b)) else None
    sides = [dict(zip(table.links[k].fk.columns, table.links[k].fk.parent_columns, strict=True)) for k in (a, b)]
    if sides[0].pop(predicate.left) != sides[1].pop(predicate.right) or sides[0] != sides[1]:
        return None
    return a, b


def own_key(table: TableDraft, predicate: Compare) -> LinkDraft | None:
    """The link of the table to itself that the comparison sets against the key of the row itself, if it is one."""
    for column, key in ((predicate.left, predicate.right), (predicate.right, predicate.left)):
        owner = table.owner(column)
        if owner is None or table.links[owner].fk.parent != table.id:
            continue
        fk = table.links[owner].fk
        if all(
            there == (key if here == column else here)
            for here, there in zip(fk.columns, fk.parent_columns, strict=True)
        ):
            return table.links[owner]
    return None


def _settle_own(draft: Draft, table: TableDraft, predicate: Compare, link: LinkDraft) -> None:
    """Shapes the roots of a table's key to itself as a comparison with the row's own key asks."""
    if link.kind not in ("free", "within"):
        return
    if predicate.op == "<>":
        if not link.optional:
            link.circle, table.least = True, 2
            make_room(draft, table, table.links.index(link))
    elif link.kind == "free" and (predicate.op == "=" or own_column(link, predicate) == predicate.left):
        link.flat = True  # no earlier row may be its parent


def _settle(draft: Draft, table: TableDraft, predicate: Compare, a: int, b: int) -> bool:
    """Marks links ``a`` (whose parent is to be the lower one) and ``b``; False where their laws can't be tied so."""
    if predicate.op == "<>":
        return _apart(draft, table, a, b)
    links = (table.links[a], table.links[b])
    uniques = [set(unique.all_columns) & {predicate.left, predicate.right} for unique in table.table.uniques]
    if any(len(touched) == 1 for touched in uniques):
        return False  # what the key tells apart would be swapped
    if any(link.side is not None or link.kind not in ("free", "within") or _rooted(table, link) for link in links):
        return False
    if predicate.op == "<" and not _apart(draft, table, a, b):
        return False
    column = links[0].fk.parent_columns[links[0].fk.columns.index(predicate.left)]
    links[0].side, links[1].side = (b, False, column), (a, True, column)
    return True


def _apart(draft: Draft, table: TableDraft, a: int, b: int) -> bool:
    movers = [(k, other) for k, other in ((a, b), (b, a)) if _moves(table, k) and not _rests(table, other, k)]
    if not movers:
        return False

    def fitness(item: tuple[int, int]) -> tuple[bool, bool, int, int]:
        link = table.links[item[0]]
        keyed = sum(set(link.fk.columns) <= set(unique.columns) for unique in table.table.uniques)
        return link.kind != "within", not link.optional, keyed, -item[0]

    k, other = min(movers, key=fitness)
    table.links[k].apart.append(other)
    make_room(draft, table, k)
    return True


def _moves(table: TableDraft, k: int) -> bool:
    """Whether the law of link ``k`` can leave parents out."""
    link = table.links[k]
    tree = link.fk.parent == table.id and link.kind == "within"
    return (
        link.kind in ("free", "within") and not tree and not _rooted(table, link) and not table.is_key(link.fk.columns)
    )


def _rooted(table: TableDraft, link: LinkDraft) -> bool:
    """A required key of a table to itself: the first rows point to themselves."""
    return link.fk.parent == table.id and not link.optional


def _rests(table: TableDraft, k: int, goal: int) -> bool:
    """Whether link ``k`` can be told only once link ``goal`` is."""
    link = table.links[k]
    above = [*link.apart]
    above += [link.via] if link.kind == "within" and link.via is not None else []
    above += [link.same] if link.kind == "same" and link.same is not None else []
    above += link.path[:1] if link.kind == "derived" else []
    return any(each == goal or _rests(table, each, goal) for each in above)


def make_room(draft: Draft, table: TableDraft, k: int) -> None:
    """Every scope of a link that stays within one holds as many parents as must differ."""
    link = table.links[k]
    parent = draft[link.fk.parent]
    if link.kind != "within" or parent.driver is None or (parent is table and not link.circle):
        return
    least = 3 if link.side is not None else 1 + max(len(link.apart), link.circle)
    parent.driver_minimum = max(parent.driver_minimum, least)
    above = parent.links[parent.driver].fk.parent
    parent.at_least[above] = max(parent.at_least.get(above, 1), least)


def release(table: TableDraft, k: int) -> None:
    """Gives up what ties link ``k`` to others: the CHECKs are no longer met by construction."""
    table.paired = [each for each in table.paired if k not in (tied(table, each) or ())]
    for index, link in enumerate(table.links):
        link.apart = [] if index == k else [other for other in link.apart if other != k]
        if index == k or (link.side is not None and link.side[0] == k):
            link.side = None


def key_order(draft: Draft, parent: str, column: str) -> KeyOrder | None:
    """How the keys in a column of ``parent`` are ordered: as its rows are, as UUIDs are, or in no way that is known."""
    planned = next(each for each in draft.columns[parent] if each.name == column)
    number = planned.type.startswith(("int", "uint", "decimal", "float", "date", "time"))
    match planned.rule:
        case model.Sequence(permute=False, step=step) | model.Position(step=step) if number and step > 0:
            return "row"
        case model.Value(codec=model.Uuid(version=4)) if draft.schema.dialect != "tsql":  # which begins with the last
            return "uuid"
    return None


def side(draft: Draft, link: LinkDraft) -> model.Side | None:
    """The plan's words for the side that a link takes."""
    if link.side is None:
        return None
    other, high, column = link.side
    uuid = column if key_order(draft, link.fk.parent, column) == "uuid" else None
    return model.Side(other, high, uuid)


def doubt(draft: Draft, table: TableDraft, predicate: Compare) -> str | None:
    """Why a comparison of keys can't be vouched for; None where the laws see to it."""
    words = f"{predicate.left} {predicate.op} {predicate.right} is not met by construction"
    own = own_key(table, predicate)
    if own is not None:
        is_forest = own.kind in ("free", "within", "one_to_one")
        return None if is_forest and _met_by_roots(draft, table, predicate, own) else words
    if predicate not in table.paired:
        return words
    links = tied(table, predicate)
    assert links is not None
    if any(table.links[k].kind == "dropped" for k in links):
        return words
    parents = [table.links[k].fk.parent for k in links]
    if parents[0] != parents[1] and not _differ_by_row(draft, *(table.links[k] for k in links)):
        return words
    if predicate.op != "<>":
        first = table.links[links[0]]
        assert first.side is not None
        if key_order(draft, first.fk.parent, first.side[2]) is None:
            return f"the keys of {first.fk.parent} are in no order that is known"
    return None


def _met_by_roots(draft: Draft, table: TableDraft, predicate: Compare, link: LinkDraft) -> bool:
    """Whether a forest of earlier rows, with such roots as ``link`` has, meets a comparison with the row's own key."""
    if predicate.op == "<>":
        return link.optional or link.circle
    if link.circle or not (link.optional or predicate.op in ("<=", "=")):
        return False
    key = own_column(link, predicate)
    return link.flat or (key == predicate.right and predicate.op != "=" and key_order(draft, table.id, key) == "row")


def _differ_by_row(draft: Draft, first: LinkDraft, second: LinkDraft) -> bool:
    """Whether keys of two tables are different wherever the numbers of their rows are."""
    rules = []
    for link in (first, second):
        columns = draft.columns[link.fk.parent]
        rules.append(next(column.rule for column in columns if column.name == link.fk.parent_columns[0]))
    match rules:
        case [model.Sequence(permute=False) as a, model.Sequence(permute=False) as b]:
            return (a.start, a.step) == (b.start, b.step) and a.step != 0
        case [model.Value(codec=model.Uuid()), model.Value(codec=model.Uuid())]:
            return True
    return False


def own_column(link: LinkDraft, predicate: Compare) -> str:
    """The key column of the row itself in a comparison with a key to the same table."""
    return predicate.right if predicate.left in link.fk.columns else predicate.left
