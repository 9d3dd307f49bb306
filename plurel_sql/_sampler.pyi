"""The native module (sampler/src/python.rs): plan JSON in, Arrow streams out."""

from collections.abc import Sequence
from typing import Literal, final

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
class Database:
    """An opened plan: any rows of any table, as often as wanted, from any thread."""

    @staticmethod
    def open(plan: bytes, threads: int = 0, cache_bytes: int = ...) -> Database:
        """Opens a fitted plan.

        Args:
            plan: the plan as JSON.
            threads: workers for each stream, 0 for one per core. The rows don't depend on it.
            cache_bytes: memory that parents' values may be kept in. The rows don't depend on it.

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

    def parents(self, table: str, link: int, start: int, stop: int) -> list[int | None]:
        """The parent row of each row ``start <= row < stop`` along the table's ``link``-th link, None where NULL."""

    def children(self, table: str, link: int, parent_row: int) -> list[int]:
        """The rows of ``table`` that refer to ``parent_row`` along its ``link``-th link, in ascending order."""

def fit(plan: bytes) -> bytes:
    """The plan with its SCMs drawn and calibrated.

    Raises:
        SamplerError: as ``Database.open``.
    """
