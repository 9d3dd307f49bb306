"""The router: which sink a target's name means."""

import duckdb
import pytest

from plurel_sql import cli
from plurel_sql.errors import TargetError
from plurel_sql.sinks.targets import Options, open_target


def kind(target, **options):
    return type(open_target(target, Options(**options))).__name__


@pytest.mark.parametrize("name", ["x.duckdb", "x.db", "x.ddb", "x", "x.y", "duckdb:///x.sqlite", "a:b/c"])
def test_a_path_is_a_duckdb_file(name):
    assert kind(name) == "DuckDBFile"


def test_a_file_is_what_its_first_bytes_say(tmp_path):
    with duckdb.connect(str(tmp_path / "x.sqlite")) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
    assert kind(tmp_path / "x.sqlite") == "DuckDBFile"


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("postgresql://me:s3cr3t@host/db", {"format": "csv"}, "is no folder"),
        ("x.duckdb", {"resume": True}, "--format"),
        ("frobnicate://me:s3cr3t@host/db", {}, "no dialect"),
    ],
)
def test_what_no_sink_takes_is_refused(target, options, said):
    with pytest.raises(TargetError) as caught:
        open_target(target, Options(**options))
    assert said in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_the_command_line_hides_passwords(shop, capsys):
    assert cli.run(["synth", str(shop), "--out", "frobnicate://me:s3cr3t@host/db"]) == 2
    assert "s3cr3t" not in "".join(capsys.readouterr())
    assert "s3cr3t" not in cli._again(["synth", "--out", "x://me:s3cr3t@host/db", "--plan", "p"], None)
