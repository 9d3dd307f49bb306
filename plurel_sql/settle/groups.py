"""Which CHECKs hang together, and which columns may be changed to meet them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
from msgspec.structs import replace

from plurel_sql import ddl
from plurel_sql.attempts.judge import Judge, quoted
from plurel_sql.plan import model
from plurel_sql.plan.partitions import is_condition
from plurel_sql.plan.reads import dependents
from plurel_sql.schema.model import Check, Column, Table

CHANGEABLE = (model.Value, model.After, model.Product, model.Copy, model.Constant, model.At, model.Digit)
"""Rules of columns that say nothing about other rows (a digit outside of keys makes labels differ for looks alone). (A
time of the axis is changed only where nothing else helps.)"""
DRAWN = (model.Value, model.After)
"""Rules that the core can draw anew."""


@dataclass
class Known:
    """A CHECK that DuckDB can evaluate on rows of its table."""

    check: Check
    meant: ddl.Evaluable


@dataclass
class Group:
    """CHECKs that share columns which may be changed: ``drawn`` anew by the core, ``changed`` in all (what is made of
    the drawn ones too), ``movable`` by an expression (their own rules can be checked from outside)."""

    checks: list[Known] = field(default_factory=list)
    drawn: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    movable: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    guarding: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """All columns that the CHECKs and guards (those are ``guarding``) mention, and those that may change."""
        mentioned = (name for known in self.checks for name in known.meant.columns)
        return tuple(dict.fromkeys([*self.changed, *mentioned, *self.guarding]))


class Grouper:
    """Parts the pending CHECKs of one table. ``referenced`` are columns that other rows read."""

    def __init__(self, plan: model.Plan, table: model.Table, schema: Table, judge: Judge, rows: pa.Table) -> None:
        assert plan.schema is not None
        self.whole = plan.schema
        self.table = table
        self.schema = schema
        self.judge = judge
        self.rows = rows
        self.by_name = {column.name: column for column in table.columns}
        self.dependents = dependents(table)
        tried = any(is_condition(check, schema.partitioning, self.whole.dialect) for check in table.pending)
        fixed = _referenced(plan, table.name) | _keyed(replace(schema, partitioning=None) if tried else schema)
        self.free = {
            name
            for name, column in self.by_name.items()
            if isinstance(column.rule, CHANGEABLE) and not (self.dependents[name] | {name}) & fixed
        }

    def known(self, check: Check) -> Known | str:
        """The CHECK in DuckDB's words, or why it has none."""
        try:
            meant = ddl.evaluable(check.expression, self.schema, self.whole)
        except ddl.Unreadable as error:
            return str(error)
        return self.judge.refusal(meant.expression, self.rows) or Known(check, meant)

    def groups(self, checks: list[Known]) -> list[Group]:
        """The CHECKs in groups that have no changeable column in common."""
        parts: list[tuple[set[str], list[Known]]] = []
        for known in checks:
            names = self._reach(known)
            near = [part for part in parts if part[0] & names]
            parts = [part for part in parts if not part[0] & names]
            merged = set(names).union(*(part[0] for part in near))
            parts.append((merged, [each for part in near for each in part[1]] + [known]))
        return [self._group(names, members) for names, members in parts]

    def _reach(self, known: Known) -> set[str]:
        mentioned = {name for name in known.meant.columns if name in self.free}
        return mentioned.union(*(self.dependents[name] for name in mentioned))

    def _group(self, names: set[str], checks: list[Known]) -> Group:
        mentioned = {name for known in checks for name in known.meant.columns} & self.free
        ordered = [column.name for column in self.table.columns if column.name in names]
        drawn = tuple(name for name in ordered if name in mentioned and isinstance(self.by_name[name].rule, DRAWN))
        guards: list[str] = []
        movable: list[str] = []
        guarding: list[str] = []
        for name in ordered:
            own = self._guards(self.schema.column(name))
            if own is not None and name in mentioned:
                movable.append(name)
                guards += own[0]
                guarding += own[1]
        unique = tuple(dict.fromkeys(guards))
        return Group(checks, drawn, tuple(ordered), tuple(movable), unique, tuple(dict.fromkeys(guarding)))

    def _guards(self, column: Column) -> tuple[list[str], list[str]] | None:
        """What the column's own rule sees to, as conditions and the columns in them; None where one can't be told."""
        mentioned: list[str] = []
        name = quoted(column.name)
        null = f"{name} IS NULL OR "
        guards = [] if column.nullable else [f"{name} IS NOT NULL"]
        kind = column.type.kind
        if kind == "text" and column.type.length is not None:
            guards.append(f"({null}length({name}) <= {column.type.length})")
        if kind == "enum":
            labels = ", ".join("'" + label.replace("'", "''") + "'" for label in column.type.labels)
            guards.append(f"({null}{name} IN ({labels}))")
        if kind in ("unknown", "inet", "bit", "binary", "uuid", "multirange"):
            guards.append(f"({null}false)")  # only NULL is known to be a value
        if kind == "range":
            guards.append(f"({null}{name} = 'empty' OR regexp_full_match({name}, '\\[[^,]*,[^,]*\\)'))")
        for check in self.schema.checks:
            if column.name not in check.columns:
                continue
            known = self.known(check)
            if isinstance(known, str):
                return None
            guards.append(f"coalesce(CAST(({known.meant.expression}) AS BOOLEAN), true)")
            mentioned += known.meant.columns
        return guards, mentioned


def _referenced(plan: model.Plan, table: str) -> set[str]:
    """Columns of ``table`` that cells of other rows are copied from."""
    return {
        column.rule.column
        for child in plan.tables
        for column in child.columns
        if isinstance(column.rule, model.Ref) and child.links[column.rule.link].parent == table
    }


def _keyed(schema: Table) -> set[str]:
    """Columns that a unique key or its condition, an exclusion or a partition hangs on. (Exclusions hold whatever their
    conditions say.)"""
    plain = {name for unique in schema.uniques for name in unique.columns}
    terms = [term for unique in schema.uniques for term in unique.expressions]
    terms += [term for exclusion in schema.exclusions for term, _ in exclusion.elements]
    terms += [unique.where for unique in schema.uniques if unique.where is not None]
    terms += schema.partitioning.keys if schema.partitioning else ()
    return plain | {column.name for column in schema.columns if any(column.name in term for term in terms)}
