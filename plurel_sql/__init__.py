"""A SQL schema in, a whole database out.

>>> import plurel_sql
>>> db = plurel_sql.synthesize("retail", rows=10_000)  # doctest: +SKIP
>>> db["orders"].arrow()  # doctest: +SKIP
>>> db.write("shop.duckdb")  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plurel_sql.api import (
        Database,
        TableView,
        additions,
        corpus,
        explain,
        fill,
        load_plan,
        open_plan,
        plan,
        synthesize,
    )
    from plurel_sql.errors import (
        ConfigError,
        ImpossibleError,
        InputError,
        PlurelError,
        RunError,
        SchemaError,
        TargetError,
    )
    from plurel_sql.importing import import_dataset

__all__ = [
    "ConfigError",
    "Database",
    "ImpossibleError",
    "InputError",
    "PlurelError",
    "RunError",
    "SchemaError",
    "TableView",
    "TargetError",
    "additions",
    "corpus",
    "explain",
    "fill",
    "import_dataset",
    "load_plan",
    "open_plan",
    "plan",
    "synthesize",
]


def __getattr__(name: str) -> Any:
    """Imports what is asked for when it is asked for, so that ``import plurel_sql`` stays light."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = {"import_dataset": "plurel_sql.importing"}
    home = "plurel_sql.errors" if name.endswith("Error") else homes.get(name, "plurel_sql.api")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
