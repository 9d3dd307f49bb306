"""Which step each foreign key of a table needs, so that its rows lead to old and new parents and meet every key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import pyarrow as pa

from plurel_sql.existing.steps import Ages, Agree, Both, Counted, Step, Taken, Through, standing
from plurel_sql.existing.world import World
from plurel_sql.plan import model
from plurel_sql.schema.model import ForeignKey, Table, Unique


class TableKeys:
    """The ``steps`` of one table, in order.

    Args:
        rewritten: the columns of each table whose values may be others than the plan's.
        keys: gives columns of all new rows of a table, as they will be in the target.
    """

    def __init__(
        self,
        world: World,
        id: str,
        rewritten: Mapping[str, set[str]],
        keys: Callable[[str, tuple[str, ...]], pa.Table],
    ) -> None:
        self.world = world
        self.id = id
        self.table: Table = world.design.schema.table(id)
        self.planned = world.plan.table(id)
        by_label = {key.label: key for key in self.table.foreign_keys}
        self.links: list[tuple[int, ForeignKey]] = [
            (k, by_label[link.name]) for k, link in enumerate(self.planned.links) if link.name in by_label
        ]
        self._rewritten = rewritten
        self._keys = keys
        self._anchors: set[int] = set()
        self._moved: dict[int, Both] = {}
        self.steps: tuple[Step, ...] = tuple(self._steps())

    def _steps(self) -> Iterator[Step]:
        settled: set[str] = set()
        new = [(k, key) for k, key in self.links if key.parent in self.world.filled]
        held = [(k, key) for k, key in self.links if key.parent not in self.world.filled]
        fixed = {name for _, key in held if self._required(key) for name in key.columns}
        unique = {name for unique in self.table.uniques for name in unique.columns}
        late = [  # these follow a key to a held row; one that a unique key rests on can't, it leads and others follow
            (k, key)
            for k, key in new
            if fixed & set(key.columns) and (own := set(key.columns) - fixed) and not own & unique
        ]
        for k, key in sorted(new, key=self._last_to_move):
            if (how := self._both(k, key)) is not None:
                self._moved[k] = how
        for k, key in new:
            if (k, key) in late:
                continue
            if k in self._moved:
                yield self._moved[k]
            elif self._honoured(key):
                yield from self._through(k, key, settled)
            settled |= set(key.columns)
        for k, key in held:
            rows = self.world.target.held[key.parent]
            if rows.num_rows == 0:
                continue  # optional, and NULL by the plan
            shared = tuple(name for name in key.columns if name in settled)
            if not shared:
                ages = None
                if isinstance(self.planned.links[k].law, model.Affinity) and self._alone(k, key) and self._open(key):
                    rows, ages = self._aged(key, rows)
                yield Taken(key.columns, key.parent_columns, rows, self.world.parents(self.id, k), ages)
            elif len(shared) < len(key.columns):
                yield self._agree(key, shared, partial(self.world.target.held.__getitem__, key.parent))
            settled |= set(key.columns)
        for _, key in late:
            shared = tuple(name for name in key.columns if name in settled)
            if shared:  # else the parent that it would follow has no row left, and this table gets none
                yield self._agree(key, shared, partial(self._old_and_new, key))
            settled |= set(key.columns)
        yield from self._counters()

    def _required(self, key: ForeignKey) -> bool:
        return not any(self.table.column(name).nullable for name in key.columns)

    def _agree(self, key: ForeignKey, shared: tuple[str, ...], rows: Callable[[], pa.Table]) -> Agree:
        place = f"{self.id}.{key.label}"
        return Agree(key.columns, key.parent_columns, shared, rows, place, self._required(key))

    def _old_and_new(self, key: ForeignKey) -> pa.Table:
        """All keys that the parent will have."""
        old = self.world.target.old(key.parent, key.parent_columns)
        return pa.concat_tables([old, self._keys(key.parent, key.parent_columns).cast(old.schema)])

    def _honoured(self, key: ForeignKey) -> bool:
        """Whether the plan keeps this key (it drops one of two that can't be made to agree)."""
        assert self.world.plan.schema is not None
        kept = self.world.plan.schema.table(self.id).foreign_keys
        return any((k.columns, k.parent) == (key.columns, key.parent) for k in kept)

    def _through(self, k: int, key: ForeignKey, settled: set[str]) -> Iterator[Step]:
        pairs = [
            (name, source)
            for name, source in zip(key.columns, key.parent_columns, strict=True)
            if name not in settled and source in self._rewritten[key.parent]
        ]
        if pairs:
            columns, sources = (tuple(names) for names in zip(*pairs, strict=True))
            parent = key.parent
            yield Through(columns, sources, lambda: self._keys(parent, sources), self.world.parents(self.id, k))

    # Keys to old and new parents

    def _last_to_move(self, item: tuple[int, ForeignKey]) -> tuple[bool, int]:
        return isinstance(self.planned.links[item[0]].law, model.Driver), item[0]

    def _both(self, k: int, key: ForeignKey) -> Both | None:
        """Lets a key to a table that holds rows reach those as well, where no other constraint hangs on it."""
        world, count = self.world, self.world.choice.counts[key.parent]
        columns = set(key.columns)
        if not count or k in self._anchors or not self._alone(k, key):
            return None
        if not self._unchecked(key):
            return None
        at_stake = [unique for unique in self.table.uniques if columns & set(unique.columns)]
        place = f"{self.id}.{key.label}"
        new = world.plan.table(key.parent).rows
        share = count / max(count + new, 1)
        instead = None
        if at_stake:
            anchors = [self._anchor(k, columns, unique) for unique in at_stake]
            referred = any(
                columns & set(other.parent_columns)
                for id in world.filled
                for other in world.design.schema.table(id).foreign_keys
                if other.parent == self.id
            )
            if referred or any(anchor is None for anchor in anchors):
                return None
            self._anchors |= {anchor for anchor in anchors if anchor is not None}
            instead = standing(place, new, count, share)
        rows, ages = world.target.old(key.parent, key.parent_columns), None
        if instead is None:
            rows, ages = self._aged(key, rows)
        return Both(key.columns, key.parent_columns, rows, world.parents(self.id, k), share, place, instead, ages)

    def _unchecked(self, key: ForeignKey) -> bool:
        """No CHECK and no exclusion hangs on the key."""
        columns = set(key.columns)
        texts = [text for exclusion in self.table.exclusions for text, _ in exclusion.elements]
        checked = any(columns & set(check.columns) for check in self.table.checks)
        return not checked and not any(name in text for name in columns for text in texts)

    def _open(self, key: ForeignKey) -> bool:
        """The key may lead to any row: no constraint hangs on it."""
        keyed = any(set(key.columns) & set(unique.all_columns) for unique in self.table.uniques)
        return not keyed and self._unchecked(key)

    def _aged(self, key: ForeignKey, rows: pa.Table) -> tuple[pa.Table, Ages | None]:
        """The parent's held rows, the oldest first, and their times; as they are where nothing tells who is older."""
        own = next((each.name for each in self.planned.columns if isinstance(each.rule, model.At)), None)
        time = self.world.target.time(key.parent)
        if own is None or time is None:
            return rows, None
        found = self.world.target.old(key.parent, tuple(dict.fromkeys((*key.parent_columns, time))))
        zone = pa.timestamp("us", "UTC") if getattr(found[time].type, "tz", None) else pa.timestamp("us")
        times = np.asarray(found[time].cast(zone).cast(pa.int64()).fill_null(-(2**62)))
        order = np.argsort(times, kind="stable")
        return found.take(pa.array(order)), Ages(own, times[order])

    def _alone(self, k: int, key: ForeignKey) -> bool:
        """No other key of the table shares its columns or follows from it."""
        laws = [link.law for link in self.planned.links]
        if isinstance(laws[k], model.Derived | model.Same | model.Within):
            return False
        for other, law in enumerate(laws):
            if isinstance(law, model.Derived) and law.path[0] == k:
                return False
            if (isinstance(law, model.Same) and law.link == k) or (isinstance(law, model.Within) and law.via == k):
                return False
            if other != k and any(j == other and set(key.columns) & set(o.columns) for j, o in self.links):
                return False
        return True

    def _anchor(self, k: int, columns: set[str], unique: Unique) -> int | None:
        """Another key inside the unique one that is required and leads to new rows alone."""
        if not unique.plain:
            return None
        for other, key in self.links:
            inside = set(key.columns) <= set(unique.columns) and not columns & set(key.columns)
            if other != k and inside and self.leads_to_new(other, key):
                return other
        return None

    def leads_to_new(self, k: int, key: ForeignKey) -> bool:
        """Whether every row has this key, to a new row."""
        shares = any(set(key.columns) & set(other.columns) for _, other in self.links if other != key)
        return key.parent in self.world.filled and self._required(key) and k not in self._moved and not shares

    # Counters below held rows

    def _counters(self) -> Iterator[Step]:
        """(order_id, line_no) where the orders are held: lines go on after the last one of their order."""
        if not self.world.choice.counts[self.id]:
            return
        for k, key in self.links:
            driven = isinstance(self.planned.links[k].law, model.Driver) and key.parent not in self.world.filled
            held = self.world.target.held.get(key.parent)
            if not driven or held is None or not held.num_rows:
                continue
            for column in self.planned.columns:
                rule, pair = column.rule, {*key.columns, column.name}
                counts = (
                    isinstance(rule, model.Position) and rule.levels == 1 and column.type.startswith(("int", "uint"))
                )
                if counts and any(set(unique.columns) == pair for unique in self.table.uniques):
                    assert isinstance(rule, model.Position)
                    last, known = self.world.target.last(self.id, column.name, key, held)
                    ahead = np.where(known, last - rule.start + rule.step, 0)
                    yield Counted(column.name, ahead, self.world.parents(self.id, k))
