"""The optimum beside a relbench dataset's tasks: the same rows, found through the order of the dataset."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from plurel_sql import RunError, cli, synthesize
from plurel_sql.api import Database
from plurel_sql.truth import tasks as truth_tasks

TASKS = [("order_item", "quantity"), ("orders", "currency"), ("payment", "amount"), ("review", "rating")]


@pytest.fixture(scope="module")
def database() -> Database:
    return synthesize("retail", rows=4000)


@pytest.fixture(scope="module")
def dataset(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a task for each of ``TASKS`` (key, time, target; the last rows are the test's) and one that looks ahead."""
    folder = tmp_path_factory.mktemp("truth") / "shop"
    database.write(folder, format="relbench", tasks=0)
    tables = yaml.safe_load((folder / "manifest.yaml").read_text())["tables"]
    for table, column in TASKS:
        key, time = tables[table]["pkey"], tables[table]["time_col"]
        rows = pq.read_table(folder / "db" / f"{table}.parquet", columns=[time, key, column]).to_pandas()
        rows = rows.dropna()
        place = folder / "tasks" / f"{table}-{column}"
        place.mkdir(parents=True)
        for split, part in (("train", rows[:-300]), ("val", rows[-300:-100]), ("test", rows[-100:].sample(frac=1))):
            pq.write_table(pa.Table.from_pandas(part, preserve_index=False), place / f"{split}.parquet")
        manifest = {"name": place.name, "kind": "autocomplete", "entity_table": table, "entity_col": key}
        manifest |= {"target_col": column, "time_col": time, "remove_columns": [["review", "title"]]}
        (place / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    (folder / "tasks" / "churn").mkdir()
    (folder / "tasks" / "churn" / "manifest.yaml").write_text(yaml.safe_dump({"name": "churn", "kind": "forecast"}))
    return folder


def test_each_line_is_its_rows(database: Database, dataset: Path, tmp_path: Path) -> None:
    database.truth().write(tmp_path / "truth", dataset=dataset)
    index = json.loads((tmp_path / "truth" / "optimum" / "index.json").read_text())
    assert sorted(index["written"]) == sorted(f"{table}-{column}" for table, column in TASKS)
    assert set(index["without"]) >= {"churn"}
    for table, column in TASKS:
        folder = tmp_path / "truth" / "optimum" / f"{table}-{column}"
        for split in ("train", "val", "test"):
            told = pq.read_table(folder / f"{split}.parquet").to_pandas()
            asked = pq.read_table(dataset / "tasks" / folder.name / f"{split}.parquet").to_pandas()
            pd.testing.assert_frame_equal(told[asked.columns], asked)
    # A ceiling that belongs to other rows would be nowhere near: skill shows that the rows are the right ones.
    told = pq.read_table(tmp_path / "truth" / "optimum" / "payment-amount" / "val.parquet").to_pandas()
    error = (told["amount"] - told["ceiling.q50"]).abs().mean()
    assert error < 0.75 * (told["amount"] - told["amount"].median()).abs().mean()
    assert error < (told["amount"] - np.roll(told["ceiling.q50"], 1)).abs().mean()
    conditions = json.loads((tmp_path / "truth" / "optimum" / "review-rating" / "conditions.json").read_text())
    assert conditions["ceiling"]["seen_by_the_task"] == ["body"]


def test_of_many_training_rows_some_have_theirs(
    database: Database, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(truth_tasks, "TRAIN", 100)
    database.truth().write(tmp_path / "truth", dataset=dataset)
    told = pq.read_table(tmp_path / "truth" / "optimum" / "payment-amount" / "train.parquet").to_pandas()
    asked = pq.read_table(dataset / "tasks" / "payment-amount" / "train.parquet").to_pandas()
    assert 50 <= len(told) <= 100 < len(asked)
    assert set(told["payment_id"]) < set(asked["payment_id"])


def test_another_plans_dataset_is_refused(dataset: Path, tmp_path: Path) -> None:
    other = synthesize("retail", rows=4000, seed=1)
    with pytest.raises(RunError, match="not those of the plan"):
        other.truth().write(tmp_path / "truth", dataset=dataset)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_tasks_that_are_made_have_theirs(tmp_path: Path) -> None:
    """The command line's way, judged as relbench judges a model."""
    relbench = pytest.importorskip("relbench")
    shop, truth = tmp_path / "shop", tmp_path / "truth"
    arguments = ["synth", "retail", "--rows", "20000", "--format", "relbench", "--out", str(shop)]
    assert cli.run([*arguments, "--truth", str(truth), "--quiet"]) == 0
    index = json.loads((truth / "optimum" / "index.json").read_text())
    assert index["written"]
    # What tells the target's own chance is known from the plan, and removed.
    for name in index["written"]:
        conditions = json.loads((truth / "optimum" / name / "conditions.json").read_text())
        assert conditions["ceiling"]["seen_by_the_task"] == [], name
    dataset = relbench.load_dataset(str(shop))
    for name in index["written"]:
        task = dataset.load_task(name)
        told = pq.read_table(truth / "optimum" / name / "test.parquet").to_pandas()
        field = "ceiling.q50" if "ceiling.q50" in told else "ceiling.p:true"
        shown = task.get_table("test", mask_input_cols=False).df[task.target_col]
        flat = np.full(len(told), shown.median() if field == "ceiling.q50" else shown.mean())
        best, trivial = task.evaluate(told[field].to_numpy()), task.evaluate(flat)
        for metric in best.keys() & {"mae", "nmae"}:
            assert best[metric] < trivial[metric], (name, metric)
        assert best.get("roc_auc", 1.0) > 0.55, name
