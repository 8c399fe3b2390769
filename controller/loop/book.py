"""The book of how everything stands: the status of each root, kept from happenings alone.

Rules that do not bend:
1. A root stands as its last pass left it; what throttling delays stands as it stood.
2. An invalid spec outweighs what an earlier pass found, until a revision mends it.
3. A root that the specs no longer have is forgotten at once.
4. What an operator suspends stands as suspended at once, whatever passes find, and until one after its end; an
   invalid spec outweighs even that.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from controller.address import Address
from controller.errors import Problem
from controller.loop.happenings import Fetched, Happening, Loaded, Looked, Overridden, Version
from controller.report import ChangeView, Report
from controller.suspension import Suspension, covering


class Condition(StrEnum):
    """How a root stands."""

    IN_SYNC = "in-sync"
    DRIFTED = "drifted"
    FAILING = "failing"
    REFUSED = "refused"
    HELD = "held"
    SUSPENDED = "suspended"
    INVALID = "invalid"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RootStatus:
    """How a root stands.

    since       when it came to this condition
    revision    of the specs it was last compared with
    attempted   when it was last looked at, `succeeded` when it was last found or brought in sync
    fields      how many fields differ and were left so, and since when (`differs_since`)
    pending     the changes that were left to make, by action
    failures    passes that failed, in a row
    """

    target: str
    root: str
    condition: Condition
    since: datetime
    message: str = ""
    revision: str = ""
    attempted: datetime | None = None
    succeeded: datetime | None = None
    fields: int = 0
    differs_since: datetime | None = None
    pending: Mapping[str, int] = field(default_factory=dict)
    failures: int = 0


@dataclass(frozen=True)
class TargetStatus:
    """How a target stands: the specs it has, its last pass, and why that came to nothing if it did."""

    target: str
    revision: str = ""
    problems: tuple[Problem, ...] = ()
    trigger: str = ""
    seconds: float = 0.0
    ended: datetime | None = None
    error: str = ""
    report: Report | None = None


@dataclass(frozen=True)
class SourceStatus:
    """The version that the source gave last, and why it gives none now if it does not."""

    version: Version | None = None
    error: str = ""


@dataclass(frozen=True)
class StateChange:
    """A root came from one condition to another."""

    target: str
    root: str
    before: Condition
    after: Condition
    revision: str
    message: str


class Book:
    """Keeps the status of all roots. Safe for threads; listeners hear of changes in the observer's thread."""

    def __init__(
        self,
        *listeners: Callable[[StateChange], None],
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._listeners, self._today = listeners, today
        self._lock = threading.Lock()
        self._roots: dict[tuple[str, str], RootStatus] = {}
        self._targets: dict[str, TargetStatus] = {}
        self._source = SourceStatus()
        self._suspensions: tuple[Suspension, ...] = ()

    def observe(self, happening: Happening) -> None:
        """Takes a happening in, and tells the listeners which roots changed their condition by it."""
        with self._lock:
            before = self._roots
            match happening:
                case Fetched():
                    self._source = SourceStatus(happening.version or self._source.version, happening.error)
                case Loaded():
                    self._roots = {**self._without(happening.target), **self._loaded(happening)}
                    status = self._targets.get(happening.target, TargetStatus(happening.target))
                    revision, problems = happening.version.revision, happening.problems
                    self._targets[happening.target] = replace(status, revision=revision, problems=problems)
                case Looked():
                    self._roots = {**self._roots, **self._looked(happening)}
                    self._targets[happening.target] = self._passed(happening)
                case Overridden():
                    self._suspensions = happening.suspensions
                case _:
                    pass
            if self._suspensions:
                self._roots = {key: self._overridden(one, before.get(key)) for key, one in self._roots.items()}
            changes = [
                StateChange(new.target, new.root, old.condition, new.condition, new.revision, new.message)
                for key, new in sorted(self._roots.items())
                if (old := before.get(key) or _unknown(new)).condition is not new.condition
            ]
        for change in changes:
            for listener in self._listeners:
                listener(change)

    @property
    def source(self) -> SourceStatus:
        """How the source stands."""
        return self._source

    def roots(self) -> tuple[RootStatus, ...]:
        """All roots, by target and name."""
        with self._lock:
            return tuple(status for _, status in sorted(self._roots.items()))

    def targets(self) -> tuple[TargetStatus, ...]:
        """All targets that were loaded or looked at, by name."""
        with self._lock:
            return tuple(status for _, status in sorted(self._targets.items()))

    def report(self, target: str) -> Report | None:
        """The report of a target's last pass that had one."""
        with self._lock:
            status = self._targets.get(target)
        return status.report if status else None

    def _without(self, target: str) -> dict[tuple[str, str], RootStatus]:
        return {key: status for key, status in self._roots.items() if status.target != target}

    def _loaded(self, loaded: Loaded) -> dict[tuple[str, str], RootStatus]:
        now, target, revision = self._today(), loaded.target, loaded.version.revision
        found = {}
        for root in loaded.roots | loaded.invalid.keys():
            status = self._known(target, root, now)
            if root in loaded.invalid:
                status = _moved(status, Condition.INVALID, loaded.invalid[root], now, revision)
            elif status.condition is Condition.INVALID:
                status = _moved(status, Condition.UNKNOWN, "", now, revision)
            found[target, root] = status
        return found

    def _looked(self, looked: Looked) -> dict[tuple[str, str], RootStatus]:
        # What was forgotten while the pass was under way stays so.
        keys = [(looked.target, root) for root in looked.roots if (looked.target, root) in self._roots]
        return {key: _after(self._roots[key], looked) for key in keys}

    def _overridden(self, status: RootStatus, before: RootStatus | None) -> RootStatus:
        kind, _, name = status.root.partition(" ")
        one = covering(self._suspensions, status.target, Address(kind, name))
        if one is None or status.condition is Condition.INVALID:
            return status
        was = before if before and before.condition is Condition.SUSPENDED else None
        since = was.since if was else self._today()
        return replace(status, condition=Condition.SUSPENDED, message=one.words, since=since)

    def _known(self, target: str, root: str, now: datetime) -> RootStatus:
        return self._roots.get((target, root)) or RootStatus(target, root, Condition.UNKNOWN, now)

    def _passed(self, looked: Looked) -> TargetStatus:
        status = self._targets.get(looked.target, TargetStatus(looked.target))
        return replace(
            status,
            trigger=looked.trigger,
            seconds=looked.seconds,
            ended=looked.ended,
            error=looked.error,
            report=looked.report or status.report,
        )


def judged(looked: Looked, root: str) -> tuple[Condition, str] | None:
    """How a pass found a root, or left it, and in what words; None if it says nothing of it."""
    if looked.throttled:
        return None
    report = looked.report
    if report is None:
        return Condition.FAILING, looked.error
    left = _left(report, root)
    failed = [change for change in left if change.status in ("failed", "blocked")]
    if root in report.unreadable:
        return Condition.FAILING, report.unreadable[root]
    if failed:
        cause = next((change for change in failed if change.status == "failed"), failed[0])
        return Condition.FAILING, cause.error
    if root in report.held:
        return (Condition.SUSPENDED if root in report.suspended else Condition.HELD), report.held[root]
    if left and report.refusals:
        return Condition.REFUSED, "; ".join(report.refusals)
    if left:
        return Condition.DRIFTED, _in_words(left)
    return Condition.IN_SYNC, ""


def _left(report: Report, root: str) -> list[ChangeView]:
    """What the pass found to differ in a root and did not put right."""
    return [change for change in report.changes if change.root == root and change.status != "applied"]


def _in_words(changes: list[ChangeView]) -> str:
    first, more = changes[0], len(changes) - 1
    tail = f", and {more} more" if more else ""
    return f"{first.action} {first.path or first.root}{tail}"


def _after(status: RootStatus, looked: Looked) -> RootStatus:
    """The status of a root after a pass."""
    status = replace(status, attempted=looked.ended, revision=looked.revision)
    if (verdict := judged(looked, status.root)) is None:
        return status
    condition, message = verdict
    status = _moved(status, condition, message, looked.ended, looked.revision)
    status = replace(status, failures=status.failures + 1 if condition is Condition.FAILING else 0)
    if condition is Condition.IN_SYNC:
        status = replace(status, succeeded=looked.ended)
    if looked.report is None or status.root in looked.report.unreadable:
        # Nothing was seen: what differed goes on to differ, for all that is known.
        return status
    left = _left(looked.report, status.root)
    return replace(
        status,
        fields=sum(max(1, len(change.fields)) for change in left),
        pending=Counter(change.action for change in left),
        differs_since=(status.differs_since or looked.ended) if left else None,
    )


def _moved(status: RootStatus, condition: Condition, message: str, now: datetime, revision: str) -> RootStatus:
    since = status.since if condition is status.condition else now
    return replace(status, condition=condition, message=message, since=since, revision=revision)


def _unknown(status: RootStatus) -> RootStatus:
    return RootStatus(status.target, status.root, Condition.UNKNOWN, status.since)
