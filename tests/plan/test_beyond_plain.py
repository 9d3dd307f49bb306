"""Keys beyond plain ones: what is met, by which law, and what is said of the rest."""

from __future__ import annotations

import itertools
import re

import pytest

import plurel_sql
from plurel_sql.ddl import Text, read
from plurel_sql.plan import model, pieces
from plurel_sql.plan.injective import folded, told_apart


def planned(sql: str, rows: int = 500, dialect: str = "postgres") -> model.Plan:
    return plurel_sql.plan(read([Text("x.sql", sql)], dialect), rows=rows)


def rule(made: model.Plan, table: str, column: str) -> model.Rule:
    return next(each.rule for each in made.table(table).columns if each.name == column)


def values(made: model.Plan, table: str, column: str) -> list[object]:
    return plurel_sql.open_plan(made)[table].arrow()[column].to_pylist()


USERS = "CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE address (id int PRIMARY KEY, user_id int NOT NULL "


def test_one_row_of_a_group_is_elected() -> None:
    made = planned(USERS + "REFERENCES users, main boolean); CREATE UNIQUE INDEX u ON address (user_id) WHERE main;")
    elected = rule(made, "address", "main")
    assert isinstance(elected, model.Elect)
    assert (elected.levels, elected.chosen, elected.rest) == (1, model.Constant("true"), elected.rest)
    assert isinstance(made.table("address").links[0].law, model.Driver)
    assert made.notes == ()


def test_what_a_condition_asks_of_a_value_is_kept_from_the_others() -> None:
    made = planned(
        USERS + "REFERENCES users, state text CHECK (state IN ('on', 'off', 'new')), gone date);"
        "CREATE UNIQUE INDEX u ON address (user_id) WHERE state = 'on';"
    )
    elected = rule(made, "address", "state")
    assert isinstance(elected, model.Elect) and isinstance(elected.rest, model.Value)
    assert isinstance(elected.rest.codec, model.Category) and set(elected.rest.codec.labels) == {"off", "new"}
    assert elected.chosen == model.Constant("on")


def test_a_condition_that_nobody_can_elect_by_is_met_by_nobody() -> None:
    made = planned(
        USERS + "REFERENCES users, other int REFERENCES users, UNIQUE (user_id, other));"
        "CREATE UNIQUE INDEX u ON address (user_id) WHERE other IS NULL;"
    )
    assert made.table("address").links[1].null_rate == 0.0
    assert made.notes == ()


@pytest.mark.parametrize("expression", ["lower(a || b)", "my_function(a)", "a || b"])
def test_what_is_not_understood_is_noted(expression: str) -> None:
    made = planned(f"CREATE TABLE t (a text, b text); CREATE UNIQUE INDEX u ON t (({expression}));")
    assert [note.level for note in made.notes] == ["error"] and "t.u" in str(made.notes[0])
    assert made.schema is not None and made.schema.table("t").uniques == ()


def test_an_exclusion_of_another_form_is_noted() -> None:
    made = planned("CREATE TABLE t (a int, b int, EXCLUDE USING gist (a WITH =, b WITH <>));")
    assert "EXCLUDE" in str(made.notes[0])
    assert made.schema is not None and made.schema.table("t").exclusions == ()


def test_partitions_of_a_foreign_key_are_asked_of_the_parent() -> None:
    made = planned(
        "CREATE TABLE item (id int PRIMARY KEY); CREATE TABLE event (item_id int NOT NULL REFERENCES item) PARTITION BY"
        " RANGE (item_id); CREATE TABLE e1 PARTITION OF event FOR VALUES FROM (100) TO (200);"
    )
    assert [note for note in made.notes if note.level == "error"] == []
    found = values(made, "event", "item_id")
    assert found and all(isinstance(value, int) and 100 <= value < 200 for value in found)


def test_a_partition_key_of_any_form_is_met_by_trying() -> None:
    made = planned(
        "CREATE TABLE t (id int, k text) PARTITION BY LIST (lower(k));"
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES IN ('it''s', NULL);"
        "CREATE TABLE u (n int) PARTITION BY LIST (n % 4);"
        "CREATE TABLE u_1 PARTITION OF u FOR VALUES IN (1, 2);"
    )
    assert [note for note in made.notes if note.level == "error"] == []
    assert {value and str(value).lower() for value in values(made, "t", "k")} == {None, "it's"}
    assert {int(str(value)) % 4 for value in values(made, "u", "n")} == {1, 2}
    assert made.schema is not None and all(t.partitioning and not t.checks for t in made.schema.tables)


def test_a_partition_key_that_cannot_be_met_is_noted() -> None:
    made = planned(
        "CREATE TABLE t (id int PRIMARY KEY, n int) PARTITION BY LIST (hidden(n));"
        "CREATE TABLE p PARTITION OF t FOR VALUES IN (1);"
    )
    (note,) = (note.message for note in made.notes if note.level == "error")
    assert note.startswith("rows may fall outside the partitions: (hidden(n))")
    assert made.schema is not None and made.schema.table("t").partitioning is None


