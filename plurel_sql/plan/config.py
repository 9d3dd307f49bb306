"""Configuration: what a person wants different from what the planner would choose. Pure data.

A file is YAML or TOML (by its ending). Every key is optional; ``docs/config.md`` has a complete example::

    prior: plurel                  # the published prior (research mode); left out: our own
    locale: en                     # language of names and words
    rows: 1e6                      # rows in all, shared out over the tables; or {orders: 1000, ...}
    start: 2023-01-01              # first and last day of the time span
    end: 2024-12-31
    tables:
      orders:
        rows: 50_000               # exactly this many
        links:
          customer_id: {skew: 3, null_rate: 0.1}
        columns:
          status: {values: {open: 0.7, closed: 0.3}}
          total: {min: 1, max: 500}
          contact: {meaning: email, null_rate: 0.2}

A table is named by its id (``namespace.name``) or its bare name; a link by the columns of its foreign key, joined by
commas, or by its constraint's name. Unknown names are refused with the nearest known one, values that can't be with the
place in the file.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from plurel_sql.errors import ConfigError
from plurel_sql.plan.params import Params
from plurel_sql.schema.lookup import nearest, pick, table_id
from plurel_sql.schema.model import Schema
from plurel_sql.semantics.meanings import patterns
from plurel_sql.semantics.vocabularies import check_locale

MAX_ROWS = 10**12
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400_000_000


class LinkConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Wishes for one foreign key; ``spread`` and ``skew`` are those of the laws in ``plan.model``.

    ``spread`` >= 0 is the irregularity of the number of children, ``skew`` >= 1 how strongly a few parents are
    preferred, ``null_rate`` a share in 0..1.
    """

    spread: float | None = None
    skew: float | None = None
    null_rate: float | None = None


class ColumnConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Wishes for one column. ``values`` maps each value (as text) to its weight; ``min`` and ``max`` are inclusive,
    times as ISO text; ``meaning`` is a name the semantics know (``email``, ``city``, ``price``, ...)."""

    meaning: str | None = None
    values: dict[str, float] = {}
    null_rate: float | None = None
    min: int | float | str | None = None
    max: int | float | str | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing is wished for the values themselves (a ``null_rate`` may be)."""
        return self.meaning is None and not self.values and self.min is None and self.max is None


class TableConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Wishes for one table; ``rows`` is an exact count."""

    rows: int | None = None
    links: dict[str, LinkConfig] = {}
    columns: dict[str, ColumnConfig] = {}


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All wishes. ``total`` is the number of rows over all tables (those with a count of their own included), None for
    the planner's default; ``start`` and ``end`` are the first and the last day of the time span; ``prior`` is the
    published one with its parameters (research mode: names are not interpreted), None for our own; ``origin`` says
    where the wishes come from, for messages."""

    locale: str = "en"
    total: int | None = None
    start: date | None = None
    end: date | None = None
    tables: dict[str, TableConfig] = {}
    prior: Params | None = None
    origin: str = "config"

    @property
    def start_micros(self) -> int | None:
        """The begin of the first day, in microseconds since 1970-01-01 UTC."""
        return None if self.start is None else (self.start.toordinal() - _EPOCH) * _DAY

    @property
    def end_micros(self) -> int | None:
        """The end of the last day, in microseconds since 1970-01-01 UTC."""
        return None if self.end is None else (self.end.toordinal() - _EPOCH + 1) * _DAY

    def with_rows(self, wishes: Iterable[object], origin: str = "--rows") -> Config:
        """This configuration with row counts set: each wish is a total (``1e6``) or ``table=count``."""
        total, tables = self.total, dict(self.tables)
        for wish in wishes:
            name, equals, count = str(wish).rpartition("=")
            if not equals:
                total = row_count(wish, origin)
            elif name.strip():
                key = name.strip()
                rows = row_count(count, f"{origin} {key}")
                tables[key] = msgspec.structs.replace(tables.get(key, TableConfig()), rows=rows)
            else:
                raise ConfigError(f"no table is named in {str(wish)!r}", place=origin, hint="write table=N")
        return msgspec.structs.replace(self, total=total, tables=tables)

    def resolve(self, schema: Schema) -> Config:
        """This configuration with every table named by its id and every column and link as the schema spells it.

        Raises:
            ConfigError: a table, column or link that the schema does not have.
        """
        tables: dict[str, TableConfig] = {}
        for written, wish in self.tables.items():
            place = f"{self.origin}: tables.{written}"
            id = table_id(schema, written, place)
            table = schema.table(id)
            columns = [column.name for column in table.columns]
            keys = {",".join(key.columns): ",".join(key.columns) for key in table.foreign_keys}
            keys |= {key.name: ",".join(key.columns) for key in table.foreign_keys if key.name}
            resolved = TableConfig(
                rows=wish.rows,
                links={
                    keys[pick(k.replace(" ", ""), keys, "link", f"{place}.links")]: v for k, v in wish.links.items()
                },
                columns={pick(k, columns, "column", f"{place}.columns"): v for k, v in wish.columns.items()},
            )
            tables[id] = _merge(tables[id], resolved) if id in tables else resolved
        return msgspec.structs.replace(self, tables=tables)


