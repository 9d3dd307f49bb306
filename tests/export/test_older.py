"""The same folder in relbench 1, which the published PluRel pins: in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import plurel_sql

SCRIPT = """
import json, sys
import pandas as pd
from relbench.base import Dataset

class Folder(Dataset):
    val_timestamp, test_timestamp = map(pd.Timestamp, sys.argv[2:4])

database = Folder(cache_dir=sys.argv[1]).get_db()
print(json.dumps({
    name: [len(table), table.pkey_col, table.time_col, table.fkey_col_to_pkey_table,
           str(table.df[table.time_col].dtype) if table.time_col else None]
    for name, table in database.table_dict.items()
}))
"""


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """The Python of an environment with relbench 1.1.0."""
    place = tmp_path_factory.mktemp("relbench1")
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    python = place / "bin" / "python"
    found = subprocess.run([python, "-m", "pip", "install", "-q", "relbench==1.1.0"], capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"relbench 1.1.0 can't be installed: {found.stderr.strip().splitlines()[-1]}")
    return python


@pytest.mark.slow
@pytest.mark.parametrize("schema", ["retail", Path(__file__).with_name("awkward.sql")], ids=["retail", "awkward"])
def test_relbench_1_loads_the_folder(tmp_path, older, schema):
    relbench = pytest.importorskip("relbench")
    plurel_sql.synthesize(schema, rows=2000).write(tmp_path / "out", format="relbench", tasks=0)
    dataset = relbench.load_dataset(str(tmp_path / "out"))
    cuts = [str(dataset.val_timestamp), str(dataset.test_timestamp)]
    run = subprocess.run(
        [older, "-c", SCRIPT, str(tmp_path / "out"), *cuts], capture_output=True, text=True, check=True
    )
    there = json.loads(run.stdout.splitlines()[-1])
    here = {
        name: [len(t), t.pkey_col, t.time_col, t.fkey_col_to_pkey_table, "datetime64[ns]" if t.time_col else None]
        for name, t in dataset.get_db().table_dict.items()
    }
    assert there == here
