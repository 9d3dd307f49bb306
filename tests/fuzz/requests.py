"""What else a person hands over: plan files, configurations and counts of rows with faults put into them, by number."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fuzz.mutations import NUMBERS, encoded, torn
from fuzz.pool import Case

import plurel_sql
from plurel_sql.plan.model import encode

ROOT = Path(__file__).parents[2]
_VALUES: tuple[Any, ...] = (
    0, 1, -1, 2, 3.5, -0.0, 1e-320, 1e308, -1e308, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63), 2**63,
    2**64 - 1,
    2**64, 10**40, True, False, None, "", "x", "\0", "null", "1", "é表🐘", "9" * 400, "x" * 5000, [], [0], [[]], {},
    {"": 0},
    "2021-02-30", "0000-00-00", "int64", "timestamp", ["a", "a"], [0.0, 0.0], [-1, 1], float("inf"), float("nan"),
)  # fmt: skip
_COUNTS = (
    "0", "-1", "1", "", " ", "1e6e6", "1e400", "-1e3", "1e12", "1e13", "nan", "inf", "0x10", "1_0__0", "٣", "½",
    "10 k", "10K",
    "1.5", "0.5", "2.5m", "1e-3", "=", "=5", "orders", "orders=", "orders=x", "orders=-1", "orders=0", "orders=1e9",
    "nowhere=5", "orders=5=6", "ORDERS=5", " orders = 5 ", "orders=5,customer=7", "*=5", "'orders'=5", "\0", "\n",
    "1\n2",
    "customer=1e18", "orders=1e-9", "9" * 400, "--rows", "1e", "e5", "+5", "5.", ".5", "1,000", "1e5.5", "NaN=NaN",
)  # fmt: skip
_CONFIG = """\
locale: en
rows: 300
start: 2023-01-01
end: 2024-12-31
tables:
  customer:
    rows: 20
    columns:
      phone: {null_rate: 0.4}
      segment:
        values: {consumer: 8, small_business: 1.5, corporate: 0.5}
  orders:
    links:
      customer_id: {skew: 3, spread: 0.5}
    columns:
      coupon_code: {null_rate: 0.9}
  order_item:
    columns:
      quantity: {min: 1, max: 12}
