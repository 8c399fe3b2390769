"""Every metric there is, as data: what is exposed, and what rules, dashboards and `docs/metrics.md` may name.

The names are an interface: a change of one is a breaking change. Those of the queue are client-go's, so that
dashboards made for controllers show this one too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from controller.errors import UsageError


_PASS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1200.0)
"""Seconds of a pass: what quotas slow down takes minutes."""

_CALL = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_DELIVERY = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0)


@dataclass(frozen=True)
class Metric:
    """A metric: its name as it is exposed (a histogram's without the suffixes), and its labels.

    merge   what becomes of a gauge's series that are one once a label is dropped; counts simply add up
    """

    name: str
    type: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    merge: Literal["sum", "min", "max"] = "sum"

    @property
    def series(self) -> frozenset[str]:
        """The names that a query can ask for."""
        suffixes = ("_bucket", "_sum", "_count") if self.type == "histogram" else ("",)
        return frozenset(self.name + suffix for suffix in suffixes)


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, "counter", text, labels)


def _gauge(name: str, text: str, *labels: str, merge: Literal["sum", "min", "max"] = "sum") -> Metric:
    return Metric(name, "gauge", text, labels, merge=merge)


def _histogram(name: str, text: str, *labels: str, buckets: tuple[float, ...]) -> Metric:
    return Metric(name, "histogram", text, labels, buckets)


_ROOT = ("api", "target")

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _gauge("reconciler_build_info", "Which version this is; always 1.", "version", "python"),
        _gauge("reconciler_leader", "1 if this process may write, 0 if it stands by.", merge="max"),
        # ── passes ──
        _counter("reconciler_reconcile_total", "Roots looked at.", *_ROOT, "result", "trigger"),
        _histogram("reconciler_reconcile_duration_seconds", "How long passes took.", "target", buckets=_PASS),
        _gauge("reconciler_api_info", "How a root stands, and by which revision.", *_ROOT, "revision", "state"),
        _gauge(
            "reconciler_api_condition", "1 where the condition has this status, else 0.", *_ROOT, "type", "status"
        ),
        _gauge(
            "reconciler_api_last_success_timestamp_seconds",
            "When a root was last found or brought in sync.",
            *_ROOT,
            merge="min",
        ),
        _gauge(
            "reconciler_api_last_attempt_timestamp_seconds", "When a root was last looked at.", *_ROOT, merge="min"
        ),
        _gauge("reconciler_drift_fields", "Fields that differ and were left so.", *_ROOT),
        _gauge(
            "reconciler_drift_since_timestamp_seconds",
            "Since when fields differ; absent where none does.",
            *_ROOT,
            merge="min",
        ),
        _gauge("reconciler_planned_changes", "Changes that were left to make.", *_ROOT, "action"),
        _counter("reconciler_changes_applied_total", "Changes made.", "target", "action", "kind"),
        _counter("reconciler_guard_blocks_total", "Roots that a rule kept from being changed.", "reason"),
        _gauge("reconciler_suspended", "1 while a root is suspended, else 0.", *_ROOT),
        _histogram(
            "reconciler_commit_to_applied_seconds",
            "From the commit until all that it changed was live.",
            "target",
            buckets=_DELIVERY,
        ),
        # ── AWS ──
        _counter("reconciler_aws_requests_total", "Calls of AWS.", "service", "operation", "code", "target"),
        _histogram(
            "reconciler_aws_request_duration_seconds",
            "How long AWS took to answer.",
            "service",
            "operation",
            buckets=_CALL,
        ),
        _counter("reconciler_aws_throttles_total", "Calls that AWS refused as too many.", "operation", "target"),
        _counter("reconciler_quota_wait_seconds_total", "Seconds that pacing held calls back.", "operation"),
        # ── source ──
        _counter("reconciler_git_fetch_total", "How often the source was asked for news.", "source", "result"),
        _histogram(
            "reconciler_git_fetch_duration_seconds", "How long the source took to answer.", "source", buckets=_CALL
        ),
        _gauge("reconciler_source_revision_info", "The revision that the source has.", "source", "revision"),
        _gauge("reconciler_source_commit_timestamp_seconds", "When that revision was made.", "source", merge="max"),
        _counter("reconciler_source_verify_failures_total", "Revisions whose signature was refused.", "source"),
        # ── in and out ──
        _counter("reconciler_webhook_requests_total", "Requests to the webhook.", "provider", "result"),
        _counter("reconciler_notifications_total", "Notifications sent.", "provider", "result"),
        _counter("reconciler_snapshots_total", "Snapshots published.", "result"),
        # ── the queue, by client-go's names ──
        _gauge("workqueue_depth", "Roots that are due.", "name"),
        _counter("workqueue_adds_total", "Roots that came due and were taken.", "name"),
        _histogram("workqueue_queue_duration_seconds", "How long due roots waited.", "name", buckets=_PASS),
        _histogram("workqueue_work_duration_seconds", "How long the passes of roots took.", "name", buckets=_PASS),
        _gauge("workqueue_unfinished_work_seconds", "Seconds so far of all roots under way, added up.", "name"),
        _gauge(
            "workqueue_longest_running_processor_seconds",
            "For how long the longest pass has been under way.",
            "name",
            merge="max",
        ),
        _counter("workqueue_retries_total", "Roots tried again because they had failed.", "name"),
    )
}

DROPPABLE = frozenset(label for metric in METRICS.values() for label in metric.labels) - {"name"}


def checked_labels(names: Collection[str]) -> frozenset[str]:
    """The labels to leave out. Raises UsageError for one that no metric has."""
    if unknown := sorted(set(names) - DROPPABLE):
        known = ", ".join(sorted(DROPPABLE))
        raise UsageError(f"--metrics-drop-labels: there is no label {unknown[0]!r}; there are {known}")
    return frozenset(names)
