"""A corpus while it is made, and what became of it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from plurel_sql.corpora.run import Made
from plurel_sql.corpora.worker import Answer


class Watch:
    """A bar over databases on a terminal; a line on standard error for each that fails, anywhere."""

    def __init__(self, count: int, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("databases"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._progress.add_task("", total=count)

    def __call__(self, answer: Answer) -> None:
        self._progress.advance(self._task)
        if answer.figures is None:
            self._console.print(Text(f"failed: seed {answer.seed}: {answer.fault}"))

    def __enter__(self) -> Watch:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def outcome(made: Made, out: Path) -> Text:
    """One line about a run that has come to its end."""
    speed = made.made / max(made.seconds, 1e-9)
    there = f", {made.there:,} were there" if made.there else ""
    failed = f", {len(made.failed):,} failed" if made.failed else ""
    return Text(f"{out}: {made.made:,} databases made{there}{failed}; {made.seconds:.1f} s, {speed:.1f} a second")
