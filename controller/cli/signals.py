"""Ctrl-C while AWS is being changed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stoppable() -> Iterator[tuple[threading.Event, list[int]]]:
    """The first Ctrl-C (or SIGTERM) lets running calls end; the second does what it always does."""
    stop, signals = threading.Event(), list[int]()

    def handle(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        stop.set()
        signal.signal(number, before[signal.Signals(number)])
        # Not through a console: it may be in the middle of a line, and holds a lock then.
        os.write(2, b"\nstopping: waiting for the calls that are under way\n")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop, signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