def _merge(first: TableConfig, second: TableConfig) -> TableConfig:
    """Two entries for one table under different spellings (a file's and an option's): the later one wins."""
    return TableConfig(
        rows=first.rows if second.rows is None else second.rows,
        links={**first.links, **second.links},
        columns={**first.columns, **second.columns},
    )


def load(path: Path) -> Config:
    """The configuration in a YAML (``.yaml``, ``.yml``) or TOML (``.toml``) file.

    Raises:
        ConfigError: the file is missing or unreadable, or what it says can't be; names file and key.
    """
    place = str(path)
    if path.suffix.lower() not in {".yaml", ".yml", ".toml"}:
        raise ConfigError("not a configuration file", place=place, hint="expected .yaml, .yml or .toml")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", place=place) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", place=place) from error
    try:
        data = tomllib.loads(text) if path.suffix.lower() == ".toml" else yaml.load(text, Loader=_Loader)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"can't be parsed: {' '.join(str(error).split())}", place=place) from error
    return from_mapping({} if data is None else data, origin=place)


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans (so that ``no`` and ``on`` stay words, as in a list of values), and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} stands twice", key.start_mark)
            seen.add(str(key.value))
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def from_mapping(data: object, origin: str = "config") -> Config:
    """The configuration in plain data (what a file holds, or a dict given to the API); ``origin`` begins each place."""
    reader = _Reader(origin)
    top = reader.mapping(data, "", ("locale", "prior", "rows", "start", "end", "tables"))
    tables = {
        name: reader.table(value, f"tables.{name}") for name, value in reader.entries(top.get("tables"), "tables")
    }
    locale = top.get("locale", "en")
    if not isinstance(locale, str):
        raise ConfigError(f"{locale!r} is not a locale", place=reader.at("locale"), hint="such as en")
    locale = check_locale(locale, reader.at("locale"))
    rows = top.get("rows")
    total = None if rows is None or isinstance(rows, Mapping) else row_count(rows, reader.at("rows"))
    start, end = (reader.day(top.get(key), key) for key in ("start", "end"))
    if start and end and start >= end:
        raise ConfigError(f"starts on {start}, not before its end {end}", place=reader.at("start"))
    config = Config(locale, total, start, end, tables, prior_named(top.get("prior"), reader.at("prior")), origin)
    if isinstance(rows, Mapping):
        config = config.with_rows([f"{name}={count}" for name, count in rows.items()], reader.at("rows"))
    return config


def prior_named(name: object, place: str) -> Params | None:
    """The parameters of the prior that ``name`` stands for; None for our own ("default").

    Raises:
        ConfigError: there is none of this name.
    """
    if name not in (None, "default", "plurel"):
        raise ConfigError(f"{name!r} is not a prior", place=place, hint="default or plurel")
    return Params() if name == "plurel" else None


def row_count(value: object, place: str) -> int:
    """A number of rows: ``1000``, ``1_000_000``, ``1e6``, ``10k``, ``2.5m``; whole, 1 to 1e12."""
    written = str(value).strip()
    match = re.fullmatch(r"([+-]?[\d_]*\.?[\d_]*(?:e[+-]?\d{1,3})?)\s*([kmb]?)", written.lower())
    if isinstance(value, bool) or not match:
        raise ConfigError(
            f"{written!r} is not a number of rows", place=place, hint="such as 1000, 1e6, 10k or orders=500"
        )
    try:
        digits = match[1].replace("_", "")
        number: float = int(digits) if digits.lstrip("+-").isdigit() else float(digits)
    except ValueError:
        raise ConfigError(f"{written!r} is not a number of rows", place=place) from None
    number *= {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}[match[2]]
    if not 1 <= number <= MAX_ROWS:
        raise ConfigError(f"{written} rows can't be made", place=place, hint="a number from 1 to 1e12 is expected")
    if abs(number - round(number)) > 1e-6:
        raise ConfigError(f"{written} is not a whole number of rows", place=place)
    return round(number)


