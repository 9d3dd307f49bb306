"""Patterns of CHECKs (LIKE, GLOB, regular expressions) as text segments, and the test whether a text meets them."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from re import _constants as rx  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from plurel_sql.plan.model import Chars, Lit, Segment
from plurel_sql.schema.model import Matches

_PRINTABLE = string.ascii_letters + string.digits + " _-.,:;/@#+*!?()[]{}<>=&%$'\"|~^`\\"
_WORD = string.ascii_lowercase + string.digits
_POSIX = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s",
    "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9A-Fa-f", "word": r"\w",
}  # fmt: skip
_LONGEST = 4_000


class Untranslatable(ValueError):
    """The pattern uses something that has no segments (a look-ahead, a back reference, ...)."""


def regex(match: Matches) -> re.Pattern[str]:
    """A compiled pattern for ``search`` that says what ``match`` says; Untranslatable where Python can't read it."""
    if match.syntax == "like":
        text = "".join(_like(match.pattern))
    elif match.syntax == "glob":
        text = "^" + _glob(match.pattern) + "$"
    else:
        text = re.sub(r"\[:(\w+):\]", lambda found: _POSIX.get(found[1], found[0]), match.pattern)
    try:
        return re.compile(text, re.DOTALL | (re.IGNORECASE if match.ignore_case else 0))
    except (re.error, OverflowError, RecursionError) as error:
        raise Untranslatable(f"{match.pattern!r}: {error}") from error


def _like(pattern: str) -> list[str]:
    out, escaped = ["^"], False
    for char in pattern:
        if escaped or char not in "%_\\":
            out.append(re.escape(char))
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            out.append(".*" if char == "%" else ".")
    return [*out, "$"]


def _glob(pattern: str) -> str:
    """GLOB, and LIKE as T-SQL has it: ``[0-9]`` and ``[^a-z]`` are classes."""
    out, index = "", 0
    while index < len(pattern):
        char = pattern[index]
        close = pattern.find("]", index + 2) if char == "[" else -1
        if close > 0:
            body = pattern[index + 1 : close]
            body = "^" + body[1:] if body[0] in "!^" else body
            out, index = out + "[" + body.replace("\\", "\\\\") + "]", close + 1
            continue
        out += {"*": ".*", "?": ".", "%": ".*", "_": "."}.get(char, re.escape(char))
        index += 1
    return out


def meets(text: str, matches: Sequence[Matches]) -> bool:
    """Whether ``text`` meets all of ``matches`` (negated ones by not matching); patterns Python can't read count as
    not met."""
    for match in matches:
        if match.syntax == "case":
            continue
        try:
            hit = regex(match).search(text) is not None
        except Untranslatable:
            return False
        if hit == match.negated:
            return False
    return True


