"""Tables that are there: filled, added to, and refused, in each engine, which checks its own constraints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audit.awkward import AWKWARD
from support.existing import ENGINES, Engine, engine

import plurel_sql
from plurel_sql import api, cli, existing
from plurel_sql.errors import ConfigError, ImpossibleError, InputError, TargetError

SHOP = (Path(__file__).parent / "shop.sql").read_text(encoding="utf-8")
ORDER = 'the order; of "all"'
KEYS = (
    ("profile", "customer_id", "customer", "id"),
    (ORDER, "customer_id", "customer", "id"),
    (ORDER, "gift_for", "customer", "id"),
    ("line", "order_id", ORDER, "order id"),
    ("member", "customer_id", "customer", "id"),
    ("member", "team_id", "team", "id"),
    ("employee", "boss", "employee", "id"),
    ("audit_mark", "log_id", "audit_log", "id"),
)
TABLES = ("customer", "profile", ORDER, "line", "team", "member", "employee", "audit_log", "audit_mark")


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with engine(request.param, SHOP, tmp_path) as made:
        yield made


def counts(shop: Engine) -> dict[str, int]:
    return {table: shop.count(table) for table in TABLES}


def assert_whole(shop: Engine) -> None:
    """Nothing points nowhere, as a query of ours sees it, whatever the engine was told to check."""
    assert {key: shop.orphans(*key) for key in KEYS} == dict.fromkeys(KEYS, 0)


def test_empty_tables_are_filled_with_what_a_new_file_would_get(shop: Engine) -> None:
    loaded = api.fill(shop.target, rows=400, seed=3)
    fresh = plurel_sql.synthesize(SHOP, rows=400, seed=3, dialect="postgres")
    assert {table.name: table.rows for table in loaded.tables} == {name: len(fresh[name]) for name in fresh}
    assert_whole(shop)
    ids = [row[0] for row in shop.ask("SELECT id FROM customer ORDER BY id")]
    assert ids == list(range(1, len(ids) + 1))


def test_append_twice(shop: Engine) -> None:
    api.fill(shop.target, rows=400)
    for seed in (0, 0, 5):
        before, old = counts(shop), shop.ask("SELECT * FROM customer ORDER BY id")
        loaded = api.fill(shop.target, append=True, rows=300, seed=seed)
        assert sum(table.rows for table in loaded.tables) == 300
        assert counts(shop) == {name: before[name] + rows for name, rows in ((t.name, t.rows) for t in loaded.tables)}
        assert_whole(shop)
        now = shop.ask("SELECT * FROM customer ORDER BY id")
        assert now[: len(old)] == old
        assert [row[0] for row in now] == list(range(1, len(now) + 1))
    customers = before["customer"]
    reached = {
        row[0]
        for row in shop.ask(
            f"SELECT customer_id FROM {shop.quote(ORDER)} WHERE {shop.quote('order id')} > {before[ORDER]}"
        )
    }
    assert any(int(str(id)) <= customers for id in reached) and any(int(str(id)) > customers for id in reached)
    teams = before["team"]
    assert shop.ask(f"SELECT 1 FROM member WHERE customer_id > {customers} AND team_id <= {teams}")


def test_the_same_request_adds_the_same_rows(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        with engine("duckdb", SHOP, tmp_path / name) as shop:
            api.fill(shop.target, rows=300)
            api.fill(shop.target, append=True, rows=200)
            made.append([shop.ask(f"SELECT * FROM {shop.quote(table)} ORDER BY ALL") for table in TABLES])
    assert made[0] == made[1]


def test_lines_go_on_below_orders_that_get_none(shop: Engine) -> None:
    api.fill(shop.target, rows=400)
    before = counts(shop)
    highest = dict(shop.ask("SELECT order_id, max(line_no) FROM line GROUP BY order_id"))
    api.fill(shop.target, append=True, tables=["line"], rows=200)
    assert counts(shop) == {**before, "line": before["line"] + 200}
    assert_whole(shop)
    for order, lines, last in shop.ask("SELECT order_id, count(*), max(line_no) FROM line GROUP BY order_id"):
        assert lines == last, f"order {order} has a gap, or a line twice"
    assert any(
        last > highest.get(order, 0)
        for order, last in shop.ask("SELECT order_id, max(line_no) FROM line GROUP BY order_id")
    )


def test_one_to_one_and_junctions_step_past_the_old_ones(shop: Engine) -> None:
    api.fill(shop.target, rows={"customer": 40, "profile": 15, "team": 8, "member": 100, "line": 10})
    api.fill(shop.target, append=True, tables=["profile", "member"], rows={"profile": 25, "member": 200})
    assert (shop.count("profile"), shop.count("member")) == (40, 300)
    assert_whole(shop)
    with pytest.raises(ImpossibleError, match="profile: 1 rows asked for, at most 0"):
        api.fill(shop.target, append=True, tables=["profile"], rows={"profile": 1})
    assert shop.count("profile") == 40


def test_a_table_that_holds_rows_is_refused_by_name(shop: Engine) -> None:
    shop.run("INSERT INTO team (id, name) VALUES (7, 'Ours')")
    with pytest.raises(TargetError, match=r"team holds rows \(--append adds to them"):
        api.fill(shop.target, rows=100)
    assert shop.ask("SELECT * FROM team") == [(7, "Ours")] and shop.count("customer") == 0


def test_only_the_tables_that_are_named(shop: Engine) -> None:
    added = api.additions(shop.target, tables=["audit_m*"], rows=50)
    assert [str(note) for note in added.notes if note.where == "audit_log"] == [
        "audit_log: is filled as well: audit_mark needs its rows, and it has none"
    ]
    api.fill(shop.target, tables=["audit_m*"], rows=50)
    assert {name for name, rows in counts(shop).items() if rows} == {"audit_log", "audit_mark"}
    api.fill(shop.target, tables=["CUSTOMER", "team"], rows=20)
    before = counts(shop)
    api.fill(shop.target, tables=["member"], rows=10)
    assert counts(shop) == {**before, "member": 10}
    assert_whole(shop)
    with pytest.raises(ConfigError, match=r"no table is called 'custmer' \(did you mean 'customer'"):
        api.fill(shop.target, tables=["custmer"])
    with pytest.raises(ConfigError, match="team is not among the tables to fill"):
        api.fill(shop.target, append=True, tables=["member"], rows={"team": 3})


def test_numbers_start_after_the_highest_and_labels_are_new(shop: Engine) -> None:
    shop.run("INSERT INTO team (id, name) VALUES (-5, 'Tigers'), (1000, 'united  '), (12, 'Zebras 1')")
    api.fill(shop.target, append=True, tables=["team"], rows=14)
    teams = shop.ask("SELECT id, name FROM team WHERE id > 1000 ORDER BY id")
    assert [id for id, _ in teams] == list(range(1001, 1015))
    assert not {str(name).lower() for _, name in teams} & {"tigers", "united"}


def test_the_command_line(shop: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["synth", "--out", shop.target, "--existing", "--rows", "200"]) == 0
    assert "customer" in capsys.readouterr().out
    before = counts(shop)
    tables = ["--tables", "line,'audit_*'".replace("'", ""), "--tables", "member"]
    assert cli.run(["synth", "--out", shop.target, "--existing", "--append", *tables, "--rows", "60", "--quiet"]) == 0
    changed = {name for name, rows in counts(shop).items() if rows != before[name]}
    assert changed == {"line", "member", "audit_log", "audit_mark"}
    assert cli.run(["synth", "--out", shop.target, "--existing"]) == 2
    assert "--append" in capsys.readouterr().err
    for wrong in (["--append"], ["--tables", "line"], ["--existing", "--overwrite"]):
        assert cli.run(["synth", "--out", shop.target, *wrong]) == 2


def test_a_given_schema_must_be_the_targets(shop: Engine) -> None:
    with pytest.raises(InputError, match="differs"):
        api.fill(shop.target, "CREATE TABLE customer (id int PRIMARY KEY);", rows=10)
    api.fill(shop.target, SHOP, dialect="postgres", rows=50)
    assert shop.count("customer")


def test_a_failure_leaves_the_target_as_it_was(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    api.fill(shop.target, rows=200)
    before = counts(shop)
    stream = existing.Additions.stream

    def broken(self: existing.Additions, table: str) -> object:
        if table == "member":
            raise plurel_sql.RunError("stopped on purpose")
        return stream(self, table)

    monkeypatch.setattr(existing.Additions, "stream", broken)
    with pytest.raises(plurel_sql.RunError, match="stopped on purpose"):
        api.fill(shop.target, append=True, rows=200)
    assert counts(shop) == before


@pytest.mark.parametrize("name", ["duckdb", "postgres"])
def test_keys_that_must_differ_or_be_in_order_do_so_to_held_parents_too(name: str, tmp_path: Path) -> None:
    with engine(name, AWKWARD["pairs of keys"][1], tmp_path) as made:
        api.fill(made.target, rows=600)
        api.fill(made.target, append=True, rows=200)
        before = made.count("pal")
        api.fill(made.target, append=True, rows=90, tables=("follow", "friend", "pal", "transfer", "chat"))
        assert made.count("pal") > before  # the engine has looked at the CHECKs
        assert made.orphans("pal", "b", "member", "id") == 0


AGES = """
CREATE TABLE customer (id int PRIMARY KEY, name varchar(40), joined_at timestamp NOT NULL);
CREATE TABLE clerk (id int PRIMARY KEY, name varchar(40), hired date NOT NULL);
CREATE TABLE purchase (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer (id),
    clerk_id int REFERENCES clerk (id), bought_at timestamp NOT NULL);
"""


def test_new_rows_are_no_older_than_the_old_parents_that_they_refer_to(tmp_path: Path) -> None:
    with engine("duckdb", AGES, tmp_path) as made:
        api.fill(made.target, rows={"customer": 400, "clerk": 40, "purchase": 100})
        api.fill(made.target, append=True, rows={"customer": 50, "purchase": 2000}, tables=["customer", "purchase"])
        old = "SELECT count(*), count(DISTINCT p.customer_id) FROM purchase p JOIN customer c ON c.id = p.customer_id"
        assert made.ask(f"{old} WHERE p.bought_at < c.joined_at")[0][0] == 0
        ((many, different),) = made.ask(f"{old} WHERE p.id > 100 AND c.id <= 400")
        assert int(str(many)) > 1000 and int(str(different)) > 200
        born = "SELECT count(*) FROM purchase p JOIN clerk c ON c.id = p.clerk_id WHERE p.bought_at < c.hired"
        assert int(str(made.ask(born)[0][0])) < 40  # of the days before the first was hired
