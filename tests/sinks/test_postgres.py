"""The PostgreSQL sink, against a server; the server is the judge of what it holds."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa
from support.servers import POSTGRES, database, rows, run_script

import plurel_sql
from plurel_sql import inputs
from plurel_sql.errors import RunError, TargetError
from plurel_sql.schema.model import Check, Schema, Unique
from plurel_sql.sinks.base import Loaded
from plurel_sql.sinks.targets import Options, open_target

SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE customer (
  id serial PRIMARY KEY, email varchar(60) NOT NULL UNIQUE, mood mood, size positive NOT NULL,
  code integer GENERATED ALWAYS AS IDENTITY, doubled integer GENERATED ALWAYS AS (size * 2) STORED);
COMMENT ON CONSTRAINT customer_email_key ON customer IS 'It''s unique';
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customer (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  previous bigint REFERENCES orders (id), total numeric(10, 2) CHECK (total >= 0), at timestamptz NOT NULL);
CREATE INDEX orders_at ON orders (at DESC) WHERE total > 10;
CREATE TABLE log (what text);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO log VALUES ('fired'); RETURN NEW; END $$;
CREATE TRIGGER noted BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER sleeping BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION noted();
ALTER TABLE orders DISABLE TRIGGER sleeping;
CREATE TRIGGER always BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION noted();
ALTER TABLE orders ENABLE ALWAYS TRIGGER always;
CREATE VIEW spent AS SELECT c.id, c.email, sum(o.total) AS total FROM customer c LEFT JOIN orders o
  ON o.customer_id = c.id GROUP BY c.id;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM orders;
"""


@pytest.fixture
def url():
    with database(POSTGRES) as made:
        yield made


def fill(url: str, script: str, count: int = 600, **options) -> Loaded:
    source = plurel_sql.synthesize(inputs.read(script, "postgres"), rows=count)
    return write(url, source, **options)


def write(url: str, source, **options) -> Loaded:
    constraints = options.pop("constraints", "all")
    sink = open_target(url, Options(**options))
    sink.check()
    return sink.write(source, constraints=constraints)


def one(url: str, sql: str):
    return rows(url, sql)[0][0]


def definitions(url: str) -> list[tuple[object, ...]]:
    """All constraints, indexes and triggers, as the server tells them."""
    return rows(
        url,
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated,"
        " obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conrelid::regclass::text !~ '^pg_'"
        " UNION ALL SELECT tablename::text, indexname, indexdef, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'"
        " UNION ALL SELECT tgrelid::regclass::text, tgname, tgenabled::text, NULL, NULL FROM pg_trigger"
        " WHERE NOT tgisinternal ORDER BY 1, 2, 3",
    )


