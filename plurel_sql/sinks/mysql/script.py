"""The user's own statements, run in order; triggers and events after the load.

Never run: what reaches beyond the database (other databases, users, server settings), and what changes something that
was there before. What the server refuses becomes a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from plurel_sql.schema.model import Note, Statement
from plurel_sql.sinks.mysql import mark
from plurel_sql.sinks.mysql.session import Session, reason

_NAME = r"(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\w$@]+)"
_MODIFIERS = (
    r"(?:OR\s+REPLACE\s+|TEMPORARY\s+|AGGREGATE\s+|UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+|ALGORITHM\s*=\s*\w+\s+"
    rf"|DEFINER\s*=\s*(?:{_NAME}(?:\s*@\s*{_NAME})?(?:\s*\(\s*\))?|'[^']*'(?:@'[^']*')?)\s+|SQL\s+SECURITY\s+\w+\s+)*"
)
_HEAD = re.compile(rf"(?P<verb>\w+)\s+{_MODIFIERS}(?P<kind>\w+)", re.IGNORECASE)
_MADE = re.compile(
    rf"CREATE\s+{_MODIFIERS}(?P<kind>TABLE|VIEW|PROCEDURE|FUNCTION|TRIGGER|EVENT|SEQUENCE)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"(?:/\*.*?\*/\s*)?(?P<name>{_NAME})",
    re.IGNORECASE | re.DOTALL,
)
CREATES = re.compile(r"CREATE\s+(?:TEMPORARY\s+)?TABLE\b", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CHANGES = {"ALTER", "DROP", "RENAME", "TRUNCATE"}
_BEYOND = {"DATABASE", "SCHEMA", "USER", "ROLE", "SERVER", "TABLESPACE", "LOGFILE", "INSTANCE", "RESOURCE"}
_LATE = {"TRIGGER", "EVENT"}
_SETTING = re.compile(
    r"(?:@[\w$.]+|(?:SESSION\s+|LOCAL\s+|@@(?:SESSION\.|LOCAL\.)?)?"
    r"(?:sql_mode|time_zone|default_storage_engine|storage_engine|sql_notes|explicit_defaults_for_timestamp"
    r"|default_collation_for_utf8mb4|group_concat_max_len))\s*:?=",
    re.IGNORECASE,
)
_QUALIFIED = re.compile(rf"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?({_NAME})\s*\.", re.IGNORECASE)


class Script:
    """Runs in two parts: ``before`` the load, ``after`` it."""

    def __init__(self, session: Session, statements: Iterable[Statement], there: Iterable[str]) -> None:
        self.session = session
        self.there = {name.lower() for name in there}
        self.notes: list[Note] = []
        self.late: list[Statement] = []
        self.statements = list(statements)
        databases = {found[1] for s in self.statements if (found := _QUALIFIED.match(s.bare))}
        written = "|".join(re.escape(spelling) for name in databases for spelling in {name, f"`{bare(name)}`"})
        self._qualifier = re.compile(rf"(?<![\w$`.])(?:{written})\s*\.\s*(?=[`\w])") if databases else None

    def before(self, instead: Callable[[Statement], bool]) -> None:
        """``instead`` may do what a refused statement was to do, and says so."""
        for statement in self.statements:
            found = _HEAD.match(statement.bare)
            verb, kind = (found["verb"].upper(), found["kind"].upper()) if found else ("", "")
            if verb == "USE" or _reaches_beyond(statement.bare) or _reaches_beyond(_COMMENT.sub(" ", statement.text)):
                continue
            if verb == "SET":
                self._set(statement.bare)
            elif verb == "CREATE" and kind in _LATE:
                self.late.append(statement)
            elif verb == "DROP" and kind in _LATE:
                continue  # there is none yet
            else:
                self._run(statement, verb, kind, instead)

    def after(self) -> None:
        for statement in self.late:
            self._run(statement, "CREATE", "TRIGGER", lambda _: False)

    def _set(self, text: str) -> None:
        """Settings that change what later statements mean, and variables that keep them."""
        parts = re.split(r",(?=\s*(?:@|\w+\s*=))", re.sub(r"^SET\s+", "", text, flags=re.IGNORECASE))
        kept = [part.strip() for part in parts if _SETTING.match(part.strip())]
        if kept:
            self.session.attempt(f"SET {', '.join(kept)}")

    def _run(self, statement: Statement, verb: str, kind: str, instead: Callable[[Statement], bool]) -> None:
        text = self._qualifier.sub("", statement.text) if self._qualifier else statement.text
        read = Statement(text).bare
        made = _MADE.match(read)
        old = self._changes_old(read, verb, kind)
        if old is not None:
            if verb != "DROP":
                self._note(statement, f"is not run: {old} was there before")
            return
        if made is not None and kind != "TEMPORARY":
            mark.add(self.session, made["kind"].upper(), bare(made["name"]))
        error = self.session.attempt(text)
        if error is not None:
            done = ", so what was understood of it is made" if instead(statement) else ""
            self._note(statement, reason(error) + done, "info" if verb == "DROP" else "error")

    def _changes_old(self, text: str, verb: str, kind: str) -> str | None:
        """A name of something older that the statement would change."""
        if not self.there or not (verb in _CHANGES or kind in ("INDEX", *_LATE) or _replaces(text)):
            return None
        names = (bare(found) for found in re.findall(_NAME, text))
        return next((name for name in names if name.lower() in self.there), None)

    def _note(self, statement: Statement, message: str, level: str = "error") -> None:
        line = " ".join(statement.text.split())
        short = line if len(line) <= 60 else f"{line[:57]}..."
        self.notes.append(Note(f"{short}: {message}", source=statement.source, level=level))  # type: ignore[arg-type]


def _reaches_beyond(text: str) -> bool:
    """With and without what stands in versioned comments: which of it the server reads is the server's affair."""
    found = _HEAD.match(text.strip())
    return (
        found is not None and found["verb"].upper() in ("CREATE", "ALTER", "DROP") and found["kind"].upper() in _BEYOND
    )


def _replaces(text: str) -> bool:
    return re.match(r"CREATE\s+OR\s+REPLACE", text, re.IGNORECASE) is not None


def bare(name: str) -> str:
    """A name without its quotes."""
    quote = name[0]
    return name[1:-1].replace(quote * 2, quote) if quote in '`"' else name
