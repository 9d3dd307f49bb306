"""A script of the user's own statements without the constraints that the rows may break, so that its import works."""

from __future__ import annotations

import re
from typing import NamedTuple

from plurel_sql import ddl
from plurel_sql.schema.model import Check, Exclusion, ForeignKey, Note, Schema, Table, Unique
from plurel_sql.sinks.literals import identifier

Constraint = Check | Exclusion | ForeignKey | Unique
_READ = re.compile(
    r"\s*(?:CREATE\s+(?:\w+\s+){0,3}?(?:TABLE|INDEX|TYPE|DOMAIN|SCHEMA)|ALTER\s+TABLE|SET|USE)\b", re.IGNORECASE
)
_ALONE = re.compile(
    r"\s*(?:CREATE\s+UNIQUE\b|ALTER\s+TABLE\b(?!.*\bADD\b.*\bADD\b).*\bADD\b)", re.IGNORECASE | re.DOTALL
)
_WORD = re.compile(r"'(?:[^']|'')*'|\w+|[^\w\s]")


class Cleared(NamedTuple):
    """``texts`` in their order, those that are left out as comments; ``drops`` are to be run when the tables are made
    and empty."""

    texts: tuple[str, ...]
    drops: tuple[str, ...]
    notes: tuple[Note, ...]


def cleared(schema: Schema) -> Cleared:
    """The schema's statements; what they declare beyond what ``schema.tables`` promise is taken out, with notes."""
    texts = [statement.text for statement in schema.statements]
    drops: list[str] = []
    notes: list[Note] = []
    for table, constraint, number in _unmet(schema, texts):
        label = _label(constraint)
        if number is not None and _ALONE.match(texts[number]):
            texts[number] = "-- left out, the rows may break it:\n" + re.sub(r"(?m)^", "-- ", texts[number])
        elif (drop := _drop(schema.dialect, table, constraint)) is not None:
            drops.append(drop)
        elif number is not None and (shorter := _without(schema, texts, number, constraint)) is not None:
            texts[number] = shorter
        else:
            notes.append(Note(f"{label} stands in schema.sql, and the rows may break it", table.id, constraint.source))
            continue
        notes.append(Note(f"{label} is left out of schema.sql: the rows may break it", table.id, table.source))
    return Cleared(tuple(texts), tuple(drops), tuple(notes))


def _unmet(schema: Schema, texts: list[str]) -> list[tuple[Table, Constraint, int | None]]:
    """Each constraint that is written and not promised, with the number of the statement that declares it."""
    lines: list[int] = []
    script, line = "", 1
    for text in texts:
        lines.append(line)
        part = (text if _READ.match(text) else "") + "\n;\n"
        script, line = script + part, line + part.count("\n")
    found: list[tuple[Table, Constraint, int | None]] = []
    promised = {table.id: set(map(_key, _constraints(table))) for table in schema.tables}
    for table in ddl.read([ddl.Text("", script)], schema.dialect).tables:
        for constraint in _constraints(table):
            if _key(constraint) not in promised.get(table.id, {_key(constraint)}):
                at = constraint.source.line if constraint.source else 0
                number = max((k for k, first in enumerate(lines) if first <= at), default=None)
                found.append((schema.table(table.id), constraint, number))
    return found


def _constraints(table: Table) -> tuple[Constraint, ...]:
    return (*table.checks, *table.uniques, *table.foreign_keys, *table.exclusions)


def _key(constraint: Constraint) -> tuple[object, ...]:
    match constraint:
        case Check():
            return "check", constraint.expression
        case Unique():
            return "unique", constraint.columns, constraint.expressions, constraint.where
        case ForeignKey():
            return "foreign key", constraint.columns, constraint.parent
        case _:
            return "exclusion", constraint.name, constraint.elements


def _label(constraint: Constraint) -> str:
    match constraint:
        case Check():
            return f"CHECK ({constraint.expression})"
        case Unique():
            return f"UNIQUE ({', '.join((*constraint.columns, *constraint.expressions))})"
        case ForeignKey():
            return f"FOREIGN KEY ({', '.join(constraint.columns)})"
        case _:
            return f"EXCLUDE {constraint.name or ''}".strip()


def _drop(dialect: str, table: Table, constraint: Constraint) -> str | None:
    """The statement that takes a named constraint off; None where there is none."""
    if constraint.name is None or dialect not in ("postgres", "mysql", "tsql", "oracle"):
        return None
    name = ".".join(identifier(part, dialect) for part in (table.namespace, table.name) if part)
    own = identifier(constraint.name, dialect)
    if dialect == "mysql" and isinstance(constraint, Unique):
        return f"ALTER TABLE {name} DROP INDEX {own}"
    if dialect == "mysql" and isinstance(constraint, ForeignKey):
        return f"ALTER TABLE {name} DROP FOREIGN KEY {own}"
    return f"ALTER TABLE {name} DROP CONSTRAINT {own}"


def _without(schema: Schema, texts: list[str], number: int, constraint: Constraint) -> str | None:
    """The statement without a CHECK, cut from its text; None where what is left does not read as just that."""
    if not isinstance(constraint, Check):
        return None
    condition = r"\s*".join(map(re.escape, _WORD.findall(constraint.expression)))
    cut = rf"(?:CONSTRAINT\s+\S+\s+)?CHECK\s*\(\s*{condition}\s*\)"
    before = {_key(one) for _, one, _ in _unmet(schema, texts)}
    for pattern in (rf",\s*{cut}(?=\s*[,)])", cut):
        shorter = re.sub(pattern, "", texts[number], count=1, flags=re.IGNORECASE)
        left = {_key(one) for _, one, _ in _unmet(schema, [*texts[:number], shorter, *texts[number + 1 :]])}
        if shorter != texts[number] and left == before - {_key(constraint)}:
            return shorter
    return None