def relations(url: str) -> int:
    return one(url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")


def test_a_database_is_what_its_script_makes_with_rows_in_it(url):
    loaded = fill(url, SHOP)
    assert loaded.notes == () or {note.level for note in loaded.notes} == {"info"}
    assert {t.name: t.rows for t in loaded.tables} == {
        name: one(url, f"SELECT count(*) FROM {name}") for name in ("customer", "orders", "log")
    }
    with database(POSTGRES) as bare:
        run_script(bare, SHOP)
        assert definitions(url) == definitions(bare)
    assert not rows(url, "SELECT * FROM customer WHERE doubled <> size * 2 OR doubled IS NULL")
    assert one(url, "SELECT n FROM totals") == one(url, "SELECT count(*) FROM orders")
    assert not rows(url, "SELECT * FROM log WHERE what = 'fired'")


def test_the_next_insert_of_the_application_works(url):
    fill(url, SHOP)
    top = one(url, "SELECT max(id) FROM customer")
    run_script(url, "INSERT INTO customer (email, size) VALUES ('new', 1);")
    run_script(url, "INSERT INTO orders (customer_id, at) VALUES (1, now());")
    assert one(url, "SELECT max(id) FROM customer") == top + 1
    assert rows(url, "SELECT count(*) FROM log WHERE what = 'fired'") == [(1,)]


def test_every_type_comes_back_as_it_went(url):
    columns = {
        "b": ("boolean", pa.bool_(), [True, False, None]),
        "i2": ("smallint", pa.int16(), [-32768, 32767, None]),
        "i4": ("integer", pa.int64(), [-(2**31), 2**31 - 1, 0]),
        "i8": ("bigint", pa.int64(), [-(2**63), 2**63 - 1, None]),
        "u8": ("numeric(20)", pa.uint64(), [2**64 - 1, 0, 1]),
        "f4": ("real", pa.float32(), [1.5, float("inf"), None]),
        "f8": ("double precision", pa.float64(), [1e300, -0.1, float("-inf")]),
        "n": ("numeric(38, 10)", pa.decimal128(38, 10), [Decimal("12345678901234567890.0123456789"), Decimal(0), None]),
        "n3": ("numeric(9, 3)", pa.decimal128(9, 3), [Decimal("-0.001"), Decimal("10000.500"), Decimal("999999.999")]),
        "n38": ("numeric(38, 37)", pa.decimal128(38, 37), [Decimal("9." + "9" * 37), Decimal("-1e-37"), Decimal(1)]),
        "t": ("text", pa.string(), ["a\tb\\N\n\"'", "", "日本 😀"]),
        "c": ("char(4)", pa.string(), ["ab  ", "    ", None]),
        "d": ("date", pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
        "ti": ("time", pa.time64("us"), [dt.time(0, 0), dt.time(23, 59, 59, 999999), None]),
        "ts": (
            "timestamp",
            pa.timestamp("us"),
            [dt.datetime(1969, 12, 31, 23, 59, 59, 1), dt.datetime(2100, 1, 1), None],
        ),
        "tz": ("timestamptz", pa.timestamp("us", "UTC"), [dt.datetime(2000, 1, 1, tzinfo=dt.UTC), None, None]),
        "iv": ("interval", pa.month_day_nano_interval(), [(14, -3, 5_000_000), (0, 0, -1_000), None]),
        "u": ("uuid", pa.string(), ["00112233-4455-6677-8899-aabbccddeeff", None, "f" * 32]),
        "j": ("json", pa.string(), ['{"a": "\\u00e9\\n"}', "[]", None]),
        "jb": ("jsonb", pa.string(), ['{"a": 1}', "null", None]),
        "by": ("bytea", pa.binary(), [b"\0\\x\xff", b"", None]),
        "ip": ("inet", pa.string(), ["10.0.0.1", "2001:db8::1/64", None]),
        "ci": ("cidr", pa.string(), ["10.0.0.0/8", None, None]),
        "ma": ("macaddr", pa.string(), ["08:00:2b:01:02:03", None, None]),
        "bi": ("bit(10)", pa.string(), ["1010101010", "0000000001", None]),
        "vb": ("varbit", pa.string(), ["1", "", None]),
        "b1": ("bit", pa.bool_(), [True, False, None]),
        "ai": ("integer[]", pa.list_(pa.int32()), [[1, None, -3], [], None]),
        "at": ("text[]", pa.list_(pa.string()), [['a"b\\', "NULL", "", "x,y"], [None], []]),
        "an": ("numeric(5, 1)[]", pa.list_(pa.decimal128(5, 1)), [[Decimal("1.5")], [], None]),
        "au": ("uuid[]", pa.list_(pa.string()), [["00112233-4455-6677-8899-aabbccddeeff"], [], None]),
    }
    check_round_trip(url, columns)
    textual = {
        "r": ("int4range", pa.string(), ["[1,5)", "empty", None]),
        "p": ("point", pa.string(), ["(1,2)", None, None]),
        "x": ("xml", pa.string(), ["<a>&amp;</a>", None, None]),
        "mo": ("money", pa.string(), ["$1.50", None, None]),
        "ts2": ("tsvector", pa.string(), ["'a':1", None, None]),
        "a2": ("integer[]", pa.list_(pa.list_(pa.int32())), [[[1, 2], [3, 4]], [], None]),
        "ar": ("int4range[]", pa.list_(pa.string()), [["[1,5)", None], [], None]),
        **{name: columns[name] for name in ("b", "f8", "d", "ts", "tz", "iv", "by", "b1", "at", "t", "n38")},
    }
    check_round_trip(url, textual)


def check_round_trip(url: str, columns) -> None:
    """Loads the columns through the sink's copy, and compares with what literals in SQL give."""
    from plurel_sql.sinks.base import Counted, Silent
    from plurel_sql.sinks.interrupts import Interrupts
    from plurel_sql.sinks.postgres.catalogue import relations
    from plurel_sql.sinks.postgres.copy import copy
    from plurel_sql.sinks.postgres.session import Session, opened

    table = pa.table({name: pa.array(values, type) for name, (_, type, values) in columns.items()})
    with opened(sa.make_url(url)) as connection:
        session = Session(connection, sa.make_url(url), Interrupts())
        session.run(f"CREATE TEMP TABLE x ({', '.join(f'{name} {sql}' for name, (sql, _, _) in columns.items())})")
        session.run("CREATE TEMP TABLE y (LIKE x)")
        (oid,) = session.rows("SELECT 'x'::regclass::oid")[0]
        reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=2))
        assert copy(session, relations(session, [oid])[oid], Counted(reader, Silent(), lambda: None), False) == 3
        for k in range(3):
            literals = [f"{_literal(columns[name][2][k])}::{columns[name][0]}" for name in columns]
            session.run(f"INSERT INTO y VALUES ({', '.join(literals)})")
        for name, (sql, _, _) in columns.items():
            # The server's own output of both; json has no equality.
            found = session.rows(f"SELECT {name}::text FROM x")
            assert found == session.rows(f"SELECT {name}::text FROM y"), (name, sql)


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return f"'{int(value)}'"
        case bytes():
            return f"'\\x{value.hex()}'"
        case tuple():  # an interval
            return f"'{value[0]} mons {value[1]} days {value[2] // 1000} microseconds'"
        case list() if value and isinstance(value[0], list):
            return "'" + str(value).replace("[", "{").replace("]", "}") + "'"
        case list():
            return f"ARRAY[{', '.join(map(_literal, value))}]"
        case _:
            text = str(value).replace("'", "''")
            return f"'{text}'"


