"""What is passed on to Kubernetes Events and to notifications, for each thing that happens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.kube.events import Reason
from controller.loop.book import Condition, StateChange
from controller.loop.happenings import Fetched, Happening, Loaded, Looked, Version
from controller.loop.relayed import Relay
from controller.report import ChangeView, Report


START = datetime(2026, 1, 1, tzinfo=UTC)


class Sink:
    """Takes what either side would be told."""

    def __init__(self) -> None:
        self.events: list[tuple[Reason, str]] = []
        self.news: list[Any] = []

    def emit(self, reason: Reason, note: str) -> None:
        self.events.append((reason, note))

    def tell(self, changes: list[Any]) -> None:
        self.news += changes


def looked(trigger: str, *statuses: str, **more: Any) -> Looked:
    views = tuple(
        ChangeView(root="RestApi a", path="", kind="RestApi", key="a", action="update", status=status, error="no")  # type: ignore[arg-type]
        for status in statuses
    )
    place = {"version": "1", "target": "t", "account": "1", "region": "r", "owner": "o", "dryRun": False}
    report = Report(**place, changes=views, **more)
    return Looked("t", trigger, frozenset({"RestApi a"}), "r1", 1.0, START, report)


@pytest.mark.parametrize(
    ("happening", "reasons"),
    [
        (Fetched(1.0, error="down"), [Reason.SOURCE_FETCH_FAILED]),
        (Fetched(1.0, error="unsigned", unverified=True), [Reason.VERIFICATION_FAILED]),
        (Fetched(1.0, Version(Path(), "r1")), []),
        (looked("revision", "applied"), [Reason.APPLY_SUCCEEDED]),
        (looked("interval", "applied"), [Reason.DRIFT_CORRECTED]),
        (looked("event", "applied"), [Reason.DRIFT_CORRECTED]),
        (looked("revision", "applied", "failed"), [Reason.APPLY_FAILED]),
        (looked("interval", "planned"), [Reason.DRIFT_DETECTED]),
        (looked("revision", "planned", refusals=("protected",)), [Reason.GUARD_BLOCKED]),
        (looked("interval"), []),
        (Looked("t", "retry", frozenset(), "r1", 1.0, START, error="no"), [Reason.APPLY_FAILED]),
        (Looked("t", "retry", frozenset(), "r1", 1.0, START, error="slow", throttled=True), [Reason.THROTTLED]),
    ],
)
def test_what_becomes_an_event(happening: Happening, reasons: list[Reason]):
    sink = Sink()
    Relay(events=sink).observe(happening)  # type: ignore[arg-type]
    assert [reason for reason, _ in sink.events] == reasons


def change(before: Condition, after: Condition) -> StateChange:
    return StateChange("t", "RestApi a", before, after, "r1", "because")


def test_a_change_of_state_is_news_of_the_whole_commit():
    sink = Sink()
    relay = Relay(notifier=sink)  # type: ignore[arg-type]
    version = Version(Path(), "r1", commit="r1" * 20)
    relay.observe(Loaded("t", version, frozenset(), {}, ()))
    relay.changed(change(Condition.UNKNOWN, Condition.IN_SYNC))
    relay.changed(change(Condition.IN_SYNC, Condition.FAILING))
    assert [(news.before, news.after, news.revision, news.summary) for news in sink.news] == [
        (None, "healthy", "r1" * 20, "because"),
        ("healthy", "failing", "r1" * 20, "because"),
    ]


def test_a_suspension_is_told_of_when_it_begins_and_when_it_ends():
    sink = Sink()
    relay = Relay(events=sink)  # type: ignore[arg-type]
    relay.changed(change(Condition.IN_SYNC, Condition.SUSPENDED))
    relay.changed(change(Condition.SUSPENDED, Condition.IN_SYNC))
    assert sink.events == [(Reason.SUSPENDED, "t: RestApi a: because"), (Reason.RESUMED, "t: RestApi a")]
