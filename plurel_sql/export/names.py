"""Names that relbench, DuckDB, file systems and graph libraries take."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from plurel_sql.schema.model import Schema
from plurel_sql.semantics.names import word_set

_LONGEST = 120  # characters of a table's name: with an ending it is a file's

_TAKEN = word_set(
    """timestamps
    add_module apply bfloat16 buffers children clear compile cpu cuda double eval extra_repr float forward get_buffer
    get_extra_state get_parameter get_submodule half ipu items keys load_state_dict modules mtia named_buffers
    named_children named_modules named_parameters parameters pop requires_grad_ set_extra_state set_submodule
    share_memory state_dict to to_empty train training type update values xpu zero_grad"""
)
"""What no table may be called: ``timestamps`` is a table that relbench lays beside the dataset's in every task's query;
the others are attributes of torch.nn.ModuleDict, in which relbench.modeling keeps a module for each table."""


class Names:
    """Names given out once each; those that differ by case alone are one, as in DuckDB."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.lower() for name in taken}

    def free(self, *wanted: str) -> str:
        """The first of ``wanted`` that is free, else the last one as name_2, name_3, ...; it is taken from then on."""
        name = next((each for each in wanted if each.lower() not in self._taken), "")
        k = 2
        while not name:
            candidate, k = f"{wanted[-1]}_{k}", k + 1
            name = candidate if candidate.lower() not in self._taken else ""
        self._taken.add(name.lower())
        return name


def table_names(schema: Schema) -> dict[str, str]:
    """Table id -> its name in the dataset: letters, digits and underscores. The namespace stands before it where two
    tables have one name."""
    bare = [plain(table.name).lower() for table in schema.tables]
    names = Names(_TAKEN)
    found = {}
    for table in schema.tables:
        alone = table.namespace is None or bare.count(plain(table.name).lower()) == 1
        name = plain(table.name if alone else table.id)[:_LONGEST]
        found[table.id] = names.free(name, f"{name}_table")
    return found


def plain(name: str) -> str:
    """``name`` with each run of other characters as one underscore."""
    return re.sub(r"\W+", "_", name).strip("_") or "table"


def time_name(name: str) -> str:
    """A name that relbench takes for a time column: it stands in a ``DataFrame.query``."""
    found = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
    return found if found.isidentifier() and not keyword.iskeyword(found) else f"time_{found}".rstrip("_")
