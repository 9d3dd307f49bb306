"""A written column type to a ``SqlType``."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from plurel_sql.ddl.cursor import Cursor
from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import COMMON, Maker
from plurel_sql.ddl.tokens import Token, name_value, render, string_value
from plurel_sql.schema.model import SqlType

SERIAL = {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"}

_MODIFIERS = {"unsigned", "signed", "zerofill"}
_ZONES = {
    "with time zone": "with time zone",
    "with local time zone": "with time zone",
    "without time zone": "without time zone",
}


def read_type(tokens: Sequence[Token], dialect: Dialect) -> SqlType:
    """The type that these tokens write; kind ``unknown`` where its name is not known.

    SQLite takes any name and reads it by its parts (its rules of affinity): so does this for that dialect.
    """
    written = render(tokens)
    if not tokens:
        return SqlType("text") if dialect.affinity else SqlType("unknown")
    found = _nested(tokens, dialect) or _read(tokens, dialect)
    return msgspec.structs.replace(found, written=written)


def known_prefix(tokens: Sequence[Token], dialect: Dialect) -> int:
    """How many of the first tokens make a known type where all of them make none; 0 where there are no such."""
    if read_type(tokens, dialect).kind != "unknown":
        return 0
    ends = (k for k in range(len(tokens) - 1, 0, -1) if read_type(tokens[:k], dialect).kind != "unknown")
    return next(ends, 0)


def type_words(tokens: Sequence[Token]) -> str:
    """The name of a type in lower case without arguments, qualifiers and modifiers: ``character varying``."""
    words: list[str] = []
    depth = 0
    for token in tokens:
        if token.word in ("(", "["):
            depth += 1
        elif token.word in (")", "]"):
            depth -= 1
        elif depth == 0 and token.word == ".":
            words.clear()
        elif depth == 0 and token.kind in ("word", "name"):
            text = token.text if token.kind == "word" else name_value(token)
            if text.lower() not in _MODIFIERS:
                words.append(text.lower())
    return " ".join(words)


def _nested(tokens: Sequence[Token], dialect: Dialect) -> SqlType | None:
    """Arrays, in the four ways they are written: t[], t ARRAY[n], ARRAY<t>, ARRAY(t); STRUCT<...> is not known."""
    first = tokens[0].word
    if len(tokens) > 2 and tokens[1].word == "<":
        if first != "ARRAY":
            return SqlType("unknown")
        return SqlType("array", item=read_type(tokens[2:-1], dialect))
    for index, token in enumerate(tokens):
        if index and (token.word == "[" or (token.word == "ARRAY" and index == len(tokens) - 1)):
            end = index - 1 if tokens[index - 1].word == "ARRAY" else index
            return SqlType("array", item=read_type(tokens[:end], dialect)) if end else None
    return None


def _read(tokens: Sequence[Token], dialect: Dialect) -> SqlType:
    cursor = Cursor(tokens, dialect)
    cursor.until(("(",))
    inside = cursor.group()
    arguments = [_argument(part.rest(), dialect) for part in inside.parts()] if inside else []
    words = type_words(tokens)
    maker = _maker(words, dialect)
    if maker is None:
        return _affinity(words, arguments, dialect) if dialect.affinity else SqlType("unknown")
    found = maker(arguments)
    if found.kind in ("integer", "decimal", "float") and any(
        token.word in ("UNSIGNED", "ZEROFILL") for token in tokens
    ):
        return msgspec.structs.replace(found, signed=False)
    return found


def _argument(tokens: Sequence[Token], dialect: Dialect) -> str:
    if len(tokens) == 1 and tokens[0].kind == "string":
        return string_value(tokens[0], dialect)
    return render(tokens)


def _maker(words: str, dialect: Dialect) -> Maker | None:
    """The maker of a type name; INTERVAL is followed by its fields, others by nothing."""
    for name in (words, words.split(" ", 1)[0] if words.startswith("interval ") else ""):
        maker = dialect.types.get(name) or COMMON.get(name)
        if maker is not None:
            return maker
    for ending, zone in _ZONES.items():
        if words.endswith(ending) and words.split(" ", 1)[0] in ("time", "timestamp"):
            return COMMON.get(f"{words.split(' ', 1)[0]} {zone}")
    return None


def _affinity(words: str, arguments: Sequence[str], dialect: Dialect) -> SqlType:
    """SQLite's rules, in their order (https://sqlite.org/datatype3.html, section 3.1)."""
    if "int" in words:
        return SqlType("integer", bits=64)
    if any(part in words for part in ("char", "clob", "text")):
        return COMMON["varchar"](arguments)
    if "blob" in words or not words:
        return SqlType("binary")
    if any(part in words for part in ("real", "floa", "doub")):
        return SqlType("float", bits=64)
    # A name of two words may begin with one that is known: "timestamp default", "decimal unsigned".
    maker = COMMON.get(words.split(" ", 1)[0])
    return maker(arguments) if maker else COMMON["decimal"](arguments)
