"""Measures the shapes of real schemas for ``plurel_sql/prior/realistic.json``.

    python benchmarks/schema_laws.py ../shared/schemas

Every .sql file is one schema; those of fewer than three tables don't count.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import msgspec

from plurel_sql import inputs
from plurel_sql.errors import InputError
from plurel_sql.prior.mutate import keyed
from plurel_sql.prior.realistic import Laws
from plurel_sql.schema.model import OneOf, Schema

TARGET = Path(__file__).parents[1] / "plurel_sql" / "prior" / "realistic.json"
MOST_TABLES, MOST_COLUMNS, MOST_KEYS = 60, 60, 8
KINDS = {"enum": "text", "interval": "float", "uuid": "text", "json": "text", "time": "timestamp"}


def main() -> None:
    folder = Path(sys.argv[1])
    schemas = [found for path in sorted(folder.rglob("*.sql")) if (found := read(path)) is not None]
    laws = measured(schemas, " ".join(["python", "benchmarks/schema_laws.py", sys.argv[1]]))
    TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(laws), indent=1) + b"\n")
    print(TARGET.read_text())


def read(path: Path) -> Schema | None:
    try:
        found = inputs.read(path)
    except InputError:
        return None
    return found if len(found.tables) >= 3 and any(table.foreign_keys for table in found.tables) else None


def measured(schemas: list[Schema], command: str) -> Laws:
    tables, columns, keys, kinds = Counter[int](), Counter[int](), Counter[int](), Counter[str]()
    itself = optional = links = nullable = listed = free = popular = eligible = 0
    for schema in schemas:
        tables[min(len(schema.tables), MOST_TABLES)] += 1
        referred = Counter[str]()
        for table in schema.tables:
            fixed = keyed(table, schema)
            own = [column for column in table.columns if column.name not in fixed]
            columns[min(len(own), MOST_COLUMNS)] += 1
            parents = {key.parent: key for key in table.foreign_keys}
            keys[min(len(parents), MOST_KEYS)] += 1
            lists = {p.column for check in table.checks for p in check.predicates if isinstance(p, OneOf)}
            for parent, key in parents.items():
                links += 1
                itself += parent == table.id
                optional += any(table.column(name).nullable for name in key.columns)
                referred[parent] += 1
            for column in own:
                kind = KINDS.get(column.type.kind, column.type.kind)
                if kind in ("integer", "decimal", "float", "boolean", "text", "date", "timestamp"):
                    free += 1
                    kinds[kind] += 1
                    nullable += column.nullable
                    listed += column.name in lists or column.type.kind == "enum"
        eligible += sum(referred.values())
        popular += sum(count - 1 for count in referred.values())
    return Laws(
        command=command,
        schemas=len(schemas),
        tables={str(n): tables[n] for n in sorted(tables)},
        columns={str(n): columns[n] for n in sorted(columns)},
        keys={str(n): keys[n] for n in sorted(keys)},
        attachment=round(popular / eligible, 3),
        self_references=round(itself / links, 3),
        optional=round(optional / links, 3),
        nullable=round(nullable / free, 3),
        listed=round(listed / free, 3),
        kinds={kind: round(count / free, 4) for kind, count in kinds.most_common()},
    )


if __name__ == "__main__":
    main()
