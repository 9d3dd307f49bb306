"""What a plan will make, table by table: for people as text, for programs as JSON."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import msgspec
from rich.console import Console, Group
from rich.table import Table as Grid
from rich.text import Text

from plurel_sql.plan import model as m
from plurel_sql.report import words
from plurel_sql.schema.model import Check, Note


class LinkInfo(msgspec.Struct, frozen=True):
    """A foreign key: ``law`` in words; ``causal``: the parent's values are causes of this table's."""

    name: str
    parent: str
    law: str
    null_rate: float
    causal: bool


class ColumnInfo(msgspec.Struct, frozen=True):
    """A column: its rule and its range or vocabulary in words, NULL rate, the nodes and parents it depends on, and why
    it was filled so."""

    name: str
    type: str
    rule: str
    values: str
    null_rate: float
    causes: tuple[str, ...]
    why: str


class CheckInfo(msgspec.Struct, frozen=True):
    """A CHECK that the rows meet: ``how`` in words; ``failed`` is the share of the pilot's rows that broke it as they
    were first drawn (0 where it is met by construction)."""

    expression: str
    name: str | None
    how: str
    failed: float


class TableInfo(msgspec.Struct, frozen=True):
    """A table: its keys (column names; the primary one first), time axis, foreign keys, columns and CHECKs."""

    name: str
    rows: int
    keys: tuple[tuple[str, ...], ...]
    axis: str
    links: tuple[LinkInfo, ...]
    columns: tuple[ColumnInfo, ...]
    checks: tuple[CheckInfo, ...] = ()


class Explanation(msgspec.Struct, frozen=True):
    """A plan in words. ``str()`` gives the text that the command line prints."""

    seed: int
    dialect: str
    rows: int
    tables: tuple[TableInfo, ...]
    notes: tuple[Note, ...]

    def json(self) -> str:
        """All of it as JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def __rich__(self) -> Group:
        parts: list[Text | Grid] = []
        for table in self.tables:
            parts += [*_heading(table), _columns(table), Text()]
        parts += _notes(self.notes)
        end = f"{len(self.tables)} tables, {self.rows:,} rows, seed {self.seed}"
        parts.append(Text(f"{end}, dialect {self.dialect}" if self.dialect else end, style="bold"))
        return Group(*parts)

    def __str__(self) -> str:
        out = io.StringIO()
        Console(file=out, width=160, color_system=None).print(self)
        return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def explain(plan: m.Plan, undeclared: Sequence[Note] = ()) -> Explanation:
    """The plan in words; SCM causes only where it is fitted.

    Args:
        plan: what to explain.
        undeclared: what the target will not declare.
    """
    schema = plan.schema
    notes = dict.fromkeys([*(schema.notes if schema else ()), *plan.notes, *undeclared])
    keys = {t.id: tuple(u.columns for u in t.uniques if u.plain) for t in schema.tables} if schema else {}
    checks = {t.id: t.checks for t in schema.tables} if schema else {}
    tables = {table.name: _table(table, keys.get(table.name, ()), checks.get(table.name, ())) for table in plan.tables}
    written = [table.id for table in schema.tables if table.id in tables] if schema else list(tables)
    return Explanation(
        seed=plan.seed,
        dialect=schema.dialect if schema else "",
        rows=sum(table.rows for table in plan.tables),
        tables=tuple(tables[name] for name in written),
        notes=tuple(notes),
    )


def _table(table: m.Table, keys: tuple[tuple[str, ...], ...], checks: tuple[Check, ...]) -> TableInfo:
    inputs = {node.name: node.inputs for node in table.scm.nodes}
    links = tuple(
        LinkInfo(link.name, link.parent, words.link(link, table), link.null_rate, link.causal) for link in table.links
    )
    columns = tuple(_column(column, table, inputs) for column in table.columns)
    axis = words.axis(table.axis, table)
    return TableInfo(table.name, table.rows, keys, axis, links, columns, tuple(_checks(table, checks)))


def _checks(table: m.Table, checks: tuple[Check, ...]) -> Iterator[CheckInfo]:
    """The CHECKs that are met by trying again, those that fail most first; then those met by construction."""
    tried = [(check, words.retry(retry)) for retry in table.retries for check in retry.checks]
    for check, how in sorted(tried, key=lambda entry: -entry[0].failed):
        yield CheckInfo(check.check, check.name, how if check.failed else "no row of the pilot broke it", check.failed)
    known = {check.check for check, _ in tried}
    for each in checks:
        if each.expression not in known:
            yield CheckInfo(each.expression, each.name, "by construction", 0.0)


def _column(column: m.Column, table: m.Table, inputs: dict[str, tuple[str, ...]]) -> ColumnInfo:
    rule, values = words.rule(column)
    causes: tuple[str, ...] = ()
    null_rate = column.null.rate if column.null else 0.0
    if isinstance(column.rule, m.Value) and column.rule.node is not None:
        causes = inputs.get(column.rule.node, ())
    if isinstance(column.rule, m.Ref) and column.rule.link < len(table.links):
        null_rate = max(null_rate, table.links[column.rule.link].null_rate)
        causes = (f"{table.links[column.rule.link].parent}.{column.rule.column}",)
    if column.null is not None and column.null.reached is not None:
        reached = column.null.reached
        values = f"{values}; where {reached.column} is {' or '.join(reached.labels)}".lstrip("; ")
    if column.lower is not None:
        values = f"{values}; {'above' if column.lower.strict else 'at least'} {column.lower.column}".lstrip("; ")
    return ColumnInfo(column.name, column.type, rule, values, null_rate, causes, column.why)


def _heading(table: TableInfo) -> list[Text]:
    keys = "; ".join(", ".join(key) for key in table.keys) or "none"
    lines = [
        Text(f"{table.name}: {table.rows:,} rows", style="bold"),
        Text(f"  keys: {keys}"),
        Text(f"  time: {table.axis}"),
    ]
    for link in table.links:
        nulls = f", NULL {link.null_rate:.0%}" if link.null_rate else ""
        lines.append(Text(f"  {link.name}: {link.law}{nulls}{', causal' if link.causal else ''}"))
    for check in table.checks:
        if check.how != "by construction":
            failed = f"{check.failed:.1%} of rows fail as drawn; " if check.failed else ""
            lines.append(Text(f"  CHECK ({check.expression}): {failed}{check.how}"))
    return lines


def _columns(table: TableInfo) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("  column", "type", "filled by", "values", "NULL", "depends on"):
        grid.add_column(title, overflow="fold", justify="right" if title == "NULL" else "left")
    for column in table.columns:
        nulls = f"{column.null_rate:.0%}" if column.null_rate else ""
        causes = ", ".join(_short(cause, table.links) for cause in column.causes)
        cells = [f"  {column.name}", column.type, column.rule, column.values, nulls, causes]
        grid.add_row(*map(Text, cells))
    return grid


def _short(cause: str, links: tuple[LinkInfo, ...]) -> str:
    """A cause with its parent table for the link's name, or the link's columns where several lead to that table."""
    for link in links:
        if cause.startswith(f"{link.name}."):
            one = sum(other.parent == link.parent for other in links) == 1
            node = cause.removeprefix(f"{link.name}.")
            return f"{link.parent if one else link.name.partition('->')[0]}.{'hidden' if node == '*' else node}"
    return cause


def _notes(notes: tuple[Note, ...]) -> list[Text]:
    if not notes:
        return []
    lines = [Text("Not honoured, changed or understood in part:", style="bold")]
    return [*lines, *(Text(f"  {'!' if note.level == 'error' else '-'} {note}") for note in notes), Text()]
