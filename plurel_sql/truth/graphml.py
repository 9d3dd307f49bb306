"""A graph as GraphML (graphml.graphdrawing.org), which networkx, igraph, Gephi and yEd read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as Xml

from plurel_sql.truth.graph import Graph

_NODE = {"table": "string", "kind": "string", "name": "string", "hidden": "boolean", "law": "string"}
_EDGE = {"kind": "string", "weight": "double", "link": "string", "itself": "boolean"}


def graphml(graph: Graph) -> bytes:
    """UTF-8; attributes are those of ``Node`` and ``Edge`` under their names."""
    root = Xml.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for scope, fields in (("node", _NODE), ("edge", _EDGE)):
        for name, type_ in fields.items():
            Xml.SubElement(root, "key", {"id": f"{scope}.{name}", "for": scope, "attr.name": name, "attr.type": type_})
    drawn = Xml.SubElement(root, "graph", edgedefault="directed")
    for node in graph.nodes:
        _data(Xml.SubElement(drawn, "node", id=_legal(node.id)), "node", {name: getattr(node, name) for name in _NODE})
    for k, edge in enumerate(graph.edges):
        element = Xml.SubElement(drawn, "edge", id=f"e{k}", source=_legal(edge.source), target=_legal(edge.target))
        _data(element, "edge", {name: getattr(edge, name) for name in _EDGE})
    Xml.indent(root)
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _data(element: Xml.Element, scope: str, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        if value is None or value == "":
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        Xml.SubElement(element, "data", key=f"{scope}.{name}").text = _legal(text)


def _legal(text: str) -> str:
    """Characters that XML can't hold, in any form, as escapes: a column may be called anything."""
    return re.sub(r"[^\t\n\r -\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", lambda met: f"\\x{ord(met[0]):02x}", text)
