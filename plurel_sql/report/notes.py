"""Notes for people: each in full where they are few, those of a kind in one line where they are many."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.text import Text

from plurel_sql.schema.model import Note

FEW = 8
"""Up to so many notes under one heading are shown in full."""


def section(title: str, notes: Sequence[Note]) -> list[Text]:
    """A heading with the number of notes, and the notes."""
    if not notes:
        return []
    lines = [Text(f"{title} ({len(notes)}):", style="bold")]
    if len(notes) <= FEW:
        return [*lines, *(Text(f"  {note}") for note in notes)]
    kinds: dict[str, list[Note]] = {}
    for note in notes:
        kinds.setdefault(_kind(note.message), []).append(note)
    for kind, alike in sorted(kinds.items(), key=lambda pair: -len(pair[1])):
        if len(alike) == 1:
            lines.append(Text(f"  {alike[0]}"))
            continue
        lines.append(Text(f"  {len(alike)} x {kind}: {', '.join(map(_place, alike))}"))
    return lines


def _kind(message: str) -> str:
    """The message without the names and expressions in it."""
    text = re.sub(r"\"[^\"]*\"|'[^']*'", "", message)
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    head = re.split(r"[:;] ", text)[0]
    words = ["..." if re.search(r"[^A-Za-z,-]|->|^[A-Z]{2,}[a-z]|[a-z][A-Z]", word) else word for word in head.split()]
    reason = re.search(r": (?:Failed to [a-z ]+: )?([A-Za-z][a-z ]+)", message)
    return " ".join(words) + (f" ({reason[1].strip()})" if reason and " is not declared" in head else "")


def _place(note: Note) -> str:
    """Table and column, and the line that is to be looked at."""
    return f"{note.where} (line {note.source.line})" if note.source else note.where
