"""Walking over the tokens of a statement."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.tokens import Token, name_value, render, string_value


def keywords(text: str) -> frozenset[str]:
    """The words of a text, as a set to look keywords up in."""
    return frozenset(text.split())


class Name(NamedTuple):
    """A name as stored, and the key by which it is found."""

    text: str
    key: str


class Path(NamedTuple):
    """A name that may stand in a namespace."""

    namespace: Name | None
    name: Name

    def __str__(self) -> str:
        return f"{self.namespace.text}.{self.name.text}" if self.namespace else self.name.text


_OPENING = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_NESTED_TYPES = {"ARRAY", "STRUCT", "MAP", "RANGE"}


class Cursor:
    """A position in a run of tokens. Reading past the end gives empty words, never an error."""

    def __init__(self, tokens: Sequence[Token], dialect: Dialect) -> None:
        self.tokens = tokens
        self.dialect = dialect
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self.tokens)

    @property
    def line(self) -> int:
        """The line of the current token, or of the last one."""
        return self.tokens[min(self.at, len(self.tokens) - 1)].line if self.tokens else 0

    def token(self, ahead: int = 0) -> Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def word(self, ahead: int = 0) -> str:
        """The keyword (upper case) or operator at the cursor; empty at the end and for names, strings, numbers."""
        return self.tokens[self.at + ahead].word if self.at + ahead < len(self.tokens) else ""

    def ahead(self, *words: str) -> bool:
        return all(self.word(k) == word for k, word in enumerate(words))

    def take(self, *words: str) -> bool:
        """Steps over these words if all of them come next."""
        found = self.ahead(*words)
        self.at += len(words) if found else 0
        return found

    def take_any(self, words: Collection[str]) -> str:
        """Steps over the next word if it is one of these, and gives it."""
        word = self.word()
        if word and word in words:
            self.at += 1
            return word
        return ""

    def skip(self) -> None:
        """Steps over one token, or over a whole group in parentheses."""
        if self.group() is None:
            self.at += 1

    def rest(self) -> Sequence[Token]:
        tokens = self.tokens[self.at :]
        self.at = len(self.tokens)
        return tokens

    def name(self) -> Name | None:
        """A name, quoted or not (a string counts, as some engines take it for a name)."""
        token = self.token()
        if token is None or token.kind not in ("word", "name", "string"):
            return None
        self.at += 1
        if token.kind == "word":
            return make_name(token.text, self.dialect, quoted=False)
        text = name_value(token) if token.kind == "name" else string_value(token, self.dialect)
        return make_name(text, self.dialect, quoted=True)

    def path(self) -> Path | None:
        """A name with the namespace before it; further qualifiers (server, database) are dropped."""
        token = self.token()
        first = self.name()
        if first is None:
            return None
        names = [first]
        if self.dialect.name == "bigquery" and token is not None and token.kind == "name":
            names = [make_name(part, self.dialect, quoted=True) for part in first.text.split(".") if part] or names
        while self.word() == ".":
            self.at += 1
            if self.word() == ".":  # database..table
                continue
            following = self.name()
            if following is None:
                return None
            names.append(following)
        return Path(names[-2] if len(names) > 1 else None, names[-1])

    def group(self) -> Cursor | None:
        """The inside of the parentheses that open here, stepped over; None where none open or they never close."""
        if self.word() != "(":
            return None
        depth = 0
        for index in range(self.at, len(self.tokens)):
            word = self.tokens[index].word
            depth += 1 if word == "(" else -1 if word == ")" else 0
            if depth == 0:
                inside = Cursor(self.tokens[self.at + 1 : index], self.dialect)
                self.at = index + 1
                return inside
        return None

    def parts(self) -> Iterator[Cursor]:
        """The rest, cut at its outer commas; empty parts are left out."""
        tokens, depth, angles, start = self.rest(), 0, 0, 0
        for index, token in enumerate(tokens):
            word = token.word
            if not word:
                continue
            depth += _OPENING.get(word, 0)
            if word == "<" and index and (angles or tokens[index - 1].word in _NESTED_TYPES):
                angles += 1
            elif word == ">" and angles:
                angles -= 1
            elif word == "," and depth <= 0 and not angles:
                if index > start:
                    yield Cursor(tokens[start:index], self.dialect)
                start = index + 1
        if len(tokens) > start:
            yield Cursor(tokens[start:], self.dialect)

    def until(self, stops: Collection[str]) -> Sequence[Token]:
        """Tokens up to one of these words outside parentheses, or to the end."""
        start = self.at
        while self and self.word() not in stops:
            self.skip()
        return self.tokens[start : self.at]

    def text(self) -> str:
        """What is left, for messages."""
        return render(self.tokens[self.at :])


def make_name(text: str, dialect: Dialect, *, quoted: bool) -> Name:
    return Name(dialect.stored(text, quoted), dialect.key(dialect.stored(text, quoted), quoted))
