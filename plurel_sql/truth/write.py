"""The truth as a folder.

    truth.json                      format, seed, digest of the plan, and per table its rows and the stem of its files
    graph.json  graph.graphml       the causal graph over all tables
    tables/<table>/graph.json  graph.graphml  mechanisms.json  latents.parquet
    optimum/...                     of the tasks of a relbench dataset (see ``tasks``)

The folder is made under a temporary name beside and renamed when it is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from plurel_sql.plan.model import Plan, Table, encode
from plurel_sql.sample import BATCH_ROWS, Sampler
from plurel_sql.sinks import folders, paths
from plurel_sql.truth.graph import Graph, graph
from plurel_sql.truth.graphml import graphml
from plurel_sql.truth.mechanisms import mechanisms
from plurel_sql.truth.tasks import optima

_HEAD = "truth.json"


def check(written: str | Path, overwrite: bool = False) -> Path:
    """The folder to be made.

    Raises:
        TargetError: it can't or may not be written. Only an empty folder is filled, and only one that this program made
            is replaced, with ``overwrite``.
    """
    path = Path(os.path.realpath(written))
    names, notes = folders.held(str(written), path, lambda names: _HEAD in names)
    if names and not overwrite:
        folders.refuse(str(written), "exists already", "--overwrite replaces it", notes)
    return path


def write(
    plan: Plan, sampler: Sampler, folder: str | Path, *, overwrite: bool = False, dataset: Path | None = None
) -> None:
    """Writes the truth behind a fitted plan into ``folder``; see the module's text.

    Args:
        dataset: a relbench dataset made from the plan, whose autocomplete tasks get their optimum (see ``tasks``).

    Raises:
        TargetError: as ``check``.
        RunError: the disk refused, a table's latents could not be made, or the dataset's rows are not the plan's.
    """
    path = check(folder, overwrite)
    with folders.filled(str(folder), path) as work:
        _fill(plan, sampler, work)
        if dataset is not None and (dataset / "tasks").is_dir():
            optima(plan, sampler, dataset, work)


def latents(sampler: Sampler, table: Table) -> pa.RecordBatchReader:
    """What stands behind every row of a table (``Sampler.latents``), made while it is read."""

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, table.rows, BATCH_ROWS):
            yield sampler.latents(table.name, start, min(start + BATCH_ROWS, table.rows))

    return pa.RecordBatchReader.from_batches(sampler.latents(table.name, 0, 0).schema, batches())


def _fill(plan: Plan, sampler: Sampler, folder: Path) -> None:
    whole = graph(plan)
    _graph(whole, folder)
    stems = paths.stems(table.name for table in plan.tables)
    for table in plan.tables:
        place = folder / "tables" / stems[table.name]
        place.mkdir(parents=True)
        _graph(whole.of(table.name), place)
        _json(place / "mechanisms.json", mechanisms(plan, sampler, table.name))
        reader = latents(sampler, table)
        with pq.ParquetWriter(place / "latents.parquet", reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
    tables = [{"name": table.name, "rows": table.rows, "stem": stems[table.name]} for table in plan.tables]
    digest = hashlib.sha256(encode(plan)).hexdigest()
    _json(folder / _HEAD, {"format": 1, "seed": plan.seed, "plan": digest, "tables": tables})


def _graph(found: Graph, folder: Path) -> None:
    _json(folder / "graph.json", found)
    (folder / "graph.graphml").write_bytes(graphml(found))


def _json(path: Path, data: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")