def test_names_cannot_inject(url):
    names = [
        'a"; DROP TABLE victim; --',
        "b'c",
        "d\\e",
        "f\ng",
        "%s %(h)s %%",
        "ü 日本",
        "select",
        " ",
        "x.y",
        "$1",
        "?:z",
    ]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    run_script(url, "CREATE TABLE victim (n integer); INSERT INTO victim VALUES (7);")
    columns = ", ".join(f"{name} integer GENERATED BY DEFAULT AS IDENTITY" for name in quoted)
    script = "".join(
        f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({quoted[0]}), parent integer REFERENCES {quoted[0]},"
        f' CONSTRAINT {table[:-1]}k" UNIQUE ({quoted[1]}));\n'
        for table in quoted
    )
    loaded = fill(url, script, 200)
    assert [note for note in loaded.notes if note.level == "error"] == []
    assert sum(table.rows for table in loaded.tables) == 200 and len(loaded.tables) == len(names)
    assert rows(url, "SELECT n FROM victim") == [(7,)]
    for name, table in zip(names, quoted, strict=True):
        with sa.create_engine(url).connect() as connection:
            count = connection.connection.driver_connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        assert count == next(t.rows for t in loaded.tables if t.name == name)


def test_a_statement_is_one_statement(url):
    schema = inputs.read("CREATE TABLE a (id integer PRIMARY KEY);", "postgres")
    run_script(url, "CREATE TABLE victim (n integer);")
    evil = schema.statements[0].__class__("COMMENT ON TABLE a IS 'x'; COMMIT; DROP TABLE victim", None)
    source = plurel_sql.synthesize(schema.__class__(schema.tables, "postgres", (), (*schema.statements, evil)), rows=10)
    loaded = write(url, source)
    assert any("multiple commands" in note.message for note in loaded.notes)
    assert rows(url, "SELECT count(*) FROM victim") == [(0,)]


