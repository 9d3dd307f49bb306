"""Sources of schemas: their words, mixtures, and real ones that are cut, renamed and mutated."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.audit import audit

import plurel_sql
from plurel_sql import bundled
from plurel_sql.errors import InputError
from plurel_sql.plan.params import Params
from plurel_sql.prior.real import real_schema
from plurel_sql.prior.sources import Part, draw, parse
from plurel_sql.schema.model import Schema

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ddl"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ddl")
    for name in bundled.names():
        (made / f"{name}.sql").write_text(bundled.text(name))
    return made


def names(schema: Schema) -> list[str]:
    return [name for table in schema.tables for name in (table.name, *(column.name for column in table.columns))]


def test_words(folder: Path) -> None:
    assert parse("random") == (Part("random"),)
    assert parse(f"random:0.3, ddl:{folder}:0.7") == (Part("random", 0.3), Part("ddl", 0.7, str(folder)))
    assert parse(f"ddl:{folder},realistic:2") == (Part("ddl", 1.0, str(folder)), Part("realistic", 2.0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no source"), ("randm", "random"), ("random:much", "not a weight"), ("random:0", "above 0"),
        ("random:-1", "above 0"), ("random:nan", "above 0"), ("ddl", "ddl:FOLDER"), ("ddl:/no/where", "no such folder"),
    ],
)  # fmt: skip
def test_what_is_no_source_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        parse(text)


def test_mixtures_keep_their_weights(folder: Path) -> None:
    parts = parse(f"random:0.2,realistic:0.3,ddl:{folder}:0.5")
    kinds = [draw(parts, seed, Params()).kind for seed in range(300)]
    shares = {kind: kinds.count(kind) / 300 for kind in ("random", "realistic", "ddl")}
    assert all(abs(shares[part.kind] - part.weight) < 0.1 for part in parts)


@pytest.mark.parametrize("source", ["random", "realistic", "ddl"])
def test_a_schema_is_a_function_of_its_seed(folder: Path, source: str) -> None:
    parts = parse(f"ddl:{folder}" if source == "ddl" else source)
    one, other = ([draw(parts, seed, Params()).schema for seed in seeds] for seeds in ((4, 5, 6), (6, 5, 4)))
    assert one == other[::-1]
    assert len({str(draw(parts, seed, Params()).schema) for seed in range(60)}) == 60


def test_three_schemas_give_thousands(folder: Path) -> None:
    found = [real_schema(folder, seed) for seed in range(300)]
    assert len({tuple(names(schema)) for schema in found}) > 295
    styles = {"snake": 0, "upper": 0, "mixed": 0}
    for schema in found:
        written = names(schema)
        style = (
            "upper" if all(n.isupper() for n in written) else "snake" if all(n.islower() for n in written) else "mixed"
        )
        styles[style] += 1
    assert min(styles.values()) > 30


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**63))
def test_every_mutation_plans_and_fills(folder: Path, tmp_path: Path, seed: int) -> None:
    schema = real_schema(folder, seed)
    made = plurel_sql.synthesize(schema, rows=20 * len(schema.tables), seed=seed)
    made.write(tmp_path / "made.duckdb", overwrite=True)
    with duckdb.connect(tmp_path / "made.duckdb", read_only=True) as db:
        assert audit(db, made.schema, {table: made.rows(table) for table in made}) == []


def test_the_fixtures_as_a_source(tmp_path: Path) -> None:
    """Every kind of statement that is read at all can be cut, renamed and planned."""
    for seed in range(40):
        schema = real_schema(FIXTURES, seed)
        plan = plurel_sql.plan(schema, rows=10 * len(schema.tables), seed=seed)
        assert sum(table.rows for table in plan.tables) > 0


def test_a_folder_without_ddl_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.sql").write_text("-- nothing here\n")
    with pytest.raises(InputError, match="CREATE TABLE"):
        real_schema(tmp_path, 0)
