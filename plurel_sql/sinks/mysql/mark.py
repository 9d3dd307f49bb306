"""The mark that stands in a database while it is being filled: the names of what the run makes.

MySQL commits at every definition, so a killed run leaves tables behind. The mark says which, and what stood in their
place (``aside``); the next run removes the ones, and only them, and puts the others back. A lock of the server's, which
ends with the connection, tells a killed run from a running one.
"""

from __future__ import annotations

import pymysql

from plurel_sql.errors import TargetError
from plurel_sql.sinks.mysql.session import Session, quoted, shown

TABLE = "plurel_sql_unfinished"
_KINDS = ("TRIGGER", "EVENT", "VIEW", "TABLE", "SEQUENCE", "PROCEDURE", "FUNCTION")
RESTORE = "RESTORE"
"""Entries of this kind are statements that put back what the run had to take off."""
ASIDE = "ASIDE"
"""Of this kind: the name under which a table stands aside, and its own."""
COMPLETE = "COMPLETE"
"""Stands when all is done but for the end of what stands aside."""
ENDED = "it was complete, and what it had replaced was removed"

_DONE_BEFORE = (1050, 1826, 3822, pymysql.constants.ER.TRG_ALREADY_EXISTS)
_DUPLICATE_KEY = 'errno: 121 "'  # MariaDB's way to say that a foreign key is there


def lock(session: Session) -> None:
    """Holds the database against other runs, as long as the connection lasts.

    Raises:
        TargetError: another run holds it.
    """
    # A few seconds, because a server may see only later that the connection of a run that has ended is closed.
    if session.rows("SELECT GET_LOCK(left(concat('plurel_sql ', md5(database())), 64), 3)")[0][0] != 1:
        raise TargetError("is being filled by another run", place=shown(session.url), hint="wait until it has ended")


def stands(session: Session) -> bool:
    return bool(
        session.rows(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND table_name = %s", [TABLE]
        )
    )


def begin(session: Session) -> None:
    session.run(
        f"CREATE TABLE {TABLE} (kind VARCHAR(16) NOT NULL, name LONGTEXT NOT NULL)"
        " ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        " COMMENT 'plurel-sql has not finished here; its next run removes what is listed, then this table'"
    )


def add(session: Session, kind: str, name: str) -> None:
    """To be called before the thing is made."""
    session.run(f"INSERT INTO {TABLE} VALUES (%s, %s)", [kind, name])
    session.connection.commit()


def end(session: Session) -> None:
    session.run(f"DROP TABLE IF EXISTS {TABLE}")


def clean(session: Session) -> str:
    """Removes what the mark lists and puts back what it holds, or ends what is complete; says what was done."""
    session.run("SET SESSION foreign_key_checks = 0")
    columns = {str(row[0]).lower() for row in session.rows(f"SHOW COLUMNS FROM {TABLE}")}
    # runs through other drivers (``sinks.sqlalchemy``) list tables alone
    first = "kind" if "kind" in columns else "'TABLE'"
    listed: dict[str, list[str]] = {}
    for kind, name in session.rows(f"SELECT {first}, name FROM {TABLE}"):
        listed.setdefault(kind, []).append(name)
    there = tables(session)
    aside = {own: other for other, _, own in (entry.partition(" ") for entry in listed.get(ASIDE, ()))}
    if COMPLETE in listed:
        for other in aside.values():
            session.run(f"DROP TABLE IF EXISTS {other}")
        end(session)
        return ENDED
    back = {name for name, other in aside.items() if other not in there}  # or it has never been away
    for kind in _KINDS:
        for name in listed.get(kind, ()):
            if name not in back and (kind not in ("TABLE", "VIEW") or name in there):
                session.run(f"DROP {kind} IF EXISTS {quoted(name)}")
    for name in aside.keys() - back:
        session.run(f"RENAME TABLE {aside[name]} TO {quoted(name)}")
    for statement in listed.get(RESTORE, ()):
        error = session.attempt(statement)
        if error is not None and error.args[0] not in _DONE_BEFORE and _DUPLICATE_KEY not in str(error):
            raise error
    end(session)
    removed = sum(name in there and name not in back for name in listed.get("TABLE", ()))
    return f"its {removed} tables were removed" + (" and those that it was to replace put back" if aside else "")


def tables(session: Session) -> dict[str, str]:
    """Tables and views of the database: name -> TABLE or VIEW (or SEQUENCE)."""
    return {
        str(name): "TABLE" if kind == "BASE TABLE" else str(kind)
        for name, kind in session.rows(
            "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database()"
        )
    }
