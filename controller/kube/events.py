"""Events of Kubernetes (events.k8s.io/v1): what `kubectl describe` shows of what the controller did.

Facts: `reportingController`, `reportingInstance`, `action`, `reason` and `eventTime` are required; a note has at
most 1024 bytes; names must be ours, since a generated one that ends in a dot is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import structlog

from controller.errors import KubeError
from controller.kube.api import Api
from controller.outbox import Outbox


_log = structlog.get_logger()

CONTROLLER = "apigateway-reconciler"
LONGEST_NOTE = 1024
REPEATED_WITHIN = 300.0
NOT_FOUND, CONFLICT = 404, 409
MERGE_PATCH = "application/merge-patch+json"


class Reason(StrEnum):
    """Why an event is there; one word that people can filter by."""

    PLAN_COMPUTED = "PlanComputed"
    APPLY_SUCCEEDED = "ApplySucceeded"
    APPLY_FAILED = "ApplyFailed"
    DRIFT_DETECTED = "DriftDetected"
    DRIFT_CORRECTED = "DriftCorrected"
    SOURCE_FETCH_FAILED = "SourceFetchFailed"
    VERIFICATION_FAILED = "VerificationFailed"
    GUARD_BLOCKED = "GuardBlocked"
    SUSPENDED = "Suspended"
    RESUMED = "Resumed"
    THROTTLED = "Throttled"


WARNINGS = {
    Reason.APPLY_FAILED,
    Reason.DRIFT_DETECTED,
    Reason.SOURCE_FETCH_FAILED,
    Reason.VERIFICATION_FAILED,
    Reason.GUARD_BLOCKED,
}


@dataclass(frozen=True)
class _Said:
    """What makes two events equal."""

    reason: Reason
    note: str


@dataclass
class _Series:
    name: str
    count: int
    last: float


class Events:
    """Tells of events, in a thread of its own; a cluster that refuses them is logged and does no harm.

    `regarding` is the object that they are shown with (apiVersion, kind, name, namespace, uid), `instance` the pod.
    """

    def __init__(
        self,
        api: Api,
        regarding: Mapping[str, str],
        instance: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        nanoseconds: Callable[[], int] = time.time_ns,
    ) -> None:
        self._api, self._regarding, self._instance = api, dict(regarding), instance
        self._clock, self._nanoseconds = clock, nanoseconds
        self._namespace = regarding.get("namespace") or api.namespace
        self._path = f"/apis/events.k8s.io/v1/namespaces/{self._namespace}/events"
        self._series: dict[_Said, _Series] = {}
        self._outbox = Outbox("events", self._send_all)

    def emit(self, reason: Reason, note: str) -> None:
        """Tells that something happened. Equal events within five minutes are one, with a count."""
        self._outbox.put(_Said(reason, _shortened(note)))

    def close(self) -> None:
        """Sends what is left."""
        self._outbox.close()

    def _send_all(self, events: list[_Said]) -> None:
        for said in events:
            try:
                self._send(said)
            except KubeError as error:
                _log.warning("event_not_recorded", reason=said.reason.value, error=str(error))

    def _send(self, said: _Said) -> None:
        now = self._clock()
        self._series = {key: one for key, one in self._series.items() if now - one.last < REPEATED_WITHIN}
        series = self._series.get(said)
        if series is None or not self._repeated(series):
            series = _Series(self._created(said), 0, now)
        self._series[said] = _Series(series.name, series.count + 1, now)

    def _repeated(self, series: _Series) -> bool:
        """Counts one more of an event that is there; False if it is there no longer."""
        repeats = {"series": {"count": series.count + 1, "lastObservedTime": self._now()}}
        try:
            self._api.request("PATCH", f"{self._path}/{series.name}", repeats, kind=MERGE_PATCH)
        except KubeError as error:
            if error.status != NOT_FOUND:
                raise
            return False
        return True

    def _created(self, said: _Said) -> str:
        """The name of a new event."""
        name = f"reconciler.{self._nanoseconds():x}"
        try:
            self._api.request("POST", self._path, self._event(said, name))
        except KubeError as error:
            if error.status != CONFLICT:
                raise
            # Another replica, in the same nanosecond, or a clock that was set back.
            name = f"{name}.{self._instance.lower()}"[:253]
            self._api.request("POST", self._path, self._event(said, name))
        return name

    def _event(self, said: _Said, name: str) -> dict[str, Any]:
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": self._namespace},
            "eventTime": self._now(),
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance[:128],
            "action": "Reconcile",
            "reason": said.reason.value,
            "type": "Warning" if said.reason in WARNINGS else "Normal",
            "regarding": self._regarding,
            "note": said.note,
        }

    def _now(self) -> str:
        seconds = self._nanoseconds() / 1e9
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _shortened(note: str) -> str:
    """At most as many bytes as a note may have, and no half characters."""
    data = note.encode()
    if len(data) <= LONGEST_NOTE:
        return note
    return data[: LONGEST_NOTE - len("…".encode())].decode(errors="ignore") + "…"
