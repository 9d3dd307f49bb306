"""ALTER TABLE, in the words of every dialect, and DROP, RENAME, ALTER TYPE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from plurel_sql.ddl.cursor import Cursor, Name, Path, keywords
from plurel_sql.ddl.draft import Catalogue, DraftColumn, DraftConstraint, DraftTable, UserType
from plurel_sql.ddl.statements.columns import Elements, find_user_type
from plurel_sql.ddl.statements.create import domain_constraints
from plurel_sql.ddl.statements.partitions import attach, listed_parts
from plurel_sql.ddl.tokens import Token, string_value
from plurel_sql.schema.model import Source

_VERBS = keywords(
    "ADD DROP ALTER MODIFY CHANGE RENAME SET OWNER ENABLE DISABLE ATTACH DETACH INHERIT ENGINE COMMENT VALIDATE CHECK "
    "NOCHECK REPLICA AUTO_INCREMENT CONVERT ORDER FORCE CLUSTER SWITCH REBUILD RESET APPEND SWAP"
)
_KEY_KINDS = ("CONSTRAINT", "INDEX", "KEY", "CHECK")


def alter_table(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """ALTER TABLE, the cursor after TABLE: each action in its order."""
    lenient = cursor.take("IF", "EXISTS")
    cursor.take("ONLY")
    path = cursor.path()
    cursor.take("*")
    if path is None:
        catalogue.note(f"ALTER TABLE is not followed by a name: {cursor.text()[:60] or 'it ends there'}", source)
        return
    table = catalogue.find(path)
    if table is None:
        # pg_dump writes ALTER TABLE ... OWNER TO for sequences and views too.
        if not lenient and cursor.word() != "OWNER":
            catalogue.note(f"ALTER TABLE names a table that does not exist: {path}", source)
        return
    if table.ignored and table.part_of is None:
        return
    verb = ""
    for part in cursor.parts():
        if part.take("WITH"):  # T-SQL: WITH [NO]CHECK ADD CONSTRAINT
            part.take_any(("CHECK", "NOCHECK"))
        if part.word() in _VERBS and not (verb == "ADD" and part.word() == "CHECK"):
            verb = part.word()
            part.at += 1
        handler = _ACTIONS.get(verb)
        if handler is not None:
            handler(part, catalogue, table, Source(source.file, part.line))


def _add(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    elements = Elements(catalogue, table, source.file)
    if cursor.word() == "PARTITION" and table.partitioning is not None:  # MySQL, Oracle
        cursor.take("PARTITION")
        table.partitioning.parts += listed_parts(cursor.group() or cursor, catalogue)
        return
    if cursor.word() in ("PARTITION", "PERIOD", "SUPPLEMENTAL"):
        return
    explicit = cursor.take("COLUMN")
    lenient = cursor.take("IF", "NOT", "EXISTS")
    if cursor.word() == "(" and (inside := cursor.group()) is not None:  # Oracle, MySQL: ADD (a INT, b INT)
        for part in inside.parts():
            elements.element(part)
        return
    if explicit or not elements.is_constraint(cursor):
        probe = Cursor(cursor.tokens[cursor.at :], catalogue.dialect).name()
        if lenient and probe and probe.key in table.columns:
            return
        elements.column(cursor)
    elif not _default_for(cursor, table):
        elements.constraint(cursor)


def _default_for(cursor: Cursor, table: DraftTable) -> bool:
    """T-SQL: ADD CONSTRAINT name DEFAULT (value) FOR column."""
    probe = Cursor(cursor.tokens, cursor.dialect)
    probe.at = cursor.at
    if probe.take("CONSTRAINT"):
        probe.name()
    if not probe.take("DEFAULT"):
        return False
    value = Cursor(probe.until(("FOR",)), cursor.dialect).text()
    probe.take("FOR")
    column = probe.name()
    if column is not None and column.key in table.columns:
        table.columns[column.key].default = value
    return True


def _drop(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    if cursor.take("PRIMARY", "KEY"):
        table.keys = [key for key in table.keys if not key.primary]
        return
    if cursor.take("FOREIGN", "KEY") or (cursor.word() in _KEY_KINDS and cursor.token(1) is not None):
        cursor.take_any(_KEY_KINDS)
        cursor.take("IF", "EXISTS")
        if name := cursor.name():
            _drop_constraint(table, name, catalogue)
        return
    if cursor.word() in ("PARTITION", "PERIOD", "DEFAULT", "EXPRESSION"):
        return
    cursor.take("COLUMN")
    lenient = cursor.take("IF", "EXISTS")
    inside = cursor.group()  # Oracle: DROP (a, b)
    for part in inside.parts() if inside else (cursor,):
        column = part.name()
        if column is None:
            continue
        if column.key not in table.columns and not lenient:
            catalogue.note(f"DROP COLUMN names a column that does not exist: {column.text}", source, table=table)
        catalogue.drop_column(table, column)


def _drop_constraint(table: DraftTable, name: Name, catalogue: Catalogue) -> None:
    """Drops by the constraint's name, or by the one that the engine gave where none was written."""
    named = catalogue.constraint_name
    table.keys = [key for key in table.keys if named(table, key) != name.key]
    table.foreign_keys = [key for key in table.foreign_keys if named(table, key) != name.key]
    table.checks = [check for check in table.checks if named(table, check) != name.key]
    table.exclusions = [exclusion for exclusion in table.exclusions if named(table, exclusion) != name.key]


