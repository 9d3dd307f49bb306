"""The native module (sampler/src/python.rs): plan JSON in, Arrow streams out."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, final

class SamplerError(Exception):
    """What the sampler can't do. ``place`` is a table, "table.column" or "plan"."""

    kind: Literal["plan", "impossible", "run"]
    place: str
    message: str

@final
class Stream:
    """Rows of one table over the Arrow PyCapsule interface, made while they are read.

    Each ``__arrow_c_stream__`` begins anew; an error while reading comes out as an Arrow error.
    """

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...

@final
class Rows:
    """Rows in memory, over the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class Database:
    """An opened plan: any rows of any table, as often as wanted, from any thread."""

    @staticmethod
    def open(plan: bytes, threads: int = 0, cache_bytes: int = ..., fitted: Fitted | None = None) -> Database:
        """Opens a fitted plan.

        Args:
            plan: the plan as JSON.
            threads: workers for each stream, 0 for one per core. The rows don't depend on it.
            cache_bytes: memory that parents' values may be kept in. The rows don't depend on it.
            fitted: what the plan came from; its columns may have changed since. The rows don't depend on it, but are
                there sooner.

        Raises:
            SamplerError: "plan" where it is not one, "impossible" where it asks for what can't be.
        """

    def tables(self) -> list[str]:
        """Names of the tables, in value order."""

    def rows(self, table: str) -> int:
        """How many rows a table has."""

    def stream(
        self,
        table: str,
        start: int = 0,
        stop: int | None = None,
        batch_rows: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> Stream:
        """Rows ``start <= row < stop``, to the table's end where None; the named columns, all where None.

        ``batch_rows`` is the most rows of a batch, 122,880 where None.
        """

    def rows_at(self, table: str, rows: bytes, columns: Sequence[str], attempt: tuple[int, int] | None = None) -> Rows:
        """Columns at any rows (little-endian 64-bit numbers); with ``attempt`` (the index of a retry, a number from 1)
        that retry's columns are drawn anew."""

    def parents(self, table: str, link: int, start: int, stop: int) -> bytes:
        """The parent row of each row ``start <= row < stop`` along the table's ``link``-th link, as little-endian
        unsigned 64-bit numbers; 2**64 - 1 where NULL."""

    def latents(self, table: str, start: int, stop: int) -> Rows:
        """Per row ``start <= row < stop``: ``row``, ``time`` (where the table has time), ``latent:NODE``,
        ``parent:LINK`` and ``trait:LINK`` of each causal link."""

    def mechanisms(self, table: str) -> bytes:
        """The encoders and decoders of the table's model as JSON (sampler/src/scm/tabulate.rs)."""

    def redraw(
        self,
        table: str,
        column: str,
        rows: bytes,
        draws: tuple[int, int],
        free: Sequence[str],
        asked: Sequence[str],
        weigh: bool,
    ) -> Rows:
        """Draws ``draws[0] <= draw < draws[1]`` of a column's cells at any rows, draw after draw: ``value``, ``weight``
        (a logarithm) and ``rank:NODE`` of each node of ``asked``.

        ``free`` nodes are drawn anew from their mechanisms; with ``weigh`` other nodes that these cause weigh the draw.
        """

    def children(self, table: str, link: int, parent_row: int) -> list[int]:
        """The rows of ``table`` that refer to ``parent_row`` along its ``link``-th link, in ascending order."""

@final
class Encoder:
    """Record batches as the bytes that a server's bulk load takes, for one table."""

    @staticmethod
    def binary(schema: object, targets: Sequence[tuple[str, int | None]]) -> Encoder | None:
        """PostgreSQL's COPY in its binary form; None where a column has none.

        Args:
            schema: an Arrow schema (PyCapsule interface).
            targets: per column its type's name in pg_type ("enum" for any enum) and None, or for an array the item's
                name and its oid.
        """

    @staticmethod
    def text(mysql: bool, kinds: Sequence[str]) -> Encoder:
        """Lines for PostgreSQL's COPY (text) or MySQL's LOAD DATA.

        ``kinds`` are the columns' types (of arrays their items'): for "bit" and "varbit" truth values become 1 and 0,
        arrays of "box" are separated by semicolons.
        """

    @property
    def is_binary(self) -> bool: ...
    @property
    def header(self) -> bytes:
        """What stands before the first row."""

    @property
    def trailer(self) -> bytes:
        """What stands after the last row."""

    def encode(self, batch: object) -> bytes:
        """All rows of an Arrow record batch (PyCapsule interface).

        Raises:
            SamplerError: a value has no place in its column's type.
        """

