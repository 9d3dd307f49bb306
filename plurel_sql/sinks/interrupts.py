"""The end of a load that fails or is stopped: what is true of the target, and no exception at a random place.

On Ctrl-C Python raises KeyboardInterrupt wherever the main thread happens to be; raised inside a callback of a
database or of Arrow it is turned into text or swallowed. Here the signal only asks the database to stop and is
remembered; the load looks between its steps and batches (a stop that comes just before a query starts is lost), and
every error that follows from it becomes one KeyboardInterrupt at the end. Its text, and that of a load's own errors,
says in which state the target is.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

from plurel_sql.errors import RunError


class Interrupts:
    """Context manager; acts in the main thread, for signals that would raise KeyboardInterrupt otherwise.

    ``stop`` is called when a signal comes; ``state`` is what is true of the target when the load has been left.
    """

    def __init__(self) -> None:
        self.stop: Callable[[], None] = lambda: None
        self.state = "the target is as it was before"
        self._come = False
        self._replaced: list[signal.Signals] = []

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is signal.default_int_handler:
                    signal.signal(number, self._note)
                    self._replaced.append(number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._replaced:
            signal.signal(number, signal.default_int_handler)
        if self._come and error is not None:
            raise KeyboardInterrupt(self.state) from None
        if isinstance(error, RunError):
            said = f"{error.message}; {self.state}"
            raise RunError(said, place=error.place, hint=error.hint) from error.__cause__

    def check(self) -> None:
        """KeyboardInterrupt if a signal has come."""
        if self._come:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._come = True
        self.stop()