def test_a_partition_key_of_nothing_is_noted() -> None:
    made = planned(
        "CREATE TABLE t (a int) PARTITION BY RANGE (); CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (27);"
    )
    assert any(note.message.startswith("rows may fall outside the partitions") for note in made.notes)


def test_a_partitioned_table_without_partitions_stays_empty() -> None:
    made = planned("CREATE TABLE t (id int) PARTITION BY LIST (id); CREATE TABLE u (id int PRIMARY KEY);")
    assert made.table("t").rows == 0


def test_an_identity_counts_as_it_is_told() -> None:
    made = planned(
        "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY (START WITH 500 INCREMENT BY 5) PRIMARY KEY);"
        "CREATE TABLE b (id int GENERATED BY DEFAULT AS IDENTITY (INCREMENT -2 START -10 MAXVALUE 0) PRIMARY KEY);"
    )
    assert rule(made, "a", "id") == model.Sequence(500, 5)
    assert rule(made, "b", "id") == model.Sequence(-10, -2)
    assert rule(planned("CREATE TABLE a (id int IDENTITY(100, 10) PRIMARY KEY);", 9, "tsql"), "a", "id") == (
        model.Sequence(100, 10)
    )


def test_keys_of_tables_that_inherit_are_disjoint() -> None:
    made = planned(
        "CREATE TABLE base (id serial PRIMARY KEY); CREATE TABLE leaf (x int, PRIMARY KEY (id)) INHERITS (base);"
        "CREATE TABLE twig (y int, PRIMARY KEY (id)) INHERITS (leaf);"
    )
    keys = [value for table in ("base", "leaf", "twig") for value in values(made, table, "id")]
    assert len(set(keys)) == len(keys) == 500


def test_null_is_a_value_where_the_engine_says_so() -> None:
    sql = "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), UNIQUE (a, b));"
    for dialect, distinct in (("postgres", True), ("tsql", False), ("oracle", False), ("mysql", True)):
        schema = read([Text("x.sql", sql)], dialect)
        assert schema.tables[0].uniques[1].nulls_distinct is distinct, dialect


def test_texts_that_an_engine_may_take_for_one_are_one() -> None:
    assert folded("Élan ") == folded("elan")
    assert told_apart(("a", "A", "á", "b", "b ", "c")) == ("a", "b", "c")


def test_a_bound_of_a_domain_is_asked_of_the_key_that_is_copied() -> None:
    made = planned(
        "CREATE DOMAIN unit_no AS int CHECK (VALUE > 100); CREATE TABLE org (id int PRIMARY KEY);"
        "CREATE TABLE unit (org_id unit_no NOT NULL REFERENCES org);"
    )
    assert made.notes == ()
    assert min(value for value in values(made, "unit", "org_id") if isinstance(value, int)) > 100


KEYS = (
    "FOREIGN KEY (tenant_id, author_id) REFERENCES person (tenant_id, id)",
    "FOREIGN KEY (tenant_id, issue_id) REFERENCES issue (tenant_id, id)",
    "FOREIGN KEY (tenant_id) REFERENCES tenant (id)",
)


@pytest.mark.parametrize(
    "key", ["tenant_id, issue_id, n", "tenant_id, issue_id", "tenant_id, issue_id, author_id", "n"]
)
def test_the_order_in_which_keys_are_written_says_nothing(key: str) -> None:
    laws = set()
    for order in itertools.permutations(KEYS):
        made = planned(
            f"""CREATE TABLE tenant (id int PRIMARY KEY);
            CREATE TABLE person (tenant_id int REFERENCES tenant, id int, PRIMARY KEY (tenant_id, id));
            CREATE TABLE issue (tenant_id int REFERENCES tenant, id int, PRIMARY KEY (tenant_id, id));
            CREATE TABLE comment (tenant_id int NOT NULL, issue_id int NOT NULL, author_id int NOT NULL, n int NOT NULL,
              PRIMARY KEY ({key}), {", ".join(order)});"""
        )
        assert [note for note in made.notes if note.level == "error"] == []
        laws.add(tuple(sorted((link.name, type(link.law).__name__) for link in made.table("comment").links)))
    assert len(laws) == 1
    assert len(laws.pop()) == 3


PATTERN = "CREATE TABLE t (code varchar(12) NOT NULL, {} CONSTRAINT ok CHECK (code REGEXP '^[A-Z]{{2}}-[0-9]{{6}}$'));"


def test_a_key_over_a_prefix_leaves_room_for_a_pattern() -> None:
    made = planned(PATTERN.format("UNIQUE KEY (code(8)),"), rows=5_000, dialect="mysql")
    codes = [str(code) for code in values(made, "t", "code")]
    assert all(re.fullmatch("[A-Z]{2}-[0-9]{6}", code) for code in codes)
    assert len({code[:8] for code in codes}) == len(codes) == 5_000
    assert made.notes == () and made.schema is not None and made.schema.table("t").checks


