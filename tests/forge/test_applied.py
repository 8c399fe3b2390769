"""After the merge, the comment tells what became of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from controller.address import Address
from controller.forge import Applied, Marker, Subject, mark_applied
from controller.forge.applied import END, joined, split
from controller.notify import Condition, Notifier, StateChange, read_notifications
from tests.forge.conftest import ANN, APP, BOT, Hosted
from tests.forge.world import HEAD, OTHER, PullState


MERGED = "d4" * 20
HEALTHY, DRIFTED, FAILING, REFUSED, SUSPENDED = Condition
APPLIED = Applied(
    "prod",
    MERGED,
    is_good=True,
    roots=[("RestApi orders", "healthy")],
    when=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
)
SECTION = """
### ✅ Applied: `prod`

d4d4d4d4d4d4, 2026-01-02 03:04 UTC

| root | state |
|---|---|
| `RestApi orders` | `healthy` |
"""


@pytest.fixture(autouse=True)
def merged(request: pytest.FixtureRequest) -> None:
    if "host" in request.fixturenames:
        host: Hosted = request.getfixturevalue("host")
        host.world.pulls[7] = PullState(7, state="closed", commits={MERGED})


def mark(host: Hosted, applied: Applied = APPLIED, **more: Any) -> list[str]:
    return mark_applied(host.forge("t0ken-of-app"), applied.revision, applied, more.pop("authors", {BOT.login}))


def test_it_stays_one_section(host: Hosted) -> None:
    posted = host.post("the plan")
    assert mark(host) == [posted.url]
    (body,) = host.world.shown()
    assert body.startswith(f"{Marker(Subject.PLAN, 'acme/apis/prod', 'of the plan', HEAD)}\nthe plan\n\n")
    assert SECTION in body
    writes = host.world.writes()
    assert mark(host, replace(APPLIED, when=datetime(2027, 1, 1, tzinfo=UTC))) == [posted.url]
    assert host.world.writes() == writes
    mark(host, replace(APPLIED, is_good=False, roots=[("RestApi orders", "failing")]))
    (body,) = host.world.shown()
    assert body.count(END) == 1
    assert "### ❌ Not all applied: `prod`" in body
    assert "| `RestApi orders` | `failing` |" in body
    assert "`healthy`" not in body


def test_each_target_has_one_in_the_comment_about_all(host: Hosted) -> None:
    host.post("the plan", key="acme/apis")
    mark(host, replace(APPLIED, target="dev"))
    mark(host)
    mark(host, replace(APPLIED, target="dev", roots=[("RestApi orders", "drifted")]))
    (body,) = host.world.shown()
    plan, sections = split(body)
    assert list(sections) == ["dev", "prod"]
    assert "drifted" in sections["dev"]
    assert plan.endswith("the plan")


def test_of_several_comments_the_one_about_the_target(host: Hosted) -> None:
    host.post("dev", key="acme/apis/dev")
    host.post("prod", key="acme/apis/prod")
    mark(host)
    dev, prod = host.world.shown()
    assert END not in dev
    assert END in prod


def test_who_may_not_change_the_comment_makes_an_own_one(host: Hosted) -> None:
    host.world.tokens["t0ken-of-app"] = replace(APP, may_edit=False)
    plan = host.post("the plan", key="acme/apis")
    (url,) = mark(host)
    assert url != plan.url
    assert mark(host) == [url]
    assert mark(host, replace(APPLIED, target="dev")) == [url]
    first, second = host.world.shown()
    assert END not in first
    assert second.startswith(f"{Marker(Subject.RESULT, 'acme/apis')}\n\n<!-- reconcile:applied ")
    assert list(split(second)[1]) == ["prod", "dev"]
    assert host.post("another plan", key="acme/apis").url == plan.url


def test_a_later_plan_keeps_it(host: Hosted) -> None:
    host.post("the plan")
    mark(host)
    host.post("another plan")
    (body,) = host.world.shown()
    assert SECTION in body
    assert body.splitlines()[1] == "another plan"


def test_nothing_is_told_where_nothing_was_reported(host: Hosted) -> None:
    assert mark(host) == []
    host.world.say(ANN, f"{Marker(Subject.PLAN, 'acme/apis/prod', 'd')}\nforged")
    assert mark(host) == []
    host.post("the plan")
    assert mark(host, authors=()) == []
    assert mark(host, replace(APPLIED, revision=OTHER)) == []
    assert END not in "".join(host.world.shown())


def test_a_request_that_is_still_open_is_not_told(host: Hosted) -> None:
    host.world.pulls[7] = PullState(7, head=MERGED)
    host.post("the plan", sha=MERGED)
    assert mark(host) == []


def test_what_is_said_fits(host: Hosted) -> None:
    longest = {"github": 65_536, "gitlab": 1_000_000}[host.name]
    host.post("x" * (longest - 3_000), digest="d")
    mark(host, replace(APPLIED, roots=[(f"RestApi {number:080}", "healthy") for number in range(500)]))
    (body,) = host.world.shown()
    assert len(body) <= longest
    assert "and 490 more" in body
    host.world.comments[0].body = host.world.comments[0].body[:100] + "x" * (longest - 100)
    mark(host)
    assert END not in host.world.shown()[0]


def test_names_are_nothing_but_text(host: Hosted) -> None:
    host.post("the plan")
    name = f"a|b`c\n{END}\n<!-- reconcile:applied v=1 key=x digest=y -->@all"
    mark(host, replace(APPLIED, roots=[(name, "healthy")]))
    mark(host, replace(APPLIED, roots=[(name, "failing")]))
    (body,) = host.world.shown()
    assert body.count(END) == 1
    assert body.count("<!--") == 3
    assert "| `a¦bʼc ‹!-- /reconcile:applied --› ‹!-- reconcile:applied v=1 key=x digest=y --›@all` |" in body


def test_sections_come_apart_as_they_were_put_together() -> None:
    sections = {
        target: f"{Marker(Subject.APPLIED, target, 'd')}\n{text}\n{END}"
        for target, text in (("prod", "a\n\nb"), ("dev", ""))
    }
    body = joined("plan\n", sections)
    assert split(body) == ("plan", sections)
    assert split(body.replace("\n", "\r\n"))[1].keys() == sections.keys()
    assert split("plan") == ("plan", {})
    assert split(f"plan\n{END}") == (f"plan\n{END}", {})


# --- told by the controller


@contextmanager
def notifier(host: Hosted, tmp_path: Path, more: str = "comment: true") -> Iterator[Notifier]:
    file = tmp_path / "notify.yaml"
    authors = f", authors: ['{BOT.login}']" if host.name == "gitlab" and "comment" in more else ""
    file.write_text(f"collapse: 0\nchannels:\n- {{name: commits, {host.channel}, {more}{authors}}}}}\n")
    environ = {"TOKEN": "t0ken-of-app"}
    found = Notifier(read_notifications(file, environ), environ=environ, sleep=host.slept.append)
    try:
        yield found
    finally:
        found.close()


def change(after: Condition, root: str = "orders", revision: str = MERGED) -> StateChange:
    return StateChange("prod", Address("RestApi", root), None, after, revision)


def until(text: str, host: Hosted) -> str:
    end = time.monotonic() + 10
    while text not in (body := "\n".join(host.world.shown())):
        assert time.monotonic() < end, body
        time.sleep(0.01)
    return body


def test_the_controller_tells_it(host: Hosted, tmp_path: Path) -> None:
    host.post("the plan")
    with notifier(host, tmp_path) as told:
        told.tell([change(HEALTHY), change(FAILING, "photos")])
        body = until("photos", host)
        assert "### ❌ Not all applied: `prod`" in body
        assert body.index("| `RestApi photos` | `failing` |") < body.index("| `RestApi orders` | `healthy` |")
        told.tell([change(HEALTHY, "photos")])
        until("### ✅ Applied: `prod`", host)
    assert [one["state"] for one in host.world.statuses][-1] == "success"
    # A restart tells the same once more, and nothing is written for it.
    writes = host.world.writes()
    with notifier(host, tmp_path) as told:
        told.tell([change(HEALTHY), change(HEALTHY, "photos")])
    assert host.world.writes() == writes


def test_only_if_it_is_to(host: Hosted, tmp_path: Path) -> None:
    host.post("the plan")
    with notifier(host, tmp_path, "comment: false") as told:
        told.tell([change(HEALTHY)])
    assert len(host.world.statuses) == 1
    assert END not in host.world.shown()[0]


def test_without_a_comment_that_is_logged_once(host: Hosted, tmp_path: Path) -> None:
    with capture_logs() as logs, notifier(host, tmp_path) as told:
        for number in range(3):
            told.tell([change(HEALTHY if number % 2 else FAILING, revision=OTHER)])
            end = time.monotonic() + 10
            while len(host.world.statuses) <= number and time.monotonic() < end:
                time.sleep(0.01)
    assert [(line["event"], line["revision"]) for line in logs] == [("no_comment_to_update", OTHER)]
    assert host.world.shown() == []


def test_what_fails_is_told_in_a_sentence(host: Hosted, tmp_path: Path) -> None:
    host.post("the plan")
    host.world.tokens["t0ken-of-app"] = replace(APP, may=frozenset({"statuses"}))
    with capture_logs() as logs, notifier(host, tmp_path) as told:
        told.tell([change(HEALTHY)])
    errors = [line["error"] for line in logs if line["event"] == "notification_failed"]
    assert any(error.startswith("cannot comment on ") for error in errors)
    assert "t0ken" not in str(errors)
