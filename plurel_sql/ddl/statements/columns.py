"""The elements of a table: columns and constraints, as CREATE TABLE and ALTER TABLE ADD write them."""

from __future__ import annotations

from collections.abc import Sequence

from plurel_sql.ddl.cursor import Cursor, Name, Path, keywords
from plurel_sql.ddl.draft import (
    Catalogue,
    DraftCheck,
    DraftColumn,
    DraftExclusion,
    DraftForeignKey,
    DraftKey,
    DraftTable,
    UserType,
)
from plurel_sql.ddl.statements.indexed import bare_term, index_terms, prefixed
from plurel_sql.ddl.statements.periods import period, without_overlaps
from plurel_sql.ddl.tokens import Token, render, string_value
from plurel_sql.ddl.types import SERIAL, known_prefix, type_words
from plurel_sql.schema.model import Source

# Words that may follow a column's type, with what each steps over: nothing, the next token, or a whole clause.
FLAGS = keywords(
    "NULL ENABLE DISABLE VALIDATE NOVALIDATE RELY NORELY ENFORCED DEFERRABLE DEFERRED IMMEDIATE INITIALLY INVISIBLE "
    "VISIBLE SPARSE ROWGUIDCOL PERSISTED VIRTUAL STORED DISTKEY SORTKEY FILESTREAM BINARY ASCII UNICODE HIDDEN FIRST "
    "CLUSTERED NONCLUSTERED ASC DESC LOCAL KEY COMPRESS SIMPLE FULL PARTIAL PERSISTENT VALID INHERIT STRICT DISTINCT "
    "FORCE ZEROFILL UNSIGNED SIGNED SORT NOORDER ORDER CASCADE RESTRICT ACTION NO NULLS BTREE HASH PERIOD OVERLAPS"
)
WITH_VALUE = keywords("ENCODE STORAGE COMPRESSION COLLATE CHARSET SRID AFTER COLUMN_FORMAT FORMAT TABLESPACE")
WITH_CLAUSE = keywords("OPTIONS WITH MASKED USING TAG MASKING POLICY INCLUDE ENCRYPTED ENGINE_ATTRIBUTE")
STARTS = keywords(
    "CONSTRAINT NOT DEFAULT PRIMARY UNIQUE CHECK REFERENCES FOREIGN GENERATED AUTO_INCREMENT AUTOINCREMENT IDENTITY "
    "COMMENT ON AS CHARACTER MATCH"
)
AFTER_TYPE = (
    (FLAGS - {"KEY", "ORDER", "UNSIGNED", "SIGNED", "ZEROFILL", "LOCAL", "PERIOD"}) | WITH_VALUE | WITH_CLAUSE | STARTS
)
AFTER_EXPRESSION = (STARTS | WITH_VALUE | FLAGS | WITH_CLAUSE) - {"AS", "CHARACTER", "LOCAL", "IDENTITY", "CHARSET"} | {
    ";"
}
_KINDS = {"PRIMARY", "FOREIGN", "UNIQUE", "CHECK"}


