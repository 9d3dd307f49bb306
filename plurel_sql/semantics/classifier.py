"""From a column's name, type and table to its meaning; why is always said, so that ``explain`` can show it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from plurel_sql.schema.model import TypeKind
from plurel_sql.semantics.meanings import Pattern, patterns
from plurel_sql.semantics.names import ABBREVIATIONS, column_words, singular, table_head, word_set, words

KINDS: dict[TypeKind, str] = {
    "integer": "N", "decimal": "N", "float": "N", "boolean": "B", "text": "T", "enum": "T", "unknown": "T", "date": "D",
    "timestamp": "D", "time": "D", "json": "J", "binary": "X", "inet": "I", "array": "T", "bit": "B", "uuid": "U",
    "interval": "V", "cidr": "I", "set": "T",
}  # fmt: skip
_OTHER = "O"  # kinds whose columns' names tell nothing of the form

FLAG_HEADS = word_set("is has can was allow allows enable show use do should must will needs are did")
QUALIFIERS = word_set(
    "usd eur gbp cents value original local default primary secondary home work main alt alternate current raw text str"
    " kg g mg gram grams cm mm km lb lbs en de fr new old utf8 txt base minor units std loc temp total rx"
)
PICTURES = word_set("photo image picture logo avatar thumbnail icon banner cover")
PLACE_WORDS = word_set("city town postal zip address street country county")


class Meaning(NamedTuple):
    """What a column holds. ``name`` is one of those in ``data/meanings.toml``, or a fallback of the kind: "text",
    "integer", "decimal", "float", "flag", "time", "json", "binary", "uuid", "inet", "interval". ``words`` are the
    column's words, ``subject`` what it belongs to ("customer"), ``why`` one clause for people."""

    name: str
    words: tuple[str, ...]
    subject: str
    why: str


@lru_cache(maxsize=1)
def _index() -> dict[str, list[tuple[tuple[str, ...], int, Pattern]]]:
    """Last word -> (name, line number, pattern): names that can end there."""
    index: dict[str, list[tuple[tuple[str, ...], int, Pattern]]] = {}
    for line, pattern in enumerate(patterns()):
        for name in pattern.names:
            spelled = tuple(piece for word in name for piece in ABBREVIATIONS.get(word, (word,)))
            index.setdefault(spelled[-1], []).append((spelled, line, pattern))
    return index


def _match(found: tuple[str, ...], head: str, kind: str) -> tuple[Pattern, tuple[str, ...], str] | None:
    """The best pattern for the words, the name it matched, and the subject it was read with."""
    best: tuple[tuple[int, int, int], Pattern, tuple[str, ...], str] | None = None
    for name, line, pattern in _index().get(found[-1], ()):
        if kind not in pattern.kinds or found[-len(name) :] != name:
            continue
        before = singular(found[-len(name) - 1]) if len(found) > len(name) else ""
        subject = before or head
        if pattern.of and subject not in pattern.of:
            continue
        score = (len(name), 1 if pattern.of else 0, -line)
        if best is None or score > best[0]:
            best = (score, pattern, name, subject)
    return best and best[1:]


def meaning(
    table_name: str, column_name: str, kind: TypeKind, comment: str | None = None, siblings: Sequence[str] = ()
) -> Meaning:
    """The meaning of a column.

    Args:
        table_name: the table's name or id.
        column_name: as written.
        kind: of its type; an array is read by its items' meaning, so pass the item's kind.
        comment: its COMMENT, read where the name says nothing.
        siblings: names of the table's other columns (tells a postal state from a state of affairs).
    """
    code = KINDS.get(kind, _OTHER)
    found = column_words(table_name, column_name) or ("column",)
    head = table_head(table_name)
    fallback = {"N": kind, "B": "flag", "T": "text", "D": "time"}.get(code, kind)
    if kind in ("json", "binary", "uuid", "interval", "time", "date", "timestamp"):
        return Meaning(str(fallback), found, head, f"{kind} column")
    if len(found) > 1 and found[0] in FLAG_HEADS and code in "NTB" and "count" not in found:
        return Meaning("flag", found, head, f'"{found[0]} ..." asks yes or no')
    tries = [found]
    stripped = found
    while len(stripped) > 1 and (stripped[-1].isdigit() or stripped[-1] in QUALIFIERS):
        stripped = stripped[:-1]
        tries.append(stripped)
    if len(found) > 1 and singular(found[-1]) != found[-1]:
        tries.append((*found[:-1], singular(found[-1])))
    for tried in tries:
        hit = _match(tried, head, code)
        if hit is None:
            continue
        pattern, name, subject = hit
        if pattern.meaning == "flag" and tried != found:
            continue
        chosen = _settle(pattern.meaning, name, table_name, head, found, siblings)
        shown = " ".join(name)
        of = f" of {subject}" if pattern.of else ""
        return Meaning(chosen, found, subject, f'name ends in "{shown}"{of}')
    if comment and code == "T" and any(word in comment.lower() for word in ("email", "e-mail")):
        return Meaning("email", found, head, "its comment speaks of e-mail")
    if code == "I":
        return Meaning("ip", found, head, "network address type")
    return Meaning(str(fallback), found, head, f"nothing known of the name; by type {kind}")


def _settle(
    name: str, matched: tuple[str, ...], table: str, head: str, found: tuple[str, ...], siblings: Sequence[str]
) -> str:
    """Decide the ambiguous words by the table around them."""
    ambiguous = name in ("state", "region") or (name == "title" and head == "title")
    around = {word for sibling in siblings for word in column_words(table, sibling)} | {head} if ambiguous else set()
    if name == "state" and matched == ("state",) and not (PLACE_WORDS & (around | set(found))):
        return "status"
    if name == "street" and matched == ("address",) and head in {"block", "contract", "wallet", "token", "node", "log"}:
        return "hash"
    if name == "job_title" and matched == ("title",) and head in {"person", "contact"}:
        return "honorific"
    if name == "region" and matched == ("name",) and "country" in words(table):
        return "country"
    if name == "title" and head == "title" and around & {"employee", "staff", "person"}:
        return "job_title"
    if name in ("file_path", "file_name") and PICTURES & set(found):
        return "image_path"
    if name == "region" and found == ("region",) and PLACE_WORDS & around:
        return "state"
    return name
