"""What is to be told to others, off the main thread: whoever puts something in never waits and never fails."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Event, Thread
from typing import Generic, TypeVar

import structlog


T = TypeVar("T")

_log = structlog.get_logger()

MOST = 1_000
"""Items that wait at most. Who cannot be reached for long is not told everything afterwards."""


class Outbox(Generic[T]):
    """A queue and a thread that hands on what has gathered `delay` seconds after the first of it came.

    `hand_on` gets the items in their order, one call at a time. An exception of its is logged, and that is all.
    """

    def __init__(self, name: str, hand_on: Callable[[list[T]], None], delay: float = 0.0) -> None:
        self._name, self._hand_on, self._delay = name, hand_on, delay
        self._items: list[T] = []
        self._changed = Condition()
        self._closing = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Takes an item, or drops it if too many wait already, or if the outbox is closed."""
        with self._changed:
            if self._closing.is_set() or len(self._items) >= MOST:
                _log.warning("outbox_dropped_item", outbox=self._name, waiting=len(self._items))
                return
            self._items.append(item)
            self._changed.notify()

    def pause(self, seconds: float) -> None:
        """Sleeps, for `hand_on`; only until the outbox is closed."""
        self._closing.wait(seconds)

    @property
    def is_closing(self) -> bool:
        """True once the last items are being handed on."""
        return self._closing.is_set()

    def finish(self) -> None:
        """Takes nothing more, and begins to hand on at once what is left."""
        self._closing.set()
        with self._changed:
            self._changed.notify()

    def close(self, seconds: float = 5.0) -> None:
        """Finishes, and returns when that is done or the seconds are over."""
        self.finish()
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._closing.is_set())
                if not self._items:
                    return
            self.pause(self._delay)
            with self._changed:
                items, self._items = self._items, []
            try:
                self._hand_on(items)
            except Exception as error:  # noqa: BLE001
                # Not its message: what failed may hold a URL, and that a secret.
                _log.error("outbox_failed", outbox=self._name, error=type(error).__name__)