def test_what_was_there_before_is_not_touched(url):
    run_script(url, "CREATE TABLE mine (n integer); INSERT INTO mine VALUES (1), (2); CREATE FUNCTION f() RETURNS"
                    " integer LANGUAGE sql AS 'SELECT 1';")  # fmt: skip
    script = """
    DROP SCHEMA public CASCADE;
    CREATE TABLE a (id integer PRIMARY KEY);
    DROP TABLE IF EXISTS mine;
    ALTER TABLE mine ADD COLUMN evil integer;
    DO $$ BEGIN DELETE FROM mine; END $$;
    CREATE OR REPLACE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 2';
    CREATE ROLE plurel_sql_never;
    """
    loaded = fill(url, script, 10)
    assert rows(url, "SELECT * FROM mine ORDER BY n") == [(1,), (2,)]
    assert one(url, "SELECT f()") == 1
    assert one(url, "SELECT count(*) FROM pg_roles WHERE rolname = 'plurel_sql_never'") == 0
    assert len([note for note in loaded.notes if "was there before" in note.message]) >= 1
    assert one(url, "SELECT count(*) FROM a") == 10


def test_tables_that_are_there_are_refused_or_replaced(url):
    fill(url, SHOP)
    before = rows(url, "SELECT xmin::text, * FROM customer ORDER BY id")
    with pytest.raises(TargetError, match="customer, orders, log exist already"):
        fill(url, SHOP)
    assert rows(url, "SELECT xmin::text, * FROM customer ORDER BY id") == before
    fill(url, SHOP, 90, overwrite=True)
    assert sum(one(url, f"SELECT count(*) FROM {t}") for t in ("customer", "orders", "log")) == 90
    run_script(url, "CREATE VIEW mine AS SELECT id FROM customer;")
    with pytest.raises(TargetError, match="nothing was dropped"):
        fill(url, SHOP, overwrite=True)
    assert one(url, "SELECT count(*) FROM mine") > 0


def test_existing_tables_are_filled_and_keep_all_they_have(url):
    run_script(url, SHOP)
    before = definitions(url)
    fill(url, SHOP, existing=True)
    assert definitions(url) == before
    assert one(url, "SELECT count(*) FROM orders") > 0
    assert not rows(url, "SELECT * FROM log WHERE what = 'fired'")
    with database(POSTGRES) as empty, pytest.raises(TargetError, match="has no table"):
        fill(empty, SHOP, existing=True)


def without(schema: Schema, **gone) -> Schema:
    """The schema as if the plan knew nothing of these parts of its tables."""
    from msgspec.structs import replace

    return replace(schema, tables=tuple(replace(table, **gone) for table in schema.tables))


def test_a_constraint_without_guarantee_is_left_out_and_named_or_fails_the_load(url):
    script = """
    CREATE TABLE a (id integer PRIMARY KEY, kind smallint NOT NULL CONSTRAINT odd CHECK (kind % 97 = 96),
      CONSTRAINT once UNIQUE (kind));
    """
    schema = without(inputs.read(script, "postgres"), checks=(), uniques=(Unique(("id",), primary=True),))
    loaded = write(url, plurel_sql.synthesize(schema, rows=2000))
    named = " ".join(note.message for note in loaded.notes if note.level == "error")
    assert "odd CHECK" in named and "once UNIQUE (kind)" in named
    assert rows(url, "SELECT conname FROM pg_constraint WHERE conrelid = 'a'::regclass") == [("a_pkey",)]
    with database(POSTGRES) as other:
        run_script(other, script)
        with pytest.raises(RunError, match="as it was before"):
            write(other, plurel_sql.synthesize(schema, rows=2000), existing=True)
        assert one(other, "SELECT count(*) FROM a") == 0
        assert one(other, "SELECT count(*) FROM pg_constraint WHERE conrelid = 'a'::regclass") == 3


