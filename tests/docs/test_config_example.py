"""The example of docs/config.md is one that works."""

import re
from pathlib import Path

from plurel_sql.plan.config import load

DOCS = Path(__file__).parents[2] / "docs"


def test_the_example_is_read(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", (DOCS / "config.md").read_text(), re.DOTALL)
    (tmp_path / "c.yaml").write_text(example[1])
    config = load(tmp_path / "c.yaml")
    assert config.total == 1_000_000
    assert set(config.tables) == {"customer", "orders", "order_item", "review"}
