"""Numbers and durations as every report words them."""

from __future__ import annotations

import math


def count(number: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def requests(number: int) -> str:
    """How much something is used, which may be a large number: `1,204 requests lately`."""
    return f"{number:,} {'request' if number == 1 else 'requests'} lately"


def duration(seconds: float) -> str:
    """Whole seconds, rounded up: `8 s`, `1 min 2 s`."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    parts = [f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest)
    return " ".join(parts)


def shortened(text: str, most: int | None, more: str = "…") -> str:
    """The text, or its beginning and its length; with None in full."""
    return text if most is None or len(text) <= most else f"{text[:most]}{more} ({len(text)} characters)"
