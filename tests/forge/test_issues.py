"""The life of the issue that tells of drift."""

from __future__ import annotations

import pytest

from controller.errors import ForgeError
from controller.forge import Marker, Posted, Subject, report_clean, report_drift
from tests.forge.conftest import ANN, BOT, Hosted
from tests.forge.world import IssueState


LABEL = "reconcile-drift"


def drift(host: Hosted, text: str, key: str = "acme/apis/prod") -> Posted:
    return report_drift(host.forge(), key=key, title=f"Drift: {text}", text=text, digest=f"of {text}")


def clean(host: Hosted, key: str = "acme/apis/prod") -> Posted | None:
    return report_clean(host.forge(), key=key, sentence="No drift any more.")


def only(host: Hosted) -> IssueState:
    (issue,) = host.world.issues
    return issue


def test_one_issue_from_drift_to_drift(host: Hosted) -> None:
    assert clean(host) is None
    opened = drift(host, "two fields")
    assert opened.action == "created"
    assert (only(host).title, only(host).labels) == ("Drift: two fields", [LABEL])
    assert only(host).body.splitlines()[1] == "two fields"
    before = list(host.world.requests)
    assert drift(host, "two fields").action == "unchanged"
    assert not [one for one in host.world.requests[len(before) :] if one.split()[0] in {"PATCH", "PUT"}]
    assert drift(host, "three fields").action == "updated"
    assert (only(host).title, only(host).body.splitlines()[1]) == ("Drift: three fields", "three fields")
    closed = clean(host)
    assert closed == Posted(opened.url, "closed")
    assert (only(host).is_open, only(host).remarks) == (False, ["No drift any more."])
    assert clean(host) == Posted(opened.url, "unchanged")
    assert only(host).remarks == ["No drift any more."]
    assert drift(host, "three fields") == Posted(opened.url, "reopened")
    assert only(host).is_open


def test_who_closes_it_is_not_contradicted(host: Hosted) -> None:
    drift(host, "known")
    only(host).is_open = False
    assert drift(host, "known").action == "unchanged"
    assert not only(host).is_open
    assert drift(host, "another").action == "reopened"
    only(host).is_open = False
    assert clean(host) is not None
    assert only(host).remarks == []
    assert drift(host, "another").action == "reopened"


def test_each_target_has_its_own(host: Hosted) -> None:
    drift(host, "a", "acme/apis/prod")
    drift(host, "b", "acme/apis/dev")
    clean(host, "acme/apis/dev")
    assert [issue.is_open for issue in host.world.issues] == [True, False]


def test_issues_of_others_are_not_touched(host: Hosted) -> None:
    forged = IssueState(1, ANN, "t", f"{Marker(Subject.DRIFT, 'acme/apis/prod', 'of x')}\nx", [LABEL])
    other = IssueState(2, BOT, "t", f"text\n{Marker(Subject.DRIFT, 'acme/apis/prod', 'of x')}\nx", [LABEL])
    host.world.issues += [forged, other]
    assert drift(host, "x").action == "created"
    clean(host)
    assert [issue.is_open for issue in host.world.issues] == [True, True, False]


def test_it_is_found_behind_hundreds_of_others(host: Hosted) -> None:
    host.world.issues += [IssueState(number, BOT, "t", "something", [LABEL]) for number in range(150)]
    drift(host, "a")
    host.world.issues += [IssueState(number, BOT, "t", "something", [LABEL]) for number in range(2000, 2150)]
    assert drift(host, "b").action == "updated"


def test_two_that_are_opened_at_once_become_one(host: Hosted) -> None:
    body = f"{Marker(Subject.DRIFT, 'acme/apis/prod', 'of x')}\nx"
    host.world.before["add issue"] = lambda: host.world.issues.append(IssueState(5, BOT, "Drift: x", body, [LABEL]))
    posted = drift(host, "x")
    assert posted.url.endswith("/5")
    assert [issue.is_open for issue in host.world.issues] == [True, False]
    assert drift(host, "x") == Posted(posted.url, "unchanged")


def test_an_answer_that_is_lost_leaves_one_open(host: Hosted) -> None:
    host.world.lost = 1
    drift(host, "x")
    assert [issue.is_open for issue in host.world.issues] == [True, False]


def test_an_issue_without_its_label_does_not_stay(host: Hosted) -> None:
    host.world.drops_labels = True
    with pytest.raises(
        ForgeError, match=r"cannot open an issue of acme/apis: \w+ gave it no label; the token needs"
    ):
        drift(host, "x")
    assert not only(host).is_open


def test_a_label_that_is_there_is_used(github: Hosted) -> None:
    github.world.labels.add(LABEL)
    assert drift(github, "x").action == "created"
