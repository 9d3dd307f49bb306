"""Tasks of a real dataset: predictions, protocols, baselines, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml
from relbench import load_dataset
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from plurel_sql.context import ContextSource, Task
from plurel_sql.errors import InputError
from plurel_training import checkpoint
from plurel_training.checkpoint import Checkpoint
from plurel_training.cli import app, main
from plurel_training.config import ModelConfig, TextConfig
from plurel_training.evaluation import baselines, bootstrap
from plurel_training.evaluation.bootstrap import interval
from plurel_training.evaluation.cut import cut
from plurel_training.evaluation.evaluate import check_labels, scores, tasks_of
from plurel_training.evaluation.predict import TaskContexts, predict
from plurel_training.model import RelationalTransformer
from plurel_training.text import open_encoder

SMALL = ModelConfig(blocks=1, width=16, heads=2, hidden=16, text_width=32)


@pytest.fixture(scope="module")
def races(shared: Path) -> Path:
    return shared / "rel-f1"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("checkpoint") / "a.pt"
    torch.manual_seed(0)
    model = RelationalTransformer(SMALL)
    checkpoint.write(place, Checkpoint(SMALL, TextConfig(), model.state_dict()))
    return place


def test_a_bootstrap_covers_what_it_should() -> None:
    random = np.random.default_rng(0)
    inside = 0
    for seed in range(40):
        truth, noise = random.normal(size=200), random.normal(size=200)
        low, high = interval(lambda t, p: float(np.mean(t - p)), truth + noise, truth, seed=seed)
        inside += low <= 0 <= high
    assert 34 <= inside <= 40
    assert all(np.isnan(interval(lambda t, p: float(roc_auc_score(t, p)), np.ones(5), np.ones(5))))


def test_a_cut_dataset_shows_nothing_later(races: Path, tmp_path: Path) -> None:
    whole, small = load_dataset(str(races)), load_dataset(str(cut(races, tmp_path / "rel-f1")))
    end = whole.test_timestamp
    wished, found = whole.get_db(upto_test_timestamp=True), small.get_db(upto_test_timestamp=False)
    for name, table in found.table_dict.items():
        assert len(table.df) == len(wished.table_dict[name].df)
        if table.time_col is not None:
            assert table.df[table.time_col].max() <= end
        for column, parent in table.fkey_col_to_pkey_table.items():
            keys = table.df[column].dropna()
            assert keys.between(0, len(found.table_dict[parent].df) - 1).all()


def test_the_last_value_is_one_that_was_known(races: Path) -> None:
    task = Task.open(races, "driver-position", ContextSource.open(races))
    found, fallback = baselines.last_value(task), baselines.constant(task)[0]
    rows = np.arange(len(task.rows))
    train, asked = rows[task.splits["train"]], rows[task.splits["test"]]
    for place, row in list(enumerate(asked))[::40]:
        known = [t for t in train if task.rows[t] == task.rows[row] and task.times[t] + task.horizon <= task.times[row]]
        wished = task.labels[max(known, key=lambda t: task.times[t])] if known else fallback
        assert found[place] == wished


def test_trees_on_history_know_more(races: Path) -> None:
    """As published for gradient-boosted trees on this task: about 0.8 by rows up to the seed's time."""
    task = Task.open(races, "driver-dnf", ContextSource.open(races))
    found = baselines.trees(races, task)
    labels = task.labels[task.splits["test"]]
    assert found.entity is not None and found.history is not None
    entity, history = (roc_auc_score(labels, answer) for answer in (found.entity, found.history))
    assert history > 0.7 and history > entity


