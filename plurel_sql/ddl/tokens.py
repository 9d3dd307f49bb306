"""A small tokenizer for every dialect: it never fails, whatever the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from plurel_sql.ddl.dialects.base import Dialect

Kind = Literal["word", "name", "string", "number", "op"]


class Token(NamedTuple):
    """One token. ``word`` is the keyword in upper case (or the operator), empty for quoted names, strings, numbers."""

    kind: Kind
    text: str
    word: str
    start: int
    end: int
    line: int


_CLOSING = {'"': '"', "`": "`", "[": "]"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


@lru_cache
def pattern(dialect: Dialect) -> re.Pattern[str]:
    """The token pattern of a dialect; its groups are the kinds, and the openers of what has no fixed form.

    Quantifiers are possessive, so that a quote without an end costs one pass and no more.
    """

    def quoted(quote: str, *, backslash: bool) -> str:
        if backslash:
            return rf"{quote}[^{quote}\\]*+(?:(?:\\.|{quote}{quote})[^{quote}\\]*+)*+{quote}"
        return rf"{quote}[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+{quote}"

    prefix = r"(?:[NnBbXxRr]|[Uu]&)?"
    strings = [prefix + quoted(quote, backslash=dialect.backslash_escapes) for quote in dialect.string_quotes]
    if dialect.escape_strings:
        strings.insert(0, "[Ee]" + quoted("'", backslash=True))
    # A bracket without an end is met again at the next one, so it may not look far: no engine has longer names.
    bracketed = r"\[[^\]]{0,1000}+(?:\]\][^\]]{0,1000}+)*+\]"
    names = [bracketed if q == "[" else quoted(q, backslash=False) for q in dialect.name_quotes]
    comments = [r"--(?=\s|\Z)[^\n]*+" if dialect.hash_comments and dialect.versioned_comments else r"--[^\n]*+"]
    if dialect.hash_comments:
        comments.append(r"#[^\n]*+")
    extra = dialect.word_characters
    parts = [
        r"(?P<space>\s++)",
        rf"(?P<comment>{'|'.join(comments)})",
        r"(?P<block>/\*)",
        rf"(?P<string>{'|'.join(strings)})",
        rf"(?P<name>{'|'.join(names)})",
        r"(?P<number>(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eE][+-]?\d++)?(?!\w))",
        rf"(?P<word>[\w{extra.replace('$', '')}][\w{extra}]*+)",
        r"(?P<op>::|<=|>=|<>|!=|\|\||->>|->|:=|=>|\*/|.)",
    ]
    if dialect.dollar_quotes:
        parts.insert(3, r"(?P<dollar>\$(?:[^\W\d]\w*+)?\$)")
    return re.compile("|".join(parts), re.DOTALL)


def block_end(text: str, start: int, *, nested: bool) -> int:
    """The position after the block comment that opens at ``start``; the end of the text where it never closes."""
    if not nested:
        close = text.find("*/", start + 2)
        return len(text) if close < 0 else close + 2
    depth, at = 1, start + 2
    while depth:
        close = text.find("*/", at)
        if close < 0:
            return len(text)
        opening = text.find("/*", at, close)
        depth, at = (depth + 1, opening + 2) if opening >= 0 else (depth - 1, close + 2)
    return at


def string_value(token: Token, dialect: Dialect) -> str:
    """What a string token means: quotes, prefix and escapes removed."""
    text = token.text
    if text.startswith("$"):  # dollar quotes
        tag = text.index("$", 1) + 1
        return text[tag:-tag]
    quote = text[-1]
    prefix, _, body = text[:-1].partition(quote)
    body = body.replace(quote * 2, quote)
    if "\\" in body and (dialect.backslash_escapes or prefix in ("E", "e")):
        body = _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), body)
    return body


def name_value(token: Token) -> str:
    """A quoted name without its quotes."""
    close = _CLOSING[token.text[0]]
    return token.text[1:-1].replace(close * 2, close)


def quote_name(name: str, dialect: Dialect) -> str:
    """A name between the dialect's own quotes."""
    opening = "[" if dialect.name == "tsql" else dialect.name_quotes[0]
    close = _CLOSING[opening]
    return f"{opening}{name.replace(close, close * 2)}{close}"


def render(tokens: Sequence[Token]) -> str:
    """The text of tokens, comments left out and any gap narrowed to one blank."""
    pieces: list[str] = []
    end = tokens[0].start if tokens else 0
    for token in tokens:
        pieces.append(f" {token.text}" if token.start != end else token.text)
        end = token.end
    return "".join(pieces).strip()