def test_a_guarantee_that_is_not_kept_is_a_failure(url):
    script = "CREATE TABLE a (id integer PRIMARY KEY, n integer NOT NULL CONSTRAINT low CHECK (n % 97 = 96));"
    schema = inputs.read(script, "postgres")
    source = plurel_sql.synthesize(without(schema, checks=()), rows=500)
    claimed = without(schema, checks=(Check("n % 97 = 96", ("n",), "low", exact=True),))
    source.schema = claimed
    with pytest.raises(RunError, match="low CHECK"):
        write(url, source)
    assert relations(url) == 0


@pytest.mark.parametrize(("constraints", "kinds"), [("all", "cfpu"), ("keys", "pu"), ("none", "")])
def test_constraints_are_declared_as_asked(url, constraints, kinds):
    fill(url, SHOP.replace("CREATE VIEW", "--").replace("ON o.customer_id", "--"), constraints=constraints)
    found = one(
        url, "SELECT coalesce(string_agg(DISTINCT contype::text, ''), '') FROM pg_constraint WHERE conrelid <> 0"
             " AND conrelid::regclass::text IN ('customer', 'orders')"
    )  # fmt: skip
    assert "".join(sorted(found)) == kinds


def test_rows_that_may_find_no_partition_have_one_made(url):
    script = """
    CREATE FUNCTION bucket(x integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN x % 3; END $$;
    CREATE TABLE t (id integer NOT NULL) PARTITION BY LIST (bucket(id));
    CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1) PARTITION BY RANGE (id);
    CREATE TABLE t_1_low PARTITION OF t_1 FOR VALUES FROM (1) TO (9);
    CREATE TABLE t_default (x integer);
    CREATE TABLE h (id integer NOT NULL) PARTITION BY HASH (id);
    CREATE TABLE h_1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE TABLE h_2 PARTITION OF h FOR VALUES WITH (MODULUS 8, REMAINDER 4);
    CREATE TABLE h_3 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 2);
    """
    loaded = fill(url, script, {"t": 60, "h": 40})
    errors = [str(note) for note in loaded.notes if note.level == "error"]
    assert errors == []
    added = [note.message for note in loaded.notes]
    assert added == [
        "rows that no partition of t takes are in t_default_2, which is added",
        "rows that no partition of t_1 takes are in t_1_default, which is added",
        "rows that no partition of h takes are in h_default, which is added",
    ]
    assert one(url, "SELECT count(*) FROM h") == 40 and one(url, "SELECT count(*) FROM h_default") > 0
    assert one(url, "SELECT count(*) FROM t") == 60 and one(url, "SELECT count(*) FROM t_default_2") > 0


def test_cycles_partitions_inheritance_and_namespaces(url):
    script = """
    CREATE SCHEMA "Sales";
    CREATE TABLE "Sales".region (id integer PRIMARY KEY, head integer NOT NULL);
    CREATE TABLE person (id integer PRIMARY KEY, region_id integer NOT NULL REFERENCES "Sales".region,
      boss integer REFERENCES person);
    ALTER TABLE "Sales".region ADD FOREIGN KEY (head) REFERENCES person NOT VALID;
    CREATE TABLE event (id bigint NOT NULL, at integer NOT NULL, person_id integer REFERENCES person,
      PRIMARY KEY (id, at)) PARTITION BY HASH (id);
    CREATE TABLE event_0 PARTITION OF event FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE event_1 PARTITION OF event FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE INDEX ON event (person_id);
    CREATE TABLE animal (id integer NOT NULL PRIMARY KEY, name text NOT NULL);
    CREATE TABLE dog (bark text) INHERITS (animal);
    """
    loaded = fill(url, script, 900)
    assert [note for note in loaded.notes if note.level == "error"] == []
    counts = {t.name: t.rows for t in loaded.tables}
    assert one(url, "SELECT count(*) FROM ONLY animal") == next(n for k, n in counts.items() if k.endswith("animal"))
    assert one(url, "SELECT count(*) FROM event_0") > 0 and one(url, "SELECT count(*) FROM event_1") > 0
    states = rows(
        url, "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 ORDER BY 1"
    )
    assert [state for _, state in states] == [True, True, True, False]
    run_script(url, 'ALTER TABLE "Sales".region VALIDATE CONSTRAINT region_head_fkey;')


