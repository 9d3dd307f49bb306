"""DDL that no person would write, by a grammar: hypothesis strategies."""

from __future__ import annotations

from fuzz.mutations import KEYWORDS, NUMBERS, TYPES
from hypothesis import strategies as st

DIALECTS = ("postgres", "mysql", "sqlite", "tsql", "oracle", "duckdb", "snowflake", "bigquery", "redshift", "ansi")

_PLAIN = ("a", "b", "c", "id", "parent_id", "email", "name", "created_at", "price", "status", "A", "user", "order")
_STRANGE = ("", " ", "select", "a b", 'q"q', "q`q", "q]q", "o'clock", "x;y", "--", "/*", "\\", "ünï", "表", "n" * 70,
            "1", "$1", "%s", "{x}", "a.b", "\n", "?", "NULL")  # fmt: skip
_SIMPLE = ("int", "integer", "bigint", "smallint", "text", "varchar(20)", "char(3)", "date", "timestamp", "boolean",
           "numeric(9,2)", "double precision", "uuid", "json")  # fmt: skip
_ACTIONS = ("", " ON DELETE CASCADE", " ON DELETE SET NULL ON UPDATE NO ACTION", " DEFERRABLE INITIALLY DEFERRED",
            " MATCH FULL", " NOT VALID")  # fmt: skip

names = st.sampled_from(_PLAIN) | st.sampled_from(_STRANGE)
types = st.sampled_from(_SIMPLE) | st.sampled_from(_SIMPLE) | st.sampled_from(TYPES)
literals = st.sampled_from(NUMBERS) | st.sampled_from(
    ("'x'", "''", "'o''clock'", "NULL", "TRUE", "'2021-02-30'", "'2021-01-01'::date", "DATE '2022-01-01'", "now()",
     "CURRENT_TIMESTAMP", "'{}'", "'[1, 2]'", "nextval('s')", "gen_random_uuid()", "-5", "1.5", "x'ff'", "'\\'")
)  # fmt: skip


def quoted(name: str, dialect: str) -> str:
    """``name`` as the dialect quotes it; plain where it needs no quotes, mostly."""
    if name in _PLAIN[:-2]:
        return name
    opened, closed = {"mysql": "``", "bigquery": "``", "tsql": "[]"}.get(dialect, '""')
    return opened + name.replace(closed, closed * 2) + closed


