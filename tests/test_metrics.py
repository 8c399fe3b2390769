"""Metrics: what is exposed after what happened, by the names of the catalogue and no others."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from controller.aws.observing import OK, Called
from controller.errors import UsageError
from controller.loop.book import Book
from controller.loop.catalogue import DROPPABLE, METRICS
from controller.loop.happenings import Fetched, Live, Version
from controller.loop.metrics import Metrics
from tests.test_book import START, A, B, change, loaded, looked, report


DOC = Path(__file__).parents[1] / "docs/metrics.md"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")


class Queue:
    def __init__(self, depth: int, roots: int, seconds: float) -> None:
        self.depth, self.work = depth, (roots, seconds)

    def backlog(self) -> tuple[int, float]:
        return self.depth, 1.0

    def at_work(self) -> tuple[int, float]:
        return self.work


class Seen:
    """A book and metrics that were told the same, and what a scrape then finds."""

    def __init__(self, *happenings: Any, **options: Any) -> None:
        self.book = Book(today=lambda: START)
        self.metrics = Metrics(self.book, source="git", **options)
        self.tell(*happenings)

    def tell(self, *happenings: Any) -> None:
        for happening in happenings:
            self.book.observe(happening)
            self.metrics.observe(happening)

    @property
    def text(self) -> str:
        return generate_latest(self.metrics.registry).decode()

    def __getitem__(self, name: str) -> dict[tuple[str, ...], float]:
        """The values of a series, by the values of its labels in the order of their names."""
        return {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
            if sample.name == name
        }


def everything() -> Seen:
    """One of each thing that can happen, so that every metric has a series."""
    seen = Seen(
        Fetched(0.2, Version(Path(), "r1", START)),
        Fetched(0.1, error="bad signature", unverified=True),
        loaded(A, B, c="wrong"),
        looked(report(change(A, "applied"), change(B)), A, B, waited=(1.0, 2.0)),
        looked(report(held={B: "mine"}), B, minute=2),
        looked("down", A, minute=3),
        Live("t", "r1", 42.0),
    )
    seen.book.observe(looked(report(change(B)), B, minute=4))
    seen.metrics.aws("t")(Called("apigateway", "GetRestApis", OK, 0.1, waited=1.5))
    seen.metrics.aws("t")(Called("apigateway", "GetRestApis", "TooManyRequestsException", 0.1, throttled=True))
    seen.metrics.webhook("github", "accepted")
    seen.metrics.notified("slack", "success")
    seen.metrics.snapshot("success")
    seen.metrics.leads(value=True)
    seen.metrics.watch(lambda: [Queue(2, 3, 4.0), Queue(1, 1, 9.0)])
    return seen


def test_every_name_of_the_catalogue_is_exposed_and_no_other():
    names = {
        sample.name for family in text_string_to_metric_families(everything().text) for sample in family.samples
    }
    assert names == {series for metric in METRICS.values() for series in metric.series}


def test_every_series_has_the_labels_of_the_catalogue():
    for family in text_string_to_metric_families(everything().text):
        metric = METRICS[family.name if family.name in METRICS else f"{family.name}_total"]
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels), sample.name


def test_promtool_has_nothing_to_say():
    if PROMTOOL is None:
        pytest.skip("promtool is not there: put it on PATH or name it in PROMTOOL")
    found = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=everything().text, text=True, capture_output=True, check=False
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_the_documentation_lists_exactly_these_metrics_and_labels():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|([^|]*)\|", DOC.read_text(), re.MULTILINE)
    listed = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert listed == {metric.name: (metric.type, metric.labels) for metric in METRICS.values()}


def test_roots_are_counted_by_result_and_trigger():
    seen = Seen(
        loaded(A, B),
        looked(report(change(B, "failed", "no")), A, B),
        looked(report(change(A), refusals=("too many",)), A),
        looked("slow", A, throttled=True),
    )
    assert seen["reconciler_reconcile_total"] == {
        (A, "success", "t", "interval"): 1,
        (B, "failure", "t", "interval"): 1,
        (A, "held", "t", "interval"): 1,
        (A, "throttled", "t", "interval"): 1,
    }
    assert seen["reconciler_guard_blocks_total"] == {("refused",): 1}
    assert seen["reconciler_reconcile_duration_seconds_count"] == {("t",): 3}


def test_specs_that_cannot_be_read_are_a_failure_of_the_target():
    seen = Seen()
    failed = looked("AWS is down")
    seen.tell(type(failed)("t", "revision", frozenset(), "", 0.1, START, error="AWS is down"))
    assert seen["reconciler_reconcile_total"] == {("", "failure", "t", "revision"): 1}


def test_gauges_say_how_roots_stand():
    seen = Seen(loaded(A, B), looked(report(change(A)), A, B, minute=2))
    assert seen["reconciler_api_info"] == {(A, "r1", "drifted", "t"): 1, (B, "r1", "in-sync", "t"): 1}
    assert seen["reconciler_drift_fields"] == {(A, "t"): 2, (B, "t"): 0}
    at = (START + timedelta(minutes=2)).timestamp()
    assert seen["reconciler_drift_since_timestamp_seconds"] == {(A, "t"): at}
    assert seen["reconciler_api_last_success_timestamp_seconds"] == {(B, "t"): at}
    assert seen["reconciler_api_last_attempt_timestamp_seconds"] == {(A, "t"): at, (B, "t"): at}
    assert seen["reconciler_planned_changes"] == {("update", A, "t"): 1}
    true = {key for key, value in seen["reconciler_api_condition"].items() if value}
    assert true == {
        (A, "False", "t", "Ready"),
        (A, "True", "t", "Drifted"),
        (A, "False", "t", "Stalled"),
        (B, "True", "t", "Ready"),
        (B, "False", "t", "Drifted"),
        (B, "False", "t", "Stalled"),
    }


def test_a_suspended_root_is_never_ready():
    seen = Seen(loaded(A), looked(report(held={A: "suspended: x"}, suspended=(A,))))
    assert seen["reconciler_suspended"] == {(A, "t"): 1}
    assert seen["reconciler_api_condition"][A, "True", "t", "Ready"] == 0
    assert seen["reconciler_guard_blocks_total"] == {}


def test_nothing_of_a_root_outlives_it():
    seen = Seen(loaded(A, B), looked(report(change(A)), A, B))
    assert A in seen.text
    seen.tell(loaded(B))
    assert A not in seen.text
    assert B in seen.text


def test_a_root_of_the_same_name_in_another_target_stays():
    seen = Seen(loaded(A), loaded(A, target="u"), looked(report()), loaded(target="t"))
    assert seen["reconciler_reconcile_total"] == {}
    assert seen["reconciler_api_info"] == {(A, "", "unknown", "u"): 1}


def test_the_queue_speaks_client_gos_names():
    seen = Seen(loaded(A, B), looked(report(), A, B, waited=(1.0, 3.0)))
    retry = looked(report(), A)
    seen.tell(type(retry)(**{**vars(retry), "trigger": "retry"}))
    seen.metrics.watch(lambda: [Queue(2, 3, 4.0), Queue(1, 1, 9.0)])
    assert seen["workqueue_depth"] == {("api",): 3}
    assert seen["workqueue_adds_total"] == {("api",): 3}
    assert seen["workqueue_retries_total"] == {("api",): 1}
    assert seen["workqueue_queue_duration_seconds_sum"] == {("api",): 4}
    assert seen["workqueue_work_duration_seconds_count"] == {("api",): 3}
    assert seen["workqueue_unfinished_work_seconds"] == {("api",): 21}
    assert seen["workqueue_longest_running_processor_seconds"] == {("api",): 9}


def test_calls_of_aws_are_counted_by_what_came_of_them():
    seen = everything()
    call = ("apigateway", "t")
    assert seen["reconciler_aws_requests_total"] == {
        ("OK", "GetRestApis", *call): 1,
        ("TooManyRequestsException", "GetRestApis", *call): 1,
    }
    assert seen["reconciler_aws_throttles_total"] == {("GetRestApis", "t"): 1}
    assert seen["reconciler_quota_wait_seconds_total"] == {("GetRestApis",): 1.5}


def test_changes_are_counted_when_they_are_made():
    seen = Seen(loaded(A), looked(report(change(A, "applied"), change(A, "applied"), change(A, "failed", "no"))))
    assert seen["reconciler_changes_applied_total"] == {("update", "Path", "t"): 2}


def test_the_source_and_what_became_of_it():
    seen = everything()
    assert seen["reconciler_source_revision_info"] == {("r1", "git"): 1}
    assert seen["reconciler_source_commit_timestamp_seconds"] == {("git",): START.timestamp()}
    assert seen["reconciler_git_fetch_total"] == {("success", "git"): 1, ("error", "git"): 1}
    assert seen["reconciler_source_verify_failures_total"] == {("git",): 1}
    assert seen["reconciler_commit_to_applied_seconds_sum"] == {("t",): 42}


def test_without_a_label_counts_add_up_and_times_are_the_oldest():
    first, second = looked(report(change(A)), A, minute=1), looked(report(change(B)), B, minute=2)
    seen = Seen(loaded(A, B), first, second, drop=["api", "revision"])
    assert seen["reconciler_reconcile_total"] == {("held", "t", "interval"): 2}
    assert seen["reconciler_api_info"] == {("drifted", "t"): 2}
    assert seen["reconciler_drift_fields"] == {("t",): 4}
    oldest = {("t",): (START + timedelta(minutes=1)).timestamp()}
    assert seen["reconciler_api_last_attempt_timestamp_seconds"] == oldest
    assert A not in seen.text
    seen.tell(loaded(B))
    assert seen["reconciler_reconcile_total"] == {("held", "t", "interval"): 2}


def test_without_targets_a_root_is_forgotten_once_no_target_has_it():
    seen = Seen(loaded(A), loaded(A, target="u"), looked(report()), drop=["target"])
    seen.tell(loaded(target="t"))
    assert seen["reconciler_reconcile_total"] == {(A, "success", "interval"): 1}
    seen.tell(loaded(target="u"))
    assert seen["reconciler_reconcile_total"] == {}


def test_every_label_can_be_dropped():
    seen = Seen(loaded(A), looked(report(change(A, "applied"))), Live("t", "r1", 1), drop=DROPPABLE)
    assert seen["reconciler_reconcile_total"] == {(): 1}
    assert seen["reconciler_changes_applied_total"] == {(): 1}


def test_a_label_that_no_metric_has_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match=r"no label 'path'; there are action, api, code, .*target"):
        Metrics(Book(), drop=["path"])


def test_the_queue_is_there_before_anything_is_in_it():
    seen = Seen()
    for name in ("workqueue_adds_total", "workqueue_retries_total", "workqueue_work_duration_seconds_count"):
        assert seen[name] == {("api",): 0}


def test_two_processes_worth_of_metrics_do_not_share_anything():
    one, two = Seen(loaded(A), looked(report())), Seen()
    assert one["reconciler_reconcile_total"] != two["reconciler_reconcile_total"]
