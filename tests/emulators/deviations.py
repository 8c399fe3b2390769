"""Where an emulator does otherwise than AWS: by emulator and case, what it does and what AWS does (facts, section).

A case listed here has to fail on that emulator: once it passes, its line must go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping


DEVIATIONS: Mapping[str, Mapping[tuple[str, str, str], str]] = {"ministack": {}, "localstack": {}}
POISON: Mapping[str, Mapping[tuple[str, str, str], str]] = {"ministack": {}, "localstack": {}}
