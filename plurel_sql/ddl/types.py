"""A written column type to a ``SqlType``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from plurel_sql.ddl.cursor import Cursor
from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import COMMON, Maker
from plurel_sql.ddl.tokens import Token, name_value, render, string_value
from plurel_sql.schema.model import Field, SqlType, TypeKind

SERIAL = {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"}

_MODIFIERS = {"unsigned", "signed", "zerofill"}
_ZONES = {
    "with time zone": "with time zone",
    "with local time zone": "with time zone",
    "without time zone": "without time zone",
}

_LONGEST_NAME = 12  # words and brackets of a type: "schema . timestamp (3) without time zone [] []"


Users = Callable[[Sequence[Token]], SqlType | None]
"""The user's own type that tokens name, None where there is none."""


def read_type(tokens: Sequence[Token], dialect: Dialect, users: Users = lambda _: None) -> SqlType:
    """The type that these tokens write; kind ``unknown`` where its name is not known.

    SQLite takes any name and reads it by its parts (its rules of affinity): so does this for that dialect.
    ``users`` knows the types that the schema itself defines, anywhere inside.
    """
    written = render(tokens)
    if not tokens:
        return SqlType("text") if dialect.affinity else SqlType("unknown")
    found = nested(tokens, dialect, users) or users(tokens) or _read(tokens, dialect)
    return msgspec.structs.replace(found, written=written)


def known_prefix(tokens: Sequence[Token], dialect: Dialect) -> int:
    """How many of the first tokens make a known type where all of them make none; 0 where there are no such."""
    if read_type(tokens, dialect).kind != "unknown":
        return 0
    ends = _outer_ends(tokens)[:_LONGEST_NAME]
    return next((k for k in reversed(ends) if read_type(tokens[:k], dialect).kind != "unknown"), 0)


def _outer_ends(tokens: Sequence[Token]) -> list[int]:
    """Lengths of the proper prefixes in which every bracket is closed."""
    ends, depth = [], 0
    for k, token in enumerate(tokens[:-1], 1):
        depth += (token.word in ("(", "[", "<")) - (token.word in (")", "]", ">"))
        if depth == 0:
            ends.append(k)
    return ends


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
            words.append(text.lower())
    # SIGNED alone is a type of DuckDB's, behind another type it says nothing new.
    return " ".join([word for word in words if word not in _MODIFIERS] or words)


def item_tokens(tokens: Sequence[Token]) -> tuple[Sequence[Token], int | None] | None:
    """The item type of ``t[]``, ``t[n]``, ``t ARRAY`` or ``t ARRAY[n]`` with n; None where it is no such array."""
    if len(tokens) > 1 and tokens[-1].word == "ARRAY":
        return tokens[:-1], None
    if len(tokens) < 3 or tokens[-1].word != "]":
        return None
    opening = max((k for k, token in enumerate(tokens) if token.word == "["), default=0)
    head = tokens[:opening]
    if len(head) > 1 and head[-1].word == "ARRAY":
        head = head[:-1]
    inside = tokens[opening + 1].text
    return (head, int(inside) if inside.isdecimal() and len(inside) < 6 else None) if head else None


def nested(tokens: Sequence[Token], dialect: Dialect, users: Users) -> SqlType | None:
    """A type made of others: arrays in all their spellings, STRUCT, ROW, MAP, UNION and RANGE with their members."""
    array = item_tokens(tokens)
    if array is not None:
        item, length = array
        return SqlType(
            "array", item=read_type(item, dialect, users), length=length, fixed=bool(length) and dialect.fixed_arrays
        )
    first, second = tokens[0].word, tokens[1].word if len(tokens) > 1 else ""
    if second not in ("<", "(") or first not in _NESTS or tokens[-1].word not in (">", ")"):
        return SqlType("unknown") if second == "<" else None
    parts = [part.rest() for part in Cursor(tokens[2:-1], dialect).parts()]
    match _NESTS[first]:
        case "array" | "range" as kind if len(parts) == 1:
            base = "range" if kind == "range" else ""
            return SqlType(kind, item=read_type(_until_option(parts[0]), dialect, users), base=base)
        case "map" if len(parts) == 2:
            key, value = (read_type(_until_option(part), dialect, users) for part in parts)
            form = "" if dialect.name == "duckdb" else "json"
            return SqlType("map", fields=(Field("key", key), Field("value", value)), base=form)
        case "struct" | "union" as kind if parts:
            fields = [_field(part, k, dialect, users) for k, part in enumerate(parts)]
            return SqlType(kind, fields=tuple(fields))
    return SqlType("unknown")


_NESTS: dict[str, TypeKind] = {
    "ARRAY": "array", "LIST": "array", "RANGE": "range", "MAP": "map", "STRUCT": "struct", "ROW": "struct",
    "OBJECT": "struct", "UNION": "union",
}  # fmt: skip
_OPTIONS = {"NOT", "NULL", "OPTIONS", "DEFAULT", "COLLATE", "COMMENT"}


def _until_option(tokens: Sequence[Token]) -> Sequence[Token]:
    return tokens[: next((k for k, token in enumerate(tokens) if k and token.word in _OPTIONS), len(tokens))]


def _field(tokens: Sequence[Token], position: int, dialect: Dialect, users: Users) -> Field:
    """``name type``, ``name: type``, or a type alone (BigQuery), which gets a name by its position."""
    named = len(tokens) > 1 and tokens[1].word not in ("(", "<", "[")
    name = Cursor(tokens, dialect).name() if named else None
    start = 2 if named and tokens[1].word == ":" else 1
    if name is None:
        return Field(f"_field_{position + 1}", read_type(_until_option(tokens), dialect, users))
    return Field(name.text, read_type(_until_option(tokens[start:]), dialect, users))


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
    if found.kind == "interval":
        found = _interval(found, tokens, words)
    if found.kind in ("integer", "decimal", "float") and any(
        token.word in ("UNSIGNED", "ZEROFILL") for token in tokens
    ):
        return msgspec.structs.replace(found, signed=False)
    return found


def _interval(found: SqlType, tokens: Sequence[Token], words: str) -> SqlType:
    """INTERVAL with its fields as base (``year to month``), and the digits of its seconds."""
    digits = [int(tokens[k + 1].text) for k, token in enumerate(tokens[:-2]) if token.word == "("
              and tokens[k + 1].text.isdecimal()]  # fmt: skip
    fields = words.partition(" ")[2]
    seconds = bool(digits) and (not fields or (fields.endswith("second") and tokens[-1].word == ")"))
    return msgspec.structs.replace(found, base=fields, precision=digits[-1] if seconds else None)


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
