"""Ctrl-C during a load, without an exception at a random place.

Python raises KeyboardInterrupt wherever the main thread happens to be; raised inside a callback of a database or of
Arrow it is turned into text or swallowed. Here the signal only asks the database to stop and is remembered; the load
looks between its steps and batches (a stop that comes just before a query starts is lost), and every error that follows
from it becomes one KeyboardInterrupt at the end.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType


class Interrupts:
    """Context manager; acts in the main thread, for signals that would raise KeyboardInterrupt otherwise."""

    def __init__(self) -> None:
        self.stop: Callable[[], None] = lambda: None
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
            raise KeyboardInterrupt from None

    def check(self) -> None:
        """KeyboardInterrupt if a signal has come."""
        if self._come:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._come = True
        self.stop()
