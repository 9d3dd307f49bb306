"""What a run made: rows, time and size of each table, what was not honoured, and how to make it again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table as Grid
from rich.text import Text

from plurel_sql.report.notes import FEW, section
from plurel_sql.schema.model import Note
from plurel_sql.sinks.base import Loaded


def summary(loaded: Loaded, notes: Sequence[Note], again: str) -> Group:
    """The table and lines printed after a load.

    Args:
        loaded: what the sink reports; its notes follow the others.
        notes: of schema and plan; many of a kind stand in one line.
        again: the command that makes the same data.
    """
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column("table")
    for title in ("rows", "seconds", "MB"):
        grid.add_column(title, justify="right")
    for table in loaded.tables:
        grid.add_row(Text(table.name), f"{table.rows:,}", f"{table.seconds:.2f}", f"{table.bytes / 1e6:,.1f}")
    rows = sum(table.rows for table in loaded.tables)
    made = sum(table.bytes for table in loaded.tables)
    grid.add_row("total", f"{rows:,}", f"{loaded.seconds:.2f}", f"{made / 1e6:,.1f}", style="bold")
    speed = rows / max(loaded.seconds, 1e-9)
    parts: list[Grid | Text] = [grid, Text(f"{loaded.target}: {loaded.bytes / 1e6:,.1f} MB, {speed:,.0f} rows/s")]
    listed = list(dict.fromkeys([*notes, *loaded.notes]))
    parts += section("Not honoured", [note for note in listed if note.level == "error"])
    parts += section("Notes", [note for note in listed if note.level != "error"])
    if len(listed) > FEW:
        parts.append(Text("Each in full: plurel-sql explain, with the same arguments."))
    parts.append(Text(f"Again: {again}"))
    return Group(*parts)
