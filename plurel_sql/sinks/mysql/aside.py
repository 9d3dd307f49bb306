"""Tables that a run is to replace stand aside under other names until the new ones are complete.

Each step is written into the mark before it is done, so that ``mark.clean`` can go back from any of them. Names of
foreign keys (and of CHECKs with MySQL) are taken once in a database, names of triggers too: they come off the old
tables, and go back with them. Names that the server has made of the table's follow it by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from plurel_sql.sinks.mysql import mark
from plurel_sql.sinks.mysql.session import Session, quoted

_NAME = r"`(?:[^`]|``)+`"
_NAMED = re.compile(rf"\n  (CONSTRAINT ({_NAME}) (FOREIGN KEY|CHECK) .*?)(?=,\n  |\n\))", re.DOTALL)


def take(session: Session, there: Mapping[str, str]) -> None:
    """Sets aside what is ``there`` (name -> kind); views are taken off."""
    for name in (name for name, kind in there.items() if kind == "TABLE"):
        _constraints(session, name)
    triggers(session, list(there))
    for name in (name for name, kind in there.items() if kind == "VIEW"):
        mark.add(session, mark.RESTORE, _definition(session, "VIEW", name, 1))
        session.run(f"DROP VIEW {quoted(name)}")
    for k, name in enumerate(name for name, kind in there.items() if kind != "VIEW"):
        mark.add(session, mark.ASIDE, f"plurel_sql_old_{k} {name}")
        session.run(f"RENAME TABLE {quoted(name)} TO plurel_sql_old_{k}")


def _constraints(session: Session, table: str) -> None:
    drops = []
    for text, name, kind in _NAMED.findall(_definition(session, "TABLE", table, 1)):
        follows = re.fullmatch(rf"`{re.escape(table)}_(?:ibfk|chk)_\d+`", name)
        if not follows and (kind == "FOREIGN KEY" or not session.is_mariadb):
            mark.add(session, mark.RESTORE, f"ALTER TABLE {quoted(table)} ADD {text}")
            drops.append(f"DROP {kind} {name}")
    if drops:
        session.run(f"ALTER TABLE {quoted(table)} {', '.join(drops)}")


def triggers(session: Session, tables: list[str], event: str = "%") -> list[str]:
    """Takes the triggers of ``tables`` off; the statements that make them again."""
    found = session.rows(
        "SELECT trigger_name, event_object_table, sql_mode FROM information_schema.triggers"
        " WHERE trigger_schema = database() AND event_manipulation LIKE %s ORDER BY action_order",
        [event],
    )
    statements = []
    for name, table, mode in found:
        if table in tables:
            statements.append(f"SET SESSION sql_mode = {session.connection.escape(mode)}")
            statements.append(_definition(session, "TRIGGER", name, 2))
    for statement in statements:
        mark.add(session, mark.RESTORE, statement)
    for name, table, _ in found:
        if table in tables:
            session.run(f"DROP TRIGGER {quoted(name)}")
    return statements


def _definition(session: Session, kind: str, name: str, column: int) -> str:
    return str(session.rows(f"SHOW CREATE {kind} {quoted(name)}")[0][column])
