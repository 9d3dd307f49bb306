"""Random schemas: planned, filled and audited, or refused with a clear error; never a crash, never a violation."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from support.filled import fill

from plurel_sql.errors import InputError

KEY_TYPES = ("int", "bigint", "smallint", "uuid", "varchar(12)", "text", "char(3)", "date", "timestamp", "numeric(9,2)")
VALUES = (
    "v{} text",
    "v{} int CHECK (v{} BETWEEN 1 AND 9)",
    "v{} boolean NOT NULL",
    "v{} timestamp NOT NULL",
    "v{} date",
    "v{} numeric(8,2) CHECK (v{} > 0)",
    "v{} varchar(20) NOT NULL",
    "v{} varchar(6) CHECK (v{} IN ('one', 'two', 'three'))",
    "v{} jsonb",
    "v{} smallint UNIQUE",
    "v{} varchar(40) NOT NULL UNIQUE",
    "v{} double precision",
)


@dataclass
class Made:
    """A table on its way to SQL: its columns' types, its lines, and the keys that others may refer to."""

    name: str
    types: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    keys: list[tuple[str, ...]] = field(default_factory=list)

    def refer(self, to: Made, key: tuple[str, ...], prefix: str, null: bool, shared: dict[str, str]) -> tuple[str, ...]:
        """Adds a foreign key to ``key`` of ``to``; columns in ``shared`` (theirs -> ours) are used again."""
        columns = []
        for column in key:
            mine = shared.get(column)
            if mine is None:
                mine = f"{prefix}_{column}"
                self.types[mine] = to.types[column]
                self.lines.append(f"{mine} {to.types[column]}{'' if null else ' NOT NULL'}")
            columns.append(mine)
        self.lines.append(f"FOREIGN KEY ({', '.join(columns)}) REFERENCES {to.name} ({', '.join(key)})")
        return tuple(columns)

    def sql(self) -> str:
        return f"CREATE TABLE {self.name} (\n  " + ",\n  ".join(self.lines) + ");\n"


@st.composite
def schemas(draw: st.DrawFn) -> str:
    """2 to 6 tables with keys of all kinds, and sometimes a cycle."""
    made: list[Made] = []
    for number in range(draw(st.integers(2, 6))):
        table = Made(f"t{number}")
        refs: list[tuple[tuple[str, ...], bool]] = []
        for k in range(draw(st.integers(0, 3)) if made else 0):
            parent = draw(st.sampled_from(made))
            key = draw(st.sampled_from(parent.keys))
            null = draw(st.booleans())
            shared: dict[str, str] = {}
            if len(key) > 1 and draw(
                st.booleans()
            ):  # share the first column with one of the same type, if there is one
                same = [c for c, type in table.types.items() if type == parent.types[key[0]]]
                shared = {key[0]: draw(st.sampled_from(same))} if same else {}
            refs.append((table.refer(parent, key, f"r{k}", null, shared), null))
        kind = draw(st.sampled_from(["own", "own", "ref", "ref+own", "refs", "none"]))
        first = refs[0][0] if refs else ()
        if kind == "ref" and refs:
            primary = first
        elif kind == "ref+own" and refs:
            table.types["no"] = draw(st.sampled_from(["int", "smallint", "date", "varchar(8)"]))
            table.lines.append(f"no {table.types['no']}")
            primary = (*first, "no")
        elif kind == "refs" and len(refs) > 1:
            primary = tuple(dict.fromkeys(column for columns, _ in refs for column in columns))
        else:
            table.types["id"] = draw(st.sampled_from(KEY_TYPES))
            table.lines.append(f"id {table.types['id']}")
            primary = ("id",)
        table.lines.append(f"{'UNIQUE' if kind == 'none' else 'PRIMARY KEY'} ({', '.join(primary)})")
        table.keys.append(primary)
        if draw(st.integers(0, 3)) == 0:
            table.refer(table, primary, "up", draw(st.booleans()), {primary[0]: primary[0]} if len(primary) > 1 else {})
        for k, value in enumerate(draw(st.lists(st.sampled_from(VALUES), max_size=3))):
            table.lines.append(value.format(k, k))
        made.append(table)
    text = "".join(table.sql() for table in made)
    if draw(st.integers(0, 3)) == 0:
        child, parent = made[0], made[-1]
        if len(parent.keys[0]) == 1:
            null = draw(st.sampled_from(["", " NOT NULL"]))
            text += f"ALTER TABLE {child.name} ADD COLUMN back {parent.types[parent.keys[0][0]]}{null};\n"
            text += f"ALTER TABLE {child.name} ADD FOREIGN KEY (back) REFERENCES {parent.name} ({parent.keys[0][0]});\n"
    return text


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(sql=schemas(), rows=st.sampled_from([3, 40, 400, 3000]), seed=st.integers(0, 3))
def test_random_schemas_hold(sql: str, rows: int, seed: int) -> None:
    note(sql)
    with tempfile.TemporaryDirectory() as folder:
        try:
            filled = fill(sql, Path(folder) / "x.duckdb", rows=rows, dialect="postgres", seed=seed)
        except InputError as error:
            assert error.place and error.__cause__ is None, f"not a clear refusal: {error!r}"
            return
        assert filled.violations == []
