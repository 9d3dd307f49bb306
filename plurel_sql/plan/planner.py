"""Schema + configuration + seed -> plan: a tuple of passes over one draft, readable as a table of contents."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from plurel_sql.plan import model, published
from plurel_sql.plan.axes import axes
from plurel_sql.plan.circles import circles, optional_keys
from plurel_sql.plan.columns import columns
from plurel_sql.plan.config import Config
from plurel_sql.plan.diamonds import diamonds
from plurel_sql.plan.draft import Draft, LinkDraft, TableDraft, drafted, trivial
from plurel_sql.plan.figures import figures
from plurel_sql.plan.groups import exclusions
from plurel_sql.plan.honour import ask_parents, contradictions, honour_checks
from plurel_sql.plan.keys import unique_keys
from plurel_sql.plan.laws import links
from plurel_sql.plan.order import value_order
from plurel_sql.plan.override import wished_predicates
from plurel_sql.plan.pairs import pairs
from plurel_sql.plan.partitions import partitions
from plurel_sql.plan.rows import share_rows
from plurel_sql.plan.scopes import shared_columns
from plurel_sql.plan.wholes import wholes
from plurel_sql.schema.model import Schema


def _narrow_keys(draft: Draft) -> None:
    """A key column is as narrow as the narrowest column that refers to it."""
    for table in draft.tables.values():
        for link in table.links:
            parent = draft[link.fk.parent]
            for here, there in zip(link.fk.columns, link.fk.parent_columns, strict=True):
                parent.narrow(there, table.table.column(here).type)
    ask_parents(draft)


def _cells(draft: Draft) -> None:
    for table in draft:
        columns(draft, table)


PASSES: tuple[Callable[[Draft], None], ...] = (
    published.research,
    _narrow_keys,
    contradictions,
    value_order,
    circles,
    optional_keys,
    shared_columns,
    pairs,
    partitions,
    unique_keys,
    exclusions,
    diamonds,
    wholes,
    share_rows,
    axes,
    _cells,
    honour_checks,
    figures,
)


def plan(schema: Schema, config: Config | None = None, seed: int = 0) -> model.Plan:
    """The plan of a schema's database: pure data, not yet calibrated (see ``fit``).

    Args:
        schema: what to fill.
        config: overrides; ``config.total`` is the wished number of rows over all tables.
        seed: any number from 0 to 2**64 - 1; part of every random number's key.

    Raises:
        ImpossibleError: constraints and fixed row counts contradict each other, with the place and the largest count.
        ConfigError: an override that a constraint forbids.
    """
    config = config or Config()
    draft = Draft(schema, config, seed, {table.id: drafted(table) for table in schema.tables})
    for name, wished in config.tables.items():
        table = draft[name]
        table.wishes = {
            column: predicates
            for column, wish in wished.columns.items()
            if (predicates := wished_predicates(table.table.column(column), wish))
        }
    for step in PASSES:
        step(draft)
    return _finish(draft)


def _keyed(draft: Draft, table: TableDraft, link: LinkDraft) -> bool:
    """Whether the key that a foreign key refers to is kept; noted where it is not, as no engine declares it then."""
    parent, columns = draft[link.fk.parent], set(link.fk.parent_columns)
    named = [unique for unique in parent.table.uniques if set(unique.columns) == columns]
    if not named or any(unique in parent.uniques for unique in named):
        return True
    message = f"FOREIGN KEY ({', '.join(link.fk.columns)}) is left out, as the key of {parent.id} that it refers to is"
    draft.note(message, f"{table.id}.{link.fk.name or ','.join(link.fk.columns)}", at=link.fk.source)
    return False


def _finish(draft: Draft) -> model.Plan:
    prior = model.Prior() if draft.config.prior is None else published.prior(draft.config.prior)
    tables = tuple(
        model.Table(
            name=table.id,
            rows=table.rows,
            axis=table.axis,
            links=links(draft, table),
            columns=draft.columns[table.id],
            scm=model.Scm(prior, draft.nodes[table.id]),
            pending=tuple(table.pending),
        )
        for table in draft
    )
    kept = {
        table.id: {
            (link.fk.columns, link.fk.parent)
            for link in table.links
            if (link.kind != "dropped" or link.void) and _keyed(draft, table, link)
        }
        for table in draft
    }
    honoured = tuple(
        msgspec.structs.replace(
            table.table,
            uniques=tuple(unique for unique in table.table.uniques if unique in table.uniques),
            foreign_keys=tuple(
                fk
                for fk in table.table.foreign_keys
                if trivial(table.table, fk) or (fk.columns, fk.parent) in kept[table.id]
            ),
            checks=tuple(check for check in table.table.checks if check in table.checks),
            exclusions=tuple(each for each in table.table.exclusions if each in table.exclusions),
            partitioning=None if table.unpartitioned else table.table.partitioning,
        )
        for table in draft.tables.values()
    )
    schema = msgspec.structs.replace(draft.schema, tables=honoured, notes=())
    return model.Plan(
        seed=draft.seed,
        tables=tables,
        vocabularies=dict(sorted(draft.vocabularies.items())),
        schema=schema,
        notes=(*draft.schema.notes, *draft.notes),
    )