def test_a_key_over_a_prefix_that_a_pattern_leaves_no_room_for_is_noted() -> None:
    made = planned(PATTERN.format("UNIQUE KEY (code(3)),"), dialect="mysql")
    codes = [str(code) for code in values(made, "t", "code")]
    assert all(re.fullmatch("[A-Z]{2}-[0-9]{6}", code) for code in codes)
    assert len({code[:3] for code in codes}) == len(codes) or made.schema.table("t").uniques == ()


def test_a_pattern_that_no_text_was_found_for_is_not_claimed() -> None:
    made = planned("CREATE TABLE t (code varchar(8) NOT NULL CHECK (code ~ '^[A-Z]{2}-[0-9]{6}$'));")
    assert made.schema is not None and made.schema.table("t").checks == ()
    assert any("is left out" in note.message for note in made.notes)


def test_two_unique_times_are_both_distinct() -> None:
    """Only one of them can be the table's own time; the other once followed it, by delays that collide."""
    made = planned("CREATE TABLE t (made timestamp(0) NOT NULL UNIQUE, paid timestamp(0) NOT NULL UNIQUE);", 20_000)
    assert [len(set(values(made, "t", name))) for name in ("made", "paid")] == [20_000, 20_000]


def test_what_partitions_hold() -> None:
    assert pieces.box([("eu", "1"), ("eu", "2"), ("us", "1"), ("us", "2"), ("asia", "1")]) == (
        ("eu", "us"),
        ("1", "2"),
    )
    assert pieces.box([("a", "1", "x"), ("a", "1", "y"), ("b", "2", "x")]) == (("a",), ("1",), ("x", "y"))
    assert pieces.missing([(2, 1), (8, 4), (4, 2)]) == (8, (0,))
    assert pieces.missing([(2, 0), (2, 1)])[1] == () and pieces.missing([(10**6, 1)])[1] == ()


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("RANGE (k); CREATE TABLE p PARTITION OF t FOR VALUES FROM ('ab') TO ('b')", "no letter lies between"),
        ("RANGE (a, b); CREATE TABLE p PARTITION OF t FOR VALUES FROM (1, 2) TO (2, 1)", "no room"),
        ("HASH (a); CREATE TABLE p PARTITION OF t FOR VALUES WITH (MODULUS 3, REMAINDER 1)", "leaves 0 .* by 3"),
    ],
)
def test_partitions_that_no_row_is_sure_to_find(sql: str, reason: str) -> None:
    made = planned(f"CREATE TABLE t (a int, b int, k text PRIMARY KEY) PARTITION BY {sql};")
    assert [bool(re.search(reason, note.message)) for note in made.notes if note.level == "error"] == [True]


OWN = """
CREATE TABLE customer (id serial PRIMARY KEY, name text, address_id int);
CREATE TABLE address (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, UNIQUE (id, customer_id));
ALTER TABLE customer ADD FOREIGN KEY (address_id, id) REFERENCES address (id, customer_id);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customer);
"""


def test_a_key_that_would_copy_a_key_from_itself_is_null() -> None:
    made = planned(OWN)
    assert [note.level for note in made.notes] == ["info"]
    assert made.schema is not None and all(len(table.foreign_keys) == 1 for table in made.schema.tables)
    assert set(values(made, "customer", "address_id")) == {None}
    assert len(set(values(made, "customer", "id"))) == made.table("customer").rows


def test_a_foreign_key_to_a_key_that_is_left_out_is_left_out_too() -> None:
    made = planned(
        "CREATE TABLE tenant (id int PRIMARY KEY); CREATE TABLE project (tenant_id int REFERENCES tenant, no int,"
        " PRIMARY KEY (tenant_id, no)); CREATE TABLE t (tenant_id int NOT NULL, no int NOT NULL UNIQUE,"
        " FOREIGN KEY (tenant_id, no) REFERENCES project); CREATE TABLE u (no int REFERENCES t (no));"
    )
    assert made.schema is not None and made.schema.table("u").foreign_keys == ()
    assert [note.message.split(" can't")[0].split(", as")[0] for note in made.notes] == [
        "UNIQUE (no)",
        "FOREIGN KEY (no) is left out",
    ]


def test_what_an_exclusion_asks_for_may_still_be_changed() -> None:
    made = planned(
        "CREATE TABLE stay (id int PRIMARY KEY, room int NOT NULL, r int4range NOT NULL, gone timestamp, state text NOT"
        " NULL CHECK (state IN ('on', 'off', 'void')), CHECK ((state = 'void') = (gone IS NOT NULL)),"
        " EXCLUDE USING gist (room WITH =, r WITH &&) WHERE (gone IS NULL));"
        " CREATE UNIQUE INDEX one_on ON stay (room) WHERE state = 'on';"
    )
    assert plurel_sql.open_plan(made).plan.notes == ()