def segments(match: Matches, min_length: int = 0, max_length: int | None = None) -> tuple[Segment, ...]:
    """Segments whose every text matches, of a length within the bounds.

    Open repeats (``*``, ``+``, ``{2,}``) take the count that fits the bounds; alternatives the first that can be
    written. Raises Untranslatable, naming what stands in the way.
    """
    tree = parser.parse(regex(match).pattern, regex(match).flags & re.IGNORECASE)
    short = max(0, min_length - width(_merge(_Builder(0).build(tree))))
    for extra in (3, 2, 1, 0, 5, 8, 13, short, short // 2 + 1, short // 3 + 1, 21, 34, 55, 89, 144, 233):
        built = tuple(_merge(_Builder(extra).build(tree)))
        length = width(built)
        if min_length <= length <= (max_length if max_length is not None else _LONGEST):
            return built
    raise Untranslatable(
        f"{match.pattern!r} has no text of {min_length} to {max_length} characters that is easily made"
    )


def width(parts: Sequence[Segment]) -> int:
    """The number of characters that ``Lit`` and ``Chars`` segments write."""
    return sum(len(part.text) if isinstance(part, Lit) else getattr(part, "count", 0) for part in parts)


class _Builder:
    def __init__(self, extra: int) -> None:
        self.extra = extra

    def build(self, tree: Any) -> list[Segment]:
        out: list[Segment] = []
        for op, value in tree:
            out.extend(self.one(op, value))
        return out

    def one(self, op: Any, value: Any) -> list[Segment]:
        if op is rx.LITERAL:
            return [Lit(chr(value))]
        if op in (rx.IN, rx.NOT_LITERAL, rx.ANY, rx.CATEGORY):
            return [Chars(_alphabet(op, value), 1)]
        if op is rx.AT:
            return []
        if op is rx.SUBPATTERN:
            return self.build(value[-1])
        if op is rx.BRANCH:
            return self.branch(value[1])
        if op in (rx.MAX_REPEAT, rx.MIN_REPEAT, rx.POSSESSIVE_REPEAT):
            low, high, inner = value
            count = low + (0 if high == low else min(self.extra, (high if high is not rx.MAXREPEAT else 10**6) - low))
            count = min(count, max(low, _LONGEST))
            once = self.build(inner)
            if len(once) == 1 and isinstance(once[0], Chars):
                size = once[0].count * int(count)
                return [Chars(once[0].alphabet, size)] if size else []
            if count * max(1, len(once)) > _LONGEST:
                raise Untranslatable("a repeat that is too long")
            return once * int(count)
        raise Untranslatable(f"{str(op).lower()} in a pattern")

    def branch(self, branches: Sequence[Any]) -> list[Segment]:
        for tree in branches:
            try:
                return self.build(tree)
            except Untranslatable:
                continue
        raise Untranslatable("no alternative can be written")


def _alphabet(op: Any, value: Any) -> str:
    """The characters a class stands for: the plain ones first, so that texts look ordinary."""
    if op is rx.ANY:
        return string.ascii_lowercase
    if op is rx.NOT_LITERAL:
        return _WORD.replace(chr(value), "") or "x"
    if op is rx.CATEGORY:
        return _category(value)
    items = list(value)
    negated = bool(items) and items[0][0] is rx.NEGATE
    chars = ""
    for kind, arg in items[1:] if negated else items:
        if kind is rx.LITERAL:
            chars += chr(arg)
        elif kind is rx.RANGE:
            chars += "".join(chr(code) for code in range(arg[0], min(arg[1], arg[0] + 400) + 1))
        elif kind is rx.CATEGORY:
            chars += _category(arg)
        else:
            raise Untranslatable(f"{str(kind).lower()} in a class")
    if negated:
        rest = [char for char in _WORD if char not in chars] or [char for char in _PRINTABLE if char not in chars]
        chars = "".join(rest)
    letters = [char for char in dict.fromkeys(chars) if char.isalnum()]
    alphabet = "".join(letters or dict.fromkeys(chars))
    if not alphabet:
        raise Untranslatable("an empty class")
    return alphabet


def _category(code: Any) -> str:
    classes = {
        rx.CATEGORY_DIGIT: string.digits,
        rx.CATEGORY_WORD: _WORD,
        rx.CATEGORY_SPACE: " ",
        rx.CATEGORY_NOT_SPACE: _WORD,
        rx.CATEGORY_NOT_DIGIT: string.ascii_lowercase,
        rx.CATEGORY_NOT_WORD: "-",
    }
    return classes[code]


def _merge(parts: Sequence[Segment]) -> list[Segment]:
    """Neighbouring literals, and neighbouring characters of one alphabet, in one segment."""
    out: list[Segment] = []
    for part in parts:
        last = out[-1] if out else None
        if isinstance(part, Lit) and isinstance(last, Lit):
            out[-1] = Lit(last.text + part.text)
        elif isinstance(part, Chars) and isinstance(last, Chars) and part.alphabet == last.alphabet:
            out[-1] = Chars(last.alphabet, last.count + part.count)
        else:
            out.append(part)
    return out
