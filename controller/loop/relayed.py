"""What the loop tells of, passed on to those outside: notifications, and Kubernetes Events on the pod."""

from __future__ import annotations

from controller.address import Address
from controller.kube.events import Events, Reason
from controller.loop.book import Condition, StateChange
from controller.loop.happenings import Fetched, Happening, Loaded, Looked
from controller.notify import Condition as Told
from controller.notify import Notifier
from controller.notify import StateChange as News


_TOLD = {
    Condition.IN_SYNC: Told.HEALTHY,
    Condition.DRIFTED: Told.DRIFTED,
    Condition.FAILING: Told.FAILING,
    Condition.INVALID: Told.FAILING,
    Condition.REFUSED: Told.REFUSED,
    Condition.HELD: Told.REFUSED,
    Condition.SUSPENDED: Told.SUSPENDED,
}


class Relay:
    """Passes on. Either side may be absent; neither is waited for."""

    def __init__(self, notifier: Notifier | None = None, events: Events | None = None) -> None:
        self._notifier, self._events = notifier, events
        self._commits: dict[str, str] = {}

    def changed(self, change: StateChange) -> None:
        """A listener of the book."""
        if change.after is Condition.SUSPENDED:
            self._emit(Reason.SUSPENDED, f"{change.target}: {change.root}: {change.message}")
        elif change.before is Condition.SUSPENDED:
            self._emit(Reason.RESUMED, f"{change.target}: {change.root}")
        if self._notifier and change.after in _TOLD:
            kind, _, name = change.root.partition(" ")
            commit = self._commits.get(change.revision, change.revision)
            before = _TOLD.get(change.before)
            news = News(change.target, Address(kind, name), before, _TOLD[change.after], commit, change.message)
            self._notifier.tell([news])

    def observe(self, happening: Happening) -> None:
        """An observer of the loop."""
        match happening:
            case Fetched(error=error, unverified=unverified) if error:
                self._emit(Reason.VERIFICATION_FAILED if unverified else Reason.SOURCE_FETCH_FAILED, error)
            case Loaded(version=version):
                self._commits = {version.revision: version.commit or version.revision}
            case Looked(report=None):
                reason = Reason.THROTTLED if happening.throttled else Reason.APPLY_FAILED
                self._emit(reason, f"{happening.target}: {happening.error}")
            case Looked():
                self._passed(happening)
            case _:
                pass

    def _passed(self, looked: Looked) -> None:
        report = looked.report
        if report is None or not report.changes:
            return
        about = f"{looked.target} at {looked.revision or 'no revision'}"
        counts = {status: sum(1 for change in report.changes if change.status == status) for status in _COUNTED}
        for refusal in report.refusals:
            self._emit(Reason.GUARD_BLOCKED, f"{about}: {refusal}")
        if failed := counts["failed"] + counts["blocked"]:
            first = next(change for change in report.changes if change.status == "failed" or change.error)
            self._emit(Reason.APPLY_FAILED, f"{about}: {failed} changes failed, {first.root} first: {first.error}")
        elif counts["applied"]:
            drift = looked.trigger in _UNASKED
            reason = Reason.DRIFT_CORRECTED if drift else Reason.APPLY_SUCCEEDED
            self._emit(reason, f"{about}: {counts['applied']} changes applied")
        elif counts["planned"] and not report.refusals:
            self._emit(Reason.DRIFT_DETECTED, f"{about}: {counts['planned']} changes are not applied")

    def _emit(self, reason: Reason, note: str) -> None:
        if self._events:
            self._events.emit(reason, note)


_COUNTED = ("applied", "failed", "blocked", "planned")
_UNASKED = ("interval", "event")
"""Triggers by which what differs is drift: no new specs came."""
