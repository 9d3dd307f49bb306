"""A progress bar on a terminal's standard error; nothing elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class Bar:
    """One bar over all rows with the current table, rows per second and time left; a ``sinks.base.Progress``.
    ``rows`` None: nobody knows how many there will be.

    Use it as a context manager.
    """

    def __init__(self, rows: int | None, *, quiet: bool = False) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            _Rows(),
            _Speed(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=rows)

    def table(self, name: str) -> None:
        self._progress.update(self._task, description=name)

    def advance(self, rows: int) -> None:
        self._progress.advance(self._task, rows)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class _Rows(ProgressColumn):
    def render(self, task: Task) -> Text:
        known = "" if task.total is None else f" of {task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{known} rows")


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} rows/s" if task.speed else "")
