"""Plans of virtual databases, in worker processes; imports nothing heavy."""

from __future__ import annotations

from plurel_sql.corpora.recipe import plan_of, recipe
from plurel_sql.errors import PlurelError, RunError
from plurel_sql.plan.model import encode
from plurel_training.config import Virtual

TRIES = 5


def planned(source: Virtual, seed: int) -> bytes:
    """The plan of the database of this seed, as JSON; a schema that can't be planned gives way to the next seed's.

    Raises:
        InputError: there is no such source of schemas.
        RunError: none of ``TRIES`` seeds in a row could be planned.
    """
    made = recipe(source.schemas, format="plan", prior=source.prior, rows=source.rows)
    for attempt in range(TRIES):
        try:
            return encode(plan_of(made, seed + attempt)[0])
        except PlurelError as error:
            last = error
    raise RunError(f"{TRIES} schemas in a row can't be planned: {last}", place=source.schemas)
