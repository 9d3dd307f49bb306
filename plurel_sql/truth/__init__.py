"""What the generator knows about a database: what causes what, by which functions, with which hidden values, and how
well any of it could be predicted (docs/truth.md)."""

from plurel_sql.truth.conditions import Conditions
from plurel_sql.truth.graph import Edge, Graph, Node
from plurel_sql.truth.graphml import graphml
from plurel_sql.truth.truth import Truth

__all__ = ["Conditions", "Edge", "Graph", "Node", "Truth", "graphml"]
