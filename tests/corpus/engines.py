"""The engines as judges of a filled database: each asks its own catalogue what must hold, and counts what does not.

They share no code with the generator: constraints are those that the engine itself reports, and a second database, made
by the engine's own client from the same file, says which constraints there should be.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Counts = dict[str, int]


class Engine(ABC):
    """``url`` is what ``--out`` is given; ``close`` leaves nothing behind."""

    url: str

    @abstractmethod
    def violations(self) -> list[str]:
        """Rows that break a constraint of the filled database, one sentence for each constraint."""

    @abstractmethod
    def constraints(self, reference: bool) -> Counter[str]:
        """The constraints of the filled database, or of one that the engine's client made from ``script``."""

    @abstractmethod
    def rows(self, reference: bool) -> int:
        """Rows of all tables, of the filled database or of the one made from ``script``."""

    @abstractmethod
    def close(self) -> None: ...


def _quoted(name: str, quote: str = '"') -> str:
    return quote + name.replace(quote, quote * 2) + quote


class Postgres(Engine):
    SERVER = os.environ.get("PLUREL_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1/postgres")

    def __init__(self, script: Path, name: str) -> None:
        import psycopg

        self._connect = psycopg.connect
        self.script = script
        self.names = (f"plurel_corpus_{name}", f"plurel_corpus_{name}_ref")
        self.server = self.SERVER.replace("+psycopg", "")
        self._admin(*(f"DROP DATABASE IF EXISTS {n} WITH (FORCE)" for n in self.names))
        self._admin(*(f"CREATE DATABASE {n}" for n in self.names))
        self.url = self._url(self.names[0], self.SERVER)
        subprocess.run(
            ["psql", "-q", "-X", "-d", self._url(self.names[1]), "-f", str(script)], capture_output=True, check=False
        )

    @classmethod
    def answers(cls) -> bool:
        """Whether a server is there."""
        import psycopg

        try:
            psycopg.connect(cls.SERVER.replace("+psycopg", ""), connect_timeout=5).close()
        except psycopg.Error:
            return False
        return True

    def _url(self, name: str, server: str | None = None) -> str:
        return (server or self.server).rsplit("/", 1)[0] + "/" + name

    def _admin(self, *statements: str) -> None:
        with self._connect(self.server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        with self._connect(self._url(name), autocommit=True) as connection:
            yield connection

    OWN = """n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND NOT EXISTS
        (SELECT FROM pg_depend d WHERE d.objid = r.oid AND d.deptype = 'e')"""

    def constraints(self, reference: bool) -> Counter[str]:
        with self._opened(self.names[reference]) as db:
            found = db.execute(
                f"""SELECT r.oid::regclass || ' ' || pg_get_constraintdef(c.oid) FROM pg_constraint c
                JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
                WHERE {self.OWN} AND c.contype IN ('p', 'u', 'f', 'c', 'x')
                UNION ALL
                SELECT r.oid::regclass || ' ' || regexp_replace(pg_get_indexdef(i.indexrelid), ' INDEX .*? ON', ' ON')
                FROM pg_index i JOIN pg_class r ON r.oid = i.indrelid JOIN pg_namespace n ON n.oid = r.relnamespace
                WHERE {self.OWN} AND i.indisunique
                AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
                UNION ALL
                SELECT r.oid::regclass || '.' || a.attname || ' NOT NULL' FROM pg_attribute a
                JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace
                WHERE {self.OWN} AND r.relkind IN ('r', 'p') AND a.attnotnull AND a.attnum > 0
                UNION ALL
                SELECT 'DOMAIN ' || c.contypid::regtype || ' ' || pg_get_constraintdef(c.oid) FROM pg_constraint c
                WHERE c.contypid <> 0 AND c.connamespace <> 'information_schema'::regnamespace"""
            ).fetchall()
        return Counter(text.replace(" NOT VALID", "") for (text,) in found)

    def violations(self) -> list[str]:
        found = []
        with self._opened(self.names[0]) as db:
            checks = db.execute(
                f"""SELECT r.oid::regclass::text, c.conname, pg_get_expr(c.conbin, c.conrelid) FROM pg_constraint c
                JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
                WHERE {self.OWN} AND c.contype = 'c'"""
            ).fetchall()
            for table, name, expression in checks:
                broken = db.execute(f"SELECT count(*) FROM ONLY {table} WHERE NOT ({expression})").fetchone()[0]
                if broken:
                    found.append(f"{table}: {broken} rows break {name}")
            for table, column, base, domain in db.execute(
                f"""SELECT r.oid::regclass::text, quote_ident(a.attname), format_type(t.typbasetype, t.typtypmod),
                t.oid::regtype::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid AND t.typtype = 'd'
                JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace
                WHERE {self.OWN} AND r.relkind = 'r' AND NOT a.attisdropped"""
            ).fetchall():
                try:  # a cast from the base type looks at the domain's CHECKs
                    db.execute(f"SELECT count({column}::{base}::{domain}) FROM ONLY {table}")
                except Exception as error:
                    found.append(f"{table}.{column}: {str(error).splitlines()[0]}")
            keys = db.execute(
                f"""SELECT concat(CASE r.relkind WHEN 'r' THEN 'ONLY ' END, r.oid::regclass),
                concat(CASE p.relkind WHEN 'r' THEN 'ONLY ' END, p.oid::regclass), c.conname,
                (SELECT array_agg(a.attname ORDER BY k.o) FROM unnest(c.conkey) WITH ORDINALITY k(n, o)
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n)::text[],
                (SELECT array_agg(a.attname ORDER BY k.o) FROM unnest(c.confkey) WITH ORDINALITY k(n, o)
                 JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n)::text[]
                FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
                JOIN pg_class p ON p.oid = c.confrelid
                WHERE {self.OWN} AND c.contype = 'f' AND c.conparentid = 0"""
            ).fetchall()
            for child, parent, name, here, there in keys:
                present = " AND ".join(f"c.{_quoted(column)} IS NOT NULL" for column in here)
                same = " AND ".join(f"c.{_quoted(a)} = p.{_quoted(b)}" for a, b in zip(here, there, strict=True))
                orphans = db.execute(
                    f"SELECT count(*) FROM {child} c WHERE {present} "
                    f"AND NOT EXISTS (SELECT FROM {parent} p WHERE {same})"
                ).fetchone()[0]
                if orphans:
                    found.append(f"{child}: {orphans} orphans along {name}")
            found += [f"{text} is not validated" for text in self._unvalidated(db) - self._written_unvalidated()]
            disabled = db.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D' AND NOT tgisinternal"
            ).fetchone()[0]
            if disabled:
                found.append(f"{disabled} triggers are left disabled")
            for (table,) in db.execute(
                f"""SELECT r.oid::regclass::text FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
                WHERE {self.OWN} AND r.relkind = 'r'
                AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = r.oid AND i.indisunique)"""
            ).fetchall():
                try:
                    db.execute(f"REINDEX TABLE {table}")  # builds unique indexes anew: a duplicate would be an error
                except Exception as error:
                    found.append(f"{table}: {str(error).splitlines()[0]}")
        return found

    def _unvalidated(self, db: Any) -> set[str]:
        found = db.execute(
            "SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE NOT convalidated"
        )
        return {text for (text,) in found.fetchall()}

    def _written_unvalidated(self) -> set[str]:
        """Constraints that the file itself leaves NOT VALID."""
        with self._opened(self.names[1]) as db:
            return self._unvalidated(db)

    def rows(self, reference: bool) -> int:
        with self._opened(self.names[reference]) as db:
            tables = db.execute(
                f"""SELECT r.oid::regclass::text FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
                WHERE {self.OWN} AND r.relkind = 'r'"""
            ).fetchall()
            return sum(db.execute(f"SELECT count(*) FROM ONLY {table}").fetchone()[0] for (table,) in tables)

    def close(self) -> None:
        self._admin(*(f"DROP DATABASE IF EXISTS {n} WITH (FORCE)" for n in self.names))


