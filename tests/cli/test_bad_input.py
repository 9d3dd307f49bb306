"""Whatever is wrong with what is given: one line on standard error, exit code 2, nothing written; never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plurel_sql import cli

VERBS = {
    "synth": ["synth", "--out", "x.duckdb"],
    "synth postgres": ["synth", "--out", "postgresql+psycopg://root@127.0.0.1/postgres"],
    "explain": ["explain"],
    "plan": ["plan", "-o", "p.json"],
}
FILES = {
    "binary.sql": b"\x7fELF\x00\x01\x02",
    "compressed.sql": b"\x1f\x8b\x08\x00" + bytes(range(256)),
    "empty.sql": b"",
    "blank.sql": b" \n\t\n",
    "nul.sql": b"CREATE TABLE t (id int\x00eger);",
    "half16.sql": "CREATE TABLE t (id int);".encode("utf-16")[:-1],
    "comment.sql": b"-- CREATE TABLE t (id int);\n/* CREATE TABLE u (id int); */",
    "prose.sql": b"Dear reader, there is no table here.",
    "selects.sql": b"SELECT 1; INSERT INTO t VALUES (1);",
    "noconfig.yaml": b"rows: [1, 2",
    "list.yaml": b"- 1\n- 2\n",
    "unknown.yaml": b"row: 5\n",
    "number.toml": b"rows = true\n",
    "nul.yaml": b"\x00\x01",
}
SCHEMAS = [*(name for name in FILES if name.endswith(".sql")), "nowhere.sql", "hollow", "", "a\x00b", "x" * 5000, "\n",
           ";", "file:///etc/passwd", "ftp://h/x", "postgresql://", "://", "-nosuch", "retial"]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: Path) -> Path:
    """A working folder with shop.sql and files that are of no use."""
    monkeypatch.chdir(tmp_path)
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "hollow").mkdir()
    return tmp_path


@pytest.fixture
def refused(folder, capsys):
    """Runs a command line that must be refused; its message."""

    def call(*arguments: str) -> str:
        before = {name: os.stat(name).st_mtime_ns for name in os.listdir()}
        code = cli.run(list(arguments))
        captured = capsys.readouterr()
        assert code == 2, captured.err
        assert captured.out == ""
        assert captured.err.startswith("error: ")
        assert captured.err.count("\n") == 1, captured.err
        assert "Traceback" not in captured.err
        assert "a fault of this program" not in captured.err
        assert {name: os.stat(name).st_mtime_ns for name in os.listdir()} == before
        return captured.err

    return call


@pytest.mark.parametrize("verb", ["synth", "explain", "plan"])
@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda text: repr(text[:20]))
def test_schemas(refused, verb, schema):
    refused(*VERBS[verb], schema)


@pytest.mark.parametrize("verb", ["synth", "explain", "plan"])
@pytest.mark.parametrize(
    "more",
    [
        ["--rows", ""],
        ["--rows", " "],
        ["--rows", "1e"],
        ["--rows", "-0"],
        ["--rows", "0x10"],
        ["--rows", "1,000"],
        ["--rows", "9" * 400],
        ["--rows", "orders=-1"],
        ["--rows", "orders=x"],
        ["--rows", "orders="],
        ["--rows", "=="],
        ["--seed", "1.5"],
        ["--seed", str(2**64)],
        ["--seed", "9" * 5000],
        ["--seed", ""],
        ["--dialect", ""],
        ["--dialect", "SELECT"],
        ["--config", "hollow"],
        ["--config", "noconfig.yaml"],
        ["--config", "list.yaml"],
        ["--config", "unknown.yaml"],
        ["--config", "number.toml"],
        ["--config", "nul.yaml"],
        ["--config", "prose.sql"],
        ["--config", "a\x00b"],
        ["--nosuch"],
    ],
    ids=lambda more: "=".join(more)[:30].replace("\x00", "0"),
)
def test_options(refused, verb, more):
    refused(*VERBS[verb], "shop.sql", *more)


@pytest.mark.parametrize("threads", ["-1", "1.5", "100000", "x", ""])
@pytest.mark.parametrize("verb", ["synth", "plan"])
def test_threads(refused, verb, threads):
    refused(*VERBS[verb], "shop.sql", "--threads", threads)


@pytest.mark.parametrize(
    "target",
    ["", ".", "/", "hollow", "shop.sql", "shop.sql/x.duckdb", "none/x.duckdb", "a\x00b", "x" * 300, "/dev/null",
     "/proc/x.duckdb", "floppy://x", "://", "http://localhost/x", "s3://bucket/x.duckdb", "duckdb:////none/x.duckdb",
     "postgresql+nosuch://h/x", "postgresql://[::1/x", "postgresql+psycopg://h:port/x", "sqlite:////none/x"],
    ids=lambda text: repr(text[:24]),
)  # fmt: skip
def test_targets(refused, target):
    refused("synth", "shop.sql", "--rows", "10", "--out", target)


@pytest.mark.parametrize("more", [["--overwrite"], []])
def test_a_target_that_is_something_else(refused, more):
    for name in ("prose.sql", "binary.sql", "unknown.yaml"):
        assert "exists" in refused("synth", "shop.sql", "--rows", "10", "--out", name, *more)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"format": 1}', b"\xff", b'{"seed": 1, "tables": 5}',
                                  b"[" * 100_000, b'{"a":' * 100_000], ids=lambda data: repr(data[:12]))  # fmt: skip
def test_plans(refused, folder, data):
    (folder / "plan.json").write_bytes(data)
    refused("synth", "--plan", "plan.json", "--out", "x.duckdb")


SECRETS = ("s3cr3t", "p%40ss%2Fw0rd", "p@ss/w0rd")
URLS = [
    "postgresql+psycopg://someone:{}@127.0.0.1:1/x",
    "postgresql+psycopg://someone:{}@no-such-host.invalid/x",
    "postgresql://nobody_here:{}@127.0.0.1/postgres",
    "postgresql+psycopg://127.0.0.1:1/x?password={}",
    "postgresql+psycopg://someone:{}@127.0.0.1:1/x?nosuchoption=1",
    "postgresql+psycopg://someone:{}@127.0.0.1:port/x",
    "mysql+pymysql://nobody_here:{}@127.0.0.1/mysql",
    "mysql+pymysql://someone:{}@127.0.0.1:1/x",
    "mysql+nosuchdriver://someone:{}@127.0.0.1/x",
    "nosuchdatabase://someone:{}@127.0.0.1/x",
    "sqlite://someone:{}@host/x",
]


@pytest.mark.parametrize("secret", SECRETS[:2])
@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("verb", ["out", "schema"])
def test_passwords_are_never_shown(refused, verb, url, secret):
    given = url.format(secret)
    arguments = ["synth", "shop.sql", "--rows", "10", "--out", given] if verb == "out" else ["explain", given]
    said = refused(*arguments)
    for each in (*SECRETS, "w0rd"):
        assert each not in said