def test_sequences_that_are_only_named_in_a_default_and_descending_ones(url):
    script = """
    CREATE SEQUENCE shared_ids INCREMENT BY 5;
    CREATE TABLE a (id integer PRIMARY KEY DEFAULT nextval('shared_ids'));
    CREATE TABLE b (id integer PRIMARY KEY DEFAULT nextval('shared_ids'));
    CREATE SEQUENCE unused;
    """
    fill(url, script, 300)
    top = one(url, "SELECT greatest((SELECT max(id) FROM a), (SELECT max(id) FROM b))")
    assert one(url, "SELECT nextval('shared_ids')") > top
    assert one(url, "SELECT is_called FROM unused") is False


def test_statements_that_fail_are_named_and_their_table_is_made_all_the_same(url):
    script = """
    CREATE EXTENSION no_such_extension;
    CREATE TABLE a (id integer PRIMARY KEY, where_at no_such_type, n integer DEFAULT no_such_function());
    CREATE TABLE b (id integer PRIMARY KEY, a_id integer NOT NULL REFERENCES a);
    ALTER TABLE a OWNER TO no_such_role;
    CREATE INDEX CONCURRENTLY b_a ON b (a_id);
    CREATE VIEW v AS SELECT no_such_column FROM a;
    """
    loaded = fill(url, script, 100)
    errors = {note.source.line: note.message for note in loaded.notes if note.level == "error" and note.source}
    assert "no_such" in errors[3] and "understood" in errors[3] and "no_such_column" in errors[7]
    assert one(url, "SELECT count(*) FROM a") + one(url, "SELECT count(*) FROM b") == 100
    found = rows(url, "SELECT conname FROM pg_constraint WHERE conrelid IN ('a'::regclass, 'b'::regclass) ORDER BY 1")
    assert found == [("a_pkey",), ("b_a_id_fkey",), ("b_pkey",)]
    assert rows(url, "SELECT indexname FROM pg_indexes WHERE indexname = 'b_a'") == [("b_a",)]