def test_the_command_writes_what_it_says(
    races: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "DRAWS", 20)
    told = CliRunner().invoke(
        app,
        [
            *("evaluate", str(trained), str(races), "--task", "driver-top3", "--task", "driver-position"),
            *("--length", "64", "--out", str(tmp_path), "--device", "cpu"),
        ],
    )
    assert told.exit_code == 0, told.output
    written = json.loads((tmp_path / "results.json").read_text())
    models = {score["model"] for score in written["scores"]}
    assert models == {
        *("RT", "RT, untrained (seed 0)", "constant", "last value", "trees, entity", "trees, history"),
    }
    assert {(s["task"], s["metric"]) for s in written["scores"]} == {
        ("driver-top3", "roc_auc"),
        ("driver-position", "nmae"),
        ("driver-position", "r2"),
    }
    for score in written["scores"]:
        assert score["low"] <= score["value"] <= score["high"]
    # The untrained model of seed 0 is the checkpoint's own.
    of = {(s["task"], s["protocol"], s["model"], s["metric"]): s["value"] for s in written["scores"]}
    for (task, protocol, model, metric), value in of.items():
        if model == "RT":
            assert value == of[task, protocol, "RT, untrained (seed 0)", metric]
    assert of["driver-top3", "seed", "constant", "roc_auc"] == 0.5
    truth = load_dataset(str(races)).load_task("driver-top3").get_table("test", mask_input_cols=False).df
    for protocol in ("seed", "cut"):
        answer = pd.read_csv(tmp_path / protocol / "rel-f1__driver-top3.csv", parse_dates=["date"])
        both = truth.merge(answer, on=["driverId", "date"], validate="one_to_one")
        score = roc_auc_score(both["qualifying_x"], both["qualifying_y"])
        assert len(both) == len(truth) and score == pytest.approx(of["driver-top3", protocol, "RT", "roc_auc"])
    assert (tmp_path / "results.png").stat().st_size > 1000


def test_finetuning_keeps_the_best(races: Path, trained: Path, tmp_path: Path) -> None:
    arguments = ["finetune", str(trained), str(races), "--task", "driver-top3", "--out", str(tmp_path)]
    told = CliRunner().invoke(app, [*arguments, "--steps", "8", "--length", "64", "--device", "cpu"])
    assert told.exit_code == 0, told.output
    said = re.search(r"driver-top3: (\d\.\d+) on val", told.output)
    before, after = checkpoint.read(trained), checkpoint.read(tmp_path / "best.pt")
    assert after.step == 8 and any(not torch.equal(after.state[name], value) for name, value in before.state.items())
    contexts = TaskContexts(races, "driver-top3", open_encoder("hashing", 32), length=64)
    found = roc_auc_score(contexts.labels("val"), predict(after.open(), contexts, "val"))
    assert said is not None and float(said[1]) == pytest.approx(found, abs=1e-4)


def test_scores_of_the_truth_are_perfect(races: Path) -> None:
    task = load_dataset(str(races)).load_task("driver-position")
    labels = task.get_table("test", mask_input_cols=False).df[task.target_col].to_numpy()
    found = {score.metric: score.value for score in scores(task, labels, "driver-position", "seed", "oracle")}
    assert found == {"nmae": 0.0, "r2": 1.0}


def test_what_is_refused(races: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is no relbench dataset"):
        tasks_of(tmp_path, [])
    with pytest.raises(InputError, match=r"has no task 'driver-x'.*driver-dnf"):
        tasks_of(races, ["driver-x"])
    monkeypatch.setattr("sys.argv", ["plurel-train", "evaluate", str(trained), str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2


def test_a_task_without_positive_examples(races: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(races, tmp_path / "rel-f1"))
    place = folder / "tasks" / "driver-dnf"
    target = yaml.safe_load((place / "manifest.yaml").read_text())["target_col"]
    rows = pq.read_table(place / "train.parquet")
    nothing = pa.array(np.zeros(len(rows)), rows.schema.field(target).type, safe=False)
    (place / "train.parquet").unlink()
    pq.write_table(rows.set_column(rows.schema.get_field_index(target), target, nothing), place / "train.parquet")
    task = Task.open(folder, "driver-dnf", ContextSource.open(folder))
    with pytest.raises(InputError, match=r"task driver-dnf: has no positive example in train"):
        check_labels(task)
