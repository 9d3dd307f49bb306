"""Digests of the bundled schemas' data; run as a script it writes digests.json anew (see CONTRIBUTING.md)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa

import plurel_sql

DIGESTS = Path(__file__).with_name("digests.json")
BUNDLED = ("retail", "clinic", "tracker")
ROWS, SEED = 2000, 0


def digest(table: pa.Table) -> str:
    """A digest of a table's schema and cells that doesn't hang on how Arrow lays them out."""
    lines = (repr(row) for batch in table.to_batches(1000) for row in batch.to_pylist())
    return hashlib.sha256("\n".join((str(table.schema), *lines)).encode()).hexdigest()


def digests(name: str) -> dict[str, str]:
    """Table -> digest, of one bundled schema."""
    database = plurel_sql.synthesize(name, rows=ROWS, seed=SEED)
    return {table: digest(database[table].arrow()) for table in database}


if __name__ == "__main__":
    DIGESTS.write_text(json.dumps({name: digests(name) for name in BUNDLED}, indent=1) + "\n")
