"""The grammars of free text: whole, within their sizes, and called by the names they should be."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from plurel_sql.semantics.names import words
from plurel_sql.semantics.sentences import SIZES, has, kind_of, sentences

GRAMMARS: dict[str, Any] = tomllib.loads(
    files("plurel_sql.semantics").joinpath("data", "sentences.toml").read_text(encoding="utf-8")
)
KINDS = sorted(set(GRAMMARS) - {"slot"})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_written_out(kind: str) -> None:
    for part, size in SIZES.items():
        if not has(kind, part):
            continue
        found = sentences(kind, part)
        assert 0 < len(found) <= size + 5  # shares are rounded
        assert all("{" not in text and text == text.strip() and not text[0].islower() for text in found)
    assert all(has(kind, part) for part in ("title", "opening", "follow"))
    assert all(text[-1] in ".?!" for text in sentences(kind, "opening"))


def test_no_slot_stands_unused() -> None:
    used = str({kind: GRAMMARS[kind] for kind in KINDS})
    assert [slot for slot in GRAMMARS["slot"] if f"{{{slot}}}" not in used] == []


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [
        ("orders", "note", "remark"),
        ("visit", "comment", "clinical"),
        ("prescription", "instructions", "instruction"),
        ("issue", "title", "ticket"),
        ("comment", "body", "message"),
        ("product_review", "comments", "review"),
        ("film", "description", "film"),
        ("error_log", "message", "system"),
        ("employee", "notes", "people"),
        ("frobnicate", "description", "general"),
    ],
)
def test_kinds_are_called_by_names(table: str, column: str, kind: str) -> None:
    assert kind_of(words(table), words(column)) == kind
