"""Tasks of a real database: rel-f1, imported."""

from pathlib import Path

import pytest
import relbench
import yaml

from plurel_sql.importing import import_dataset

F1 = Path(__file__).parents[3] / "shared" / "data" / "rel-f1"


@pytest.mark.slow
@pytest.mark.skipif(not F1.exists(), reason=f"{F1} is not there")
def test_rel_f1(tmp_path):
    import_dataset(str(F1), tmp_path / "f1", tasks=6)
    dataset = relbench.load_dataset(str(tmp_path / "f1"))
    own = {path.name for path in (F1 / "tasks").iterdir()}
    names = set(dataset.get_task_names()) - own
    assert len(names) == 6
    for name in names:
        task = dataset.load_task(name)
        assert min(len(task.get_table(split)) for split in ("train", "val", "test")) >= 50
        manifest = yaml.safe_load((tmp_path / "f1" / "tasks" / name / "manifest.yaml").read_text())
        assert manifest["description"].count("on test") == manifest["description"].count("on val") > 0
