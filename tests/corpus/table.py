"""Every real schema into the engine of its dialect, judged by the engine; a table of what was measured.

    python tests/corpus/table.py                      # all of them, writes docs/corpus.md
    python tests/corpus/table.py --only postgres/     # some, printed

Where the engine of a dialect can't be had here (SQL Server, Oracle, BigQuery, Snowflake, Redshift), DuckDB stands in.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from corpus.engines import Engine, MariaDB, Postgres, SQLite

SCHEMAS = Path(__file__).parents[3] / "shared" / "schemas"
DOCUMENT = Path(__file__).parents[2] / "docs" / "corpus.md"
ENGINES = {"postgres": "PostgreSQL", "mariadb": "MariaDB", "sqlite": "SQLite", "duckdb": "DuckDB"}
SPOKEN = {"postgres": "postgres", "mariadb": "mysql", "sqlite": "sqlite"}
"""In which dialect an engine takes a text that shows none."""
LIMIT = 600
"""Seconds that one schema may take."""


@dataclass
class Result:
    """``missing`` are constraints of the reference database that the filled one lacks (DuckDB: its error notes)."""

    name: str
    engine: str
    tables: int = 0
    planned: bool = False
    rows: int = 0
    asked: int = 0
    violations: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    seconds: float = 0.0
    error: str = ""

    @property
    def filled(self) -> bool:
        return self.planned and not self.error


def entries() -> list[Mapping[str, str]]:
    """The manifest's lines; empty where the schemas are not there."""
    path = SCHEMAS / "manifest.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def name_of(entry: Mapping[str, str]) -> str:
    return f"{entry['dialect']}/{entry['name']}"


def engine_of(entry: Mapping[str, str]) -> str:
    own = {"postgres": "postgres", "mysql": "mariadb", "sqlite": "sqlite"}.get(entry["dialect"])
    return own or (entry["engine"] if entry["engine"] in ENGINES else "duckdb")


def try_schema(entry: Mapping[str, str], tag: str = "x") -> Result:
    """Reads, plans, fills by the command line, and asks the engine."""
    import plurel_sql
    from plurel_sql import inputs

    path = SCHEMAS / entry["dialect"] / f"{entry['name']}.sql"
    result = Result(name_of(entry), engine_of(entry))
    dialect = entry["dialect"] if entry["dialect"] != "ansi" else None  # as a user has it, who names none
    began = time.perf_counter()
    try:
        read = inputs.read(path, dialect, SPOKEN.get(result.engine, ""))
        result.tables = len(read.tables)
        result.asked = max(20_000, 20 * len(read.tables))
        drawn = plurel_sql.plan(read, rows=result.asked)
        result.planned = True
    except Exception as error:
        result.error = f"{type(error).__name__}: {error}"
        return result
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "filled.duckdb"
        judge = _judge(result.engine, path, Path(folder), tag)
        try:
            command = [sys.executable, "-P", "-m", "plurel_sql", "synth", str(path)]
            command += ["--dialect", dialect] if dialect else []
            command += ["--rows", str(result.asked), "--out", judge.url if judge else str(file)]
            try:
                run = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
            except subprocess.TimeoutExpired:
                result.error = f"took more than {LIMIT} s"
                return result
            result.seconds = time.perf_counter() - began
            if run.returncode:
                result.error = (run.stderr.strip().splitlines() or ["?"])[-1][:300]
                return result
            if judge:
                result.rows = judge.rows(reference=False) - judge.rows(reference=True)  # CREATE TABLE AS makes rows too
                result.violations = judge.violations()
                result.missing = sorted((judge.constraints(True) - judge.constraints(False)).elements())
                planned = sum(table.rows for table in drawn.tables)
                if result.rows != planned:
                    result.violations.append(f"{result.rows} rows instead of {planned}")
            else:
                _audited(result, file, drawn)
        finally:
            if judge:
                judge.close()
    return result


def _judge(engine: str, path: Path, folder: Path, tag: str) -> Engine | None:
    match engine:
        case "postgres":
            return Postgres(path, tag)
        case "mariadb":
            return MariaDB(path, tag)
        case "sqlite":
            return SQLite(path, folder)
    return None


def _audited(result: Result, file: Path, drawn: object) -> None:
    """A DuckDB file by the audit in SQL; what is not honoured by the plan's own notes."""
    import duckdb
    from support.audit import audit

    from plurel_sql.plan import model

    assert isinstance(drawn, model.Plan) and drawn.schema is not None
    counts = {table.name: table.rows for table in drawn.tables}
    with duckdb.connect(str(file), read_only=True) as db:
        result.violations = audit(db, drawn.schema, counts)
    result.rows = sum(counts.values())
    result.missing = [str(note) for note in drawn.notes if note.level == "error"]


def markdown(results: list[Result]) -> Iterator[str]:
    done = [r for r in results if r.filled]
    clean = [r for r in done if not r.violations]
    yield "# Real schemas, each in the engine of its dialect\n"
    yield (
        f"{len(results)} schemas: {len(done)} filled, {len(clean)} of them without a violation. "
        "Made by `python tests/corpus/table.py`"
        f" ({sum(r.seconds for r in results):,.0f} s on two cores); 20,000 rows, or 20 a table where that is more.\n"
    )
    yield (
        "*Violations* are counted by the engine itself: orphans of each foreign key, rows that break each CHECK, "
        "unique indexes built anew, constraints not validated, triggers left off, row counts. *Not honoured* are "
        "constraints that a database made by the engine's own client from the same file has and the filled one lacks "
        "(DuckDB: the notes). DuckDB stands in for SQL Server, Oracle, BigQuery, Snowflake and Redshift.\n"
    )
    yield "| schema | engine | tables | planned | filled | rows | violations | not honoured | seconds |"
    yield "|---|---|--:|---|---|--:|--:|--:|--:|"
    for r in results:
        cells = [r.name, ENGINES[r.engine], r.tables, _yes(r.planned), _yes(r.filled), f"{r.rows:,}"]
        cells += [len(r.violations), len(r.missing), f"{r.seconds:.1f}"]
        yield f"| {' | '.join(map(str, cells))} |"
    told = [(r, line) for r in results for line in ([r.error] if r.error else []) + r.violations]
    if told:
        yield "\n## Failures and violations\n"
        yield from (f"* {r.name}: {_code(line)}" for r, line in told)
    if any(r.missing for r in results):
        yield "\n## Not honoured\n"
        for r in results:
            if r.missing:
                more = f" and {len(r.missing) - 3} more" if len(r.missing) > 3 else ""
                yield f"* {r.name}: {'; '.join(map(_code, r.missing[:3]))}{more}"


def _yes(flag: bool) -> str:
    return "yes" if flag else "**no**"


def _code(text: str) -> str:
    short = " ".join(text.split())
    short = short.replace(str(SCHEMAS) + "/", "").replace("`", "'")
    return f"`{short if len(short) <= 160 else short[:157] + '...'}`"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names that contain this; the table is printed, not written")
    chosen = parser.parse_args().only
    results = []
    for k, entry in enumerate(entries()):
        if chosen and not any(part in name_of(entry) for part in chosen.split(",")):
            continue
        result = try_schema(entry, f"t{k}")
        results.append(result)
        state = result.error or f"{len(result.violations)} violations, {len(result.missing)} not honoured"
        print(f"{result.name}: {result.rows:,} rows, {result.seconds:.1f} s, {state}", file=sys.stderr, flush=True)
    text = "\n".join(markdown(results)) + "\n"
    if chosen:
        print(text)
    else:
        DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
