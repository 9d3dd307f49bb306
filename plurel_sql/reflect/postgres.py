"""PostgreSQL: the catalogues rendered as what ``pg_dump -s`` would write, by a fixed number of queries.

Expressions, constraints and indexes come from the server's own functions (``pg_get_expr``, ``pg_get_constraintdef``,
``pg_get_indexdef``), with an empty search path, so that every name in them is qualified. What belongs to an extension
is left out, but the extension is named. Constraints stand in the order of their columns, not in that in which they were
made: a load that takes them off and puts them back changes nothing here. Views, triggers, rules and rights hold nothing
that rows must meet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from plurel_sql.reflect.pieces import Piece

Row = Mapping[str, Any]

_USER = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def _own(catalogue: str, alias: str) -> str:
    """SQL for: belongs to no extension."""
    return (
        f"NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalogue}'::regclass"
        f" AND e.objid = {alias}.oid AND e.deptype = 'e')"
    )


_NAMESPACES = f"""
SELECT quote_ident(n.nspname) AS name FROM pg_namespace n
WHERE {_USER} AND n.nspname <> 'public' AND {_own("pg_namespace", "n")} ORDER BY n.oid"""

_EXTENSIONS = """
SELECT quote_ident(x.extname) AS name, quote_ident(n.nspname) AS namespace
FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE n.nspname <> 'pg_catalog' ORDER BY x.oid"""

_COLLATIONS = f"""
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.collname) AS name, to_jsonb(c) AS facts
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE {_USER} AND {_own("pg_collation", "c")} ORDER BY c.oid"""

_TYPES = f"""
SELECT t.oid, t.typtype AS kind, quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS name,
  format_type(t.typbasetype, t.typtypmod) AS base, t.typdefault AS preset, t.typnotnull AS required,
  (SELECT array_agg(quote_literal(l.enumlabel) ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid)
    AS labels,
  (SELECT array_agg('CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) ORDER BY k.conname)
    FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') AS checks,
  (SELECT array_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS fields,
  (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid) AS subtype,
  (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname) FROM pg_collation co
    JOIN pg_namespace cn ON cn.oid = co.collnamespace JOIN pg_type b ON b.oid = t.typbasetype
    WHERE co.oid = t.typcollation AND t.typcollation <> b.typcollation) AS collation
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE {_USER} AND {_own("pg_type", "t")} AND (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c'))
ORDER BY t.oid"""

_SEQUENCES = f"""
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, format_type(s.seqtypid, NULL) AS type,
  s.seqstart AS start, s.seqincrement AS step, s.seqmin AS low, s.seqmax AS high, s.seqcycle AS cycle,
  (SELECT quote_ident(tn.nspname) || '.' || quote_ident(tc.relname) || '.' || quote_ident(a.attname)
    FROM pg_depend d JOIN pg_class tc ON tc.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = tc.relnamespace
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
      AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 LIMIT 1) AS owner
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_USER} AND {_own("pg_class", "c")} AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
ORDER BY c.oid"""

_FUNCTIONS = f"""
SELECT pg_get_functiondef(p.oid) AS text,
  EXISTS (SELECT FROM pg_type t LEFT JOIN pg_type i ON i.oid = t.typelem
    JOIN pg_class c ON c.oid IN (t.typrelid, i.typrelid) WHERE c.relkind <> 'c'
      AND t.oid = ANY (p.proargtypes::oid[] || coalesce(p.proallargtypes, '{{}}') || p.prorettype)) AS late
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE {_USER} AND {_own("pg_proc", "p")} AND p.prokind = 'f' AND l.lanname IN ('sql', 'plpgsql')
  AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
  AND EXISTS (SELECT FROM pg_depend d JOIN pg_proc u ON u.oid = d.refobjid AND d.refclassid = 'pg_proc'::regclass
    JOIN pg_namespace n ON n.oid = u.pronamespace
    WHERE {_USER} AND d.classid IN ('pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_class'::regclass))
ORDER BY p.oid"""

_TABLES = f"""
SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, c.relispartition AS is_part,
  pg_get_expr(c.relpartbound, c.oid) AS bound,
  CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS split,
  (SELECT array_agg(quote_ident(pn.nspname) || '.' || quote_ident(pc.relname) ORDER BY i.inhseqno)
    FROM pg_inherits i JOIN pg_class pc ON pc.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = pc.relnamespace
    WHERE i.inhrelid = c.oid) AS parents,
  (SELECT d.description FROM pg_description d
    WHERE d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0) AS comment
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_USER} AND {_own("pg_class", "c")} AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' ORDER BY c.oid"""

_COLUMNS = f"""
SELECT a.attrelid AS table, quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type,
  a.attnotnull AS required, a.attidentity AS identity, a.attgenerated AS generated, a.attislocal AS local,
  pg_get_expr(d.adbin, d.adrelid) AS preset,
  CASE WHEN a.attcollation <> t.typcollation THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END
    AS collation, m.description AS comment
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
LEFT JOIN pg_description m ON m.classoid = 'pg_class'::regclass AND m.objoid = a.attrelid AND m.objsubid = a.attnum
WHERE {_USER} AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum"""

_CONSTRAINTS = f"""
SELECT k.conrelid AS table, k.contype AS kind, quote_ident(k.conname) AS name, pg_get_constraintdef(k.oid) AS text
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_USER} AND k.contype IN ('p', 'u', 'c', 'x', 'f') AND k.conparentid = 0 AND k.conislocal
  AND c.relpersistence <> 't' ORDER BY k.conrelid, k.contype <> 'p', k.conkey, k.conname"""

_INDEXES = f"""
SELECT pg_get_indexdef(i.indexrelid) AS text
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_USER} AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND NOT x.relispartition AND i.indisvalid
  AND {_own("pg_class", "c")} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid
    AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid, i.indkey::text, x.relname"""

_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}


def pieces(connection: Connection) -> Iterator[Piece]:
    """The statements that make the structure of the connected database, in an order in which they can be run."""
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    connection.exec_driver_sql(
        "SELECT set_config('search_path', '', true), set_config('quote_all_identifiers', 'off', true)"
    )

    def query(sql: str) -> list[Row]:
        return [dict(row) for row in connection.exec_driver_sql(sql).mappings()]

    for row in query(_NAMESPACES):
        yield Piece(f"CREATE SCHEMA {row['name']}")
    for row in query(_EXTENSIONS):
        yield Piece(f"CREATE EXTENSION IF NOT EXISTS {row['name']} WITH SCHEMA {row['namespace']}", read=False)
    for row in query(_COLLATIONS):
        yield Piece(_collation(row))
    for row in query(_TYPES):
        yield Piece(_type(row))
    sequences = query(_SEQUENCES)
    for row in sequences:
        cycle = " CYCLE" if row["cycle"] else ""
        yield Piece(
            f"CREATE SEQUENCE {row['name']} AS {row['type']} INCREMENT BY {row['step']} MINVALUE {row['low']}"
            f" MAXVALUE {row['high']} START WITH {row['start']}{cycle}"
        )
    functions = query(_FUNCTIONS)
    if functions:
        yield Piece("SET check_function_bodies = off", read=False)
    yield from (Piece(row["text"].strip(), read=False) for row in functions if not row["late"])
    columns, constraints = _by_table(query(_COLUMNS)), _by_table(query(_CONSTRAINTS))
    tables = _parents_first(query(_TABLES))
    for row in tables:
        yield Piece(_table(row, columns[row["oid"]], constraints[row["oid"]]))
    yield from (Piece(row["text"].strip(), read=False) for row in functions if row["late"])
    for row in sequences:
        if row["owner"]:
            yield Piece(f"ALTER SEQUENCE {row['name']} OWNED BY {row['owner']}", read=False)
    for row in query(_INDEXES):
        yield Piece(row["text"])
    for table in tables:
        for row in constraints[table["oid"]]:
            if row["kind"] == "f" or (table["is_part"] and row["kind"] != "c"):
                yield Piece(f"ALTER TABLE {table['name']} ADD CONSTRAINT {row['name']} {row['text']}")
    for table in tables:
        if table["comment"]:
            yield Piece(f"COMMENT ON TABLE {table['name']} IS {_string(table['comment'])}")
        for row in columns[table["oid"]]:
            if row["comment"]:
                yield Piece(f"COMMENT ON COLUMN {table['name']}.{row['name']} IS {_string(row['comment'])}")


def _by_table(rows: list[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["table"]].append(row)
    return found


def _parents_first(tables: list[Row]) -> list[Row]:
    """In the order of creation, but each after what it inherits from (a partition may have been attached later)."""
    by_name = {row["name"]: row for row in tables}
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            parents = [parent for parent in by_name[name]["parents"] or () if parent in by_name]
            depths[name] = 1 + max(map(depth, parents), default=-1)
        return depths[name]

    return sorted(tables, key=lambda row: depth(row["name"]))


def _collation(row: Row) -> str:
    facts = row["facts"]
    options = [f"provider = {_PROVIDERS.get(facts['collprovider'], 'libc')}"]
    locale = next((facts[k] for k in ("colllocale", "colliculocale") if facts.get(k)), None)
    if locale:
        options.append(f"locale = {_string(locale)}")
    else:
        written = {"lc_collate": facts.get("collcollate"), "lc_ctype": facts.get("collctype")}
        options += [f"{key} = {_string(value)}" for key, value in written.items() if value]
    if not facts.get("collisdeterministic", True):
        options.append("deterministic = false")
    return f"CREATE COLLATION {row['name']} ({', '.join(options)})"


def _type(row: Row) -> str:
    match row["kind"]:
        case "e":
            return f"CREATE TYPE {row['name']} AS ENUM ({', '.join(row['labels'] or ())})"
        case "c":
            return f"CREATE TYPE {row['name']} AS ({', '.join(row['fields'] or ())})"
        case "r":
            return f"CREATE TYPE {row['name']} AS RANGE (subtype = {row['subtype']})"
        case _:
            options = [f"COLLATE {row['collation']}"] if row["collation"] else []
            options += [f"DEFAULT {row['preset']}"] if row["preset"] else []
            options += ["NOT NULL"] if row["required"] else []
            options += row["checks"] or ()
            return " ".join([f"CREATE DOMAIN {row['name']} AS {row['base']}", *options])


def _table(table: Row, columns: list[Row], constraints: list[Row]) -> str:
    split = f" PARTITION BY {table['split']}" if table["split"] else ""
    checks = [f"CONSTRAINT {row['name']} {row['text']}" for row in constraints if row["kind"] == "c"]
    parents: list[str] = list(table["parents"] or ())
    if table["is_part"]:
        own = f" ({', '.join(checks)})" if checks else ""
        return f"CREATE TABLE {table['name']} PARTITION OF {parents[0]}{own} {table['bound']}{split}"
    keys = [f"CONSTRAINT {row['name']} {row['text']}" for row in constraints if row["kind"] in "pux"]
    lines = [_column(row) for row in columns if row["local"]]
    inherits = f" INHERITS ({', '.join(parents)})" if parents else ""
    body = ",\n    ".join([*lines, *keys, *checks])
    return f"CREATE TABLE {table['name']} (\n    {body}\n){inherits}{split}"


def _column(row: Row) -> str:
    words = [row["name"], row["type"]]
    if row["collation"]:
        words.append(f"COLLATE {row['collation']}")
    if row["generated"]:
        words.append(f"GENERATED ALWAYS AS ({row['preset']}) {'VIRTUAL' if row['generated'] == 'v' else 'STORED'}")
    elif row["identity"]:
        words.append(f"GENERATED {'ALWAYS' if row['identity'] == 'a' else 'BY DEFAULT'} AS IDENTITY")
    elif row["preset"]:
        words.append(f"DEFAULT {row['preset']}")
    if row["required"]:
        words.append("NOT NULL")
    return " ".join(words)


def _string(text: str) -> str:
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted
