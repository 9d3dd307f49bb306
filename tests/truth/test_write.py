"""`--truth DIR`: as before or complete, and never over what isn't ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from plurel_sql import RunError, cli, synthesize
from plurel_sql.sample import Sampler

ARGUMENTS = ["synth", "retail", "--rows", "800", "--quiet"]


def test_beside_any_target(tmp_path: Path) -> None:
    for seed, out in enumerate((["x.duckdb"], ["x.sqlite"], ["files", "--format", "parquet"])):
        truth = tmp_path / f"truth{seed}"
        target = [str(tmp_path / out[0]), *out[1:]]
        assert cli.run([*ARGUMENTS, "--out", *target, "--truth", str(truth)]) == 0
        assert {path.name for path in truth.iterdir()} == {"truth.json", "graph.json", "graph.graphml", "tables"}
        assert {path.name for path in (truth / "tables" / "orders").iterdir()} == {
            "graph.json",
            "graph.graphml",
            "mechanisms.json",
            "latents.parquet",
        }


def test_only_our_own_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, target = tmp_path / "truth", str(tmp_path / "x.duckdb")
    truth.mkdir()
    (truth / "thesis.txt").write_text("mine")
    for more in ([], ["--overwrite"]):
        assert cli.run([*ARGUMENTS, "--out", target, "--truth", str(truth), *more]) == 2
        assert "not made by this program" in capsys.readouterr().err
    assert not Path(target).exists() and (truth / "thesis.txt").read_text() == "mine"
    (truth / "thesis.txt").unlink()
    assert cli.run([*ARGUMENTS, "--out", target, "--truth", str(truth)]) == 0
    assert cli.run([*ARGUMENTS, "--out", str(tmp_path / "y.duckdb"), "--truth", str(truth)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert cli.run([*ARGUMENTS, "--seed", "1", "--out", target, "--truth", str(truth), "--overwrite"]) == 0
    assert '"seed": 1' in (truth / "truth.json").read_text()
    assert cli.run([*ARGUMENTS, "--out", target, "--truth", str(tmp_path / "a" / "b"), "--overwrite"]) == 2
    assert cli.run(["synth", "--existing", "--out", target, "--truth", str(truth)]) == 2


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = synthesize("retail", rows=800)
    database.truth().write(tmp_path / "truth")
    before = (tmp_path / "truth" / "truth.json").read_bytes()

    def broken(*given: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Sampler, "latents", broken)
    for name in ("truth", "other"):
        with pytest.raises(RunError, match="No space left"):
            database.truth().write(tmp_path / name, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["truth"]
    assert (tmp_path / "truth" / "truth.json").read_bytes() == before
