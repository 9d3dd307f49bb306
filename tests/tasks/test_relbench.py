"""relbench itself loads what was written, makes the same labels, and judges a trivial baseline."""

import json

import numpy as np
import pandas as pd
import pytest
import relbench

import plurel_sql


@pytest.fixture(scope="module", params=["retail", "clinic"])
def dataset(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("relbench") / request.param
    plurel_sql.synthesize(request.param, rows=20_000).write(folder, format="relbench", tasks=5)
    return folder, relbench.load_dataset(str(folder))


def alike(one, other):
    if isinstance(one.iloc[0], list | np.ndarray):
        return [list(each) for each in one] == [list(each) for each in other]
    if pd.api.types.is_float_dtype(one):
        return np.allclose(one, other)
    return bool((one.to_numpy() == other.to_numpy()).all())


def test_every_task_is_what_relbench_makes_of_it(dataset):
    _, found = dataset
    names = found.get_task_names()
    assert 1 <= len(names) <= 5
    full = found.get_db(upto_test_timestamp=False)
    for name in names:
        task, again = found.load_task(name), found.load_task(name, regenerate=True)
        tables = {split: task.get_table(split, mask_input_cols=False) for split in ("train", "val", "test")}
        for split, table in tables.items():
            assert len(table) >= 50, (name, split)
            made = again.get_table(split, mask_input_cols=False).df
            assert list(made.columns) == list(table.df.columns)
            assert len(made) == len(table)
            assert all(alike(table.df[column], made[column]) for column in made.columns), (name, split)
            # Without a unit of nanoseconds relbench takes times for a thousand times shorter ones.
            assert table.df[task.time_col].dtype == "datetime64[ns]"
        times = {split: table.df[task.time_col] for split, table in tables.items()}
        assert times["train"].max() <= found.val_timestamp <= times["val"].min()
        assert times["val"].max() <= found.test_timestamp <= times["test"].min()
        if task.kind == "forecast":
            assert times["train"].max() + task.timedelta <= found.val_timestamp
            assert times["test"].max() + task.timedelta <= full.max_timestamp
        for table, column in task.hidden_columns():
            assert column in full.table_dict[table].df.columns
        assert all(np.isfinite(value) for value in trivial(task, tables).values())


def trivial(task, tables):
    test = tables["test"].df
    if task.task_type.value == "recommendation":
        return task.evaluate(np.tile(np.arange(task.eval_k), (len(test), 1)))
    return task.evaluate(np.full(len(test), tables["train"].df[task.target_col].mean()))


def test_difficulty_and_reasons_are_written_down(dataset):
    folder, found = dataset
    report = json.loads((folder / "tasks.json").read_text())
    assert set(report["kept"]) == set(found.get_task_names())
    assert report["dropped"] and all(report["dropped"].values())
    for name, each in report["kept"].items():
        text = (folder / "tasks" / name / "manifest.yaml").read_text()
        scores = each["difficulty"]["history"]
        assert f"{each['difficulty']['metric']} {scores['test']['score']:.3f}"[:-1] in text
        assert name in (folder / "README.md").read_text()