def _alter(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    if cursor.word() in ("CONSTRAINT", "INDEX") and cursor.token(1) is not None:
        return
    cursor.take("COLUMN")
    name = cursor.name()
    column = table.columns.get(name.key) if name else None
    if name is None or column is None:
        label = name.text if name else cursor.text()[:40]
        catalogue.note(f"ALTER COLUMN names a column that does not exist: {label}", source, table=table)
        return
    elements = Elements(catalogue, table, source.file)
    if cursor.take("SET", "DATA", "TYPE") or cursor.take("TYPE"):
        elements.set_type(column, elements.type_tokens(cursor))
    elif cursor.take("SET", "NOT", "NULL"):
        column.nullable = False
    elif cursor.take("DROP", "NOT", "NULL"):
        column.nullable = True
    elif cursor.take("SET", "DEFAULT"):
        elements.default(cursor, column)
    elif cursor.take("DROP", "DEFAULT"):
        column.default, column.identity = None, False
    elif cursor.take("DROP", "IDENTITY"):
        column.identity = False
    elif cursor.take("DROP", "EXPRESSION"):
        column.generated = None
    elif cursor.take("ADD", "GENERATED"):
        elements.generated(cursor, column)
    elif cursor.word() not in ("SET", "RESET", "RESTART", "ADD", "DROP", "COMMENT"):  # T-SQL: column type [NOT NULL]
        column.nullable = True
        elements.set_type(column, elements.type_tokens(cursor))
        elements.options(cursor, column)


def _modify(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    """MySQL's MODIFY gives the whole column anew; Oracle's only what is named."""
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    inside = cursor.group()
    for part in inside.parts() if inside else (cursor,):
        probe = Cursor(part.tokens, part.dialect)
        probe.at = part.at
        name = probe.name()
        if name is None or name.key not in table.columns:
            label = name.text if name else part.text()[:40]
            catalogue.note(f"MODIFY names a column that does not exist: {label}", source, table=table)
            continue
        _redefine(part, catalogue, table, name, source)


def _change(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    old = cursor.name()
    if old is None or old.key not in table.columns:
        catalogue.note(f"CHANGE names a column that does not exist: {old.text if old else ''}", source, table=table)
        return
    _redefine(cursor, catalogue, table, old, source)


def _redefine(cursor: Cursor, catalogue: Catalogue, table: DraftTable, old: Name, source: Source) -> None:
    elements = Elements(catalogue, table, source.file)
    before = table.columns[old.key]
    if catalogue.dialect.name == "oracle":
        cursor.name()
        elements.dialect = catalogue.dialect
        tokens = elements.type_tokens(cursor)
        if tokens:
            elements.set_type(before, tokens)
        if cursor.take("NULL"):
            before.nullable = True
        elements.options(cursor, before)
        return
    after: DraftColumn | None = elements.column_definition(cursor)
    if after is None:
        return
    if after.name.key != old.key:
        catalogue.rename_column(table, old, after.name)
    table.columns[after.name.key] = replace(after, comment=after.comment or before.comment)


def _rename(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    if cursor.word() in ("CONSTRAINT", "INDEX", "KEY") and cursor.word(2) == "TO":
        cursor.at += 1
        old, _, new = cursor.name(), cursor.take("TO"), cursor.name()
        items: list[DraftConstraint] = [*table.keys, *table.foreign_keys, *table.checks, *table.exclusions]
        for item in items:
            if old and item.name and item.name.key == old.key:
                item.name = new
        return
    if cursor.take("TO") or cursor.take("AS") or cursor.token(1) is None:
        path = cursor.path()
        if path is not None:
            catalogue.move(table, path if path.namespace else Path(table.path.namespace, path.name))
        return
    cursor.take("COLUMN")
    before = cursor.name()
    cursor.take("TO")
    after = cursor.name()
    if before is None or after is None or before.key not in table.columns:
        label = before.text if before else ""
        catalogue.note(f"RENAME COLUMN names a column that does not exist: {label}", source, table=table)
        return
    catalogue.rename_column(table, before, after)


def _set(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    if cursor.take("SCHEMA") and (namespace := cursor.name()):
        catalogue.move(table, Path(namespace, table.path.name))


def _attach(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    if cursor.take("PARTITION") and (path := cursor.path()) and (part := catalogue.find(path)):
        attach(cursor, catalogue, table, part, source)


def _detach(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    part = catalogue.find(path) if cursor.take("PARTITION") and (path := cursor.path()) else None
    if part is not None and part.part_of is table:
        catalogue.detach(part)
        part.ignored = False


def _comment(cursor: Cursor, catalogue: Catalogue, table: DraftTable, source: Source) -> None:
    table.comment = Elements(catalogue, table, source.file).string(cursor) or table.comment


_ACTIONS: dict[str, Callable[[Cursor, Catalogue, DraftTable, Source], None]] = {
    "ADD": _add,
    "DROP": _drop,
    "ALTER": _alter,
    "MODIFY": _modify,
    "CHANGE": _change,
    "RENAME": _rename,
    "SET": _set,
    "ATTACH": _attach,
    "DETACH": _detach,
    "COMMENT": _comment,
}


def drop(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """DROP TABLE, INDEX, TYPE, DOMAIN, SCHEMA; the cursor after DROP. What does not exist is no fault."""
    kind = cursor.word()
    cursor.at += 1
    cursor.take("CONCURRENTLY")
    cursor.take("IF", "EXISTS")
    cascade = any(token.word == "CASCADE" for token in cursor.tokens)
    for part in cursor.parts():
        path = part.path()
        if path is None:
            continue
        if kind == "TABLE" and (table := catalogue.find(path)):
            if cascade:
                catalogue.drop_keys_to(table)
            catalogue.remove(table)
        elif kind == "INDEX":
            for table in catalogue.tables.values():
                table.keys = [k for k in table.keys if k.primary or not k.name or k.name.key != path.name.key]
        elif kind in ("TYPE", "DOMAIN") and (made := catalogue.find_type(path)):
            catalogue.types = {place: other for place, other in catalogue.types.items() if other is not made}
        elif kind == "SCHEMA":
            for table in [t for (space, _), t in catalogue.tables.items() if space == path.name.key]:
                catalogue.drop_keys_to(table)
                catalogue.remove(table)


def rename_tables(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """MySQL: RENAME TABLE a TO b, c TO d; the cursor after RENAME TABLE."""
    for part in cursor.parts():
        old, _, new = part.path(), part.take("TO"), part.path()
        table = catalogue.find(old) if old else None
        if table is None or new is None:
            catalogue.note(f"RENAME TABLE names a table that does not exist: {old}", source)
        else:
            catalogue.move(table, new if new.namespace else Path(table.path.namespace, new.name))


def _follow(catalogue: Catalogue, made: UserType, name: Token) -> None:
    """Columns and types of a type that gets another name are of that."""

    def renamed(tokens: Sequence[Token]) -> Sequence[Token]:
        if not tokens or find_user_type(catalogue, tokens) is not made:
            return tokens
        whole = Cursor(tokens, catalogue.dialect)
        whole.path()
        return [*tokens[: whole.at - 1], name, *tokens[whole.at :]]

    for table in catalogue.tables.values():
        for column in table.columns.values():
            column.type = renamed(column.type)
    for other in catalogue.types.values():
        other.base = renamed(other.base)
        other.fields = other.fields and [(field, renamed(tokens)) for field, tokens in other.fields]


def alter_type(cursor: Cursor, catalogue: Catalogue, source: Source) -> None:
    """ALTER TYPE and ALTER DOMAIN: new and renamed labels, new names, constraints; the cursor after the keyword."""
    path = cursor.path()
    made = catalogue.find_type(path) if path else None
    if path is None or made is None:
        return
    strings = [string_value(token, catalogue.dialect) for token in cursor.tokens if token.kind == "string"]
    if cursor.take("ADD", "VALUE") and made.labels is not None and strings:
        after = cursor.tokens[-2].word == "AFTER"
        before = cursor.tokens[-2].word == "BEFORE"
        place = (
            made.labels.index(strings[1]) + after
            if (after or before) and strings[-1] in made.labels
            else len(made.labels)
        )
        if strings[0] not in made.labels:
            made.labels.insert(place, strings[0])
    elif cursor.take("RENAME", "VALUE") and made.labels is not None and len(strings) == 2:
        made.labels = [strings[1] if label == strings[0] else label for label in made.labels]
    elif cursor.take("RENAME", "TO") and (new := cursor.name()):
        _follow(catalogue, made, cursor.tokens[cursor.at - 1])
        namespace = next(space for (space, _), other in catalogue.types.items() if other is made)
        catalogue.types = {place: other for place, other in catalogue.types.items() if other is not made}
        catalogue.types[namespace, new.key] = made
        made.name = new.text
    elif cursor.take("SET", "NOT", "NULL"):
        made.not_null = True
    elif cursor.take("DROP", "NOT", "NULL"):
        made.not_null = False
    elif cursor.take("DROP", "CONSTRAINT"):
        cursor.take("IF", "EXISTS")
        dropped = cursor.name()
        made.checks = [check for check in made.checks if not dropped or check[1] != dropped.text]
    elif cursor.take("ADD"):
        domain_constraints(cursor, made)
