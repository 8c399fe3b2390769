"""Where an emulator does otherwise than AWS: by emulator and case, what it does and what AWS does (facts, section).

A case listed in DEVIATIONS has to fail on that emulator: once it passes, its line must go. A case listed in POISON is
not run at all: it would break the emulator for the cases after it.
"""

from __future__ import annotations

from collections.abc import Mapping


Key = tuple[str, str, str]


def _table(*lines: tuple[str, str, str]) -> dict[Key, str]:
    """Lines of a kind and field, its steps, and the reason."""
    return {
        (*name.split(" "), step): reason  # type: ignore[misc]
        for name, steps, reason in lines
        for step in steps.split()
    }


_PLAN = "apiStages becomes a string that botocore cannot read, for all plans; AWS adds apiId:stage to the list (§15)"
_LIMIT = "patching a method's limits turns apiStages into a string, as above; AWS patches the one limit (§15)"

DEVIATIONS: Mapping[str, Mapping[Key, str]] = {"ministack": {}, "localstack": {}}

POISON: Mapping[str, Mapping[Key, str]] = {
    "ministack": _table(
        ("UsagePlan apiStages", "set change grow", _PLAN),
        ("UsagePlan apiStages.api", "change", _PLAN),
        ("UsagePlan apiStages.stage", "change", _PLAN),
        ("UsagePlan apiStages.throttle", "set change grow shrink clear", _LIMIT),
        ("UsagePlan apiStages.throttle.rateLimit", "set change clear", _LIMIT),
        ("UsagePlan apiStages.throttle.burstLimit", "set change clear", _LIMIT),
    ),
    "localstack": {},
}