class MariaDB(Engine):
    SERVER = os.environ.get("PLUREL_TEST_MYSQL", "mysql+pymysql://root@127.0.0.1/")

    def __init__(self, script: Path, name: str) -> None:
        import pymysql
        from sqlalchemy.engine import make_url

        server = make_url(self.SERVER)
        self.db = pymysql.connect(
            host=server.host, port=server.port or 3306, user=server.username, password=server.password or ""
        )
        self.names = (f"plurel_corpus_{name}", f"plurel_corpus_{name}_ref")
        for each in self.names:
            self._run(f"DROP DATABASE IF EXISTS {each}")
            self._run(f"CREATE DATABASE {each} CHARACTER SET utf8mb4")
        self.url = server.set(database=self.names[0]).render_as_string(hide_password=False)
        # Scripts that choose a database of their own would leave the one that is judged.
        text = "\n".join(
            line
            for line in script.read_bytes().decode("utf-8", "replace").splitlines()
            if not line.upper().lstrip().startswith(("USE ", "CREATE DATABASE", "DROP DATABASE"))
        )
        host = ["-h", server.host or "127.0.0.1", "-u", server.username or "root"]
        subprocess.run(["mysql", "-f", *host, self.names[1]], input=text.encode(), capture_output=True, check=False)

    @classmethod
    def answers(cls) -> bool:
        """Whether a server is there."""
        from sqlalchemy import create_engine
        from sqlalchemy.exc import SQLAlchemyError

        try:
            create_engine(cls.SERVER).connect().close()
        except SQLAlchemyError:
            return False
        return True

    def _run(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        with self.db.cursor() as cursor:
            cursor.execute(statement, arguments or None)
            return list(cursor.fetchall())

    def constraints(self, reference: bool) -> Counter[str]:
        name = self.names[reference]
        keys = self._run(
            """SELECT t.table_name, t.constraint_type, group_concat(k.column_name ORDER BY k.ordinal_position),
            group_concat(ifnull(concat(k.referenced_table_name, '.', k.referenced_column_name), '')
            ORDER BY k.ordinal_position)
            FROM information_schema.table_constraints t JOIN information_schema.key_column_usage k
            USING (constraint_schema, table_name, constraint_name) WHERE t.constraint_schema = %s
            GROUP BY t.table_name, t.constraint_type, t.constraint_name""",
            name,
        )
        checks = self._run(
            "SELECT table_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = %s",
            name,
        )
        return Counter(" ".join(map(str, entry)) for entry in [*keys, *checks])

    def violations(self) -> list[str]:
        name, found = self.names[0], []
        for table, key, columns, parent, there in self._run(
            """SELECT table_name, constraint_name, group_concat(column_name ORDER BY ordinal_position SEPARATOR '\\0'),
            max(referenced_table_name), group_concat(referenced_column_name ORDER BY ordinal_position SEPARATOR '\\0')
            FROM information_schema.key_column_usage WHERE constraint_schema = %s AND referenced_table_name IS NOT NULL
            GROUP BY table_name, constraint_name""",
            name,
        ):
            pairs = [
                (_quoted(a, "`"), _quoted(b, "`")) for a, b in zip(columns.split("\0"), there.split("\0"), strict=True)
            ]
            present = " AND ".join(f"c.{a} IS NOT NULL" for a, _ in pairs)
            same = " AND ".join(f"c.{a} = p.{b}" for a, b in pairs)
            orphans = self._run(
                f"SELECT count(*) FROM {name}.{_quoted(table, '`')} c WHERE {present} AND NOT EXISTS "
                f"(SELECT 1 FROM {name}.{_quoted(parent, '`')} p WHERE {same})"
            )[0][0]
            if orphans:
                found.append(f"{table}: {orphans} orphans along {key}")
        for table, key, clause in self._run(
            "SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints "
            "WHERE constraint_schema = %s",
            name,
        ):
            broken = self._run(
                f"SELECT count(*) FROM {name}.{_quoted(table, '`')} WHERE NOT ({clause})".replace("%", "%%")
            )
            if broken[0][0]:
                found.append(f"{table}: {broken[0][0]} rows break {key}")
        for table in self._tables(name):
            for _, _, kind, message in self._run(f"CHECK TABLE {name}.{_quoted(table, '`')} EXTENDED"):
                if kind == "error" or (kind == "status" and message != "OK"):
                    found.append(f"{table}: {message}")
        return found

    def _tables(self, name: str) -> list[str]:
        return [
            table
            for (table,) in self._run(
                "SELECT table_name FROM information_schema.tables "
                "WHERE table_schema = %s AND table_type = 'BASE TABLE'",
                name,
            )
        ]

    def rows(self, reference: bool) -> int:
        name = self.names[reference]
        return sum(self._run(f"SELECT count(*) FROM {name}.{_quoted(t, '`')}")[0][0] for t in self._tables(name))

    def close(self) -> None:
        for each in self.names:
            self._run(f"DROP DATABASE IF EXISTS {each}")
        self.db.close()


class SQLite(Engine):
    def __init__(self, script: Path, folder: Path) -> None:
        self.path = folder / "filled.sqlite"
        self.url = str(self.path)
        self.reference = folder / "reference.sqlite"
        with sqlite3.connect(self.reference) as db:
            for statement in _statements(script.read_text(errors="replace")):
                try:
                    db.execute(statement)
                except sqlite3.Error:
                    continue

    def constraints(self, reference: bool) -> Counter[str]:
        with sqlite3.connect(self.reference if reference else self.path) as db:
            found = db.execute(
                "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
            ).fetchall()
        return Counter(" ".join(text.split()) for (text,) in found)

    def violations(self) -> list[str]:
        with sqlite3.connect(self.path) as db:
            orphans = Counter((table, parent) for table, _, parent, _ in db.execute("PRAGMA foreign_key_check"))
            broken = [text for (text,) in db.execute("PRAGMA integrity_check") if text != "ok"]
        return [f"{table}: {count} orphans to {parent}" for (table, parent), count in orphans.items()] + broken

    def rows(self, reference: bool) -> int:
        with sqlite3.connect(self.reference if reference else self.path) as db:
            tables = db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                "AND sql NOT LIKE 'CREATE VIRTUAL%'"
            ).fetchall()
            return sum(db.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0] for (name,) in tables)

    def close(self) -> None:
        pass


def _statements(text: str) -> Iterator[str]:
    part = ""
    for line in text.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            yield part
            part = ""
