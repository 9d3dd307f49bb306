"""Foreign keys and CHECKs, judged by the engine after the rows are in.

InnoDB validates a foreign key that is added, but copies the table to do so; a foreign key that stands is not looked at
while ``foreign_key_checks`` is 0. So they stay where they are, and one query each, with the engine's own comparison,
looks for a row without its parent. CHECKs likewise (MariaDB, ``check_constraint_checks``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from plurel_sql.sinks.mysql.session import Session, quoted


class Rule(msgspec.Struct, frozen=True):
    """A constraint: ``broken`` is a query that has a row where it is not met, ``drop`` statements that take it off."""

    kind: str
    table: str
    name: str
    columns: tuple[str, ...]
    what: str
    broken: str
    drop: str


_FOREIGN_KEYS = """
SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_schema, k.referenced_table_name,
       k.referenced_column_name
FROM information_schema.key_column_usage k
WHERE k.table_schema = database() AND k.constraint_schema = database() AND k.referenced_table_name IS NOT NULL
ORDER BY k.table_name, k.constraint_name, k.ordinal_position
"""


def foreign_keys(session: Session) -> Iterator[Rule]:
    """Those of all tables in the database."""
    found: dict[tuple[str, str], list[tuple[str, str, str, str]]] = {}
    for table, name, *rest in session.rows(_FOREIGN_KEYS):
        found.setdefault((table, name), []).append((rest[0], rest[1], rest[2], rest[3]))
    for (table, name), pairs in found.items():
        parent = f"{quoted(pairs[0][1])}.{quoted(pairs[0][2])}"
        same = " AND ".join(f"p.{quoted(there)} = c.{quoted(here)}" for here, _, _, there in pairs)
        given = " AND ".join(f"c.{quoted(here)} IS NOT NULL" for here, *_ in pairs)
        columns = tuple(here for here, *_ in pairs)
        yield Rule(
            "foreign key",
            table,
            name,
            columns,
            f"foreign key {name} ({', '.join(columns)}) to {pairs[0][2]}",
            f"SELECT 1 FROM {quoted(table)} c WHERE {given} AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {same})"
            " LIMIT 1",
            f"ALTER TABLE {quoted(table)} DROP FOREIGN KEY {quoted(name)}",
        )


def checks(session: Session) -> Iterator[Rule]:
    """Those of MariaDB's tables."""
    for table, name, clause, level in session.rows(
        "SELECT table_name, constraint_name, check_clause, level FROM information_schema.check_constraints"
        " WHERE constraint_schema = database()"
    ):
        if "?" in clause:  # stands there for every character beyond the first 65,536
            clause = _clause(session, table, name, level == "Column") or clause
        drop = f"ALTER TABLE {quoted(table)} DROP CONSTRAINT {quoted(name)}"
        if level == "Column":
            drop = f"ALTER TABLE {quoted(table)} MODIFY COLUMN {_column_without_check(session, table, name)}"
        yield Rule(
            "check",
            table,
            name,
            (),
            f"CHECK ({clause})",
            f"SELECT 1 FROM {quoted(table)} WHERE NOT ({clause}) LIMIT 1",
            drop,
        )


def enforced(session: Session) -> list[tuple[str, str]]:
    """Table and name of the CHECKs that MySQL 8 enforces row by row; older servers have none."""
    if not session.rows(
        "SELECT 1 FROM information_schema.columns WHERE table_schema = 'information_schema'"
        " AND table_name = 'TABLE_CONSTRAINTS' AND column_name = 'ENFORCED'"
    ):
        return []
    return [
        (str(table), str(name))
        for table, name in session.rows(
            "SELECT table_name, constraint_name FROM information_schema.table_constraints"
            " WHERE constraint_schema = database() AND constraint_type = 'CHECK' AND enforced = 'YES'"
        )
    ]


def _clause(session: Session, table: str, name: str, of_column: bool) -> str | None:
    """The CHECK's condition as the server writes it in the table's definition."""
    head = rf"{re.escape(quoted(name))} [^\n]*? CHECK" if of_column else rf"CONSTRAINT {re.escape(quoted(name))} CHECK"
    found = re.search(rf"\n  {head} \((.*?)\)(?=,\n  |\n\))", _definition(session, table), re.DOTALL)
    return found[1] if found else None


def _definition(session: Session, table: str) -> str:
    return str(session.rows(f"SHOW CREATE TABLE {quoted(table)}")[0][1])


def _column_without_check(session: Session, table: str, column: str) -> str:
    """The column's definition as the server writes it, its CHECK cut off."""
    found = re.search(rf"^  {re.escape(quoted(column))} .*?(?=,?$)", _definition(session, table), re.MULTILINE)
    return found[0].strip().partition(" CHECK (")[0] if found else quoted(column)
