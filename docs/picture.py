"""Draws docs/picture.svg, rows of three tables of the bundled retail schema: ``python docs/picture.py``.

A line joins each row to its parent; what belongs to one customer has one colour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import plurel_sql

COLOURS = ("#cfe3f7", "#fbe0c4", "#d5ecd0", "#e7d9f2")
CHAR, LINE, TOP, GAP = 7.9, 23, 66, 80
"""Width of a character, height of a row, where the first row begins, and the room between tables, in pixels."""

Row = dict[str, Any]


class Card:
    """A table drawn at ``x``."""

    def __init__(self, name: str, columns: list[str], rows: list[Row], x: float) -> None:
        self.name, self.columns, self.rows, self.x = name, columns, rows, x
        self.cells = [[_shown(row[column]) for column in columns] for row in rows]
        lengths = zip(columns, *self.cells, strict=True)
        self.widths = [CHAR * (max(map(len, length)) + 2) for length in lengths]
        self.right = x + sum(self.widths)
        self.bottom = TOP + LINE * len(rows)

    def y(self, row: int) -> float:
        """The middle of a row."""
        return TOP + LINE * (row + 0.5)

    def svg(self, colour: Callable[[Row], str]) -> str:
        parts = [f'<text class="t" x="{self.x + 4:.0f}" y="28">{self.name}</text>']
        for k, row in enumerate(self.rows):
            box = f'x="{self.x:.0f}" y="{TOP + LINE * k}" width="{self.right - self.x:.0f}" height="{LINE - 2}"'
            parts.append(f'<rect {box} rx="3" fill="{colour(row)}"/>')
        left = self.x
        for k, (column, width) in enumerate(zip(self.columns, self.widths, strict=True)):
            parts.append(f'<text class="h" x="{left + CHAR:.1f}" y="{TOP - 10}">{column}</text>')
            for line, cells in enumerate(self.cells):
                parts.append(f'<text x="{left + CHAR:.1f}" y="{self.y(line) + 4:.1f}">{escape(cells[k])}</text>')
            left += width
        return "\n".join(parts)


def main() -> None:
    db = plurel_sql.synthesize("retail", rows=20_000, seed=3)
    lines = db["order_item"].arrow().to_pylist()
    count = Counter(line["order_id"] for line in lines)
    near = db["orders"][300:500].arrow().to_pylist()
    orders = _chosen([order for order in near if 2 <= count[order["order_id"]] <= 3])
    owner = {order["order_id"]: order["customer_id"] for order in orders}
    ids = sorted(set(owner.values()))
    customers = [db["customer"][id - 1 : id].arrow().to_pylist()[0] for id in ids]
    items = [item for item in lines if item["order_id"] in owner]
    left = Card("customer", ["customer_id", "first_name", "segment", "created_at"], customers, 20)
    middle = Card("orders", ["order_id", "customer_id", "status", "ordered_at"], orders, left.right + GAP)
    right = Card(
        "order_item", ["order_id", "line_no", "product_id", "quantity", "unit_price"], items, middle.right + GAP
    )
    tint = dict(zip(ids, COLOURS, strict=False))
    parts = [
        left.svg(lambda row: tint[row["customer_id"]]),
        middle.svg(lambda row: tint[row["customer_id"]]),
        right.svg(lambda row: tint[owner[row["order_id"]]]),
        *_links(middle, left, "customer_id"),
        *_links(right, middle, "order_id"),
    ]
    width, height = right.right + 20, max(left.bottom, middle.bottom, right.bottom) + 18
    style = "text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1d2733;white-space:pre}"
    style += (
        "text.t{font-weight:bold;font-size:15px}text.h{fill:#68747f}path{fill:none;stroke:#8793a0;stroke-width:1.3}"
    )
    Path(__file__).with_name("picture.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}">\n'
        f'<style>{style}</style>\n<rect width="100%" height="100%" rx="8" fill="#fff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _chosen(orders: list[Row]) -> list[Row]:
    """Five orders of three customers, two of whom have ordered twice."""
    by: dict[int, list[Row]] = {}
    for order in orders:
        by.setdefault(order["customer_id"], []).append(order)
    often = sorted(by.values(), key=len, reverse=True)
    return sorted([*often[0][:2], *often[1][:2], often[-1][0]], key=lambda order: int(order["order_id"]))


def _links(child: Card, parent: Card, key: str) -> list[str]:
    """A curve from each row of ``child`` to the row of ``parent`` with the same ``key``."""
    at = {row[key]: parent.y(k) for k, row in enumerate(parent.rows)}
    x0, x1 = child.x - 3, parent.right + 3
    bend = (x0 - x1) / 2
    curves = []
    for k, row in enumerate(child.rows):
        y0, y1 = child.y(k), at[row[key]]
        curves.append(f'<path d="M{x0:.0f},{y0} C{x0 - bend:.0f},{y0} {x1 + bend:.0f},{y1} {x1:.0f},{y1}"/>')
    return curves


def _shown(value: Any) -> str:
    return "NULL" if value is None else f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)


if __name__ == "__main__":
    main()