class Elements:
    """Reads elements into one table. Faults become notes; nothing is raised."""

    def __init__(self, catalogue: Catalogue, table: DraftTable, file: str) -> None:
        self.catalogue = catalogue
        self.dialect = catalogue.dialect
        self.table = table
        self.file = file

    def note(self, message: str, line: int, column: str = "") -> None:
        self.catalogue.note(message, Source(self.file, line), table=self.table, detail=column)

    def is_constraint(self, cursor: Cursor) -> bool:
        """Whether an element is a constraint or index, not a column that bears such a name."""
        first, second = cursor.word(), cursor.word(1)
        if first in ("PRIMARY", "FOREIGN"):
            return second == "KEY"
        if first in ("CONSTRAINT", "UNIQUE"):
            return bool(cursor.token(1))
        if first == "CHECK":
            return second == "("
        if first == "EXCLUDE":
            return second in ("USING", "(")
        if first in ("INDEX", "KEY"):
            return self.dialect.index_elements and (first == "INDEX" or self.dialect.name == "mysql")
        if first in ("FULLTEXT", "SPATIAL", "VECTOR"):
            return second in ("INDEX", "KEY") or (self.dialect.name == "mysql" and cursor.word(2) == "(")
        return (first, second) in (("PERIOD", "FOR"), ("SUPPLEMENTAL", "LOG"))

    def element(self, cursor: Cursor) -> None:
        if self.is_constraint(cursor):
            self.constraint(cursor)
        else:
            self.column(cursor)

    # Constraints of the table

    def constraint(self, cursor: Cursor) -> None:
        self._one_constraint(cursor)
        # SQLite takes constraints without commas between them.
        while cursor:
            if cursor.word() in _KINDS | {"CONSTRAINT"} and self.is_constraint(cursor):
                self._one_constraint(cursor)
            else:
                cursor.skip()

    def _one_constraint(self, cursor: Cursor) -> None:
        source = Source(self.file, cursor.line)
        name = None
        if cursor.take("CONSTRAINT") and (cursor.word() not in _KINDS or cursor.word(1) in _KINDS):
            name = cursor.name()  # which may be a keyword itself: CONSTRAINT check CHECK (...)
        if cursor.take("PRIMARY", "KEY") or cursor.take("PRIMARY"):
            self.key(cursor, name, source, primary=True)
        elif cursor.take("UNIQUE"):
            self.key(cursor, name, source, primary=False)
        elif cursor.take("FOREIGN", "KEY"):
            self.foreign_key(cursor, name, source)
        elif cursor.take("CHECK"):
            self.check(cursor, name, source)
        elif cursor.take("EXCLUDE"):
            self.exclusion(cursor, name, source)
        elif cursor.take("PERIOD", "FOR"):
            period(cursor, self.table, source)
        elif cursor.take("NOT", "NULL"):  # PostgreSQL 18: CONSTRAINT c NOT NULL column
            if (column := cursor.name()) and column.key in self.table.columns:
                self.table.columns[column.key].nullable = False
        elif name is not None and cursor.word() not in ("KEY", "INDEX", "NULL"):
            self.note(f"constraint {name.text} is not understood: {cursor.text()}", source.line)

    def key(self, cursor: Cursor, name: Name | None, source: Source, *, primary: bool) -> None:
        nulls_distinct = True
        while cursor and cursor.word() != "(":
            if cursor.take("USING", "INDEX"):
                self._adopt_index(cursor.name(), name, source, primary=primary)
                return
            if cursor.take("NULLS", "NOT", "DISTINCT"):
                nulls_distinct = False
            elif cursor.take("USING"):
                cursor.skip()
            elif not cursor.take_any(("KEY", "INDEX", "CLUSTERED", "NONCLUSTERED", "NULLS", "DISTINCT", "HASH")):
                index_name = cursor.name()
                if index_name is None:
                    break
                name = name or index_name
        if without_overlaps(cursor, self.table, name, source, primary=primary):
            return
        columns, terms = index_terms(cursor)
        what = "PRIMARY KEY" if primary else "UNIQUE"
        if not columns and not terms:
            label = f" {name.text}" if name else ""
            self.note(f"{what}{label} is not understood: expected a list of columns", source.line)
            return
        if primary and terms:  # MySQL's PRIMARY KEY (name(10)): the key is over the column, its prefixes differ as well
            self.add_key(DraftKey([*columns, *prefixed(terms, self.dialect)], source, True, name))
            primary = False
        self.add_key(DraftKey(columns, source, primary, name, nulls_distinct, terms=terms))

    def add_key(self, key: DraftKey) -> None:
        if key.primary and self.table.primary is not None:
            if [c.key for c in self.table.primary.columns] != [c.key for c in key.columns]:
                self.note("a second PRIMARY KEY is left out; the first one holds", key.source.line)
            return
        self.table.keys.append(key)

    def _adopt_index(self, index: Name | None, name: Name | None, source: Source, *, primary: bool) -> None:
        for key in self.table.keys:
            if index and key.name and key.name.key == index.key:
                key.primary, key.name = primary, name or key.name
                return
        self.note(f"there is no unique index {index.text if index else ''} to make a key of", source.line)

    def column_list(self, cursor: Cursor) -> tuple[list[Name] | None, str]:
        """(columns, text) of a list in parentheses; None for columns where it is missing, empty or has expressions."""
        inside = cursor.group()
        if inside is None:
            return None, ""
        text = render(inside.tokens)
        columns: list[Name] = []
        for part in inside.parts():
            name = part.name()
            if (
                name is None
                or (part.word() == "(" and not _is_prefix(part))
                or part.word() in ("::", ".", "-", "||", "->")
            ):
                return None, text
            columns.append(name)
        return columns or None, text

    def exclusion(self, cursor: Cursor, name: Name | None, source: Source) -> None:
        """After EXCLUDE; one over equalities alone is a UNIQUE."""
        method = cursor.word().lower() if cursor.take("USING") else "gist"
        if cursor.word() != "(":
            cursor.skip()
        inside = cursor.group()
        elements: list[tuple[Sequence[Token], str]] = []
        for part in inside.parts() if inside else ():
            term = part.until(("WITH",))
            part.take("WITH")
            elements.append((bare_term(term), part.text()))
        while cursor and cursor.word() not in _KINDS | {"CONSTRAINT", "WHERE"}:
            cursor.skip()
        condition = cursor.group() if cursor.take("WHERE") else None
        where = condition.tokens if condition else ()
        if not elements or any(not operator for _, operator in elements):
            label = f" {name.text}" if name else ""
            self.note(f"the exclusion constraint{label} is not understood: expected terms WITH operators", source.line)
        elif all(operator == "=" for _, operator in elements):
            names = [(Cursor(term, self.dialect).name() if len(term) == 1 else None, term) for term, _ in elements]
            columns = [found for found, _ in names if found is not None]
            terms = [term for found, term in names if found is None]
            self.add_key(DraftKey(columns, source, False, name, terms=terms, where=where, index=True))
        else:
            self.table.exclusions.append(DraftExclusion(elements, method, where, source, name))

    def foreign_key(self, cursor: Cursor, name: Name | None, source: Source) -> None:
        cursor.take("IF", "NOT", "EXISTS")
        if cursor.word() != "(":
            name = cursor.name() or name
        columns, _ = self.column_list(cursor)
        if columns is None or not cursor.take("REFERENCES"):
            self.note("FOREIGN KEY is not understood: expected (columns) REFERENCES table (columns)", source.line)
            return
        self.references(cursor, columns, name, source)

    def references(self, cursor: Cursor, columns: list[Name], name: Name | None, source: Source) -> None:
        """What follows REFERENCES; actions after it are left for the caller to step over."""
        parent = cursor.path()
        if parent is None:
            self.note("REFERENCES is not followed by a table", source.line)
            return
        parent_columns: list[Name] = []
        if cursor.word() == "(":
            found, text = self.column_list(cursor)
            if found is None:
                self.note(f"the columns after REFERENCES {parent} are not understood: ({text})", source.line)
                return
            parent_columns = found
        if parent.namespace is None and self.catalogue.search_path:
            # The name means what it means now, even if the search path changes later.
            table = self.catalogue.find(parent, self.table.path.namespace)
            namespace = table.path.namespace if table else None
            parent = Path(namespace, parent.name)
        self.table.foreign_keys.append(DraftForeignKey(columns, parent, parent_columns, source, name))

    def check(self, cursor: Cursor, name: Name | None, source: Source) -> None:
        cursor.take("NOT", "FOR", "REPLICATION")
        inside = cursor.group()
        if inside is None or not inside:
            self.note("CHECK is not understood: expected an expression in parentheses", source.line)
            return
        self.table.checks.append(DraftCheck(inside.tokens, source, name))

    # Columns

    def column(self, cursor: Cursor) -> None:
        column = self.column_definition(cursor)
        if column is None:
            return
        if column.name.key in self.table.columns:
            self.note(f"column {column.name.text} is defined twice; the first one holds", column.source.line)
            return
        self.table.columns[column.name.key] = column

    def column_definition(self, cursor: Cursor) -> DraftColumn | None:
        """Name, type and constraints; constraints go to the table. A note and None where there is no name."""
        source = Source(self.file, cursor.line)
        text = cursor.text()
        name = cursor.name()
        if name is None or cursor.word() in (".", "("):
            self.note(f"expected a column or a constraint, found: {_short(text)}", source.line)
            return None
        column = DraftColumn(name, (), source)
        start = cursor.at
        tokens = self.type_tokens(cursor)
        self.set_type(column, tokens)
        if column.user_type is None and len(tokens) > 1 and (known := known_prefix(tokens, self.dialect)):
            # The words after a known type are a misspelt option: they are told of as such.
            self.set_type(column, tokens[:known])
            cursor.at = start + known
        self.options(cursor, column)
        return column

    def type_tokens(self, cursor: Cursor) -> Sequence[Token]:
        """The tokens of a type, up to the first word that can't be part of it."""
        start = cursor.at
        while cursor:
            word = cursor.word()
            inside = cursor.at > start
            if word == "CHARACTER" and (not inside or cursor.word(1) != "SET"):
                cursor.skip()
            elif word == "WITH" and (cursor.word(1) == "TIME" or cursor.word(1) == "LOCAL"):
                cursor.at += 2
            elif word == "<":
                _skip_angles(cursor)
            elif word in ("BINARY", "ENCRYPTED") and not inside:
                cursor.skip()
            elif word in AFTER_TYPE or word in ("=", ";") or (word in ("KEY", "INDEX") and inside):
                break
            else:
                cursor.skip()
        return cursor.tokens[start : cursor.at]

    def set_type(self, column: DraftColumn, tokens: Sequence[Token]) -> None:
        column.type = tokens
        column.user_type = find_user_type(self.catalogue, tokens)
        words = type_words(tokens)
        if words in SERIAL and self.dialect.name != "mysql" and column.user_type is None:
            column.identity, column.nullable = True, False
        elif words == "serial":
            column.identity, column.nullable = True, False
            self.add_key(DraftKey([column.name], column.source))
        elif words in ("rowversion", "timestamp") and self.dialect.name == "tsql":
            column.generated = "rowversion"

    def options(self, cursor: Cursor, column: DraftColumn) -> None:
        """Everything after the type."""
        name: Name | None = None
        while cursor:
            source = Source(self.file, cursor.line)
            if cursor.take("CONSTRAINT"):
                name = cursor.name()
                continue
            if cursor.take("NOT", "NULL"):
                column.nullable = False
            elif cursor.take("NOT"):
                cursor.skip()  # NOT VALID, NOT DEFERRABLE, NOT ENFORCED, NOT FOR REPLICATION
                cursor.take("REPLICATION")
            elif cursor.take("DEFAULT"):
                cursor.take("ON", "NULL")  # Oracle
                self.default(cursor, column)
            elif cursor.take("PRIMARY", "KEY") or (self.dialect.name == "mysql" and cursor.take("KEY")):
                self.key_of_column(cursor, column, name, source, primary=True)
            elif cursor.take("UNIQUE"):
                self.key_of_column(cursor, column, name, source, primary=False)
            elif cursor.take("CHECK"):
                self.check(cursor, name, source)
            elif cursor.take("FOREIGN", "KEY") or cursor.take("FOREIGN"):
                continue
            elif cursor.take("REFERENCES"):
                self.references(cursor, [column.name], name, source)
            elif cursor.take_any(("AUTO_INCREMENT", "AUTOINCREMENT", "IDENTITY")):
                column.identity = True
                column.counts = _counts(cursor)
            elif cursor.take("GENERATED"):
                self.generated(cursor, column)
            elif cursor.take("AS"):
                column.generated = self.expression(cursor)
            elif cursor.take("COMMENT"):
                column.comment = self.string(cursor)
            elif cursor.take("ON"):
                # ON UPDATE CURRENT_TIMESTAMP(6), ON DELETE SET NULL, ON CONFLICT FAIL
                cursor.at += 1
                if not cursor.take("SET", "NULL") and not cursor.take("SET", "DEFAULT"):
                    cursor.skip()
                    cursor.group()
            elif not self.passable(cursor, column):
                self.note(f"not understood: {_short(cursor.text())}", source.line, column.name.text)
                return
            name = None

    def key_of_column(
        self, cursor: Cursor, column: DraftColumn, name: Name | None, source: Source, *, primary: bool
    ) -> None:
        cursor.take_any(("KEY", "CLUSTERED", "NONCLUSTERED"))
        if cursor.word() == "(":  # SQL Server takes a table's constraint without the comma before it
            self.key(cursor, name, source, primary=primary)
            return
        distinct = not cursor.take("NULLS", "NOT", "DISTINCT")
        self.add_key(DraftKey([column.name], source, primary, name, distinct))

    def passable(self, cursor: Cursor, column: DraftColumn) -> bool:
        """Steps over an option that does not bear on the data; False where the next word is none."""
        if cursor.ahead("SRID") and (token := cursor.token(1)) is not None and token.text.isdecimal():
            column.srid = int(token.text)
            cursor.at += 2
            return True
        if self.dialect.name == "tsql" and cursor.take("INDEX"):
            return cursor.name() is not None
        if cursor.take("CHARACTER", "SET") or cursor.take("MATCH") or cursor.take_any(WITH_VALUE):
            cursor.take("=")
            cursor.take(".") or cursor.path()
            return True
        if cursor.take_any(WITH_CLAUSE):
            while cursor and cursor.word() not in STARTS and cursor.word() not in FLAGS:
                cursor.skip()
            return True
        return bool(cursor.take_any(FLAGS))

    def default(self, cursor: Cursor, column: DraftColumn) -> None:
        expression = self.expression(cursor)
        if expression.lower().startswith(("nextval", "(nextval", "next value for")) or ".nextval" in expression.lower():
            column.identity, column.default = True, None
        else:
            column.default = None if expression.upper() == "NULL" else expression

    def expression(self, cursor: Cursor) -> str:
        """An expression up to the next option; its first token always belongs to it."""
        start = cursor.at
        while cursor.word() in ("-", "+", "("):
            if cursor.word() == "(":
                break
            cursor.at += 1
        if cursor.take("NEXT", "VALUE"):
            cursor.take("FOR")
        cursor.skip()
        cursor.until(AFTER_EXPRESSION)
        return render(cursor.tokens[start : cursor.at])

    def generated(self, cursor: Cursor, column: DraftColumn) -> None:
        """After GENERATED: identity, a computed column, or a period column of a temporal table."""
        cursor.take("ALWAYS") or (cursor.take("BY", "DEFAULT") and cursor.take("ON", "NULL"))
        cursor.take("AS")
        if cursor.take("IDENTITY"):
            column.identity = True
            if self.dialect.name != "snowflake":
                column.nullable = False
            column.counts = _counts(cursor)
        elif cursor.word() == "(":
            inside = cursor.group()
            column.generated = render(inside.tokens) if inside else None
        else:
            column.generated = render(cursor.until(FLAGS | STARTS - {"AS"}))

    def string(self, cursor: Cursor) -> str | None:
        """A string after a word as COMMENT, with or without an equals sign."""
        cursor.take("=")
        token = cursor.token()
        cursor.skip()
        return string_value(token, self.dialect) if token is not None and token.kind == "string" else None


