"""CREATE TABLE, CREATE INDEX, CREATE TYPE, CREATE DOMAIN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from plurel_sql.ddl.cursor import Cursor, Name, Path, keywords, make_name
from plurel_sql.ddl.draft import Catalogue, DraftKey, DraftTable, UserType
from plurel_sql.ddl.kinds import multirange_name
from plurel_sql.ddl.statements.columns import AFTER_EXPRESSION, Elements, find_user_type
from plurel_sql.ddl.statements.indexed import index_terms
from plurel_sql.ddl.statements.partitions import partition_by, partition_of
from plurel_sql.ddl.tokens import Token, render, string_value
from plurel_sql.schema.model import Source

TABLE_KINDS = keywords(
    "GLOBAL LOCAL TEMP TEMPORARY UNLOGGED TRANSIENT VOLATILE EXTERNAL FOREIGN VIRTUAL IMMUTABLE BLOCKCHAIN PRIVATE "
    "SHARDED DUPLICATED COLUMN ROW HYBRID DYNAMIC ICEBERG SNAPSHOT MULTISET COLUMNSTORE"
)
_TEMPORARY = {"TEMP", "TEMPORARY", "VOLATILE"}
_SHADOWS = keywords("data idx content docsize config segments segdir stat node parent rowid")
"""What SQLite's full-text and R*Tree tables are kept in: their name, an underscore, and one of these."""
_ELSEWHERE = {"EXTERNAL", "FOREIGN", "VIRTUAL", "DYNAMIC", "SNAPSHOT"}


