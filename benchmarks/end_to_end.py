"""retail end to end, beside DuckDB alone loading the same ready-made rows under the same constraints.

    python benchmarks/end_to_end.py [--rows 1e6] [--runs 3] [--constraints all]

Ours is the whole command (`plurel-sql synth`), start-up included. DuckDB alone is a process that imports duckdb and
pyarrow, makes the same tables by the statements that DuckDB itself reports of the finished file, and inserts the
rows from Arrow files that lie ready on disk (memory-mapped). The two take turns; a first pair is not counted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
from measure import median, run, save

ALONE = """
import json, sys
from pathlib import Path
import duckdb, pyarrow as pa
folder, target = Path(sys.argv[1]), sys.argv[2]
db = duckdb.connect(target)
db.execute("BEGIN")
for step in json.loads((folder / "steps.json").read_text()):
    db.execute(step["create"])
    if "name" not in step:
        continue
    db.register("ready", pa.ipc.open_file(pa.memory_map(step["file"])).read_all())
    name, own = step["name"], step["self"]
    if own:  # rows may refer to rows of earlier statements only
        child, parent = own
        rest = f"ready WHERE {parent} NOT IN (SELECT {parent} FROM {name})"
        while db.execute(f"SELECT count(*) FROM {rest}").fetchall()[0][0]:
            ready = f"{child} IS NULL OR {child} IN (SELECT {parent} FROM {name})"
            db.execute(f"INSERT INTO {name} SELECT * FROM {rest} AND ({ready})")
    else:
        db.execute(f"INSERT INTO {name} SELECT * FROM ready")
    db.unregister("ready")
db.execute("COMMIT")
db.execute("CHECKPOINT")
db.close()
"""


def prepare(source: Path, folder: Path) -> None:
    """Writes the rows of a finished file as Arrow files, and the statements that make its tables."""
    steps: list[dict[str, object]] = []
    with duckdb.connect(str(source), read_only=True) as db:
        for name, labels in db.execute(
            "SELECT type_name, labels FROM duckdb_types() WHERE NOT internal AND logical_type = 'ENUM'"
        ).fetchall():
            listed = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
            steps.append({"create": f'CREATE TYPE "{name}" AS ENUM ({listed})'})
        for (sequence,) in db.execute("SELECT sql FROM duckdb_sequences()").fetchall():
            steps.append({"create": sequence})
        keys = {
            table: (columns[0], parents[0])
            for table, columns, parent, parents in db.execute(
                "SELECT table_name, constraint_column_names, referenced_table, referenced_column_names "
                "FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'"
            ).fetchall()
            if table == parent
        }
        for name, sql in db.execute("SELECT table_name, sql FROM duckdb_tables() ORDER BY table_oid").fetchall():
            path = folder / f"{name}.arrow"
            rows = db.sql(f'SELECT * FROM "{name}" ORDER BY rowid').to_arrow_table()
            with pa.ipc.new_file(path, rows.schema) as file:
                file.write_table(rows, max_chunksize=122_880)
            steps.append({"create": sql, "name": f'"{name}"', "file": str(path), "self": keys.get(name)})
    (folder / "steps.json").write_text(json.dumps(steps))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", default="1e6")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--constraints", default="all", choices=("all", "keys", "none"))
    options = parser.parse_args()
    ours, alone = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target, other = folder / "ours.duckdb", folder / "alone.duckdb"
        command = [sys.executable, "-m", "plurel_sql", "synth", "retail", "--rows", options.rows, "--quiet"]
        command += ["--constraints", options.constraints, "--overwrite", "--out", str(target)]
        run(command)
        prepare(target, folder)
        for k in range(options.runs + 1):
            other.unlink(missing_ok=True)
            first, second = run(command), run([sys.executable, "-c", ALONE, str(folder), str(other)])
            if k:
                ours.append(first)
                alone.append(second)
    mine, peer = median(ours), median(alone)
    ratios = sorted(a.wall / b.wall for a, b in zip(ours, alone, strict=True))
    result = {"rows": options.rows, "constraints": options.constraints, "plurel_sql": mine, "duckdb_alone": peer}
    save(__file__, {**result, "ratio_of_pairs": [round(ratio, 2) for ratio in ratios]})


if __name__ == "__main__":
    main()
