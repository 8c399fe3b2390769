"""What is told: that a root went from one condition to another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from controller.address import Address


class Severity(IntEnum):
    """How much it matters."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    @property
    def word(self) -> str:
        """As it stands in files and messages."""
        return self.name.lower()


class Condition(StrEnum):
    """How a root is.

    DRIFTED     live differs from what the specs say, and this was not changed by us
    REFUSED     a rule forbids the plan
    """

    HEALTHY = "healthy"
    DRIFTED = "drifted"
    FAILING = "failing"
    REFUSED = "refused"
    SUSPENDED = "suspended"

    @property
    def severity(self) -> Severity:
        """How much it matters that a root is so."""
        return SEVERITIES[self]


SEVERITIES = {
    Condition.HEALTHY: Severity.INFO,
    Condition.SUSPENDED: Severity.INFO,
    Condition.DRIFTED: Severity.WARNING,
    Condition.FAILING: Severity.ERROR,
    Condition.REFUSED: Severity.ERROR,
}


@dataclass(frozen=True, slots=True)
class StateChange:
    """A root after a pass. What shows it to people (`summary`, `url`) holds no secrets.

    before     None for a root that was not known
    revision   the whole id of the commit; "" where specs are not from git

    When `before` is `after`, only the status of the commit hears of it: a new commit that leaves a root as healthy
    as it was is no news to people.
    """

    target: str
    root: Address
    before: Condition | None
    after: Condition
    revision: str = ""
    summary: str = ""
    url: str = ""

    @property
    def is_news(self) -> bool:
        """True if it is now in another condition; a new root that is healthy is none."""
        return (self.before or Condition.HEALTHY) is not self.after

    @property
    def severity(self) -> Severity:
        """That of the worse side, so that who was told of a failure is told of its end."""
        return max(self.after.severity, (self.before or Condition.HEALTHY).severity)


def news(changes: Iterable[StateChange]) -> list[StateChange]:
    """The changes that are news, one for each root: from how it was first to how it is last."""
    roots: dict[tuple[str, Address], StateChange] = {}
    for change in changes:
        key = (change.target, change.root)
        first = roots.get(key, change)
        roots[key] = replace(change, before=first.before)
    return [change for change in roots.values() if change.is_news]
