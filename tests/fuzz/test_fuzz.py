"""No schema, plan, configuration or count of rows, however broken, gives a traceback, a panic, a hang or a gigabyte.

About 190 cases in the fast half; ten thousand with ``make fuzz``, of which ``make test`` runs one thousand. Each is a
function of its number, so a run can be repeated; a case that fails is kept as a file, and the message says how to run
it again.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz import grammar, mutations, requests
from fuzz.pool import Case, Worker
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT.parent / "shared" / "schemas"
CHUNKS = int(os.environ.get("PLUREL_FUZZ_CHUNKS", "10"))
"""Of a thousand cases each: as many as are wanted, so that processes share them evenly."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def test_the_limits_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker itself sees a hang, a death and a fault: without this, silence would prove nothing."""
    faults = {
        "hang": ("import time; time.sleep(60)", "no answer within 9 s"),
        "loop": ("[0 for _ in iter(int, 1)]", f"the process died (-{signal.SIGXCPU})"),
        "death": ("import os; os.abort()", "the process died"),
        "memory": ("held = b'x' * (1100 << 20)", "MiB of memory"),
        "fault": ("1 / 0", "ZeroDivisionError"),
    }
    program = Path(__file__).with_name("worker.py").read_text()
    for name, (code, said) in faults.items():
        (tmp_path / f"{name}.py").write_text(
            program.replace("SECONDS = 10", "SECONDS = 2").replace(
                "    try:\n        plan", f"    if b'-- now' in path.read_bytes(): {code}\n    try:\n        plan"
            )
        )
        monkeypatch.setattr("fuzz.pool._PROGRAM", tmp_path / f"{name}.py")
        worker = Worker(tmp_path / "failures")
        assert worker.run(Case(b"CREATE TABLE t (id int);")) is None
        monkeypatch.setattr("fuzz.pool.WAIT", 9.0 if name == "hang" else 60.0)
        fault = worker.run(Case(b"-- now"))
        worker.close()
        assert fault is not None and said in fault, (name, fault)
        assert Path(fault.split()[-1]).read_bytes() == b"-- now"


def _mutations(worker: Worker, numbers: range) -> None:
    schemas = mutations.real(SCHEMAS) or [("ansi", path.read_text()) for path in sorted(ROOT.glob("schemas/*.sql"))]
    faults = worker.all(mutations.case(number, schemas) for number in numbers)
    assert not faults, "\n\n".join(faults)


def _requests(worker: Worker, numbers: range) -> None:
    """Plan files mostly: of three kinds they reach furthest."""
    kinds = (requests.plan, requests.plan, requests.configuration, requests.counts)
    faults = worker.all(kinds[number % 4](number) for number in numbers)
    assert not faults, "\n\n".join(faults)


def _check(worker: Worker, strategy: st.SearchStrategy[Case], examples: int, number: int = 0) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if number == 0 else (Phase.generate,),
    )
    @given(case=strategy)
    def check(case: Case) -> None:
        fault = worker.run(case)
        assert fault is None, fault

    check()


GRAMMAR = st.builds(lambda made, n: Case(made[0].encode(), made[1], n == 0), grammar.schemas(), st.integers(0, 6))
GARBAGE = st.builds(Case, grammar.garbage | grammar.words.map(str.encode), st.sampled_from((None, *grammar.DIALECTS)))


def test_mutations(worker: Worker) -> None:
    _mutations(worker, range(70))


def test_grammar(worker: Worker) -> None:
    _check(worker, GRAMMAR, 50)


def test_garbage(worker: Worker) -> None:
    _check(worker, GARBAGE, 30)


def test_requests(worker: Worker) -> None:
    _requests(worker, range(40))


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_many_requests(worker: Worker, chunk: int) -> None:
    _requests(worker, range(1000 + 200 * chunk, 1200 + 200 * chunk))


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_many_mutations(worker: Worker, chunk: int) -> None:
    _mutations(worker, range(1000 + 500 * chunk, 1500 + 500 * chunk))


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_much_grammar(worker: Worker, chunk: int) -> None:
    _check(worker, GRAMMAR, 240, chunk + 1)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_much_garbage(worker: Worker, chunk: int) -> None:
    _check(worker, GARBAGE, 60, chunk + 1)
