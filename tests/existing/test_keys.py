"""Keys of every kind beside old rows: tenants, sequences, identities, computed columns, namespaces, odd key types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.existing import ENGINES, Engine, engine

from plurel_sql import api
from plurel_sql.errors import ImpossibleError

TENANTS = (Path(__file__).parent / "tenants.sql").read_text(encoding="utf-8")
TENANT_KEYS = (
    ("project", "tenant_id", "tenant", "id"),
    ("person", "tenant_id", "tenant", "id"),
    ("issue", "tenant_id,project_id", "project", "tenant_id,id"),
    ("issue", "tenant_id,reporter_id", "person", "tenant_id,id"),
    ("issue", "tenant_id,assignee_id", "person", "tenant_id,id"),
    ("remark", "tenant_id,issue_id", "issue", "tenant_id,id"),
    ("remark", "tenant_id,author_id", "person", "tenant_id,id"),
)


@pytest.fixture(params=ENGINES)
def tenants(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with engine(request.param, TENANTS, tmp_path) as made:
        yield made


@pytest.mark.slow
def test_keys_that_share_columns_agree_on_the_tenant(tenants: Engine) -> None:
    api.fill(tenants.target, rows=300)
    for tables in ([], ["issue"], ["remark"], ["project", "issue"], ["person", "remark"], ["issue", "remark"]):
        added = api.additions(tenants.target, append=True, tables=tables, rows=200)
        assert [str(note) for note in added.notes if note.level == "error"] == []
        api.fill(tenants.target, append=True, tables=tables, rows=200)
        assert {key: tenants.orphans(*key) for key in TENANT_KEYS} == dict.fromkeys(TENANT_KEYS, 0), tables
    assert tenants.ask("SELECT 1 FROM issue WHERE assignee_id IS NOT NULL")


NUMBERED = {
    "postgres": (
        "CREATE SCHEMA app; CREATE TABLE app.a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v integer NOT NULL,"
        " twice integer GENERATED ALWAYS AS (v * 2) STORED); CREATE TABLE b (id serial PRIMARY KEY, a bigint NOT NULL"
        " REFERENCES app.a (id)); INSERT INTO app.a (v) VALUES (3); INSERT INTO b (a) VALUES (1)",
        "app.a",
    ),
    "mysql": (
        "CREATE TABLE a (id bigint AUTO_INCREMENT PRIMARY KEY, v integer NOT NULL, twice integer GENERATED ALWAYS AS"
        " (v * 2) STORED); CREATE TABLE b (id integer AUTO_INCREMENT PRIMARY KEY, a bigint NOT NULL, FOREIGN KEY (a)"
        " REFERENCES a (id)); INSERT INTO a (v) VALUES (3); INSERT INTO b (a) VALUES (1)",
        "a",
    ),
    "sqlite": (
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, v integer NOT NULL, twice integer GENERATED ALWAYS AS"
        " (v * 2) VIRTUAL); CREATE TABLE b (id INTEGER PRIMARY KEY, a integer NOT NULL REFERENCES a (id));"
        " INSERT INTO a (v) VALUES (3); INSERT INTO b (a) VALUES (1)",
        "a",
    ),
    "duckdb": (
        "CREATE SEQUENCE a_id; CREATE SEQUENCE b_id; CREATE TABLE a (id BIGINT PRIMARY KEY DEFAULT nextval('a_id'), v"
        " INTEGER NOT NULL, twice INTEGER GENERATED ALWAYS AS (v * 2)); CREATE TABLE b (id INTEGER PRIMARY KEY DEFAULT"
        " nextval('b_id'), a BIGINT NOT NULL REFERENCES a (id)); INSERT INTO a (v) VALUES (3); INSERT INTO b (a)"
        " VALUES (1)",
        "a",
    ),
}


@pytest.mark.parametrize("name", ENGINES)
def test_the_applications_next_insert_works(name: str, tmp_path: Path) -> None:
    script, a = NUMBERED[name]
    with engine(name, script + ";", tmp_path) as made:
        for _ in range(2):
            top = int(str(made.ask(f"SELECT max(id) FROM {a}")[0][0]))
            api.fill(made.target, append=True, rows={"a": 30, "b": 50})
            made.run(f"INSERT INTO {a} (v) VALUES (7)", f"INSERT INTO b (a) SELECT max(id) FROM {a}")
            assert made.ask(f"SELECT max(id), max(CASE WHEN v = 7 THEN id END) FROM {a}") == [(top + 31, top + 31)]
        assert made.ask(f"SELECT count(*) FROM {a} WHERE twice <> v * 2 OR twice IS NULL") == [(0,)]
        assert made.ask("SELECT count(*) FROM b") == [(103,)]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("type_", ["varchar(20)", "uuid", "date", "numeric(12, 2)", "smallint", "timestamp"])
def test_keys_of_any_type_lead_to_old_rows(name: str, type_: str, tmp_path: Path) -> None:
    if name == "mysql" and type_ == "timestamp":
        type_ = "datetime"
    script = (
        f"CREATE TABLE p (k {type_} NOT NULL PRIMARY KEY, note varchar(20));"
        f"CREATE TABLE c (id integer PRIMARY KEY, k {type_} NOT NULL REFERENCES p (k));"
    )
    with engine(name, script, tmp_path) as made:
        api.fill(made.target, rows={"p": 20, "c": 30})
        api.fill(made.target, append=True, rows={"p": 15, "c": 200})
        api.fill(made.target, append=True, tables=["c"], rows=50)
        assert (made.count("p"), made.count("c"), made.orphans("c", "k", "p", "k")) == (35, 280, 0)
        reached = made.ask("SELECT count(DISTINCT k) FROM c WHERE id BETWEEN 31 AND 230")
        assert int(str(reached[0][0])) > 20, "old and new parents"


@pytest.mark.parametrize("name", ENGINES)
def test_numbers_that_fit_no_more(name: str, tmp_path: Path) -> None:
    script = "CREATE TABLE t (id smallint PRIMARY KEY CHECK (id < 100)); INSERT INTO t (id) VALUES (1), (60), (98);"
    with engine(name, script, tmp_path) as made:
        api.fill(made.target, append=True, rows=30)
        assert made.ask("SELECT min(id), count(*) FROM t WHERE id NOT IN (60, 98) AND id > 1") == [(2, 30)]
        with pytest.raises(ImpossibleError, match=r"t\.id: 70 more numbers find no room"):
            api.fill(made.target, append=True, rows=70)
        assert made.count("t") == 33


@pytest.mark.parametrize("name", ENGINES)
def test_an_optional_key_to_an_empty_table_is_null(name: str, tmp_path: Path) -> None:
    script = (
        "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (id integer PRIMARY KEY, p integer REFERENCES p (id));"
    )
    with engine(name, script, tmp_path) as made:
        api.fill(made.target, tables=["c"], rows=20)
        assert made.ask("SELECT count(*), count(p) FROM c") == [(20, 0)] and made.count("p") == 0


@pytest.mark.parametrize("name", ENGINES)
def test_a_table_that_is_full_is_passed_over_where_nobody_asked_for_its_rows(name: str, tmp_path: Path) -> None:
    script = (
        "CREATE TABLE plan (yes boolean NOT NULL PRIMARY KEY);"
        "CREATE TABLE sale (id integer PRIMARY KEY, plan boolean NOT NULL REFERENCES plan (yes));"
    )
    if name == "mysql":  # whose boolean, as a key, is a number
        script = script.replace("boolean", "enum('yes', 'no')")
    with engine(name, script, tmp_path) as made:
        api.fill(made.target, rows=40)
        plans = made.count("plan")
        for _ in range(3):
            api.fill(made.target, append=True, rows=40)
        assert plans <= made.count("plan") <= 2 and made.count("sale") > 100
        assert made.orphans("sale", "plan", "plan", "yes") == 0
        notes = [str(note) for note in api.additions(made.target, append=True, rows=40).notes]
        assert any(note.startswith("plan: gets no rows") for note in notes)
        with pytest.raises(ImpossibleError, match="plan"):
            api.fill(made.target, append=True, rows={"plan": 1, "sale": 3})


TIGHT = """
CREATE TABLE kind (id serial UNIQUE, class text, own boolean, PRIMARY KEY (class, own));
CREATE UNIQUE INDEX kind_lower ON kind (lower(class));
CREATE TABLE mood (id serial UNIQUE, class text PRIMARY KEY CHECK (class ~ '[a-z]'));
CREATE TABLE place (id serial PRIMARY KEY, kind_id int NOT NULL REFERENCES kind (id));
CREATE TABLE site (id serial PRIMARY KEY, users int NOT NULL);
CREATE UNIQUE INDEX site_one ON site ((true));
CREATE TABLE entity (id serial PRIMARY KEY, name text);
CREATE TABLE header (id int PRIMARY KEY REFERENCES entity, revision_id int);
CREATE TABLE revision (id serial, header_id int NOT NULL REFERENCES header, PRIMARY KEY (id, header_id));
ALTER TABLE header ADD FOREIGN KEY (revision_id, id) REFERENCES revision (id, header_id);
"""


def test_what_has_no_room_gets_no_rows(tmp_path: Path) -> None:
    """Labels under an index of their lower case, an index that allows one row, a one-to-one without parents left."""
    with engine("postgres", TIGHT, tmp_path) as tight:
        api.fill(
            tight.target, rows={"kind": 1, "mood": 1, "place": 9, "site": 1, "entity": 3, "header": 3, "revision": 9}
        )
        api.fill(tight.target, append=True, tables=["kind", "mood", "place", "site"], rows=80)
        assert tight.count("site") == 1 and tight.count("kind") > 1 and tight.count("mood") == 1
        added = api.additions(tight.target, append=True, tables=["header", "revision", "place"], rows=60)
        api.fill(tight.target, append=True, tables=["header", "revision", "place"], rows=60)
        assert tight.count("header") == 3 and tight.count("revision") == 9
        assert any("header: 0 rows" in str(note) for note in added.notes)
