"""Digests of the bundled schemas' data; run as a script it writes digests.json anew (see CONTRIBUTING.md)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa

import plurel_sql
from plurel_sql.plan.params import Choices, DatabaseParams, Params
from plurel_sql.prior.published import random_schema

DIGESTS = Path(__file__).with_name("digests.json")
BUNDLED = ("retail", "clinic", "tracker")
PUBLISHED = "published prior"
ROWS, SEED = 2000, 0


def digest(table: pa.Table) -> str:
    """A digest of a table's schema and cells that doesn't hang on how Arrow lays them out."""
    lines = (repr(row) for batch in table.to_batches(1000) for row in batch.to_pylist())
    return hashlib.sha256("\n".join((str(table.schema), *lines)).encode()).hexdigest()


def digests(name: str) -> dict[str, str]:
    """Table -> digest, of one bundled schema, or of a random one under the published prior."""
    if name == PUBLISHED:
        schema = random_schema(SEED, Params(database=DatabaseParams(num_tables_choices=Choices("range", (4, 4)))))
        database = plurel_sql.synthesize(schema, rows=ROWS, seed=SEED, prior="plurel")
    else:
        database = plurel_sql.synthesize(name, rows=ROWS, seed=SEED)
    return {table: digest(database[table].arrow()) for table in database}


if __name__ == "__main__":
    DIGESTS.write_text(json.dumps({name: digests(name) for name in (*BUNDLED, PUBLISHED)}, indent=1) + "\n")
