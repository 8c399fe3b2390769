"""Snapshots for plans without credentials, put where those who make them find one.

A snapshot is a read of its own, through the same pacing as everything else: passes look at some roots each, at
different times, and would make a patchwork. It costs what one look at all roots costs, so it is rare: a while after
something changed, at most every `pause` seconds, and when the last one grows old. What goes wrong is logged and
counted, and no pass hears of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog

from controller import __version__
from controller.errors import ControllerError
from controller.loop.happenings import Happening, Looked
from controller.snapshot import Content, Taken


FIRST = 60.0
"""Seconds after the start in which passes have enough to do."""
LONGEST = 6 * 3600.0
"""Seconds after which there is a new one though nothing changed: well within the age that plans warn of."""
BEAT = 5.0

_log: Any = structlog.get_logger()


class Publisher:
    """Publishes what `read` gives by `put`, which may raise ControllerError; None means that it is too early.

    Nothing is published while another replica may be leading. `count` is told of each "success" and "failure".
    """

    def __init__(
        self,
        read: Callable[[], Content | None],
        put: Callable[[Content], None],
        *,
        pause: float,
        may_write: Callable[[], bool] = lambda: True,
        count: Callable[[str], None] = lambda _result: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._put, self._may_write, self._count, self._clock = read, put, may_write, count, clock
        self._pause = pause
        self._due = clock() + min(FIRST, pause)
        self._old = self._due
        self._changed = False
        self._seen: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    # ── life ──
    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def close(self, seconds: float = 2.0) -> None:
        """Ends. A snapshot that is not finished by then is not published."""
        self._ending.set()
        self._thread.join(seconds)

    # ── from other threads ──
    def observe(self, happening: Happening) -> None:
        """Notes whether something changed: by a pass, or because a pass found what others did."""
        if isinstance(happening, Looked) and happening.report:
            for root, facts in _facts(happening):
                done = any(status == "applied" for _, status in facts)
                at = (happening.target, root)
                self._changed |= done or facts != self._seen.get(at, frozenset())
                self._seen[at] = frozenset() if done else facts

    # ── the publisher's own thread ──
    def step(self) -> bool:
        """Publishes if it is time; False if it is not."""
        now = self._clock()
        if not self._may_write() or now < self._due or not (self._changed or now >= self._old):
            return False
        self._changed, self._due = False, now + self._pause
        try:
            content = self._read()
            if content is None:
                self._due = now + BEAT
                self._changed = True
                return False
            self._put(content)
        except ControllerError as error:
            self._failed(str(error))
        # It must never end a thread, and what it would say may hold a URL.
        except Exception as error:  # noqa: BLE001
            self._failed(type(error).__name__)
        else:
            self._old = now + LONGEST
            self._count("success")
            _log.info("snapshot_published", targets=sorted(content.targets))
        return True

    def _failed(self, reason: str) -> None:
        self._changed = True
        self._count("failure")
        _log.error("snapshot_failed", reason=reason)

    def _run(self) -> None:
        while not self._ending.wait(BEAT):
            self.step()


class Readable(Protocol):
    """A target that a snapshot can be taken of."""

    def snapshot(self) -> tuple[str, Taken] | None:
        """The revision of the specs, and what is live; None for a target that is gone. Raises GatewayError."""


def gathered(sites: Mapping[str, Readable]) -> Content | None:
    """A snapshot of all targets; None while there are none. Raises GatewayError."""
    began = datetime.now(UTC).replace(microsecond=0)
    found = {name: read for name, site in sorted(sites.items()) if (read := site.snapshot())}
    for name, (_, taken) in found.items():
        for root, reason in taken.unread.items():
            _log.warning("snapshot_left_out", target=name, root=root, reason=reason)
    revision = next((revision for revision, _ in found.values()), "")
    targets = {name: taken.target for name, (_, taken) in found.items()}
    return Content(version=__version__, taken=began, revision=revision, targets=targets) if found else None


def _facts(looked: Looked) -> Iterator[tuple[str, frozenset[tuple[str, str]]]]:
    """What is to be said of each root of a pass."""
    changes = looked.report.changes if looked.report else ()
    for root in looked.roots | {change.root for change in changes}:
        own = (change for change in changes if change.root == root)
        yield root, frozenset((f"{change.path} {change.action}", change.status) for change in own)
