"""The entity diagram of a dataset as SVG: a card for each table, parents to the right of their children.

Drawn here and not by graphviz, whose ``dot`` program a Python package can't bring along: a dataset has its picture
wherever it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from plurel_sql.export.layout import Layout, OutColumn, OutTable

_WIDTH, _ROW, _HEAD, _GAP, _LANE = 230, 20, 26, 28, 110
_FEATURES = 12  # columns of a card beside its key, links and time
_FILL = {"key": "#fdf0cc", "link": "#dde8f7", "time": "#def2e1", "feature": "#f1f3f5"}
_BADGE = {"key": "PK", "link": "FK", "time": "TIME"}
_ORDER = ("key", "link", "time", "feature")


def diagram(layout: Layout, rows: Mapping[str, int]) -> str:
    """The picture; ``rows`` are those of each table, by its name in the dataset."""
    lanes = _lanes(layout)
    places: dict[str, tuple[float, float]] = {}
    for x, lane in enumerate(lanes):
        y = 0.0
        for table in lane:
            places[table.name] = (x * (_WIDTH + _LANE), y)
            y += _height(table) + _GAP
    width = len(lanes) * (_WIDTH + _LANE) - _LANE
    height = max((y + _height(layout.table(name)) for name, (_, y) in places.items()), default=0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-40 -20 {width + 80} {height + 40:g}" width="{width + 80}"'
        f' height="{height + 40:g}" font-family="Helvetica, Arial, sans-serif" font-size="11">'
    ]
    parts += [
        _line(table, link.column, layout.table(link.parent), places) for table in layout.tables for link in table.links
    ]
    parts += [_card(table, rows.get(table.name, 0), *places[table.name]) for table in layout.tables]
    return "\n".join([*parts, "</svg>", ""])


def _lanes(layout: Layout) -> list[list[OutTable]]:
    """The tables by how many links they stand from the last parent, the farthest first; in a lane by where their
    parents stand."""
    depth: dict[str, int] = {table.name: 0 for table in layout.tables}
    for _ in layout.tables:  # longest paths; a circle stops growing after as many rounds as there are tables
        for table in layout.tables:
            above = [depth[link.parent] + 1 for link in table.links if link.parent != table.name]
            depth[table.name] = min(max(above, default=0), len(layout.tables))
    levels = sorted({*depth.values()})
    lanes: list[list[OutTable]] = []
    height: dict[str, int] = {}
    for level in levels:
        lane = [table for table in layout.tables if depth[table.name] == level]
        middle = {
            t.name: [height[link.parent] for link in t.links if link.parent in height] or [len(layout.tables)]
            for t in lane
        }
        lane.sort(key=lambda t: sum(middle[t.name]) / len(middle[t.name]))
        height |= {table.name: k for k, table in enumerate(lane)}
        lanes.insert(0, lane)
    return lanes


def _shown(table: OutTable) -> tuple[list[OutColumn], int]:
    """The columns of a card, and how many more there are."""
    ordered = sorted(table.columns, key=lambda column: _ORDER.index(column.role))
    most = sum(column.role != "feature" for column in ordered) + _FEATURES
    return ordered[:most], max(0, len(ordered) - most)


def _height(table: OutTable) -> float:
    shown, more = _shown(table)
    return _HEAD + _ROW * (len(shown) + (more > 0))


def _middle(table: OutTable, column: str | None, y: float) -> float:
    """Where a line meets a column's row (the head where there is no such column)."""
    names = [shown.name for shown in _shown(table)[0]]
    return y + (_HEAD + _ROW * (names.index(column) + 0.5) if column in names else _HEAD / 2)


def _line(table: OutTable, column: str, parent: OutTable, places: Mapping[str, tuple[float, float]]) -> str:
    (x1, y1), (x2, y2) = places[table.name], places[parent.name]
    start, end = _middle(table, column, y1), _middle(parent, parent.key, y2)
    left = x1 + _WIDTH
    if x2 > x1:
        far, bend = x2, (x2 - left) / 2
        path = f"M{left:g},{start:g} C{left + bend:g},{start:g} {far - bend:g},{end:g} {far:g},{end:g}"
    else:  # to itself, beside it, or back in a circle
        far = x2 + _WIDTH
        out = max(left, far) + 36
        path = f"M{left:g},{start:g} C{out:g},{start:g} {out:g},{end:g} {far:g},{end:g}"
    return f'<path d="{path}" fill="none" stroke="#8a97a8" stroke-width="1.3"/>'


def _card(table: OutTable, rows: int, x: float, y: float) -> str:
    shown, more = _shown(table)
    parts = [
        f'<g transform="translate({x:g},{y:g})">',
        f'<rect width="{_WIDTH}" height="{_height(table):g}" rx="3" fill="#f1f3f5" stroke="#c9d1dc"/>',
        f'<rect width="{_WIDTH}" height="{_HEAD}" rx="3" fill="#4a6c9b"/>',
        _text(8, _HEAD / 2, _cut(table.name), fill="#ffffff", weight="bold"),
        _text(_WIDTH - 8, _HEAD / 2, f"{rows:,} rows", fill="#ffffff", anchor="end"),
    ]
    for k, column in enumerate(shown):
        top = _HEAD + k * _ROW
        parts.append(f'<rect y="{top}" width="{_WIDTH}" height="{_ROW}" fill="{_FILL[column.role]}"/>')
        parts.append(_text(8, top + _ROW / 2, _cut(column.name)))
        parts.append(
            _text(_WIDTH - 8, top + _ROW / 2, _BADGE.get(column.role, column.kind), fill="#66707e", anchor="end")
        )
    if more:
        parts.append(_text(8, _HEAD + len(shown) * _ROW + _ROW / 2, f"and {more} more", fill="#66707e"))
    return "".join([*parts, "</g>"])


def _text(x: float, y: float, text: str, fill: str = "#1f2933", anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" dy="0.35em" fill="{fill}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )


def _cut(name: str) -> str:
    return name if len(name) <= 25 else name[:24] + "…"