def create_table(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """CREATE [kinds] TABLE, the cursor after CREATE [OR REPLACE]."""
    replaces = cursor.take("OR", "REPLACE")
    kinds: set[str] = set()
    while word := cursor.take_any(TABLE_KINDS):
        kinds.add(word)
    cursor.take("TABLE")
    lenient = cursor.take("IF", "NOT", "EXISTS")
    path = cursor.path()
    if path is None:
        catalogue.note(f"CREATE TABLE is not followed by a name: {cursor.text()[:60] or 'it ends there'}", source)
        return
    table = DraftTable(catalogue.full(path), source)
    existing = catalogue.find(table.path)
    if existing is not None and not replaces:
        if not lenient and not existing.ignored:
            catalogue.note(f"defined before, at {existing.source}; the first definition holds", source, table=existing)
        return
    if cursor.take("IF", "NOT", "EXISTS"):  # Snowflake allows it here
        pass
    scratch = catalogue.dialect.name in ("tsql", "redshift") and path.name.text.startswith("#")
    if kinds & _TEMPORARY or scratch:
        table.ignored = True
    elif kinds & _ELSEWHERE:
        table.ignored = True
        table.virtual = "VIRTUAL" in kinds
        kind = " ".join(sorted(kinds & _ELSEWHERE)).lower()
        catalogue.note(
            f"{kind} table passed over: its rows are not stored as a table's", source, table=table, level="info"
        )
    elif _is_shadow(catalogue, path):
        table.ignored = True
        catalogue.note("keeps what a virtual table holds: passed over", source, table=table, level="info")
    elif not _fill(cursor, catalogue, table, source):
        return
    catalogue.add(table)


def _is_shadow(catalogue: Catalogue, path: Path) -> bool:
    """Whether it is one of the tables that SQLite makes with a virtual one and writes out beside it."""
    whole, _, part = path.name.text.rpartition("_")
    above = catalogue.find(Path(path.namespace, make_name(whole, catalogue.dialect, quoted=True)))
    return above is not None and above.virtual and part.lower() in _SHADOWS


def _fill(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> bool:
    """Reads the definition after the name; False, with a note, where there is none to read."""
    if cursor.take("PARTITION", "OF"):
        partition_of(cursor, catalogue, table, source)
        return True
    if cursor.take("OF"):
        catalogue.note("a table OF a composite type is not understood", source, table=table)
        return False
    if cursor.take_any(("LIKE", "CLONE")):
        _like(cursor, catalogue, table, source, everything=True)
        return True
    elements = Elements(catalogue, table, source.file)
    if cursor.take("CLUSTER", "BY"):  # Snowflake takes it before the columns
        cursor.group()
    if cursor.word() == "(":
        body = cursor.group()
        if body is None:
            catalogue.note("broken statement: the list of columns is not closed by a )", source, table=table)
            return False
        if body.word() in ("SELECT", "WITH"):
            catalogue.note("CREATE TABLE AS is passed over: its columns are those of a query", source, table=table)
            return False
        for part in body.parts():
            if part.ahead("LIKE") and part.token(1) is not None:
                part.at = 1
                _like(part, catalogue, table, source, everything=catalogue.dialect.name == "mysql")
            elif part.word() == "INCLUDING" or part.word() == "EXCLUDING":
                continue
            else:
                elements.element(part)
    elif cursor.word() in ("AS", "SELECT", "WITH") or cursor.word() in ("USING", "PARTITION"):
        catalogue.note("CREATE TABLE AS is passed over: its columns are those of a query", source, table=table)
        return False
    else:
        catalogue.note(
            f"broken statement: expected a list of columns, found: {cursor.text()[:60]}", source, table=table
        )
        return False
    _table_options(cursor, catalogue, table, elements, source)
    if not table.columns and any(t.word in ("SELECT", "AS") for t in cursor.tokens):
        catalogue.note("CREATE TABLE AS is passed over: its columns are those of a query", source, table=table)
        return False
    return True


def _table_options(cursor: Cursor, catalogue: Catalogue, table: DraftTable, elements: Elements, source: Source) -> None:
    while cursor:
        if cursor.take("INHERITS"):
            inside = cursor.group()
            for part in inside.parts() if inside else ():
                _inherit(part, catalogue, table, source)
        elif cursor.take("PARTITION", "BY"):
            table.partitioning = partition_by(cursor, catalogue)
        elif cursor.take("COMMENT"):
            table.comment = elements.string(cursor) or table.comment
        elif cursor.take("ENGINE"):
            cursor.take("=")
            table.engine = cursor.word()
        elif cursor.word() in ("AS", "SELECT") and cursor.at and table.columns:
            return
        else:
            cursor.skip()


def _like(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source, *, everything: bool) -> None:
    """Copies columns, and with them what INCLUDING names (MySQL: all but foreign keys)."""
    path = cursor.path()
    other = catalogue.find(path, table.path.namespace) if path else None
    if other is None:
        catalogue.note(f"LIKE names a table that does not exist: {path}", source, table=table)
        return
    including: set[str] = set()
    while cursor:
        if cursor.take("INCLUDING"):
            including.add(cursor.word())
        elif cursor.take("EXCLUDING"):
            including.discard(cursor.word())
        cursor.skip()
    everything = everything or "ALL" in including
    for key, column in other.columns.items():
        table.columns.setdefault(
            key,
            replace(
                column,
                default=column.default if everything or "DEFAULTS" in including else None,
                identity=column.identity and (everything or bool({"IDENTITY", "DEFAULTS"} & including)),
                generated=column.generated if everything or "GENERATED" in including else None,
                comment=column.comment if everything or "COMMENTS" in including else None,
            ),
        )
    if everything or "INDEXES" in including:
        table.keys.extend(replace(key, columns=list(key.columns), name=None) for key in other.keys)
        table.exclusions.extend(replace(exclusion, name=None) for exclusion in other.exclusions)
    if everything or "CONSTRAINTS" in including:
        table.checks.extend(replace(check) for check in other.checks)


def _inherit(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    """Columns and CHECKs of the parent come first; keys and comments are not inherited (PostgreSQL)."""
    path = cursor.path()
    parent = catalogue.find(path, table.path.namespace) if path else None
    if parent is None:
        catalogue.note(f"INHERITS names a table that does not exist: {path}", source, table=table)
        return
    table.inherits.append(parent)
    inherited = {key: replace(column, comment=None) for key, column in parent.columns.items()}
    for key, column in inherited.items():
        own = table.columns.get(key)
        if own is not None:
            own.nullable = own.nullable and column.nullable
            own.default = own.default or column.default
            own.identity = own.identity or column.identity
    table.columns = {**inherited, **table.columns}
    table.checks[:0] = [replace(check) for check in parent.checks]


def create_view(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """Keeps a view's name, so that indexes and comments on it are no faults; the cursor after VIEW."""
    cursor.take("IF", "NOT", "EXISTS")
    path = cursor.path()
    if path is not None and catalogue.find(catalogue.full(path)) is None:
        catalogue.add(DraftTable(catalogue.full(path), source, ignored=True))


def create_index(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """CREATE UNIQUE INDEX, the cursor after CREATE; other indexes hold nothing that data must meet."""
    if not cursor.take("UNIQUE"):
        return
    cursor.take_any(("CLUSTERED", "NONCLUSTERED"))
    cursor.take("INDEX")
    cursor.take("CONCURRENTLY")
    cursor.take("IF", "NOT", "EXISTS")
    name: Name | None = None
    index_path = None if cursor.word() == "ON" and cursor.word(1) not in ("ON", "USING") else cursor.path()
    if index_path is not None:
        name = index_path.name
    if cursor.take("USING"):
        cursor.skip()
    label = f"unique index {name.text}" if name else "unique index"
    path = None
    if cursor.take("ON"):
        cursor.take("ONLY")
        path = cursor.path()
    # SQLite writes the namespace before the index's name, not the table's.
    if path is not None and path.namespace is None and index_path is not None and index_path.namespace is not None:
        path = Path(index_path.namespace, path.name)
    if path is None:
        catalogue.note(f"{label} is not understood: {cursor.text()[:60]}", source)
        return
    table = catalogue.find(path)
    if table is None:
        catalogue.note(f"{label} is on a table that does not exist: {path}", source)
        return
    if cursor.take("USING"):
        cursor.skip()
    elements = Elements(catalogue, table, source.file)
    columns, terms = index_terms(cursor)
    rest = [token.word for token in cursor.tokens[cursor.at :]]
    nulls_distinct = not any(rest[k : k + 3] == ["NULLS", "NOT", "DISTINCT"] for k in range(len(rest)))
    if not columns and not terms:
        catalogue.note(f"{label} is not understood: expected a list of columns", source, table=table)
        return
    where: Sequence[Token] = ()
    if "WHERE" in rest:
        cursor.at += rest.index("WHERE") + 1
        if not _only_not_null(cursor, columns) or terms:
            where = cursor.until(("WITH", "ON"))  # SQL Server's options come after it
    elements.add_key(DraftKey(columns, source, False, name, nulls_distinct, terms=terms, where=where, index=True))


def _only_not_null(cursor: Cursor, columns: list[Name]) -> bool:
    """Whether the condition says no more than that columns of the index are not NULL, which UNIQUE says anyway."""
    keys = {column.key for column in columns}
    tokens = [token for token in cursor.tokens[cursor.at :] if token.word not in ("(", ")")]
    if (len(tokens) + 1) % 5:
        return False
    probe = Cursor(tokens, cursor.dialect)
    while probe:
        name = probe.name()
        if name is None or name.key not in keys or not probe.take("IS", "NOT", "NULL"):
            return False
        if probe and not probe.take("AND"):
            return False
    return True


def create_type(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """CREATE TYPE, the cursor after TYPE: an enum, a composite or range type, an alias of another type, or something
    not understood."""
    cursor.take("IF", "NOT", "EXISTS")
    path = cursor.path()
    if path is None:
        catalogue.note("CREATE TYPE is not followed by a name", source)
        return
    made = UserType(path.name.text)
    composite = cursor.take("AS") or cursor.take("IS")  # without AS: the functions of a new base type
    if cursor.take("ENUM"):
        inside = cursor.group()
        made.labels = (
            [string_value(t, catalogue.dialect) for t in inside.tokens if t.kind == "string"] if inside else []
        )
    elif cursor.take("RANGE"):
        _range_type(cursor, catalogue, path, made)
    elif cursor.take("OBJECT") or (cursor.word() == "(" and composite):
        made.fields = _fields(cursor, catalogue)
    elif cursor.take("FROM") or (catalogue.dialect.name == "duckdb" and cursor.word() != "("):
        # An alias of another type: T-SQL has FROM, DuckDB AS.
        _base(cursor, catalogue, made)
    _add_type(catalogue, path, made)


_METHODS = keywords("MEMBER STATIC CONSTRUCTOR MAP ORDER FINAL OVERRIDING")


def _fields(cursor: Cursor, catalogue: Catalogue) -> list[tuple[str, Sequence[Token]]]:
    """The fields of a composite type: name and type, up to a COLLATE."""
    inside = cursor.group()
    found: list[tuple[str, Sequence[Token]]] = []
    nowhere = DraftTable(Path(None, make_name("", catalogue.dialect, quoted=True)), Source("", 0))
    probe = Elements(catalogue, nowhere, "")
    for part in inside.parts() if inside else ():
        name = part.name()
        if name is not None and part and name.text.upper() not in _METHODS:
            found.append((name.text, probe.type_tokens(part)))
    return found


def _range_type(cursor: Cursor, catalogue: Catalogue, path: Path, made: UserType) -> None:
    """CREATE TYPE AS RANGE (SUBTYPE = t, MULTIRANGE_TYPE_NAME = m): two types."""
    inside = cursor.group()
    multi = make_name(multirange_name(path.name.text), catalogue.dialect, quoted=True)
    for part in inside.parts() if inside else ():
        if part.take("SUBTYPE", "="):
            made.bounds = part.rest()
        elif part.take("MULTIRANGE_TYPE_NAME", "=") and (named := part.path()):
            multi = named.name
    _add_type(catalogue, Path(path.namespace, multi), UserType(multi.text, bounds=made.bounds, multi=True))


def create_domain(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """CREATE DOMAIN, the cursor after DOMAIN."""
    path = cursor.path()
    if path is None:
        catalogue.note("CREATE DOMAIN is not followed by a name", source)
        return
    made = UserType(path.name.text)
    cursor.take("AS")
    _base(cursor, catalogue, made)
    _add_type(catalogue, path, made)


def _add_type(catalogue: Catalogue, path: Path, made: UserType) -> None:
    full = catalogue.full(path)
    namespace = full.namespace or catalogue.default
    catalogue.types.setdefault((namespace.key, full.name.key), made)


def _base(cursor: Cursor, catalogue: Catalogue, made: UserType) -> None:
    """The base type of a domain and its constraints."""
    probe = DraftTable(Path(None, make_name("", catalogue.dialect, quoted=True)), Source("", 0))
    made.base = Elements(catalogue, probe, "").type_tokens(cursor)
    made.base_type = find_user_type(catalogue, made.base)
    domain_constraints(cursor, made)


def domain_constraints(cursor: Cursor, made: UserType) -> None:
    name: str | None = None
    while cursor:
        if cursor.take("CONSTRAINT"):
            named = cursor.name()
            name = named.text if named else None
            continue
        if cursor.take("NOT", "NULL"):
            made.not_null = True
        elif cursor.take("DEFAULT"):
            start = cursor.at
            cursor.skip()
            cursor.until(AFTER_EXPRESSION)
            made.default = render(cursor.tokens[start : cursor.at])
        elif cursor.take("CHECK"):
            inside = cursor.group()
            if inside:
                made.checks.append((inside.tokens, name))
        else:
            cursor.skip()
        name = None
