"""Limits of requests, and whether others let fewer through."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests per second in the long run, and at once; None is no limit."""

    rate: float | None = None
    burst: float | None = None

    def within(self, other: Limits) -> Limits:
        """These limits where they are the lower ones, else the others."""
        return Limits(_lower(self.rate, other.rate), _lower(self.burst, other.burst))


def _lower(one: float | None, other: float | None) -> float | None:
    return min((item for item in (one, other) if item is not None), default=None)


def lowered(old: Limits, new: Limits) -> str:
    """How the new limits let fewer requests through, in words; empty if they do not."""
    pairs = ((old.rate, new.rate, "per second"), (old.burst, new.burst, "at once"))
    told = (
        f"{after:g} requests {unit} ({'no limit' if before is None else f'{before:g}'} before)"
        for before, after, unit in pairs
        if after is not None and (before is None or after < before)
    )
    return " and ".join(told)