class _Reader:
    """Turns plain data into the structs above, naming the place of whatever can't be."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def at(self, path: str) -> str:
        return f"{self.origin}: {path}" if path else self.origin

    def mapping(self, value: object, path: str, known: tuple[str, ...]) -> dict[str, Any]:
        entries = dict(self.entries(value, path))
        for key in entries:
            if key not in known:
                hint = nearest(key, known)
                raise ConfigError(f"unknown key {key!r}", place=self.at(path), hint=hint)
        return entries

    def entries(self, value: object, path: str) -> list[tuple[str, Any]]:
        if value is None:
            return []
        if not isinstance(value, Mapping):
            raise ConfigError(f"expected keys with values, not {value!r}", place=self.at(path))
        return [(str(key), item) for key, item in value.items()]

    def table(self, value: object, path: str) -> TableConfig:
        entry = self.mapping(value, path, ("rows", "links", "columns"))
        rows = entry.get("rows")
        return TableConfig(
            rows=None if rows is None else row_count(rows, self.at(f"{path}.rows")),
            links={k: self.link(v, f"{path}.links.{k}") for k, v in self.entries(entry.get("links"), f"{path}.links")},
            columns={
                k: self.column(v, f"{path}.columns.{k}")
                for k, v in self.entries(entry.get("columns"), f"{path}.columns")
            },
        )

    def link(self, value: object, path: str) -> LinkConfig:
        entry = self.mapping(value, path, LinkConfig.__struct_fields__)
        return LinkConfig(
            spread=self.number(entry, path, "spread", lambda x: 0 <= x <= 10, "0 to 10"),
            skew=self.number(entry, path, "skew", lambda x: 1 <= x <= 100, "1 to 100"),
            null_rate=self.rate(entry, path, "null_rate"),
        )

    def column(self, value: object, path: str) -> ColumnConfig:
        entry = self.mapping(value, path, ColumnConfig.__struct_fields__)
        weights = dict(self.entries(entry.get("values"), f"{path}.values"))
        values = {
            "true" if key == "True" else "false" if key == "False" else key: weight
            for key in weights
            if (weight := self.number(weights, f"{path}.values", key, lambda x: x > 0, "above 0")) is not None
        }
        low, high = (self.bound(entry.get(key), f"{path}.{key}") for key in ("min", "max"))
        if low is not None and high is not None:
            if isinstance(low, str) != isinstance(high, str):
                raise ConfigError("min and max are of different kinds", place=self.at(path))
            if low > high:  # type: ignore[operator]
                raise ConfigError(f"min {low} is above max {high}", place=self.at(path))
        meaning = entry.get("meaning")
        if meaning is not None and not isinstance(meaning, str):
            raise ConfigError(f"{meaning!r} is not the name of a meaning", place=self.at(f"{path}.meaning"))
        if meaning is not None:
            known = sorted({pattern.meaning for pattern in patterns()})
            meaning = pick(meaning, known, "meaning", self.at(f"{path}.meaning"))
        return ColumnConfig(meaning, values, self.rate(entry, path, "null_rate"), low, high)

    def rate(self, entry: Mapping[str, Any], path: str, key: str) -> float | None:
        return self.number(entry, path, key, lambda x: 0 <= x <= 1, "a share from 0 to 1")

    def number(
        self, entry: Mapping[str, Any], path: str, key: str, valid: Callable[[float], bool], expected: str
    ) -> float | None:
        value = entry.get(key)
        if value is None and key not in entry:
            return None
        place = self.at(f"{path}.{key}")
        try:
            number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not (math.isfinite(number) and valid(number)):
            raise ConfigError(f"{value!r} can't be", place=place, hint=f"{expected} is expected")
        return number

    def bound(self, value: object, path: str) -> int | float | str | None:
        if isinstance(value, datetime | date):
            return value.isoformat()
        if value is None or (isinstance(value, int | float | str) and not isinstance(value, bool) and value == value):
            return value
        raise ConfigError(f"{value!r} is neither a number nor a time", place=self.at(path))

    def day(self, value: object, path: str) -> date | None:
        if value is None:
            return None
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            day = None
        if isinstance(day, datetime):
            day = day.date()
        if not isinstance(day, date):
            raise ConfigError(f"{value!r} is not a date", place=self.at(path), hint="such as 2024-12-31")
        return day
