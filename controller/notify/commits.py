"""What the page of a commit tells: a status for each target, and the comment of its pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from controller.address import Address
from controller.forge import Applied, Forge, Status, mark_applied
from controller.forge.port import FULL_SHA
from controller.notify.changes import Condition, StateChange


_log = structlog.get_logger()

Delivery = Callable[[], object]
"""Something to be sent. Raises a ControllerError if it does not arrive."""

MOST_COMMITS = 20
"""Commits whose roots are remembered, to tell how all of them are."""

_GOOD = {Condition.HEALTHY, Condition.SUSPENDED}


@dataclass
class Commits:
    """Remembers how the roots of a commit are, since what is told is about all of them.

    authors   who may have made the comment on the pull request, besides the token's own user; without, none is
              looked for
    """

    forge: Forge
    authors: Container[str] | None = None
    _roots: dict[tuple[str, str], dict[Address, Condition]] = field(default_factory=dict)
    _told: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)

    def deliveries(self, changes: list[StateChange]) -> Generator[Delivery, bool, None]:
        """What is to be sent for these changes; what did not arrive is sent with the next ones."""
        latest = {}
        for change in changes:
            if FULL_SHA.fullmatch(change.revision):
                key = (change.revision, change.target)
                self._roots.setdefault(key, {})[change.root] = change.after
                latest[key] = change
        for key, change in latest.items():
            told = self._told.setdefault(key, {})
            for name, news, delivery in self._wanted(change, dict(self._roots[key])):
                if told.get(name) != news and (yield delivery):
                    told[name] = news
        for key in list(self._roots)[:-MOST_COMMITS]:
            del self._roots[key]
            self._told.pop(key, None)

    def _wanted(
        self, change: StateChange, roots: Mapping[Address, Condition]
    ) -> list[tuple[str, object, Delivery]]:
        """What is to be told by now, each with a name, and the delivery that tells it."""
        status = _status(change, roots)
        found: list[tuple[str, object, Delivery]] = [
            ("status", status, lambda: self.forge.set_status(change.revision, status))
        ]
        if self.authors is not None:
            found.append(("comment", roots, lambda: self._comment(change, roots)))
        return found

    def _comment(self, change: StateChange, roots: Mapping[Address, Condition]) -> None:
        worst_first = sorted(roots.items(), key=lambda item: (-item[1].severity, str(item[0])))
        applied = Applied(
            change.target,
            change.revision,
            all(condition in _GOOD for condition in roots.values()),
            [(str(root), condition.value) for root, condition in worst_first],
            datetime.now(UTC),
        )
        told = self._told[change.revision, change.target]
        if not mark_applied(self.forge, change.revision, applied, self.authors or ()) and "comment" not in told:
            _log.info("no_comment_to_update", target=change.target, revision=change.revision)


def _status(change: StateChange, roots: Mapping[Address, Condition]) -> Status:
    counts = Counter(roots.values())
    description = ", ".join(f"{counts[one]} {one.value}" for one in Condition if counts[one])
    bad = sorted(str(root) for root, condition in roots.items() if condition not in _GOOD)
    if bad:
        description = f"{description}: {', '.join(bad)}"
    return Status(f"reconcile/applied ({change.target})", "failure" if bad else "success", description, change.url)
