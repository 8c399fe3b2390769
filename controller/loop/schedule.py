"""When which root is looked at next: a pure value machine, told of triggers and results, asked for what is due.

Rules that do not bend:
1. A root is in one pass at a time. What is asked for meanwhile is remembered and done once more, once.
2. Asking twice is asking once: triggers coalesce, and the more urgent one gives its name.
3. A failed root waits 1 s, 2 s, 4 s … up to 15 min, a random part of it; what throttling delays is no failure.
4. An invalid spec waits for a new revision, not for time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from random import Random

from controller.address import Address


FIRST_WAIT, LONGEST_WAIT = 1.0, 900.0
"""Seconds until a failed root is tried again: the first time, and at most."""

JITTER = 0.05
"""The share by which the interval varies, so that roots do not come all at once for ever."""


class Trigger(IntEnum):
    """Why a root is looked at, the most urgent first."""

    DEMAND = 0
    REVISION = 1
    EVENT = 2
    RETRY = 3
    INTERVAL = 4

    @property
    def word(self) -> str:
        """As it stands in logs and metrics."""
        return self.name.lower()


class Result(StrEnum):
    """How a pass ended for a root."""

    SUCCESS = "success"
    FAILURE = "failure"
    HELD = "held"
    THROTTLED = "throttled"
    INVALID = "invalid"


@dataclass
class _Entry:
    due: float
    trigger: Trigger
    failures: int = 0
    running: bool = False
    again: Trigger | None = None


@dataclass(frozen=True)
class Batch:
    """Roots for one pass, the most urgent reason for it, and for how many seconds each root has been due."""

    roots: frozenset[Address]
    trigger: Trigger
    waited: tuple[float, ...] = ()


@dataclass
class Schedule:
    """The roots of one target. Times are seconds of a monotonic clock.

    interval   seconds between two looks at a root that is as it should be
    most       roots in one pass: few enough that what is urgent does not wait long
    """

    interval: float = 300.0
    most: int = 50
    random: Random = field(default_factory=Random)
    _entries: dict[Address, _Entry] = field(default_factory=dict)

    @property
    def roots(self) -> frozenset[Address]:
        """All roots that are looked after."""
        return frozenset(self._entries)

    def know(self, roots: Iterable[Address], now: float) -> None:
        """These roots are what there is to look after: new ones are due at once, others are forgotten."""
        wanted = frozenset(roots)
        self._entries = {at: entry for at, entry in self._entries.items() if at in wanted or entry.running}
        for at in wanted - self._entries.keys():
            self._entries[at] = _Entry(now, Trigger.REVISION)

    def ask(self, trigger: Trigger, now: float, roots: Iterable[Address] | None = None) -> None:
        """These roots, or all, are to be looked at as soon as may be, even if they are in back-off."""
        for at in self._entries.keys() if roots is None else self._entries.keys() & set(roots):
            entry = self._entries[at]
            if entry.running:
                entry.again = trigger if entry.again is None else min(trigger, entry.again)
            elif entry.due > now or trigger < entry.trigger:
                entry.due, entry.trigger = min(entry.due, now), trigger

    def wait(self, now: float) -> float | None:
        """Seconds until something is due; None if nothing ever is."""
        times = [entry.due for entry in self._entries.values() if not entry.running]
        return max(0.0, min(times) - now) if times else None

    def take(self, now: float) -> Batch | None:
        """The most urgent of the roots that are due. They are running until they are told to have `ended`."""
        due = [(entry.trigger, entry.due, at) for at, entry in self._entries.items() if _is_due(entry, now)]
        taken = sorted(due)[: self.most]
        if not taken:
            return None
        for _, _, at in taken:
            self._entries[at].running = True
        waited = tuple(now - due for _, due, _ in taken)
        return Batch(frozenset(at for _, _, at in taken), taken[0][0], waited)

    def ended(self, results: Mapping[Address, Result], now: float) -> None:
        """How a pass went for each of its roots."""
        for at, result in results.items():
            if (entry := self._entries.get(at)) is None:
                continue
            entry.running = False
            entry.failures = entry.failures + 1 if result is Result.FAILURE else 0
            entry.due, entry.trigger = self._next(result, entry.failures, now)
            if entry.again is not None:
                entry.due, entry.trigger, entry.again = now, entry.again, None

    def failures(self, at: Address) -> int:
        """How often in a row it has failed."""
        entry = self._entries.get(at)
        return entry.failures if entry else 0

    def backlog(self, now: float) -> tuple[int, float]:
        """How many roots wait that are due, and for how many seconds the first of them has."""
        due = [entry.due for entry in self._entries.values() if _is_due(entry, now)]
        return len(due), now - min(due) if due else 0.0

    def _next(self, result: Result, failures: int, now: float) -> tuple[float, Trigger]:
        match result:
            case Result.FAILURE:
                longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 20))
                return now + self.random.uniform(0, longest), Trigger.RETRY
            case Result.THROTTLED:
                return now + self.random.uniform(FIRST_WAIT, 10 * FIRST_WAIT), Trigger.RETRY
            case Result.INVALID:
                return float("inf"), Trigger.INTERVAL
            case Result.SUCCESS | Result.HELD:
                spread = self.random.uniform(1 - JITTER, 1 + JITTER)
                return now + self.interval * spread, Trigger.INTERVAL


def _is_due(entry: _Entry, now: float) -> bool:
    return not entry.running and entry.due <= now
