"""Masking: what takes secrets out of texts that others wrote, such as the messages of AWS's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus


HIDDEN = "(sensitive)"


class Mask:
    """Knows secrets and replaces them in texts. Empty at first."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, values: Iterable[str]) -> None:
        """Take note of more secrets."""
        self._known.update(filter(None, values))
        spellings = {text for value in self._known for text in _spellings(value)}
        # Longest first: one secret may be part of another.
        ordered = sorted(spellings, key=lambda text: (-len(text), text))
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


def _spellings(value: str) -> set[str]:
    """The value as it is, and as it looks inside JSON, a Python literal or a URL."""
    plain = value.encode("utf-8", "surrogateescape")
    quoted = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    return {value, value.strip() or value, *quoted, quote(plain), quote(plain, safe=""), quote_plus(plain)}