@final
class ContextTask:
    """A task's rows over a source."""

@final
class ContextSource:
    """A database that contexts are drawn from (sampler/src/context/). Arrays are little-endian: int64, or float32.

    ``settings``: length, width, max_width, published, fill, threads, leaks. What comes back is a buffer for each array
    of ``plurel_sql.context.ContextBatch``, and ``texts``, a list that is empty but for a source that is unmade.
    """

    @staticmethod
    def stored(
        tables: Sequence[tuple[str, int, object, bool, Sequence[int], Sequence[tuple[int, int]]]],
        plan: tuple[Database, Sequence[tuple[str, Sequence[int | None]]]] | None = None,
    ) -> ContextSource:
        """A database in memory.

        Args:
            tables: name; how many rows; an Arrow record batch (PyCapsule interface) of, in this order, the time (int64
                nanoseconds), row numbers of parents (int64), cells (float32, int32 for text); whether it has a time;
                the tables that links lead to; number and type of each column with cells.
            plan: where the rows are those of a plan, in its order: the plan opened, and of each table its name there
                and which of its links each link is.

        Raises:
            SamplerError: an array is not as said, or a row refers to one that is not there.
        """

    @staticmethod
    def unmade(database: Database, tables: Sequence[Mapping[str, object]]) -> ContextSource:
        """A plan's database that is never made.

        Args:
            tables: ``name``; ``planned``, its name in the plan; ``time``, the column that is its time, or ``lenders``,
                the links that lend it theirs; ``links``: the table that each leads to and which link of the planned
                table it is; ``columns`` with cells: number, type, planned column (None: the row's time), mean and
                deviation; ``fullness``: how many cells of a row are not NULL, about.

        Raises:
            SamplerError: something of that is not in the plan.
        """

    def task(
        self,
        name: str,
        entity: int,
        column: int,
        kind: int,
        rows: bytes,
        times: bytes,
        known: bytes,
        labels: bytes,
        moments: bytes,
    ) -> ContextTask:
        """A task over the source. ``known``: from when on a label may be seen, 2**63 - 1 for never; ``labels`` and
        ``moments`` (the times) are float32, standardised; ``column`` is the number of the label's column."""

    def times(self, tables: bytes, rows: bytes) -> bytearray:
        """When rows were, int64 nanoseconds."""

    def batch(
        self,
        settings: Mapping[str, object],
        seed: int,
        tables: bytes,
        rows: bytes,
        targets: bytes,
        times: bytes,
        draws: bytes,
    ) -> dict[str, Any]:
        """Contexts of given seeds."""

    def step(self, settings: Mapping[str, object], part: Mapping[str, int], targets: Sequence[int]) -> dict[str, Any]:
        """Contexts of drawn seeds; ``part``: seed, step, first, count, until."""

    def asked(self, settings: Mapping[str, object], seed: int, task: ContextTask, rows: bytes) -> dict[str, Any]:
        """Contexts of a task's rows."""

def drawn_numbers(part: Mapping[str, int], rows: int) -> bytearray:
    """Numbers below ``rows`` for a part of a step, int64."""

@final
class Fitted:
    """A plan with its SCMs drawn and calibrated, and what was computed for that.

    Raises:
        SamplerError: as ``Database.open``.
    """

    def __init__(self, plan: bytes) -> None: ...
    @property
    def plan(self) -> bytes:
        """The fitted plan as JSON."""
