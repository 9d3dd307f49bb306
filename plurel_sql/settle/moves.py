"""Moves: expressions put into columns of a failing row, found by trying what the CHECKs propose."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from plurel_sql.attempts.judge import Judge, Places, passes, quoted, type_name
from plurel_sql.attempts.mend import MOVE, moved
from plurel_sql.plan import model
from plurel_sql.settle.groups import Group

Move = tuple[str | None, ...]
ROWS = 128
"""Failing rows that moves are tried on."""
CHUNK = 32
"""Moves tried in one statement."""
MOST = 24
"""Moves of one tier that are kept."""
TRIED = 1200
"""Moves of one tier that are tried at most."""
SAMPLES = 6
"""Own values of a column that are tried as constants."""
ENOUGH = 3
"""Moves that each row should have, where there are so many."""

EQUATION, CONSTANT, BLAND, NULL = 0, 1, 2, 3
TIERS = ((EQUATION, 1), (CONSTANT, 1), (EQUATION, 2), (BLAND, 1), (NULL, 1), (CONSTANT, 2), (NULL, 2), (BLAND, 2),
         (CONSTANT, 3), (NULL, 3), (BLAND, 3), (NULL, 4), (NULL, 5))  # fmt: skip
"""(The dearest value, how many columns), in the order of trying: what says most and changes least first."""


class Moves:
    """The search for the moves of one group, on rows of a pilot."""

    def __init__(self, table: model.Table, group: Group, judge: Judge, retry: model.Retry, pilot: pa.Table) -> None:
        self.columns = {column.name: column for column in table.columns}
        self.group = group
        self.judge = judge
        self.pilot = pilot
        self.conditions = [*(passes(check.expression) for check in retry.checks),
                           *(f"coalesce({guard}, false)" for guard in retry.guards)]  # fmt: skip
        usual = [self._usual(name) for name in group.movable]
        self.hopes = tuple(condition for condition in usual if condition)
        self.hopeful = [*self.conditions, *self.hopes]

    def found(self, failing: Places, tiers: Sequence[tuple[int, int]] = TIERS) -> tuple[tuple[Move, ...], ...]:
        """Moves that mend the failing rows of the pilot, by tier, as many as it takes; fewer where no more help."""
        rows = self.pilot.take(pa.array(spread(failing, ROWS)))
        options = {name: self._options(name, rows) for name in self.group.movable}
        kept: list[tuple[Move, ...]] = []
        covered = np.zeros(rows.num_rows, np.bool_)
        for conditions in [self.hopeful, self.conditions] if self.hopes else [self.conditions]:
            for dearest, size in tiers:
                if size <= len(options) and not covered.all():
                    moves, cover = self._tier(rows, options, (dearest, size), conditions)
                    if moves not in kept and (cover & ~covered).any():
                        kept.append(moves)
                        covered |= cover
        return tuple(kept)

    def _usual(self, name: str) -> str | None:
        """The condition that a number or time lies where the column's own values do."""
        if pa.types.is_nested(self.pilot.schema.field(name).type) or not _ordered(self.columns[name].type):
            return None
        ends = pc.min_max(self.pilot.column(name))
        if not ends["min"].is_valid:
            return None
        bounds = self.judge.select(
            pa.table({"low": [ends["min"]], "high": [ends["max"]]}),
            ["CAST(low AS VARCHAR) AS low", "CAST(high AS VARCHAR) AS high"],
        ).to_pylist()[0]
        low, high = (literal(bounds[end], self.columns[name].type) for end in ("low", "high"))
        return f"({quoted(name)} IS NULL OR {quoted(name)} BETWEEN {low} AND {high})"

    def _tier(
        self,
        rows: pa.Table,
        options: dict[str, list[tuple[str, int]]],
        kind: tuple[int, int],
        conditions: Sequence[str],
    ) -> tuple[tuple[Move, ...], npt.NDArray[np.bool_]]:
        kept: list[Move] = []
        cover = np.zeros(rows.num_rows, np.int64)
        tried = list(itertools.islice(self._combined(options, *kind), TRIED))
        for start in range(0, len(tried), CHUNK):
            chunk = tried[start : start + CHUNK]
            for move, meets in zip(chunk, self._tried(rows, chunk, conditions), strict=True):
                if len(kept) < MOST and (cover[meets] < ENOUGH).any():
                    kept.append(move)
                    cover += meets
            if len(kept) == MOST or (cover >= ENOUGH).all():
                break
        return tuple(kept), cover > 0

    def _options(self, name: str, rows: pa.Table) -> list[tuple[str, int]]:
        """(Expression, cost) pairs for a column, of those that can be evaluated."""
        offers: dict[str, int] = {}
        for known in self.group.checks:
            for column, text, cost in known.meant.proposals:
                if column == name:
                    offers.setdefault(text, cost)
        for text in self._samples(name):
            offers.setdefault(text, CONSTANT)
        offers.setdefault("NULL", NULL)
        if isinstance(self.columns[name].rule, model.At):  # it orders the rows
            offers = dict.fromkeys(offers, NULL)
        return [(text, cost) for text, cost in offers.items() if self.judge.refusal(text, rows, cast=False) is None]

    def _samples(self, name: str) -> list[str]:
        """A few of the column's own values, as literals."""
        values = self.pilot.select([name]).filter(pc.is_valid(self.pilot.column(name)))
        some = values.take(pa.array(spread(np.arange(values.num_rows), SAMPLES)))
        texts = self.judge.select(some, [f"CAST({quoted(name)} AS VARCHAR) AS text"]).column("text").to_pylist()
        return [literal(text, self.columns[name].type) for text in dict.fromkeys(texts)]

    def _combined(self, options: dict[str, list[tuple[str, int]]], dearest: int, size: int) -> Iterator[Move]:
        """Moves that change ``size`` columns, one at least at the cost ``dearest`` and none at more."""
        for names in itertools.combinations(options, size):
            cheap = [[offer for offer in options[name] if offer[1] <= dearest] for name in names]
            for offers in itertools.product(*cheap):
                if max(cost for _, cost in offers) == dearest:
                    chosen = dict(zip(names, (text for text, _ in offers), strict=True))
                    yield tuple(chosen.get(name) for name in self.group.changed)

    def _tried(self, rows: pa.Table, moves: Sequence[Move], conditions: Sequence[str]) -> npt.NDArray[np.bool_]:
        """For each move and row whether the row passes then."""
        many = rows.take(pa.array(np.tile(np.arange(rows.num_rows), len(moves))))
        which = np.repeat(np.arange(len(moves), dtype=np.int32), rows.num_rows)
        columns = [self.columns[name] for name in self.group.changed]
        made = moved(self.judge, many.append_column(MOVE, pa.array(which)), columns, moves)
        met = np.ones(many.num_rows, np.bool_)
        met[self.judge.failing(made, conditions)] = False
        return met.reshape(len(moves), rows.num_rows)


def _ordered(type: str) -> bool:
    return type.startswith(("int", "uint", "float", "decimal", "date", "timestamp")) and type != "interval"


def spread(places: Places, most: int) -> Places:
    """At most ``most`` of the places, evenly spread."""
    if places.size <= most:
        return places
    return places[np.linspace(0, places.size - 1, most).astype(np.int64)]


def literal(text: str, type: str) -> str:
    """A value's text as an expression of an Arrow type."""
    return "CAST('" + text.replace("'", "''") + f"' AS {type_name(type)})"