@st.composite
def expressions(draw: st.DrawFn, columns: list[str], depth: int = 3) -> str:
    """A condition or a value over ``columns``, not always one that makes sense."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(columns) | literals)
    a, b, c = (draw(expressions(columns, depth - 1)) for _ in range(3))
    form = draw(st.sampled_from((
        "{a} = {b}", "{a} <> {b}", "{a} < {b}", "{a} >= {b}", "{a} BETWEEN {b} AND {c}", "{a} IN ({b}, {c})", "NOT {a}",
        "{a} IS NULL", "{a} IS NOT NULL", "({a} AND {b})", "({a} OR {b})", "({a} IS NULL) <> ({b} IS NULL)", "-{a}",
        "CASE WHEN {a} THEN {b} ELSE {c} END", "coalesce({a}, {b})", "{a} + {b}", "{a} * {b}", "{a} / {b}", "{a} % {b}",
        "length({a}) > {b}", "lower({a})", "upper({a}) = {a}", "{a} LIKE {b}", "{a} ~ '^[a-z]+$'", "{a} ~ '('",
        "{a} SIMILAR TO '%(x|y)%'", "num_nonnulls({a}, {b}) = 1", "{a}::text", "CAST({a} AS integer)", "{a} || {b}",
        "json_valid({a})", "{a} -> 'k' = {b}", "{a} = ANY (ARRAY[{b}, {c}])", "extract(year from {a}) > {b}",
        "({a}, {b}) = ({b}, {c})", "{a} IN (SELECT {b})", "nullif({a}, {b}) IS DISTINCT FROM {c}", "substr({a}, 1, 2)",
        "regexp_like({a}, 'x{{2,900}}')", "{a} GLOB '[!a]*'", "{a} COLLATE \"C\" > {b}", "f({a})", "EXISTS (SELECT 1)",
    )))  # fmt: skip
    return form.format(a=a, b=b, c=c)


@st.composite
def schemas(draw: st.DrawFn) -> tuple[str, str | None]:
    """(text, dialect) of one to five tables with keys of all kinds, often to what is not there."""
    dialect = draw(st.sampled_from(DIALECTS))
    tables = draw(st.lists(names, min_size=1, max_size=5))
    made = [draw(_table(name, tables, dialect)) for name in tables]
    after = draw(st.lists(_statements(tables, dialect), max_size=3))
    return ";\n".join((*made, *after)) + ";\n", draw(st.sampled_from((dialect, dialect, None)))


@st.composite
def _table(draw: st.DrawFn, name: str, tables: list[str], dialect: str) -> str:
    columns = [quoted(column, dialect) for column in draw(st.lists(names, min_size=1, max_size=6))]
    lines = [f"{column} {draw(types)}{draw(_options(columns, tables, dialect))}" for column in columns]
    lines += draw(st.lists(_constraints(columns, tables, dialect), max_size=3))
    end = draw(st.sampled_from(("", "", "", " WITHOUT ROWID", " ENGINE=InnoDB", " PARTITION BY RANGE (a)", " STRICT",
                                " INHERITS (b)", " PARTITION BY HASH (id)", " AS SELECT 1")))  # fmt: skip
    return f"CREATE TABLE {quoted(name, dialect)} (\n  " + ",\n  ".join(lines) + f"\n){end}"


@st.composite
def _options(draw: st.DrawFn, columns: list[str], tables: list[str], dialect: str) -> str:
    kind = draw(st.integers(0, 11))
    if kind < 4:
        return ""
    if kind == 4:
        return f" DEFAULT {draw(expressions(columns, 1))}"
    if kind == 5:
        return f" CHECK ({draw(expressions(columns))})"
    if kind == 6:
        return f" REFERENCES {quoted(draw(st.sampled_from(tables)), dialect)}{draw(st.sampled_from(_ACTIONS))}"
    if kind == 7:
        target = f"{quoted(draw(st.sampled_from(tables)), dialect)} ({draw(st.sampled_from(columns))})"
        return f" NOT NULL REFERENCES {target}"
    if kind == 8:
        return f" GENERATED ALWAYS AS ({draw(expressions(columns, 2))}) {draw(st.sampled_from(('STORED', 'VIRTUAL')))}"
    return draw(st.sampled_from((" NOT NULL", " PRIMARY KEY", " UNIQUE", " NOT NULL UNIQUE", " AUTO_INCREMENT",
                                 " GENERATED BY DEFAULT AS IDENTITY", " NULL", " COLLATE nocase", " UNSIGNED NOT NULL",
                                 " COMMENT 'it''s'", " PRIMARY KEY AUTOINCREMENT", " IDENTITY(1,1)")))  # fmt: skip


@st.composite
def _constraints(draw: st.DrawFn, columns: list[str], tables: list[str], dialect: str) -> str:
    mine = st.lists(st.sampled_from(columns), min_size=1, max_size=3).map(", ".join)
    kind = draw(st.integers(0, 6))
    if kind == 0:
        return f"PRIMARY KEY ({draw(mine)})"
    if kind == 1:
        return f"UNIQUE {draw(st.sampled_from(('', 'NULLS NOT DISTINCT ')))}({draw(mine)})"
    if kind == 2:
        return f"CONSTRAINT {quoted(draw(names), dialect)} CHECK ({draw(expressions(columns))})"
    if kind == 3:
        return f"EXCLUDE USING gist ({draw(mine).replace(',', ' WITH =,')} WITH &&)"
    target = f"{quoted(draw(st.sampled_from(tables)), dialect)} ({draw(mine)})"
    return f"FOREIGN KEY ({draw(mine)}) REFERENCES {target}{draw(st.sampled_from(_ACTIONS))}"


@st.composite
def _statements(draw: st.DrawFn, tables: list[str], dialect: str) -> str:
    table, other = (quoted(draw(st.sampled_from(tables)), dialect) for _ in range(2))
    condition, kind = draw(expressions(["a", "b", "id"], 2)), draw(types)
    return draw(st.sampled_from((
        f"ALTER TABLE {table} ADD FOREIGN KEY (parent_id) REFERENCES {other} (id)",
        f"ALTER TABLE {table} ADD COLUMN z {kind} NOT NULL",
        f"ALTER TABLE ONLY {table} ADD CONSTRAINT u UNIQUE (a, b)",
        f"ALTER TABLE {table} ADD CHECK ({condition})",
        f"ALTER TABLE {table} DROP COLUMN a",
        f"ALTER TABLE {table} ALTER COLUMN a TYPE {kind}",
        f"ALTER TABLE {table} RENAME TO {other}",
        f"CREATE UNIQUE INDEX i ON {table} (lower(name), a) WHERE {condition}",
        f"CREATE UNIQUE INDEX i2 ON {table} (email)",
        f"DROP TABLE {table}",
        "CREATE TYPE status AS ENUM ('x', 'it''s', '')",
        f"CREATE DOMAIN status AS {kind} CHECK (VALUE > 0)",
        f"CREATE TABLE part PARTITION OF {table} FOR VALUES FROM (1) TO (0)",
        f"COMMENT ON TABLE {table} IS 'x'';--'",
        f"CREATE VIEW v AS SELECT * FROM {table}",
        f"INSERT INTO {table} VALUES (1, '); DROP TABLE x;--')",
        "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN; END $$ LANGUAGE plpgsql",
        "\\connect x",
        "GO",
    )))  # fmt: skip


words = st.lists(st.sampled_from((*KEYWORDS, *TYPES, *NUMBERS)), max_size=60).map(" ".join)
"""SQL's own words in any order."""

garbage = st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
"""No SQL at all."""
