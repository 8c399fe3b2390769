"""Metrics for Prometheus: happenings, calls and requests counted, in a registry of their own."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Collection, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from controller import __version__
from controller.aws.observing import Called, Observer
from controller.loop.book import Book, Condition, judged
from controller.loop.catalogue import METRICS, checked_labels
from controller.loop.gauges import QUEUE, Queue, Sample, families, kept, of_queues, of_roots, of_source
from controller.loop.happenings import Fetched, Happening, Live, Loaded, Looked
from controller.loop.schedule import Result, Trigger


class Metrics:
    """Counts what it is told of. Safe for threads.

    book      what the gauges are read from; it is to observe a happening before this does
    source    the name of the source in labels
    drop      labels to leave out, where there are too many roots for a series each

    Raises UsageError for a label that no metric has.
    """

    def __init__(self, book: Book, *, source: str = "", drop: Collection[str] = ()) -> None:
        self.registry = CollectorRegistry()
        self._book, self._source, self._dropped = book, source, checked_labels(drop)
        self._queues: Callable[[], Iterable[Queue]] = tuple
        self._leads = False
        self._lock = threading.Lock()
        self._known: dict[str, frozenset[str]] = {}
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in METRICS.values():
            labels = kept(metric, self._dropped)
            if metric.type == "counter":
                counter = self._counters[metric.name] = Counter(metric.name, metric.help, labels, registry=None)
                self.registry.register(_Plain(counter))
            elif metric.type == "histogram":
                histogram = Histogram(metric.name, metric.help, labels, buckets=metric.buckets, registry=None)
                self._histograms[metric.name] = histogram
                self.registry.register(_Plain(histogram))
        self.registry.register(_Gauges(self))
        for name, metric in METRICS.items():
            if metric.labels == ("name",) and (counts := self._counters.get(name) or self._histograms.get(name)):
                # What is zero from the start: a rate needs a first value.
                counts.labels(QUEUE)

    def watch(self, queues: Callable[[], Iterable[Queue]]) -> None:
        """What gives the workers whose queues are shown, at each scrape those there are by then."""
        self._queues = queues

    def leads(self, value: bool) -> None:  # noqa: FBT001  the one thing it says
        """Whether this process may write."""
        self._leads = value

    def webhook(self, provider: str, result: str) -> None:
        """A request came to the webhook."""
        self._add("reconciler_webhook_requests_total", provider=provider, result=result)

    def notified(self, provider: str, result: str) -> None:
        """A notification was sent, or could not be."""
        self._add("reconciler_notifications_total", provider=provider, result=result)

    def snapshot(self, result: str) -> None:
        """A snapshot was published, or could not be."""
        self._add("reconciler_snapshots_total", result=result)

    def aws(self, target: str) -> Observer:
        """What counts the calls of AWS that are made for a target."""

        def observer(called: Called, /) -> None:
            service, operation = called.service, called.operation
            names = {"service": service, "operation": operation}
            self._add("reconciler_aws_requests_total", **names, code=called.code, target=target)
            self._time("reconciler_aws_request_duration_seconds", called.seconds, **names)
            if called.throttled:
                self._add("reconciler_aws_throttles_total", operation=operation, target=target)
            if called.waited:
                self._add("reconciler_quota_wait_seconds_total", called.waited, operation=operation)

        return observer

    def observe(self, happening: Happening) -> None:
        """Counts a happening."""
        match happening:
            case Fetched():
                self._fetched(happening)
            case Loaded():
                self._loaded(happening)
            case Looked():
                self._looked(happening)
            case Live():
                self._time("reconciler_commit_to_applied_seconds", happening.seconds, target=happening.target)

    def gauges(self) -> Iterator[Sample]:
        """What stands now."""
        yield "reconciler_build_info", {"version": __version__, "python": platform.python_version()}, 1
        yield "reconciler_leader", {}, self._leads
        yield from of_roots(self._book.roots())
        yield from of_source(self._book, self._source)
        yield from of_queues(self._queues())

    @property
    def dropped(self) -> frozenset[str]:
        """The labels that are left out."""
        return self._dropped

    def _fetched(self, fetched: Fetched) -> None:
        result = "error" if fetched.error else "success"
        self._add("reconciler_git_fetch_total", source=self._source, result=result)
        self._time("reconciler_git_fetch_duration_seconds", fetched.seconds, source=self._source)
        if fetched.unverified:
            self._add("reconciler_source_verify_failures_total", source=self._source)

    def _loaded(self, loaded: Loaded) -> None:
        with self._lock:
            now = loaded.roots | loaded.invalid.keys()
            gone = self._known.get(loaded.target, frozenset()) - now
            self._known[loaded.target] = frozenset(now)
        if "api" in self._dropped:
            return
        for root in gone:
            labels = {"api": root} | ({} if "target" in self._dropped else {"target": loaded.target})
            if "target" in labels or not any(root in roots for roots in self._known.values()):
                self._counters["reconciler_reconcile_total"].remove_by_labels(labels)

    def _looked(self, looked: Looked) -> None:
        target = looked.target
        # Specs that could not be read are nobody's in particular, and a failure all the same.
        roots = looked.roots & self._known.get(target, frozenset()) if looked.roots else {""}
        for root in roots:
            verdict = judged(looked, root)
            result = Result.THROTTLED if verdict is None else _RESULTS.get(verdict[0], Result.HELD)
            labels = {"api": root, "target": target, "trigger": looked.trigger}
            self._add("reconciler_reconcile_total", **labels, result=result.value)
            if verdict and verdict[0] in (Condition.HELD, Condition.REFUSED):
                self._add("reconciler_guard_blocks_total", reason=verdict[0].value)
        self._time("reconciler_reconcile_duration_seconds", looked.seconds, target=target)
        for change in looked.report.changes if looked.report else ():
            if change.status == "applied":
                labels = {"target": target, "action": change.action, "kind": change.kind}
                self._add("reconciler_changes_applied_total", **labels)
        self._queued(looked)

    def _queued(self, looked: Looked) -> None:
        count = len(looked.roots)
        self._add("workqueue_adds_total", count, name=QUEUE)
        if looked.trigger == Trigger.RETRY.word:
            self._add("workqueue_retries_total", count, name=QUEUE)
        for waited in looked.waited:
            self._time("workqueue_queue_duration_seconds", waited, name=QUEUE)
        for _ in range(count):
            self._time("workqueue_work_duration_seconds", looked.seconds, name=QUEUE)

    def _add(self, name: str, amount: float = 1, /, **labels: str) -> None:
        counter, left = self._counters[name], self._left(labels)
        (counter.labels(**left) if left else counter).inc(amount)

    def _time(self, name: str, seconds: float, /, **labels: str) -> None:
        histogram, left = self._histograms[name], self._left(labels)
        (histogram.labels(**left) if left else histogram).observe(seconds)

    def _left(self, labels: dict[str, str]) -> dict[str, str]:
        return {label: value for label, value in labels.items() if label not in self._dropped}


_RESULTS = {Condition.IN_SYNC: Result.SUCCESS, Condition.FAILING: Result.FAILURE}


class _Plain(Collector):
    """A counter or histogram without the times at which its series began, which are metrics by another name."""

    def __init__(self, metric: Counter | Histogram) -> None:
        self._metric = metric

    def collect(self) -> Iterable[Family]:
        for family in self._metric.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


class _Gauges(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Family]:
        return families(self._metrics.gauges(), self._metrics.dropped)