"""
_WORDS = (
    "rows", "start", "end", "tables", "columns", "links", "values", "min", "max", "null_rate", "meaning", "skew",
    "spread",
    "locale", "customer", "orders", "customer_id", "phone", "&a", "*a", "!!python/object:os.system", "<<", "- ",
    "? ", "|",
    ">", "{", "}", "[", "]", ": ", "\t", "#", "%YAML 9.9", "---", "...", "'", '"', "~", "yes", "0o17", "1:30:00",
    ".inf",
    ".nan", "2021-02-30", "0001-01-01", "9999-12-31", "10000-01-01", "-1", "1e999", *NUMBERS,
)  # fmt: skip


def plan(seed: int) -> Case:
    """A plan file with other numbers, kinds or lengths in some places, or torn."""
    rng = random.Random(f"plan {seed}")
    text = rng.choice(_plans())
    if rng.random() < 0.1:
        return Case(torn(rng, text), kind="plan")
    tree = json.loads(text)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        _graft(rng, tree)
    return Case(json.dumps(tree).encode("utf-8", "surrogatepass"), kind="plan", write=rng.random() < 0.1)


def configuration(seed: int) -> Case:
    """A YAML file, which its reader may take for something else."""
    rng = random.Random(f"configuration {seed}")
    kind = rng.randrange(4)
    if kind < 2:
        tree = yaml.safe_load(_CONFIG)
        for _ in range(rng.choice((1, 1, 2, 5))):
            _graft(rng, tree)
        return Case(json.dumps(tree, default=str).encode("utf-8", "surrogatepass"), kind="config")
    if kind == 2:
        lines = _CONFIG.splitlines(keepends=True)
        for _ in range(rng.choice((1, 1, 2, 4))):
            at = rng.randrange(len(lines))
            key, colon, rest = lines[at].partition(": ")
            word = rng.choice(_WORDS)
            lines[at] = rng.choice((
                f"{key}{colon}{word}\n", f"{word}{colon}{rest}", lines[at] * 2, lines[at][2:], f"  {lines[at]}", "",
                f"{key}{colon}[{word}, {word}]\n", f"{key}{colon}{{{word}: {word}}}\n", lines[at].replace(" ", "\t"),
            ))  # fmt: skip
        text = "".join(lines)
    else:
        text = rng.choice(("", " ", "\n")).join(rng.choice(_WORDS) for _ in range(rng.randrange(40)))
    return Case(encoded(rng, text), kind="config")


def counts(seed: int) -> Case:
    """What may be said to ``--rows``, one a line."""
    rng = random.Random(f"rows {seed}")
    chosen = [rng.choice(_COUNTS) for _ in range(rng.choice((1, 1, 2, 4)))]
    if rng.random() < 0.3:
        chosen.append("".join(rng.choice("0123456789eEkm_.,=+- \x00orders") for _ in range(rng.randrange(1, 12))))
    return Case("\n".join(chosen).encode(), kind="rows")


@cache
def _plans() -> tuple[str, ...]:
    """Whole plans of the bundled schemas, and of many types and kinds of keys."""
    made = [plurel_sql.plan(name, rows=200) for name in ("retail", "clinic", "tracker")]
    for dialect in ("postgres", "mysql", "duckdb"):
        path = ROOT / "tests" / "types" / "fixtures" / f"{dialect}.sql"
        made.append(plurel_sql.plan(path, rows=200, dialect=dialect))
    made.append(plurel_sql.plan(_KEYS, rows=300, dialect="postgres"))
    return tuple(json.dumps(json.loads(encode(plan))) for plan in made)


_KEYS = """
CREATE TABLE tenant (id serial PRIMARY KEY, name text NOT NULL UNIQUE, lead integer REFERENCES person (id));
CREATE TABLE person (id integer PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenant, boss integer,
  UNIQUE (tenant_id, id), FOREIGN KEY (tenant_id, boss) REFERENCES person (tenant_id, id), n integer CHECK (n % 7 = 3));
CREATE TABLE pair (a integer REFERENCES person, b integer REFERENCES person, PRIMARY KEY (a, b), kind char(1) NOT NULL);
CREATE TABLE room (id integer, during tstzrange NOT NULL, EXCLUDE USING gist (id WITH =, during WITH &&));
CREATE TABLE arc (id bigint PRIMARY KEY, p integer REFERENCES person, t integer REFERENCES tenant, low numeric(9, 2),
  high numeric(9, 2), CHECK (num_nonnulls(p, t) = 1), CHECK (low < high));
CREATE UNIQUE INDEX once ON person (tenant_id) WHERE boss IS NULL;
"""


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of everything in it."""
    stack = [tree]
    while stack:
        node = stack.pop()
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield node, key
            if isinstance(node[key], (dict, list)):
                stack.append(node[key])


def _graft(rng: random.Random, tree: Any) -> None:
    places = list(_places(tree))
    if not places:
        return
    node, key = rng.choice(places)
    old = node[key]
    kind = rng.randrange(8)
    if kind == 0:
        del node[key]
    elif kind == 1:
        other, there = rng.choice(places)
        node[key] = copy.deepcopy(other[there]) if there in other or isinstance(other, list) else None
    elif kind == 2 and isinstance(node, list):
        node[key:key] = [copy.deepcopy(old)] * rng.choice((1, 2, 300))
    elif kind == 3 and isinstance(old, list):
        rng.shuffle(old)
        del old[rng.randrange(len(old) + 1) :]
    elif kind == 4 and isinstance(old, (int, float)) and not isinstance(old, bool):
        node[key] = rng.choice((-old, old + 1, old - 1, old * 2, old / 3, old * 10**9, str(old)))
    elif kind == 5 and isinstance(old, str):
        node[key] = rng.choice((old.upper(), old + "x", old[:-1], old * 200, "", rng.choice(places)[1]))
    else:
        node[key] = rng.choice(_VALUES)
