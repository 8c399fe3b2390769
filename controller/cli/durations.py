"""Durations as people write them."""

from __future__ import annotations

import re

import typer


_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def seconds(text: str | float) -> float:
    """`5m`, `1h30m`, `90s` in seconds; a default is in seconds already. Raises typer.BadParameter."""
    if not isinstance(text, str):
        return text
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        msg = f"{text}: expected a duration such as 90s, 5m or 1h30m"
        raise typer.BadParameter(msg)
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