_OF_SEQUENCES = keywords(
    "START WITH INCREMENT BY MINVALUE MAXVALUE NOMINVALUE NOMAXVALUE CACHE NOCACHE CYCLE NOCYCLE ORDER NOORDER KEEP "
    "NOKEEP SCALE NOSCALE"
)


def _counts(cursor: Cursor) -> tuple[int, int] | None:
    """``identity_counts`` of what follows IDENTITY: in parentheses, or without (Snowflake, Oracle)."""
    start = cursor.at
    cursor.group()
    while cursor.take_any(_OF_SEQUENCES):
        cursor.take("-")
        token = cursor.token()
        cursor.at += token is not None and token.kind == "number"
    return identity_counts(cursor.tokens[start : cursor.at])


def identity_counts(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """(first value, increment) of (START WITH 100 INCREMENT BY 5), (100, 5), START 100 INCREMENT 5; None if neither."""
    numbers: list[int] = []
    named: dict[str, int] = {}
    last, sign = "", 1
    for token in tokens:
        if token.kind == "number" and token.text.isdecimal():
            numbers.append(sign * int(token.text))
            named[last] = numbers[-1]
            sign = 1
        elif token.word == "-":
            sign = -1
        elif token.word in ("START", "INCREMENT", "MINVALUE", "MAXVALUE", "CACHE"):
            last = token.word
    if {"START", "INCREMENT", "MINVALUE"} & set(named):
        step = named.get("INCREMENT", 1)
        return (named.get("START", named.get("MINVALUE", 1) if step > 0 else -1), step) if step else None
    return (numbers[0], numbers[1]) if set(named) == {""} and len(numbers) == 2 and numbers[1] else None


def find_user_type(catalogue: Catalogue, tokens: Sequence[Token]) -> UserType | None:
    """The user's own type that a column's type names, if there is one."""
    path = Cursor(tokens, catalogue.dialect).path()
    return catalogue.find_type(path) if path is not None else None


def _skip_angles(cursor: Cursor) -> None:
    """Steps over <...>, to the end where it never closes."""
    depth = 0
    while cursor:
        depth += (cursor.word() == "<") - (cursor.word() == ">")
        cursor.at += 1
        if depth == 0:
            return


def _is_prefix(cursor: Cursor) -> bool:
    """MySQL's key prefix: name(191)."""
    token = cursor.token(1)
    return token is not None and token.kind == "number" and cursor.word(2) == ")"


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
