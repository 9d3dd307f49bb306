"""What a sink is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, Protocol

import msgspec
import pyarrow as pa

from plurel_sql.schema.model import Note, Schema

Constraints = Literal["all", "keys", "none"]
"""What to declare in the target: everything; PRIMARY KEY and UNIQUE only; NOT NULL only."""


class Source(Protocol):
    """A filled schema, as a sink sees it."""

    @property
    def schema(self) -> Schema: ...

    def rows(self, table: str) -> int:
        """How many rows the table with this id has."""

    def types(self, table: str) -> dict[str, str]:
        """Column -> Arrow type in short, as in ``plan.model.Column.type``."""

    def stream(self, table: str) -> pa.RecordBatchReader:
        """All rows of the table, from its first, made while they are read."""


class Progress(Protocol):
    """Told about the load while it runs."""

    def table(self, name: str) -> None:
        """The load turns to this table."""

    def advance(self, rows: int) -> None:
        """This many more rows were taken."""


class Silent:
    """Progress that nobody watches."""

    def table(self, name: str) -> None:
        pass

    def advance(self, rows: int) -> None:
        pass


class TableLoad(msgspec.Struct, frozen=True):
    """A loaded table: ``seconds`` of wall time with its keys, ``bytes`` of Arrow data that were made for it."""

    name: str
    rows: int
    seconds: float
    bytes: int


class Loaded(msgspec.Struct, frozen=True):
    """A filled target: its tables in load order, its size in bytes, and what it does not declare, with reasons."""

    target: str
    tables: tuple[TableLoad, ...]
    bytes: int
    seconds: float
    notes: tuple[Note, ...] = ()


class Sink(Protocol):
    """A target, opened by ``targets.open_target`` and not touched before ``write``."""

    def check(self) -> None:
        """Refuses, before a row is made, a target that can't or may not be written.

        Raises:
            TargetError: with what to do about it.
        """

    def undeclared(self, source: Source, constraints: Constraints = "all") -> tuple[Note, ...]:
        """What the target will not declare of the source's schema, as far as it shows before a row is made."""

    def write(self, source: Source, *, constraints: Constraints = "all", progress: Progress | None = None) -> Loaded:
        """Fills the target: as before or complete, never between.

        Raises:
            TargetError: the target can't or may not be written, or can't hold a table at all.
            RunError: the load failed; says what state the target is in.
        """


class Counted:
    """A stream that counts what passes and keeps the error that broke it (a database wraps errors in its own).

    ``check`` is called before each batch and may raise.
    """

    def __init__(self, reader: pa.RecordBatchReader, progress: Progress, check: Callable[[], None]) -> None:
        self.rows = 0
        self.bytes = 0
        self.error: BaseException | None = None
        self._progress = progress
        self._check = check
        self.reader = pa.RecordBatchReader.from_batches(reader.schema, self._pass(reader))

    def _pass(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        try:
            for batch in reader:
                self._check()
                yield batch
                self.rows += batch.num_rows
                self.bytes += batch.nbytes
                self._progress.advance(batch.num_rows)
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            raise
