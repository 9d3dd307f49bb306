"""Labels: what a task's SQL answers at the seed times of each split, as relbench would make them."""

from __future__ import annotations

import pyarrow as pa

from plurel_sql.attempts.judge import quoted
from plurel_sql.export.folder import Split
from plurel_sql.tasks.bench import LABELS, Bench
from plurel_sql.tasks.model import Task, spelled
from plurel_sql.tasks.sql import moment, rows
from plurel_sql.tasks.windows import SEEDS, seeds

SPLITS: tuple[Split, ...] = ("train", "val", "test")


def make(bench: Bench, task: Task) -> None:
    """Fills ``LABELS`` with the task's labels."""
    ask = bench.connection.execute
    columns = f"split VARCHAR, timestamp TIMESTAMP_NS, entity BIGINT, target {_type(task)}"
    ask(f"CREATE OR REPLACE TEMP TABLE {LABELS} ({columns})")
    if task.sql is None or task.window is None:
        for statement in _completed(bench, task):
            ask(f"INSERT INTO {LABELS} {statement}")
        return
    times = seeds(bench.facts, task.window, task.evaluations)
    made = task.sql.replace("{timedelta}", spelled(task.window))
    named = f"{quoted(task.time_col)}, {quoted(task.entity_col)}, {_target(bench, task)}"
    there = f"{_known(bench, task.entity, 'b')} AND {'len(c) > 0' if task.destination else 'c IS NOT NULL'}"
    for split in SPLITS:
        ask("CREATE OR REPLACE TEMP TABLE timestamps (timestamp TIMESTAMP_NS)")
        ask("INSERT INTO timestamps SELECT unnest(?::TIMESTAMP[])", [times[split]])
        answered = f"(SELECT {named} FROM ({made})) AS made(a, b, c)"
        ask(f"INSERT INTO {LABELS} SELECT '{split}', * FROM {answered} WHERE {there}")
    ask("DROP TABLE timestamps")


def taken(bench: Bench, task: Task) -> dict[Split, pa.Table]:
    """``LABELS`` by split, in relbench's canonical order and with the task's names."""
    found = {}
    for split in SPLITS:
        made = bench.connection.sql(
            f"SELECT timestamp, entity, target FROM {LABELS} WHERE split = '{split}' ORDER BY timestamp, entity"
        )
        table = pa.RecordBatchReader.from_stream(made).read_all()
        found[split] = table.rename_columns([task.time_col, task.entity_col, task.target])
    return found


def _type(task: Task) -> str:
    if task.destination is not None:
        return "BIGINT[]"
    return "DOUBLE" if task.type == "regression" else "BIGINT"


def _target(bench: Bench, task: Task) -> str:
    """The target, without destinations that relbench would not know."""
    name = quoted(task.target)
    if task.destination is None:
        return name
    known = _known(bench, task.destination, "key")
    return name if known == "true" else f"list_filter({name}, lambda key: {known})"


def _known(bench: Bench, table: str, key: str) -> str:
    """A predicate: the row is there at the test cut. Rows are in time order, so it is a bound on the key."""
    time = bench.table(table).time
    if time is None:
        return "true"
    counted = f"SELECT count(*) FROM {quoted(table)} WHERE {quoted(time)} <= {moment(bench.facts.test)}"
    return f"{key} < {rows(bench.connection, counted)[0][0]}"


def _completed(bench: Bench, task: Task) -> list[str]:
    """Autocomplete: every row with a target, by its own time, as relbench's ``AutoCompleteTask`` cuts it; of a split
    with very many, every so manieth."""
    time, facts = quoted(task.time_col), bench.facts
    ranges = {
        "train": f"{time} <= {moment(facts.val)}",
        "val": f"{time} > {moment(facts.val)} AND {time} <= {moment(facts.test)}",
        "test": f"{time} > {moment(facts.test)}",
    }
    step = -(-facts.rows[task.entity] // SEEDS)
    key, target = quoted(task.entity_col), quoted(task.target)
    return [
        f"SELECT '{split}', CAST({time} AS TIMESTAMP_NS), {key}, CAST({target} AS {_type(task)}) "
        f"FROM {quoted(task.entity)} WHERE {target} IS NOT NULL AND {within} AND {key} % {step} = 0"
        for split, within in ranges.items()
    ]
