"""The dataset card: README.md of a dataset folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plurel_sql.export.layout import Layout, OutTable


def card(layout: Layout, rows: Mapping[str, int], tasks: Sequence[Mapping[str, Any]], description: str = "") -> str:
    """Markdown: what the dataset is, its tables, its tasks, what became of the source's names, and how to load it.

    Args:
        layout: of the dataset.
        rows: of each table, by its name in the dataset.
        tasks: their manifests.
        description: of the dataset, in a sentence or more.
    """
    parts = [f"# {layout.name}", "", *([description, ""] if description else [])]
    parts += ["## Schema", "", "![schema diagram](schema.svg)", ""]
    parts += ["| table | rows | key | time | links |", "|---|---|---|---|---|"]
    parts += [_table(table, rows.get(table.name, 0)) for table in layout.tables]
    parts.append("")
    if tasks:
        parts += ["## Tasks", "", "| task | kind | type | description |", "|---|---|---|---|"]
        for task in tasks:
            said = str(task.get("description") or "").strip().replace("\n", " ")
            parts.append(f"| {_code(task['name'])} | {task['kind']} | {task['task_type']} | {_cell(said)} |")
        parts.append("")
    changed = [line for table in layout.tables for line in _changes(table)]
    if changed:
        parts += ["## What became of the source", "", "`mapping.json` has all of it.", "", *changed, ""]
    if layout.notes:
        parts += ["## Left out or changed", "", *(f"* {_cell(str(note))}" for note in layout.notes), ""]
    parts += ["## Loading", "", "```python", "import relbench", "", 'dataset = relbench.load_dataset("./")']
    parts += [
        "database = dataset.get_db()",
        *(["task = dataset.load_task(dataset.get_task_names()[0])"] if tasks else []),
    ]
    return "\n".join([*parts, "```", ""])


def _table(table: OutTable, rows: int) -> str:
    links = ", ".join(f"{_code(link.column)} to {_code(link.parent)}" for link in table.links)
    key, time = (_code(name) if name else "" for name in (table.key, table.time))
    return f"| {_code(table.name)} | {rows:,} | {key} | {time} | {links} |"


def _changes(table: OutTable) -> list[str]:
    """What is not in the dataset as it was in the source, but for keys and links that only were numbered anew."""
    found = [] if table.name == table.source else [f"* table {_code(table.source)} is {_code(table.name)}"]
    for column in table.columns:
        name = f"{_code(f'{table.name}.{column.name}')}"
        if column.source == (column.name,):
            continue
        if column.source:
            found.append(f"* {name}: {', '.join(map(_code, column.source))}")
        elif column.role == "key":
            found.append(f"* {name}: added, the row's number")
        else:
            lent = {link.column: link.parent for link in table.links}
            lenders = [f"{_code(lent[column])} (by {_code(column)})" for column in table.lenders]
            found.append(f"* {name}: added, the {'latest ' if len(lenders) > 1 else ''}time of {', '.join(lenders)}")
    return found


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    """Text that breaks no table."""
    return text.replace("|", "\\|").replace("\n", " ").replace("`", "'")
