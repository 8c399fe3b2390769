"""The log: one line a pass and one a step, whatever happens with the same keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from controller.errors import Problem, Where
from controller.loop.happenings import Fetched, Live, Loaded, Overridden, Stepped, Version
from controller.loop.logged import log
from controller.report import Progress, Report
from tests.test_book import A, change, loaded, looked, report
from tests.test_suspension import suspension


ALL = {"event", "log_level", "target", "trigger", "revision", "error"}
PASS = ALL | {"roots", "changes", "failed", "calls", "seconds"}
STEP = ALL | {"root", "step", "status", "done", "total"}


def lines(happening: Any) -> list[Any]:
    with capture_logs() as found:
        log(happening)
    return found


@pytest.mark.parametrize(
    ("found", "level", "more"),
    [
        (report(), "info", {}),
        (report(change(A, "applied"), readCalls=3, calls=2), "info", {"changes": 1, "calls": 5}),
        (report(change(A, "failed", "no"), summary={"failed": 1}), "info", {"changes": 1, "failed": 1}),
        (report(change(A), refusals=("protected",)), "info", {"changes": 1}),
        (report(held={A: "theirs"}, unreadable={"RestApi b": "denied"}), "info", {}),
        ("AWS is down", "error", {"error": "AWS is down"}),
    ],
)
def test_a_pass_is_one_line_with_the_same_keys_however_it_went(
    found: Report | str, level: str, more: dict[str, Any]
):
    (line,) = [line for line in lines(looked(found)) if line["event"] == "pass"]
    assert line.keys() == PASS
    assert line["log_level"] == level
    usual = {"roots": 1, "changes": 0, "failed": 0, "calls": 0, "seconds": 0.5, "error": ""}
    assert line.items() >= (usual | more).items()


def test_throttling_is_a_warning():
    (line,) = lines(looked("slow", throttled=True))
    assert (line.keys(), line["log_level"]) == (PASS, "warning")


@pytest.mark.parametrize(
    ("status", "level"), [("done", "info"), ("skipped", "info"), ("failed", "error"), ("blocked", "error")]
)
def test_a_step_is_one_line_with_the_same_keys_however_it_went(status: str, level: str):
    step = Progress(root=A, title="update Path /x", status=status, done=1, total=2)  # type: ignore[arg-type]
    (line,) = lines(Stepped("t", "event", "r1", step))
    assert line.keys() == STEP
    assert (line["event"], line["log_level"], line["step"]) == ("step", level, "update Path /x")


def test_what_is_left_as_it_is_is_told_with_the_reason():
    more = {"refusals": ("protected",), "held": {A: "theirs"}, "unreadable": {"RestApi b": "no"}}
    found = lines(looked(report(change(A), **more)))
    told = [(line["event"], line.get("reason", line.get("at"))) for line in found if line["event"] != "pass"]
    assert told == [
        ("differs", "RestApi a > Path /x"),
        ("left alone", "theirs"),
        ("left alone", "no"),
        ("refused", "protected"),
    ]


def test_everything_else_is_told_too():
    assert [line["log_level"] for line in lines(Fetched(0.1, error="down"))] == ["warning"]
    assert [line["revision"] for line in lines(Fetched(0.1, Version(Path(), "r1")))] == ["r1"]
    broken = Loaded("t", Version(Path(), "r1"), frozenset(), {}, (Problem("no such field", Where("a.yaml", 3, 1)),))
    assert [line["event"] for line in lines(broken)] == ["specs read", "spec is invalid"]
    assert lines(loaded(A))[0].items() >= {"roots": 1, "invalid": 0}.items()
    assert lines(Live("t", "r1", 1.25))[0]["seconds"] == 1.2
    one = suspension()
    assert [(line["name"], line["reason"]) for line in lines(Overridden((one,)))] == [("shop", one.words)]
    assert len(lines(Overridden(()))) == 1
