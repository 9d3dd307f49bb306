"""The README's code runs, and what it says is there is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from plurel_sql import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_commands_run_one_after_another(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for line in "".join(_blocks("sh")).splitlines():
        program, *arguments = shlex.split(line)
        assert program == "plurel-sql"
        assert cli.run(arguments) == 0, (line, capsys.readouterr().err)
    assert {path.name for path in tmp_path.iterdir()} == {
        "shop.duckdb",
        "shop.sqlite",
        "shop",
        "plan.json",
        "tracker.duckdb",
        "research.duckdb",
        "research-truth",
    }


def test_the_python_runs(tmp_path, monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    (block,) = _blocks("python")
    names: dict[str, object] = {}
    exec(block, names)
    assert len(names["orders"]) > 0
    assert len(names["part"]) == 10


def test_the_shown_output_has_the_counts_of_today():
    import plurel_sql

    (block,) = _blocks("text")
    shown = {name: int(rows.replace(",", "")) for name, rows in re.findall(r"^(\w+) +([\d,]+) +[\d.]+ ", block, re.M)}
    assert shown.pop("total") == 1_000_000
    plan = plurel_sql.plan("retail", rows=1_000_000)
    assert shown == {table.name: table.rows for table in plan.tables}


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "TESTING.md", "CONTRIBUTING.md", "docs/config.md"])
def test_links_lead_somewhere(name):
    text = (ROOT / name).read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / name).parent / target).exists(), target


def test_make_has_the_commands():
    makefile = (ROOT / "Makefile").read_text()
    for verb in re.findall(r"^    make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE)
