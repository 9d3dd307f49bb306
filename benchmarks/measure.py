"""Runs commands as whole processes and takes wall time, CPU time and peak memory from the operating system."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """Seconds and peak resident MiB of one finished process, and what it printed."""

    wall: float
    cpu: float
    peak: float
    output: str


def run(command: Sequence[str]) -> Run:
    """Runs ``command`` to its end; RuntimeError with its output where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{output}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def median(runs: Sequence[Run]) -> dict[str, float]:
    """Medians over runs, with the range of wall time."""
    walls = [each.wall for each in runs]
    return {
        "wall_s": round(statistics.median(walls), 3),
        "wall_min_s": round(min(walls), 3),
        "wall_max_s": round(max(walls), 3),
        "cpu_s": round(statistics.median(each.cpu for each in runs), 3),
        "peak_mib": round(max(each.peak for each in runs), 1),
        "runs": len(runs),
    }


def save(script: str, result: dict[str, object]) -> None:
    """Writes ``result`` beside the script, with the command and the machine, and prints it."""
    path = Path(script).with_suffix(".json")
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    document = {"command": " ".join(["python", os.path.relpath(script), *sys.argv[1:]]), "machine": machine, **result}
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document, indent=1))
