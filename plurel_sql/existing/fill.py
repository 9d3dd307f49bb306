"""From a target that is there to the rows that are added to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

import msgspec

from plurel_sql import fit
from plurel_sql.errors import ConfigError, ImpossibleError
from plurel_sql.existing.choose import Choice, choose
from plurel_sql.existing.design import Design, derived_seed, design, wishes
from plurel_sql.existing.live import Live
from plurel_sql.existing.shift import FullError, shifted
from plurel_sql.existing.source import Additions, Mask
from plurel_sql.existing.world import Target, World
from plurel_sql.plan import model, planner
from plurel_sql.plan.config import Config, TableConfig
from plurel_sql.plan.model import Plan
from plurel_sql.sample import Sampler
from plurel_sql.schema.model import Note, Schema, Table

_ATTEMPTS = 5
"""How often the new rows are planned anew so that no unique value repeats an old one."""


def additions(
    live: Live,
    schema: Schema,
    config: Config,
    *,
    seed: int,
    threads: int,
    tables: Sequence[str],
    append: bool,
    place: str,
) -> Additions:
    """New rows for tables of a target, planned so that they fit to what it holds.

    Args:
        live: the open target.
        schema: what it declares.
        config: wishes, resolved against ``schema``; counts are those of new rows.
        tables, append, place: as in ``choose``.

    Raises:
        ConfigError, TargetError: as ``choose``, or rows are wished for a table that gets none.
        ImpossibleError: constraints, old rows and wished counts contradict each other. A table that has no room for its
            share of a total gets fewer rows, or none, and a note says so.
    """
    full: dict[str, Note] = {}
    explicit = {id for id, wish in config.tables.items() if wish.rows is not None}
    fewer: set[str] = set()
    counts: dict[str, int] = {}

    def count(table: Table) -> int:
        if table.id not in counts:
            counts[table.id] = live.count(table)
        return counts[table.id]

    while True:
        choice = choose(schema, count, tables, append=append, place=place, full=full)
        _refuse_others(config, choice, explicit)
        laid_out = design(schema, choice)
        target = Target(live, schema, choice, laid_out)
        attempts = _Attempts(
            laid_out, choice, target, config, derived_seed(seed, choice), threads, tuple(full.values())
        )
        try:
            return attempts.run()
        except FullError as error:
            if error.table in explicit or len(choice.fill) == 1:
                raise
            if error.left and error.table not in fewer:
                wish = config.tables.get(error.table, TableConfig())
                config = msgspec.structs.replace(
                    config, tables={**config.tables, error.table: msgspec.structs.replace(wish, rows=error.left)}
                )
                fewer.add(error.table)
            else:
                full[error.table] = Note(f"gets no rows: {error.message}", error.table, level="info")


def _refuse_others(config: Config, choice: Choice, explicit: Collection[str]) -> None:
    for id in explicit:
        if id not in choice.fill:
            raise ConfigError(f"{id} is not among the tables to fill", place=config.origin, hint="name it in --tables")


class _Attempts:
    def __init__(
        self,
        laid_out: Design,
        choice: Choice,
        target: Target,
        config: Config,
        seed: int,
        threads: int,
        notes: tuple[Note, ...],
    ) -> None:
        self.notes = notes
        self.design = laid_out
        self.choice = choice
        self.target = target
        self.seed = seed
        self.threads = threads
        known = {table.id for table in laid_out.schema.tables}
        self.config = msgspec.structs.replace(
            config, tables={id: wish for id, wish in config.tables.items() if id in known}
        )
        self.held = {id: rows.num_rows for id, rows in target.held.items()}
        self.further = dict.fromkeys(choice.fill, 0)
        self.referred = {key.parent for table in laid_out.filled.tables for key in table.foreign_keys}

    def run(self) -> Additions:
        """Plans, looks which unique keys are there already, and plans again until none is.

        A table to which nothing refers is planned with as many more rows as it holds, and the rows that would repeat a
        key are left out. In the others the counters are moved on.
        """
        first = planner.plan(self.design.schema, wishes(self.config, self.held), self.seed)
        wanted = {id: first.table(id).rows for id in self.choice.fill}
        rows = dict(wanted)
        world = self._world(self._moved(first))
        for _ in range(_ATTEMPTS):
            clashes = Additions(world, {}, {}, ()).clashes()
            keep = {id: ~met for id, met in clashes.items() if id not in self.referred}
            short = [id for id, mask in keep.items() if mask.sum() < wanted[id] and rows[id] == wanted[id]]
            stuck = [id for id in clashes if id in self.referred]
            if not stuck and not short:
                break
            for id in stuck:
                self.further[id] = 3 * self.further[id] + self.choice.counts[id] + wanted[id]
            for id in short:
                rows[id] = wanted[id] + self.choice.counts[id]
            world = self._again(wanted, rows)
        else:
            id = next(iter(stuck), None) or short[0]
            columns = "; ".join(", ".join(unique.columns) for unique in world.design.schema.table(id).uniques)
            raise ImpossibleError(
                "its new rows would repeat unique values that are there",
                place=f"{id} ({columns})",
                hint="ask for fewer",
            )
        return Additions(world, keep, wanted, (*self.notes, *self._short(keep, wanted)))

    def _again(self, wanted: Mapping[str, int], rows: dict[str, int]) -> World:
        try:
            plan = planner.plan(self.design.schema, wishes(self.config, self.held, rows), self.seed)
        except ImpossibleError:
            if rows == wanted:
                raise
            # No room for rows to spare: what is left of the wished ones has to do.
            plan = planner.plan(self.design.schema, wishes(self.config, self.held, dict(wanted)), self.seed)
        return self._world(self._moved(plan))

    def _moved(self, plan: Plan) -> Plan:
        """The plan with the counters of tables that hold rows put beyond these, and with the rows of parents that get
        none in the order of their keys, since they were read so."""

        tables, lists = [], dict(plan.vocabularies)
        for planned in plan.tables:
            id = planned.name
            planned = msgspec.structs.replace(planned, links=tuple(map(self._in_row_order, planned.links)))
            moved = planned
            if id in self.choice.fill and self.choice.counts[id]:
                moved, needed = shifted(
                    planned,
                    self.design.schema.table(id),
                    self.choice.counts[id],
                    partial(self.target.numbers, id),
                    partial(self.target.labels, id),
                    self.further[id],
                )
                lists |= needed
            tables.append(moved)
        return msgspec.structs.replace(plan, tables=tuple(tables), vocabularies=dict(sorted(lists.items())))

    def _in_row_order(self, link: model.Link) -> model.Link:
        if link.side is None or link.parent in self.choice.fill:
            return link
        return msgspec.structs.replace(link, side=msgspec.structs.replace(link.side, uuid=None))

    def _world(self, plan: Plan) -> World:
        fitted = fit.fitted(plan)
        return World(fitted, self.design, self.choice, self.target, Sampler(fitted, self.threads))

    def _short(self, keep: Mapping[str, Mask], wanted: Mapping[str, int]) -> tuple[Note, ...]:
        return tuple(
            Note(
                f"{mask.sum():,} rows, not {wanted[id]:,}: the others would repeat keys that are there",
                id,
                level="info",
            )
            for id, mask in keep.items()
            if mask.sum() < wanted[id]
        )
