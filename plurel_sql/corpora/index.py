"""The index of a corpus: a Parquet file with a row of figures for each database that is whole, by seed."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from plurel_sql.corpora.database import FIGURES, Figures, place

INDEX = "index.parquet"


def read(out: Path, name: str) -> Figures | None:
    """The figures of a database that is there and whole, else None."""
    try:
        return msgspec.json.decode((place(out, name) / FIGURES).read_bytes(), type=Figures)
    except (OSError, msgspec.DecodeError):
        return None


def write(out: Path) -> int:
    """Writes the index of all databases in ``out``, whoever made them; how many there are."""
    found = [figures for path in out.iterdir() if path.is_dir() and (figures := read(out, path.name)) is not None]
    found.sort(key=lambda figures: (figures.name.rpartition("-")[0], figures.seed))
    columns = {name: [getattr(figures, name) for figures in found] for name in Figures.__struct_fields__}
    types = {"seed": pa.uint64(), "name": pa.string(), "source": pa.string()}
    schema = pa.schema([(name, types.get(name, pa.int64())) for name in columns])
    part = out / f".{INDEX}.part"
    pq.write_table(pa.table(columns, schema=schema), part, compression="zstd")
    os.replace(part, out / INDEX)
    return len(found)
