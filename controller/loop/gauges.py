"""The gauges: what stands now, worked out afresh for each scrape, so that nothing of a root outlives it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily

from controller.loop.book import Book, Condition, RootStatus
from controller.loop.catalogue import METRICS, Metric


QUEUE = "api"
"""The name of the queue in client-go's metrics."""

Sample = tuple[str, Mapping[str, str], float]

_STALLED = frozenset({Condition.INVALID, Condition.REFUSED, Condition.HELD})
"""What waits for somebody, not for time."""

_MERGE: Mapping[str, Callable[[float, float], float]] = {"sum": operator.add, "min": min, "max": max}


class Queue(Protocol):
    """A worker, as far as its queue goes."""

    def backlog(self) -> tuple[int, float]:
        """Roots that are due, and for how many seconds the first has been."""

    def at_work(self) -> tuple[int, float]:
        """Roots of the pass under way, and for how many seconds it has been."""


def of_roots(roots: Iterable[RootStatus]) -> Iterator[Sample]:
    """How the roots stand."""
    for status in roots:
        names = {"api": status.root, "target": status.target}
        state = {"revision": status.revision, "state": status.condition.value}
        yield "reconciler_api_info", names | state, 1
        for kind, now in _conditions(status).items():
            for word in ("True", "False", "Unknown"):
                yield "reconciler_api_condition", names | {"type": kind, "status": word}, word == now
        if status.succeeded:
            yield "reconciler_api_last_success_timestamp_seconds", names, status.succeeded.timestamp()
        if status.attempted:
            yield "reconciler_api_last_attempt_timestamp_seconds", names, status.attempted.timestamp()
        yield "reconciler_drift_fields", names, status.fields
        if status.differs_since:
            yield "reconciler_drift_since_timestamp_seconds", names, status.differs_since.timestamp()
        for action, count in sorted(status.pending.items()):
            yield "reconciler_planned_changes", names | {"action": action}, count
        yield "reconciler_suspended", names, status.condition is Condition.SUSPENDED


def _conditions(status: RootStatus) -> dict[str, str]:
    """The condition in the words of Kubernetes: types, each of them true, false or unknown."""
    condition = status.condition
    unknown = condition is Condition.UNKNOWN
    return {
        "Ready": "Unknown" if unknown else str(condition is Condition.IN_SYNC),
        "Drifted": "Unknown" if unknown else str(status.fields > 0),
        "Stalled": str(condition in _STALLED),
    }


def of_source(book: Book, source: str) -> Iterator[Sample]:
    """What the source has."""
    if version := book.source.version:
        yield "reconciler_source_revision_info", {"source": source, "revision": version.revision}, 1
        if version.committed:
            at = version.committed.timestamp()
            yield "reconciler_source_commit_timestamp_seconds", {"source": source}, at


def of_queues(queues: Iterable[Queue]) -> Iterator[Sample]:
    """What waits and what is under way."""
    queues = list(queues)
    work = [queue.at_work() for queue in queues]
    name = {"name": QUEUE}
    yield "workqueue_depth", name, sum(queue.backlog()[0] for queue in queues)
    yield "workqueue_unfinished_work_seconds", name, sum(roots * seconds for roots, seconds in work)
    yield "workqueue_longest_running_processor_seconds", name, max((seconds for _, seconds in work), default=0)


def families(samples: Iterable[Sample], dropped: frozenset[str]) -> Iterator[GaugeMetricFamily]:
    """The samples as prometheus_client wants them, in the catalogue's order, without the dropped labels."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for name, labels, value in samples:
        series = found.setdefault(name, {})
        key = tuple(labels[label] for label in kept(METRICS[name], dropped))
        merge = _MERGE[METRICS[name].merge]
        series[key] = merge(series[key], float(value)) if key in series else float(value)
    for name, metric in METRICS.items():
        if name in found:
            family = GaugeMetricFamily(name, metric.help, labels=kept(metric, dropped))
            for key, value in sorted(found[name].items()):
                family.add_metric(key, value)
            yield family


def kept(metric: Metric, dropped: frozenset[str]) -> list[str]:
    """The labels of a metric that are exposed."""
    return [label for label in metric.labels if label not in dropped]
