"""The pytest plugin as its users meet it: whole runs of pytest in a folder of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import plurel_sql.api
import plurel_sql.testing.factory  # noqa: F401  here, because pytester forgets what a run imports, and numpy minds

pytest_plugins = ["pytester"]

SHOP = """
CREATE TABLE customer (id integer PRIMARY KEY, email varchar(80) NOT NULL UNIQUE);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer (id), note text);
"""


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with schema.sql."""
    (pytester.path / "schema.sql").write_text(SHOP)
    return pytester


def templates(shop: pytest.Pytester) -> list[Path]:
    return sorted((shop.path / ".pytest_cache" / "d" / "plurel").glob("*/template.*"))


def test_a_filled_file_of_its_own(shop):
    shop.makepyfile("""
        import duckdb, pytest

        pytestmark = pytest.mark.plurel("schema.sql", rows=300)
        seen = []

        @pytest.mark.parametrize("turn", [1, 2])
        @pytest.mark.plurel(seed=7, target="duckdb")
        def test_it(plurel_db, turn):
            assert plurel_db.rows.keys() == {"customer", "orders"}
            assert sum(plurel_db.rows.values()) == 300
            with plurel_db.connect() as db:
                for table, count in plurel_db.rows.items():
                    assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (count,)
                seen.append(db.execute("SELECT * FROM orders").fetchall())
                db.execute("DELETE FROM orders")  # nobody else sees this
            assert plurel_db.path.exists()
            seen.append(plurel_db.path)

        @pytest.mark.plurel(seed=8, target="duckdb")
        def test_another_seed(plurel_db):
            first, path, again, other = seen
            assert first == again != plurel_db.connect().execute("SELECT * FROM orders").fetchall()
            assert path != other
            assert not path.exists() and not other.exists()  # removed after their tests
    """)
    shop.runpytest().assert_outcomes(passed=3)
    assert len(templates(shop)) == 2


def test_the_next_run_finds_it(shop):
    shop.makepyfile("""
        import pytest

        @pytest.mark.plurel("schema.sql", rows=100, target="duckdb")
        def test_it(plurel_db):
            assert plurel_db.connect().execute("SELECT count(*) FROM customer").fetchone()[0] > 0
    """)
    shop.runpytest().assert_outcomes(passed=1)
    (template,) = templates(shop)
    made = template.stat()
    shop.runpytest().assert_outcomes(passed=1)
    assert template.stat().st_mtime_ns == made.st_mtime_ns
    (shop.path / "schema.sql").write_text(SHOP.replace("note text", "note text NOT NULL"))
    shop.runpytest().assert_outcomes(passed=1)
    assert len(templates(shop)) == 2


def test_another_version_of_the_package_uses_none_of_it(shop, monkeypatch):
    from plurel_sql.testing import factory

    shop.makepyfile("""
        import pytest

        @pytest.mark.plurel("schema.sql", rows=100, target="duckdb")
        def test_it(plurel_db):
            assert plurel_db.path.exists()
    """)
    for version in ("1.0", "1.1", "1.1"):
        monkeypatch.setattr(factory, "version", lambda package, version=version: version)
        shop.runpytest_inprocess().assert_outcomes(passed=1)
    assert len(templates(shop)) == 2


def test_two_workers_make_one(shop):
    pytest.importorskip("xdist")
    shop.makepyfile("""
        import pytest

        @pytest.mark.parametrize("turn", range(6))
        @pytest.mark.plurel("schema.sql", rows=2000, target="duckdb")
        def test_it(plurel_db, turn):
            assert plurel_db.connect().execute("SELECT count(*) FROM customer").fetchone()[0] > 0
    """)
    shop.runpytest_subprocess("-n", "2").assert_outcomes(passed=6)
    assert len(templates(shop)) == 1
    left = {path.name for path in templates(shop)[0].parents[1].iterdir()}
    assert not [name for name in left if ".part-" in name]


def test_defaults_of_the_ini_file(shop):
    shop.makeini("""
        [pytest]
        plurel_schema = schema.sql
        plurel_rows = 100, orders=60
        plurel_seed = 5
        plurel_target = duckdb
    """)
    (shop.path / "sub").mkdir()
    (shop.path / "sub" / "test_sub.py").write_text("""
import pytest

def test_defaults(plurel_db):
    assert plurel_db.path.suffix == ".duckdb"
    assert plurel_db.plan.seed == 5
    assert plurel_db.rows["orders"] == 60

@pytest.mark.plurel("retail", seed=0, rows=500)
def test_a_bundled_name_and_seed_0(plurel_db):
    assert plurel_db.plan.seed == 0
    assert "order_item" in plurel_db.rows

@pytest.mark.plurel(rows={"customer": 30, "orders": 40})
def test_counts(plurel_db):
    assert dict(plurel_db.rows) == {"customer": 30, "orders": 40}
""")
    shop.runpytest().assert_outcomes(passed=3)