def test_a_schema_of_another_dialect_is_made_by_definitions_of_our_own(url):
    script = """
    CREATE TABLE `Kind` (`id` INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, `label` ENUM('a','b') NOT NULL);
    CREATE TABLE `thing` (`id` BIGINT AUTO_INCREMENT PRIMARY KEY, `kind_id` INT UNSIGNED NOT NULL, `ok` TINYINT(1),
      `data` JSON, `raw` VARBINARY(20), FOREIGN KEY (`kind_id`) REFERENCES `Kind` (`id`)) ENGINE=InnoDB;
    """
    loaded = write(url, plurel_sql.synthesize(inputs.read(script, "mysql"), rows=400))
    assert [note for note in loaded.notes if note.level == "error"] == []
    assert one(url, 'SELECT count(*) FROM thing JOIN "Kind" k ON k.id = kind_id') == one(
        url, "SELECT count(*) FROM thing"
    )
    assert one(url, "SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == 1


def test_triggers_on_definitions_do_not_fire_during_the_load_and_are_enabled_after_it(url):
    script = """
    CREATE TABLE a (id integer PRIMARY KEY);
    CREATE TABLE heard (tag text);
    CREATE FUNCTION hear() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO heard VALUES ('ALTER ' || tg_tag); END $$;
    CREATE EVENT TRIGGER hears ON ddl_command_end EXECUTE FUNCTION hear();
    """
    fill(url, script, 50)
    assert rows(url, "SELECT evtenabled FROM pg_event_trigger") == [("O",)]
    assert not rows(url, "SELECT * FROM heard WHERE tag LIKE 'ALTER %%'")
    run_script(url, "ALTER TABLE a ADD COLUMN n integer;")
    assert rows(url, "SELECT tag FROM heard WHERE tag LIKE 'ALTER %%'") == [("ALTER ALTER TABLE",)]


def test_a_domains_check_without_guarantee_is_left_out_and_named(url):
    script = """
    CREATE DOMAIN odd AS integer CONSTRAINT is_odd CHECK (VALUE % 97 = 96) CONSTRAINT fits CHECK (VALUE IS NOT NULL);
    CREATE TABLE a (id integer PRIMARY KEY, n odd NOT NULL);
    """
    source = plurel_sql.synthesize(inputs.read(script, "postgres"), rows=300)
    plain = pa.table({"id": pa.array(range(300), pa.int32()), "n": pa.array(range(300), pa.int32())})
    source.stream = lambda table: pa.RecordBatchReader.from_batches(plain.schema, plain.to_batches())
    loaded = write(url, source)
    assert any("is_odd CHECK" in note.message and note.level == "error" for note in loaded.notes)
    assert rows(url, "SELECT conname FROM pg_constraint WHERE contypid = 'odd'::regtype") == [("fits",)]


def test_a_statement_with_nul_is_not_cut_short(url):
    schema = inputs.read("CREATE TABLE a (id integer PRIMARY KEY);", "postgres")
    run_script(url, "CREATE TABLE victim (n integer);")
    for statements in ([schema.statements[0], schema.statements[0].__class__("DROP TABLE a\0 IF EXISTS", None)],):
        source = plurel_sql.synthesize(schema.__class__(schema.tables, "postgres", (), tuple(statements)), rows=10)
        loaded = write(url, source)
    assert any("NUL" in note.message for note in loaded.notes) and one(url, "SELECT count(*) FROM a") == 10


class Failing:
    """A source that breaks, or does something, when half of the rows of its last table are out."""

    def __init__(self, source, act) -> None:
        self.source, self.act = source, act
        self.schema = source.schema
        self.rows, self.types = source.rows, source.types

    def stream(self, table):
        reader = self.source.stream(table)
        if table != "orders":
            return reader

        def batches():
            for batch in reader:
                half = batch.num_rows // 2
                yield batch.slice(0, half)
                self.act()
                yield batch.slice(half)

        return pa.RecordBatchReader.from_batches(reader.schema, batches())


def test_a_backend_that_is_ended_leaves_the_database_as_it_was(url):
    def end():
        with psycopg.connect(sa.make_url(url).set(drivername="postgresql").render_as_string(False)) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )

    source = plurel_sql.synthesize(inputs.read(SHOP, "postgres"), rows=2000)
    with pytest.raises(RunError, match="the target is as it was before") as caught:
        write(url, Failing(source, end))
    assert "\n" not in str(caught.value)
    assert relations(url) == 0


def test_a_signal_ends_the_load_and_rolls_it_back(url):
    source = plurel_sql.synthesize(inputs.read(SHOP, "postgres"), rows=2000)
    with pytest.raises(KeyboardInterrupt):
        write(url, Failing(source, lambda: os.kill(os.getpid(), signal.SIGINT)))
    assert relations(url) == 0


def test_a_signal_reaches_a_statement_that_runs_long(url):
    slow = "CREATE TABLE a (id integer PRIMARY KEY); DO $$ BEGIN PERFORM pg_sleep(60); END $$;"
    began = time.monotonic()
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        fill(url, slow, 10)
    assert time.monotonic() - began < 20
    assert relations(url) == 0


