"""Pacing: calls are spread so that AWS's control-plane quotas are kept and a 429 is the exception."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from controller.limits import RATES, TOTAL, Rate


class _Bucket:
    """A leaky bucket as a clock reading: the time at which it would be empty again (GCRA)."""

    def __init__(self, rate: Rate, share: float) -> None:
        self.interval = 1 / (rate.per_second * share)
        self.tolerance = (max(1.0, rate.at_once * share) - 1) * self.interval
        self.empty_at = 0.0

    def reserve(self, now: float) -> float:
        """Takes the next place and gives the seconds to wait for it."""
        start = max(now, self.empty_at - self.tolerance)
        self.empty_at = max(self.empty_at, start) + self.interval
        return start - now


class Pacer:
    """Keeps all threads of one account and region within a share of the quotas (None: no pacing)."""

    def __init__(
        self,
        share: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._share, self._clock, self._sleep = share, clock, sleep
        self._lock = Lock()
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, operation: str, sleep: Callable[[float], None] | None = None) -> float:
        """Returns when the operation may be called; for how many seconds it was held back.

        Who gives a `sleep` of its own knows that it waits.
        """
        if self._share is None:
            return 0.0
        with self._lock:
            now = self._clock()
            wait = max(bucket.reserve(now) for bucket in self._of(operation, self._share))
        if wait > 0:
            (sleep or self._sleep)(wait)
        return max(0.0, wait)

    def _of(self, operation: str, share: float) -> list[_Bucket]:
        rates = {"": TOTAL} | ({operation: RATES[operation]} if operation in RATES else {})
        return [self._buckets.setdefault(name, _Bucket(rate, share)) for name, rate in rates.items()]


class Pacers:
    """One pacer for each account and region, since AWS counts them so. Safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pacers: dict[tuple[str, str, float | None], Pacer] = {}

    def of(self, account: str, region: str, share: float | None) -> Pacer:
        """The pacer that everything in this account and region has in common."""
        with self._lock:
            return self._pacers.setdefault((account, region, share), Pacer(share))