def test_a_factory_for_fixtures_of_a_wider_scope(shop):
    shop.makepyfile("""
        import pytest

        @pytest.fixture(scope="session")
        def big(plurel_db_factory):
            return plurel_db_factory("schema.sql", rows=500, target="duckdb")

        def test_one(big):
            big.connect().execute("DELETE FROM orders")

        def test_two(big):
            assert big.connect().execute("SELECT count(*) FROM orders").fetchone() == (0,)
    """)
    shop.runpytest().assert_outcomes(passed=2)


ERRORS = {
    "'nowhere.sql'": "plurel_db: nowhere.sql: no such file, folder or bundled schema",
    "'schema.sql', row=5": "unknown argument 'row' (did you mean 'rows'?)",
    "'schema.sql', 5": "only the schema may be given without a name",
    "'schema.sql', rows='many'": "not a number of rows",
    "'schema.sql', rows={'order': 5}": "did you mean 'orders'?",
    "'schema.sql', seed=-1": "is not a seed",
    "'schema.sql', target='floppy'": "floppy: is not a target for tests",
    "'schema.sql', dialect='klingon'": "unknown dialect 'klingon'",
    "'nomodule:Base.metadata'": "nomodule:Base.metadata: can't be imported",
    "": "plurel_db: no schema is named",
}


def test_errors_are_words_in_the_report(shop):
    lines = ["import pytest"]
    for number, marker in enumerate(ERRORS):
        lines += [f"@pytest.mark.plurel({marker})", f"def test_{number}(plurel_db):", "    pass"]
    shop.makepyfile("\n".join(lines))
    result = shop.runpytest()
    result.assert_outcomes(errors=len(ERRORS))
    out = result.stdout.str()
    for said in ERRORS.values():
        assert said in out
    assert "Traceback" not in out
    assert "pytest_plugin.py" not in out


def test_what_is_not_honoured_is_a_warning(shop):
    (shop.path / "schema.sql").write_text(SHOP + "CREATE TABLE c (x int REFERENCES nowhere (id));")
    shop.makepyfile("""
        import pytest

        @pytest.mark.parametrize("turn", [1, 2])
        @pytest.mark.plurel("schema.sql", rows=50, target="duckdb")
        def test_it(plurel_db, turn):
            pass
    """)
    result = shop.runpytest()
    result.assert_outcomes(passed=2, warnings=1)
    assert "nowhere" in result.stdout.str()


def test_without_the_cache_plugin(shop):
    shop.makepyfile("""
        import pytest

        @pytest.mark.plurel("schema.sql", rows=50, target="duckdb")
        def test_it(plurel_db):
            assert plurel_db.path.exists()
    """)
    shop.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert not (shop.path / ".pytest_cache").exists()


def test_the_marker_is_known_and_documented(shop):
    assert "@pytest.mark.plurel(schema," in shop.runpytest("--markers").stdout.str()
    assert "plurel_schema" in shop.runpytest("--help").stdout.str()


def test_loading_the_plugin_is_light():
    script = """
import sys, plurel_sql.pytest_plugin
heavy = ("pyarrow", "duckdb", "sqlglot", "sqlalchemy", "numpy", "mimesis", "msgspec", "typer", "rich")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_collecting_is_light(shop):
    """A run that collects tests with the marker imports nothing heavy before one of them runs."""
    shop.makepyfile(
        test_marked="""
        import pytest

        @pytest.mark.plurel("schema.sql")
        def test_it(plurel_db):
            pass
        """,
        run="""
        import sys, pytest
        pytest.main(["--collect-only", "-q", "-p", "no:xdist", "-p", "no:hypothesispytest", "test_marked.py"])
        heavy = ("pyarrow", "duckdb", "sqlglot", "sqlalchemy", "mimesis")
        print("heavy:", [name for name in heavy if name in sys.modules])
        """,
    )
    done = subprocess.run([sys.executable, "run.py"], capture_output=True, text=True, cwd=shop.path)
    assert "test_marked.py::test_it" in done.stdout
    assert "heavy: []" in done.stdout