def test_a_killed_process_leaves_the_database_as_it_was(url, tmp_path):
    (tmp_path / "shop.sql").write_text(SHOP)
    command = [sys.executable, "-m", "plurel_sql", "synth", str(tmp_path / "shop.sql"), "--dialect", "postgres"]
    process = subprocess.Popen(
        [*command, "--rows", "4e6", "--out", url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    deadline = time.monotonic() + 60
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%%'"
    while not one(url, busy):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    while rows(url, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert relations(url) == 0


def test_secrets_are_never_shown(url):
    wrong = sa.make_url(url).set(username="no_such_user", password="hunter2;'%").update_query_dict(
        {"sslpassword": "s3cret", "application_name": "ok"}
    )  # fmt: skip
    wrong = wrong.set(port=1)
    with pytest.raises(TargetError) as caught:
        open_target(wrong.render_as_string(False), Options()).check()
    said = f"{caught.value} {caught.value!r} {caught.value.__cause__}"
    assert "hunter2" not in said and "s3cret" not in said and "\n" not in str(caught.value)


def test_what_another_dialect_means_otherwise_is_left_out(url: str) -> None:
    script = """CREATE TABLE first (id INTEGER PRIMARY KEY);
    CREATE TABLE second (id INTEGER PRIMARY KEY, code TEXT NOT NULL CHECK (code GLOB '[A-Z][0-9]'),
        size INT NOT NULL, half INT NOT NULL, CHECK (size / 2.0 > 0 AND size = 7), f INT REFERENCES first);
    CREATE UNIQUE INDEX odd ON second (printf('%d', id));"""
    loaded = write(url, plurel_sql.synthesize(script, rows=200, dialect="sqlite"))
    assert "GLOB" in " ".join(note.message for note in loaded.notes if note.level == "error")
    assert one(url, "SELECT count(*) FROM second") == next(t.rows for t in loaded.tables if t.name == "second") > 0
    assert one(url, "SELECT count(*) FROM pg_constraint WHERE conrelid = 'second'::regclass AND contype = 'f'") == 1


PARTED = """
CREATE TABLE m (id integer NOT NULL, region text NOT NULL, flag boolean NOT NULL, PRIMARY KEY (id, region),
  CONSTRAINT twice UNIQUE (region, flag)) PARTITION BY LIST (region);
CREATE TABLE m_a PARTITION OF m FOR VALUES IN ('a');
CREATE TABLE m_b PARTITION OF m FOR VALUES IN ('b');
CREATE UNIQUE INDEX odd ON m (region, md5(flag::text));
CREATE UNIQUE INDEX odd_a ON m_a (md5(flag::text));
ALTER TABLE m_a CLUSTER ON odd_a;
"""


def test_keys_of_partitioned_tables_that_the_plan_does_not_guarantee(url):
    schema = inputs.read(PARTED, "postgres")
    source = plurel_sql.synthesize(without(schema, uniques=(Unique(("id", "region"), primary=True),)), rows=200)
    loaded = write(url, source)
    assert one(url, "SELECT count(*) FROM m") == 200
    lost = [note.message for note in loaded.notes if "is left out" in note.message and note.where == "m"]
    assert sorted(message.split()[0] for message in lost if "twice" in message) == ["twice"]
    assert {name for name in ("odd ", "odd_a ") if any(f"INDEX {name}" in message for message in lost)} == {
        "odd ", "odd_a "
    }  # fmt: skip
    kept = rows(url, "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname ~ '^m_.*pkey' ORDER BY 1")
    assert kept == [("m",), ("m_a",), ("m_b",)]


def test_arrays_of_boxes(url):
    script = "CREATE TABLE t (id integer PRIMARY KEY, b box[] NOT NULL, p point[] NOT NULL, x box NOT NULL);"
    source = plurel_sql.synthesize(script, rows=50, dialect="postgres")
    assert max(map(len, source["t"].arrow()["b"].to_pylist())) > 1
    write(url, source)
    got = rows(url, "SELECT id, cardinality(b), cardinality(p), b[1]::text FROM t ORDER BY id")
    want = source["t"].arrow().to_pylist()
    assert [row[:3] for row in got] == [(row["id"], len(row["b"]), len(row["p"])) for row in want]
