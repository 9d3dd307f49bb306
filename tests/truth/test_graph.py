"""The causal graph: acyclic, complete, and readable by others."""

from __future__ import annotations

import io

import msgspec
import networkx as nx
import pytest

from plurel_sql import synthesize
from plurel_sql.bundled import names
from plurel_sql.truth import Graph, graphml

CYCLE = """
CREATE TABLE team (id INT PRIMARY KEY, captain INT, city VARCHAR(20), "we\x07ird" INT);
CREATE TABLE player (id INT PRIMARY KEY, team INT NOT NULL REFERENCES team (id), mentor INT REFERENCES player (id),
    salary DECIMAL(10, 2), born DATE, bonus DECIMAL(10, 2), CHECK (bonus >= salary));
ALTER TABLE team ADD FOREIGN KEY (captain) REFERENCES player (id);
"""


def directed(graph: Graph, itself: bool = False) -> nx.DiGraph:
    found = nx.DiGraph()
    found.add_nodes_from(node.id for node in graph.nodes)
    found.add_edges_from((edge.source, edge.target) for edge in graph.edges if itself or not edge.itself)
    return found


@pytest.mark.parametrize("schema", [*names(), CYCLE])
def test_acyclic_without_self_references(schema: str) -> None:
    database = synthesize(schema, rows=2000, seed=3)
    graph = database.truth().graph()
    ids = [node.id for node in graph.nodes]
    assert len(set(ids)) == len(ids)
    assert {end for edge in graph.edges for end in (edge.source, edge.target)} <= set(ids)
    assert nx.is_directed_acyclic_graph(directed(graph))
    for table in database.plan.tables:
        columns = {node.name for node in graph.nodes if node.table == table.name and node.kind == "column"}
        assert columns == {column.name for column in table.columns}
        for node in table.scm.nodes:
            into = [e for e in graph.edges if e.target == f"{table.name}/latent/{node.name}" and e.kind == "mechanism"]
            assert len(into) == len(node.inputs)


def test_what_makes_a_row_popular_decides_a_key() -> None:
    database = synthesize("tracker", rows=2000, seed=3)
    graph = database.truth().graph()
    popular = {node.id for node in graph.nodes if node.law == "popularity"}
    decided = {edge.target for edge in graph.edges if edge.source in popular and edge.kind == "key"}
    assert {"account/link/tenant_id->tenant(id)", "project/link/tenant_id->tenant(id)"} & decided
    assert all(any(edge.kind == "mechanism" for edge in graph.edges if edge.source == id) for id in popular)


def test_a_self_reference_is_marked() -> None:
    graph = synthesize(CYCLE, rows=2000, seed=3).truth().graph()
    marked = {(edge.link, edge.kind) for edge in graph.edges if edge.itself}
    assert ("mentor->player(id)", "mechanism") in marked
    assert ("mentor->player(id)", "key") in marked


def test_graphml_says_the_same() -> None:
    truth = synthesize(CYCLE, rows=2000, seed=3).truth()
    for graph in (truth.graph("player"), truth.graph()):
        read = nx.read_graphml(io.BytesIO(graphml(graph)), force_multigraph=True)
        assert len(read) == len(graph.nodes) and read.number_of_edges() == len(graph.edges)
        weights = sorted(data["weight"] for *_, data in read.edges(data=True) if "weight" in data)
        assert weights == sorted(edge.weight for edge in graph.edges if edge.weight is not None)
        assert {data["kind"] for _, data in read.nodes(data=True)} == {node.kind for node in graph.nodes}
    assert any("\\x07" in id for id in read)
    assert msgspec.json.decode(msgspec.json.encode(graph), type=Graph) == graph


def test_a_table_has_its_part() -> None:
    truth = synthesize("retail", rows=2000).truth()
    part = truth.graph("payment")
    assert {node.table for node in part.nodes} == {"payment", "orders"}
    assert all(edge.target.startswith("payment/") for edge in part.edges)
