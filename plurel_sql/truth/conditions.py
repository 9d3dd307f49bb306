"""What the best possible prediction of a cell may know (docs/decisions: which optimum is written, and why).

Both optima are P(cell | what is known) under the plan's own mechanisms. They differ in what is known:

* ``ceiling``: all latents of the row other than the target's own, hidden ones too, and all that the row reads of its
  parents, hidden traits too. Given these, nothing else that is not a descendant of the cell says more about it (the
  causal Markov property), so that no predictor can do better in expectation, whatever other rows it has seen.
* ``row``: the latents that the row's visible columns are printed from, and all that it reads of its parents, hidden
  traits too; the row's own hidden latents are averaged out. It bounds predictors that see of the row no more than its
  cells, whatever they have learned of its parents from other rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from plurel_sql.errors import InputError
from plurel_sql.plan.model import Column, Plan, Quote, Ref, Rollup, Rule, Table
from plurel_sql.plan.reads import nodes, origins, twins


class Conditions(msgspec.Struct, frozen=True):
    """One optimum of one column.

    Attributes:
        free: nodes drawn anew: the target's, and with ``row`` the hidden ones that bear on it.
        asked: nodes whose ranks are needed: for the cell, and for NULLs that hang on them.
        weigh: whether the row's descendants of what is drawn count as evidence, by their density. Where it can't be had
            (noise inside a network, no noise, categories) they don't, and their columns are ``unseen``.
        evidence: columns whose being NULL or not counts as evidence: its rate follows a node of ``asked``.
        unseen: columns of the row that a predictor must not see for the bound to hold: printed from the target's own
            latents, computed from the target, or a descendant that could not be weighed.
        readers: foreign keys ("table.link") whose rows are descendants of the target: a predictor must not see
            rows that refer to this one along them (nor, in a self reference, be shown them otherwise).
        figures: columns ("table.column") of rows that this one refers to that are worked out from the target or from an
            unseen column (an order's total): a predictor must not see them.
    """

    table: str
    column: str
    knows: Literal["ceiling", "row"]
    free: tuple[str, ...]
    asked: tuple[str, ...]
    weigh: bool
    evidence: tuple[str, ...]
    unseen: tuple[str, ...]
    readers: tuple[str, ...]
    figures: tuple[str, ...]


def ceiling(plan: Plan, table: str, column: str) -> Conditions:
    """The bound for any predictor.

    Raises:
        InputError: the column doesn't exist, or isn't made from the causal model.
    """
    found = _Row(plan, table, column)
    evidence = found.null_by(found.target)
    if not found.weighable(found.target):
        evidence = [name for name in evidence if name == column]
    return found.conditions("ceiling", found.target, evidence)


def row(plan: Plan, table: str, column: str) -> Conditions | None:
    """The bound for predictors that see the row's cells alone of it; None where a density that it takes can't be had.

    Raises:
        InputError: as ``ceiling``.
    """
    found = _Row(plan, table, column)
    if not found.weighable(found.target):
        return None
    visible = {name for each in found.table.columns if each.name not in found.unseen for name in nodes(each.rule)}
    hidden = {node.name for node in found.table.scm.nodes} - visible
    free = found.bearing(hidden | found.target)
    if not found.weighable(free):
        return None
    shown = [name for name in found.null_by(free) if name == column or name not in found.unseen]
    return found.conditions("row", free, shown)


class _Row:
    """A table's row around one of its columns."""

    def __init__(self, plan: Plan, table: str, column: str) -> None:
        self.plan = plan
        self.table: Table = plan.table(table)
        columns = {each.name: each for each in self.table.columns}
        if column not in columns:
            raise InputError("there is no such column", place=f"{table}.{column}")
        self.column = column
        self.inputs = {node.name: node.inputs for node in self.table.scm.nodes}
        self.made = {node.name: node.mechanism for node in self.table.scm.nodes}
        self.target = frozenset(origins(columns, columns[column]))
        if not self.target:
            raise InputError("no node of the causal model makes it", place=f"{table}.{column}")
        self.unseen = twins(self.table, column)

    def weighed(self, free: Collection[str]) -> list[str]:
        """Nodes that keep their latents though a cause of theirs is drawn anew."""
        return [n for n, inputs in self.inputs.items() if n not in free and not set(free).isdisjoint(inputs)]

    def weighable(self, free: Collection[str]) -> bool:
        return all(_has_density(self.made[name]) for name in self.weighed(free))

    def null_by(self, free: Iterable[str]) -> list[str]:
        """Columns whose NULLs hang on one of the nodes; of those that are NULL together one, rather the target."""
        known = set(free)
        found: dict[object, str] = {}
        for column in sorted(self.table.columns, key=lambda column: column.name != self.column):
            if column.null is not None and column.null.node in known:
                found.setdefault(column.null.lane or column, column.name)
        return list(found.values())

    def bearing(self, unknown: Collection[str]) -> frozenset[str]:
        """Those of the unknowns that the target is not independent of, given all that is known.

        An unknown that nothing known or asked descends from says nothing. Of the others, those bear on the target that
        are joined to it by edges between unknowns and by common effects (the moral graph, cut at what is known).
        """
        unknown = set(unknown)
        told = {
            column.null.node
            for column in self.table.columns
            if column.null is not None and (column.name == self.column or column.name not in self.unseen)
        }
        useful = set(self.target) | (unknown & told)
        for name in reversed(list(self.inputs)):
            if name in useful or name not in unknown:
                useful |= unknown.intersection(self.inputs[name])
        near: dict[str, set[str]] = {name: set() for name in useful}
        for name, inputs in self.inputs.items():
            joined = useful.intersection(inputs) | (useful & {name})
            for each in joined:
                near[each] |= joined
        found, open_ = set(self.target), list(self.target)
        while open_:
            for each in near[open_.pop()] - found:
                found.add(each)
                open_.append(each)
        return frozenset(found)

    def conditions(self, knows: Literal["ceiling", "row"], free: frozenset[str], evidence: Sequence[str]) -> Conditions:
        weigh = self.weighable(free)
        moved = set(self.target)
        unseen = set(self.unseen)
        if not weigh:
            moved |= self._below(self.target)
            unseen |= {column.name for column in self.table.columns if moved.intersection(_read(column))}
        nulls = {column.null.node for column in self.table.columns if column.null and column.name in evidence}
        return Conditions(
            table=self.table.name,
            column=self.column,
            knows=knows,
            free=self._ordered(free),
            asked=self._ordered(self.target | nulls),
            weigh=weigh,
            evidence=tuple(evidence),
            unseen=tuple(column.name for column in self.table.columns if column.name in unseen - {self.column}),
            readers=tuple(self._readers(moved)),
            figures=tuple(self._figures({*unseen, self.column})),
        )

    def _ordered(self, names: Collection[str | None]) -> tuple[str, ...]:
        return tuple(name for name in self.inputs if name in names)

    def _below(self, nodes: Collection[str]) -> set[str]:
        """The row's nodes that descend from one of ``nodes``."""
        found: set[str] = set()
        for name, inputs in self.inputs.items():
            if not found.union(nodes).isdisjoint(inputs):
                found.add(name)
        return found

    def _figures(self, columns: Collection[str]) -> Iterator[str]:
        for table in self.plan.tables:
            for column in table.columns:
                rule = column.rule
                if not isinstance(rule, Rollup) or rule.table != self.table.name:
                    continue
                if not set(columns).isdisjoint((*rule.columns, *rule.complements)):
                    yield f"{table.name}.{column.name}"

    def _readers(self, moved: Collection[str]) -> Iterator[str]:
        for table in self.plan.tables:
            for k, link in enumerate(table.links):
                if link.parent != self.table.name:
                    continue
                causes = any(each["link"] == link.name and each["node"] in moved for each in table.scm.foreign)
                if causes or any(_taken_over(column.rule) == (k, self.column) for column in table.columns):
                    yield f"{table.name}.{link.name}"


def _taken_over(rule: Rule) -> tuple[int, str] | None:
    """The link and the parent's column whose cell a rule takes."""
    return (rule.link, rule.column) if isinstance(rule, Ref | Quote) else None


def _read(column: Column) -> set[str]:
    """The nodes that decide a column's value or its being NULL."""
    null = column.null
    return {*nodes(column.rule), *([null.node] if null is not None and null.node is not None else ())}


def _has_density(mechanism: Mapping[str, Any]) -> bool:
    """Whether a latent's density given its causes is known: a number with normal noise added to it."""
    noise = mechanism["cause"].get("noise", {})
    return not mechanism.get("categories") and noise.get("law") == "gaussian" and noise["share"] > 0
