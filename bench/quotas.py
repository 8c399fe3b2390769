"""AWS's control-plane quotas as AWS keeps them: a call that finds a bucket empty is refused.

The rates are those of `controller/limits.py`. Buckets start full, as for an account where nobody has called.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock

from controller.limits import RATES, TOTAL, Rate


class Bucket:
    """Holds as many tokens as calls may come at once, and gains them at the rate."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate, self._tokens, self._at = rate, float(rate.at_once), now

    def wait(self, now: float) -> float:
        """The seconds until there is a token; 0 if there is one now."""
        self._tokens = min(self._rate.at_once, self._tokens + (now - self._at) * self._rate.per_second)
        self._at = now
        # Rounding must not make a caller wait who comes at the very rate.
        return 0.0 if self._tokens >= 1 - _EPSILON else (1 - self._tokens) / self._rate.per_second

    def take(self) -> None:
        """Uses a token up, after `wait` has said that there is one."""
        self._tokens -= 1


_EPSILON = 1e-9


class Quotas:
    """One account and region. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._buckets: dict[str, Bucket] = {}

    def ask(self, operation: str) -> float:
        """0 if the operation of API Gateway is let through, else the seconds after which it would be.

        A refused call uses nothing up.
        """
        with self._lock:
            now = self._clock()
            rates = {"": TOTAL} | ({operation: RATES[operation]} if operation in RATES else {})
            buckets = [self._buckets.setdefault(name, Bucket(rate, now)) for name, rate in rates.items()]
            wait = max(bucket.wait(now) for bucket in buckets)
            if not wait:
                for bucket in buckets:
                    bucket.take()
            return wait


def least_seconds(calls: Mapping[str, int], share: float = 1.0) -> float:
    """The least time in which a caller who uses this share of the quotas can make these calls of API Gateway.

    `calls` says how often each operation is called.
    """
    own = [(RATES[name], count) for name, count in calls.items() if name in RATES]
    bounds = [(TOTAL, sum(calls.values())), *own]
    return max(
        max(0.0, count - max(1.0, rate.at_once * share)) / (rate.per_second * share) for rate, count in bounds
    )
