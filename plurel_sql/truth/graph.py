"""The causal graph of a plan: one directed graph over all tables, acyclic once self-reference edges are left out.

A node stands for a quantity that every row of its table has. An edge says that the one is read when the other is made;
the edge's ``link`` says through which foreign key, if it comes from another row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from plurel_sql.plan.model import (
    After,
    At,
    Column,
    Inherited,
    Link,
    Plan,
    Quote,
    Ref,
    Rollup,
    Static,
    Table,
)
from plurel_sql.plan.reads import made_of, nodes

NodeKind = Literal["source", "latent", "trait", "time", "link", "column"]
"""``source``: an exogenous latent, ``latent``: any other; ``trait``: what a link's parent row passes on besides its
values, hidden, the same for all its children; ``time``: when the row happens; ``link``: which parent row it has (its
community and the law's draws); ``column``: a cell."""

EdgeKind = Literal["mechanism", "clock", "codec", "missing", "bound", "derived", "key", "time"]
"""``mechanism``: into a latent; ``clock``: time into a source; ``codec``: a latent into the cell it is printed as;
``missing``: what decides how often a cell is NULL; ``bound``: a cell that another is lifted above;
``derived``: a cell that another is computed from; ``key``: what decides a key; ``time``: what decides a time."""


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """``hidden``: no cell shows it. ``law`` names what it follows: a source's or link's law, a column's rule."""

    id: str
    table: str
    kind: NodeKind
    name: str
    hidden: bool = False
    law: str = ""


class Edge(msgspec.Struct, frozen=True, omit_defaults=True):
    """``weight``: of the input in its node's aggregation. ``link``: the foreign key that leads to the row of
    ``source``. ``itself``: that row is an earlier one of the same table (a self reference)."""

    source: str
    target: str
    kind: EdgeKind
    weight: float | None = None
    link: str = ""
    itself: bool = False


class Graph(msgspec.Struct, frozen=True):
    """Nodes table by table, parents before children, and edges by target."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def of(self, table: str) -> Graph:
        """The part that makes ``table``: its nodes, and of other tables those that they read."""
        own = {node.id for node in self.nodes if node.table == table}
        edges = tuple(edge for edge in self.edges if edge.target in own)
        near = own | {edge.source for edge in edges}
        return Graph(tuple(node for node in self.nodes if node.id in near), edges)


def graph(plan: Plan) -> Graph:
    """The causal graph of a fitted plan."""
    found = _Drawing(plan)
    for table in plan.tables:
        found.table(table)
    known = {node.id for node in found.nodes}
    return Graph(tuple(found.nodes), tuple(edge for edge in found.edges if edge.source in known))


def node_id(table: str, kind: NodeKind, name: str) -> str:
    """Ids are made of the table, what kind of thing it is (a source is a latent), and its name."""
    return f"{table}/{'latent' if kind == 'source' else kind}/{name}"


class _Drawing:
    def __init__(self, plan: Plan) -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.links = {table.name: table.links for table in plan.tables}
        self.place = {table.name: k for k, table in enumerate(plan.tables)}
        self.timed = {table.name for table in plan.tables if not isinstance(table.axis, Static)}

    def table(self, table: Table) -> None:
        self._links(table)
        self._time(table)
        self._scm(table)
        for column in table.columns:
            self._column(table, column)

    def _node(self, table: Table, kind: NodeKind, name: str, hidden: bool = False, law: str = "") -> str:
        id = node_id(table.name, kind, name)
        self.nodes.append(Node(id, table.name, kind, name, hidden, law))
        return id

    def _earlier(self, table: Table, link: Link) -> bool:
        return self.place[link.parent] < self.place[table.name]

    def _links(self, table: Table) -> None:
        for link in table.links:
            id = self._node(table, "link", link.name, hidden=True, law=_tag(link.law))
            if {table.name, link.parent} <= self.timed and self._earlier(table, link) and not _lends(table, link):
                # Which parents there are by then; an inherited time comes from the parent, not the other way round.
                self.edges.append(Edge(node_id(table.name, "time", "time"), id, "key"))

    def _time(self, table: Table) -> None:
        if table.name not in self.timed:
            return
        id = self._node(table, "time", "time", law=_tag(table.axis))
        for link in table.links:
            if _lends(table, link):
                self.edges.append(Edge(node_id(table.name, "link", link.name), id, "time"))
            if link.parent in self.timed and self._earlier(table, link):
                self.edges.append(Edge(node_id(link.parent, "time", "time"), id, "time", link=link.name))

    def _scm(self, table: Table) -> None:
        scm, links = table.scm, {link.name: link for link in table.links}
        shown = {name for column in table.columns for name in nodes(column.rule)}
        inputs: dict[str, tuple[str, str]] = {}
        for foreign in scm.foreign:
            link, name = foreign["link"], foreign["node"]
            parent = links[link].parent
            if name == "*":
                inputs[f"{link}.*"] = (self._node(table, "trait", link, hidden=True, law="gaussian"), link)
            else:
                inputs[f"{link}.{name}"] = (node_id(parent, "latent", name), link)
        for node in scm.nodes:
            cause = node.mechanism["cause"]
            source = cause.get("source")
            kind: NodeKind = "latent" if source is None else "source"
            law = cause["aggregation"] if source is None else source["law"]
            id = self._node(table, kind, node.name, hidden=node.name not in shown, law=law)
            if source is not None:
                if any(series.get("span") for series in _series(source)):
                    self.edges.append(Edge(node_id(table.name, "time", "time"), id, "clock"))
                if source["law"] == "popularity":
                    self.edges.append(Edge(id, node_id(source["table"], "link", source["link"]), "key"))
                continue
            for k, (name, weight) in enumerate(zip(node.inputs, cause["weights"], strict=True)):
                if k < cause["local"]:
                    self.edges.append(Edge(node_id(table.name, "latent", name), id, "mechanism", weight))
                else:
                    origin, link = inputs[name]
                    itself = links[link].parent == table.name and not name.endswith(".*")
                    self.edges.append(Edge(origin, id, "mechanism", weight, link, itself))

    def _column(self, table: Table, column: Column) -> None:
        id = self._node(table, "column", column.name, law=_tag(column.rule))
        for name in dict.fromkeys(nodes(column.rule)):
            self.edges.append(Edge(node_id(table.name, "latent", name), id, "codec"))
        for name in dict.fromkeys(made_of(column.rule)):
            self.edges.append(Edge(node_id(table.name, "column", name), id, "derived"))
        if column.null is not None and column.null.node is not None:
            self.edges.append(Edge(node_id(table.name, "latent", column.null.node), id, "missing"))
        if column.null is not None and column.null.reached is not None:
            self.edges.append(Edge(node_id(table.name, "column", column.null.reached.column), id, "missing"))
        if column.lower is not None:
            self.edges.append(Edge(node_id(table.name, "column", column.lower.column), id, "bound"))
        self.edges += self._rule(table, column, id)

    def _rule(self, table: Table, column: Column, id: str) -> Iterator[Edge]:
        match column.rule:
            case Ref(link=link, column=target):
                law = table.links[link]
                yield Edge(node_id(table.name, "link", law.name), id, "key")
                parent = node_id(law.parent, "column", target)
                yield Edge(parent, id, "key", link=law.name, itself=law.parent == table.name)
            case Quote(link=link, column=target):
                law = table.links[link]
                yield Edge(node_id(law.parent, "column", target), id, "derived", link=law.name)
            case Rollup(table=below, link=link, columns=columns, complements=shares):
                name = self.links[below][link].name
                for each in (*columns, *shares):
                    yield Edge(node_id(below, "column", each), id, "derived", link=name)
            case At() | After(base=None):
                yield Edge(node_id(table.name, "time", "time"), id, "time")
            case _:
                return


def _lends(table: Table, link: Link) -> bool:
    """Whether the table's rows happen by their parent's time along ``link``."""
    return isinstance(table.axis, Inherited) and table.links[table.axis.link] is link


def _tag(law: msgspec.Struct) -> str:
    return str(law.__struct_config__.tag)


def _series(source: dict[str, Any]) -> list[dict[str, Any]]:
    found: Any = source.get("series", [])
    return found if isinstance(found, list) else [found]
