"""Other names for a schema: one style of writing for all, other words for the same things, prefixes.

Words are replaced by synonyms of the same meaning, so that a name still says what stands in the column: a model reads
names as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

from msgspec.structs import replace

from plurel_sql.plan.draws import Draws
from plurel_sql.prior.part import listed
from plurel_sql.schema.model import Check, ForeignKey, OneOf, Scalar, Schema, Table, Unique
from plurel_sql.semantics.names import word_set, words

SYNONYM = 0.35
"""How often a word that has synonyms is replaced."""
PREFIXES = ("", "", "", "", "t_", "tbl_", "app_", "core_", "stg_", "dim_", "sys_", "x_")
_RESERVED = word_set("order user group table select from where check key index default")


def renamed(schema: Schema, draws: Draws) -> Schema:
    """``schema`` under other names: tables without namespaces, every name once."""
    style = draws.pick(STYLES)
    prefix = draws.pick(PREFIXES)
    swaps = {word: draws.pick(others) for word, others in synonyms().items() if draws.chance(SYNONYM)}

    def name(written: str, before: str = "") -> str:
        said = [swaps.get(word, word) for word in words(written)] or ["item"]
        return style([*(word for word in [before.strip("_")] if word), *said])

    tables = _distinct(((table.id, name(table.name, prefix)) for table in schema.tables), style)
    columns = {
        table.id: _distinct(((column.name, name(column.name)) for column in table.columns), style)
        for table in schema.tables
    }
    return Schema(tuple(_table(table, tables, columns) for table in schema.tables))


def _table(table: Table, tables: Mapping[str, str], columns: Mapping[str, Mapping[str, str]]) -> Table:
    own = columns[table.id]
    return Table(
        tables[table.id],
        tuple(replace(column, name=own[column.name]) for column in table.columns),
        uniques=tuple(Unique(_all(own, unique.columns), primary=unique.primary) for unique in table.uniques),
        foreign_keys=tuple(
            ForeignKey(_all(own, key.columns), tables[key.parent], _all(columns[key.parent], key.parent_columns))
            for key in table.foreign_keys
        ),
        checks=tuple(_check(own, found) for check in table.checks if (found := listed(check)) is not None),
    )


def _all(names: Mapping[str, str], written: Iterable[str]) -> tuple[str, ...]:
    return tuple(names[name] for name in written)


def _check(names: Mapping[str, str], found: OneOf) -> Check:
    column = names[found.column]
    quoted = '"' + column.replace('"', '""') + '"'
    expression = f"{quoted} IN ({', '.join(map(_literal, found.values))})"
    return Check(expression, (column,), None, (replace(found, column=column),), True)


def _literal(value: Scalar) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).upper() if isinstance(value, bool) else str(value)


def _distinct(names: Iterable[tuple[str, str]], style: Callable[[list[str]], str]) -> dict[str, str]:
    """Each name once, whatever the case; what stands twice is numbered."""
    taken: set[str] = set()
    found = {}
    for old, wanted in names:
        new, count = wanted, 1
        while new.lower() in taken or new.lower() in _RESERVED:
            count += 1
            new = style([wanted, str(count)]) if style is not _camel else f"{wanted}{count}"
        taken.add(new.lower())
        found[old] = new
    return found


def _snake(words: list[str]) -> str:
    return "_".join(words)


def _upper(words: list[str]) -> str:
    return "_".join(words).upper()


def _camel(words: list[str]) -> str:
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _pascal(words: list[str]) -> str:
    return "".join(word[:1].upper() + word[1:] for word in words)


STYLES: tuple[Callable[[list[str]], str], ...] = (_snake, _snake, _snake, _upper, _camel, _pascal)


@lru_cache(maxsize=1)
def synonyms() -> dict[str, list[str]]:
    """Word -> others that may stand for it. ``synonyms.txt`` has a line for each set of them."""
    found: dict[str, list[str]] = {}
    for line in (files("plurel_sql") / "prior" / "synonyms.txt").read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        for word in words:
            found[word] = [other for other in words if other != word]
    return found
