"""SQL text to statements, each with its tokens and lines, whatever client the script was written for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.tokens import Token, block_end, pattern

READ = {"CREATE", "ALTER", "DROP", "COMMENT", "RENAME", "USE", "SET", "COPY", "DO", "DECLARE", "BEGIN", "IF", "EXEC",
        "SELECT", "CALL"}  # fmt: skip
"""First words of statements whose tokens are kept; all others (INSERT above all) are only stepped over."""

_ROUTINES = {"FUNCTION", "PROCEDURE", "PROC", "TRIGGER", "PACKAGE", "EVENT", "LIBRARY", "BODY"}
_OBJECTS = {"TABLE", "VIEW", "INDEX", "TYPE", "DOMAIN", "SCHEMA", "SEQUENCE", "DATABASE"}
_CREATED = _ROUTINES | _OBJECTS | {"OR", "UNIQUE", "TEMP", "TEMPORARY", "GLOBAL", "UNLOGGED", "CLUSTERED"}
_BLOCK_ENDS = {"IF", "LOOP", "WHILE", "REPEAT", "FOR"}  # END IF closes no BEGIN
_DELIMITER = re.compile(r"delimiter[ \t]+(\S+)[^\n]*", re.IGNORECASE)
_NEXT_WORD = re.compile(r"\s+(\w+)")
_COPY_END = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE)


_OPENED = re.compile(r"/\*M?!\d*\s*\Z")
_CLOSED = re.compile(r"\s*\*/")
_PLAIN_COMMENT = re.compile(r"/\*(?!M?!).*?\*/|(?:--\s|#)[^\n]*", re.DOTALL)


class Statement(NamedTuple):
    """``tokens`` without the closing delimiter; ``line`` counts from 1."""

    tokens: tuple[Token, ...]
    line: int


@lru_cache
def _client_line(dialect: Dialect) -> re.Pattern[str]:
    """A whole line that is no SQL: group ``end`` ends the statement before it, the rest is only skipped."""
    end = rf"(?P<end>{dialect.ends or '(?!)'})[ \t]*;?[ \t\r]*(?=\n|\Z)"
    return re.compile(rf"{end}|(?:{dialect.skips or '(?!)'})(?=\n|\Z)", re.IGNORECASE)


class _Splitter:
    """One pass over one text."""

    def __init__(self, text: str, dialect: Dialect, line: int) -> None:
        self.text = text
        self.dialect = dialect
        self.line = line
        self.position = 0
        self.delimiter = ";"
        self.fresh_line = True
        self.reset()

    def reset(self) -> None:
        self.tokens: list[Token] = []
        self.first = ""  # first word of the statement
        self.seen = 0  # tokens met, kept or not
        self.depth = 0  # of parentheses
        self.blocks = 0  # of BEGIN ... END
        self.routine: bool | None = False
        self.started = self.line

    def finish(self) -> Iterator[Statement]:
        if self.tokens:
            yield Statement(tuple(self.tokens), self.started)
        self.reset()

    def advance(self, end: int) -> None:
        self.line += self.text.count("\n", self.position, end)
        self.position = end

    def split(self) -> Iterator[Statement]:
        match = pattern(self.dialect).match
        text, size = self.text, len(self.text)
        while self.position < size:
            if self.fresh_line and (skipped := self.client_line()) is not None:
                ends, end = skipped
                if ends:
                    yield from self.finish()
                self.advance(end)
                continue
            if self.delimiter != ";" and text.startswith(self.delimiter, self.position):
                self.position += len(self.delimiter)
                yield from self.finish()
                continue
            found = match(text, self.position)
            if found is None:  # no token form is empty and the last takes any character
                break
            group, end = found.lastgroup, found.end()
            if group == "space":
                self.fresh_line = self.fresh_line or "\n" in found[0]
                self.advance(end)
                continue
            if group == "comment":
                self.advance(end)
                continue
            if group == "block":
                self.advance(self.after_block(end))
                continue
            if group == "dollar":
                close = text.find(found[0], end)
                if close < 0:
                    group = "op"
                else:
                    group, end = "string", close + len(found[0])
            word = text[self.position : end].upper() if group in ("word", "op") else ""
            if word == "*/" and self.dialect.versioned_comments:
                self.advance(end)
                continue
            if self.fresh_line and self.seen and self.starts_anew(word, end):
                yield from self.finish()
            self.fresh_line = False
            if word == ";" and self.delimiter == ";" and self.ends_here():
                copied = self.first == "COPY" and self.reads_stdin()
                self.advance(end)
                yield from self.finish()
                if copied:
                    self.skip_copied_rows()
                continue
            self.take(group, word, end)
        yield from self.finish()

    def client_line(self) -> tuple[bool, int] | None:
        """(ends a statement, end of the line) where a line is meant for the client program."""
        if self.dialect.versioned_comments and (found := _DELIMITER.match(self.text, self.position)):
            self.delimiter = found[1]
            return True, found.end()
        if not (self.dialect.ends or self.dialect.skips):
            return None
        found = _client_line(self.dialect).match(self.text, self.position)
        if found is None:
            return None
        if found["end"] is not None:
            return True, found.end()
        # A psql command may stand anywhere; the words of SQL*Plus are commands only where a statement begins.
        if self.seen and self.text[self.position] != "\\":
            return None
        return False, found.end()

    def after_block(self, end: int) -> int:
        """The end of a comment; for a versioned one the end of its opening alone, as its content counts."""
        if self.dialect.versioned_comments and (opening := re.compile(r"M?!\d*").match(self.text, end)):
            return opening.end()
        return block_end(self.text, self.position, nested=self.dialect.nested_comments)

    def starts_anew(self, word: str, end: int) -> bool:
        """Whether a statement begins at this line, though the one before lacks its delimiter."""
        if word not in ("CREATE", "ALTER") or self.delimiter != ";":
            return False
        following = _NEXT_WORD.match(self.text, end)
        object_ = following[1].upper() if following else ""
        if self.routine:
            # Only Oracle scripts without a lone slash get here with a routine that has ended.
            return self.dialect.name == "oracle" and self.tokens[-1].word == ";" and object_ in _CREATED
        if object_ == "TABLE":
            return not self.is_schema()
        return word == "CREATE" and object_ in _CREATED and self.depth == 0 and not self.is_schema()

    def is_schema(self) -> bool:
        """CREATE SCHEMA holds the CREATE statements after it."""
        return len(self.tokens) > 1 and self.first == "CREATE" and self.tokens[1].word == "SCHEMA" and self.depth == 0

    def ends_here(self) -> bool:
        if not self.routine:
            return True
        return not self.dialect.routines_end_at_line and self.blocks <= 0

    def take(self, group: str | None, word: str, end: int) -> None:
        if not self.seen:
            self.first = word
            self.started = self.line
            self.routine = None if word in ("CREATE", "ALTER") else False
            if self.dialect.name == "oracle" and word in ("BEGIN", "DECLARE"):
                self.routine = True
        elif self.routine is None and group == "word":
            if word in _ROUTINES:
                self.routine = True
            elif word in _OBJECTS and not (word == "TYPE" and self.dialect.name == "oracle"):
                self.routine = False
        self.seen += 1
        if word == "(":
            self.depth += 1
        elif word == ")":
            self.depth -= 1
        elif self.routine and group == "word":
            self.count_block(word, end)
        if self.first in READ:
            text = self.text[self.position : end]
            kind = group if group in ("name", "string", "number", "word") else "op"
            self.tokens.append(Token(kind, text, word, self.position, end, self.line))  # type: ignore[arg-type]
        self.advance(end)

    def count_block(self, word: str, end: int) -> None:
        if word in ("BEGIN", "CASE"):
            if not (word == "CASE" and self.tokens and self.tokens[-1].word == "END"):
                self.blocks += 1
        elif word == "END":
            following = _NEXT_WORD.match(self.text, end)
            if not (following and following[1].upper() in _BLOCK_ENDS):
                self.blocks -= 1

    def reads_stdin(self) -> bool:
        words = [token.word for token in self.tokens]
        return any(pair == ("FROM", "STDIN") for pair in pairwise(words))

    def skip_copied_rows(self) -> None:
        found = _COPY_END.search(self.text, self.position)
        self.advance(found.end() if found else len(self.text))
        self.fresh_line = True


def split(text: str, dialect: Dialect, line: int = 1) -> Iterator[Statement]:
    """The statements of ``text`` in order, for any text; ``line`` is the number of its first line.

    Statements end at the delimiter (``;`` or what DELIMITER says), at a line of the dialect's own (GO, /), and before
    a line that begins with CREATE or ALTER TABLE where the delimiter was forgotten. Only statements whose first word
    is in ``READ`` come back.
    """
    return _Splitter(text, dialect, line).split()


def as_written(text: str, tokens: Sequence[Token], dialect: Dialect) -> str:
    """The part of ``text`` that the tokens stand in; versioned comments that begin or end it belong to it whole."""
    start, end = tokens[0].start, tokens[-1].end
    if not dialect.versioned_comments:
        return text[start:end]
    opened = _OPENED.search(text, max(0, start - 40), start)
    between = _PLAIN_COMMENT.sub("", "\n".join(text[a.end : b.start] for a, b in pairwise(tokens)))
    depth = (opened is not None) + len(re.findall(r"/\*M?!", between)) - between.count("*/")
    if depth > 0 and (closed := _CLOSED.match(text, end)):
        end, depth = closed.end(), depth - 1
    return text[opened.start() if opened else start : end] + " */" * depth
