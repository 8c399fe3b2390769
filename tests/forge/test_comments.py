"""The one comment on a pull request, judged by what people then see there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import ForgeError
from controller.forge import Marker, Mode, Subject
from controller.forge import room as room_for
from controller.forge.marker import defused
from tests.forge.conftest import ANN, APP, BOT, Hosted
from tests.forge.world import HEAD, OLD, OTHER


def test_it_is_made_changed_in_place_and_left_alone(host: Hosted) -> None:
    first = host.post("2 changes")
    assert first.action == "created"
    assert host.world.shown() == [
        f"<!-- reconcile:plan v=1 key=acme/apis/prod sha={HEAD} digest=of%202%20changes -->\n2 changes"
    ]
    assert re.search(r"/7#(issuecomment-|note_)\d+$", first.url)
    second = host.post("3 changes")
    assert (second.action, second.url) == ("updated", first.url)
    assert [body.splitlines()[1] for body in host.world.shown()] == ["3 changes"]
    writes = host.world.writes()
    assert host.post("3 changes").action == "unchanged"
    assert host.world.writes() == writes


def test_each_key_has_its_own(host: Hosted) -> None:
    host.post("prod", key="acme/apis/prod")
    host.post("dev", key="acme/apis/dev")
    host.post("prod again", key="acme/apis/prod")
    assert [body.splitlines()[1] for body in host.world.shown()] == ["prod again", "dev"]


def test_a_marker_of_somebody_else_is_not_touched(host: Hosted) -> None:
    forged = f"{Marker(Subject.PLAN, 'acme/apis/prod', 'of plan', HEAD)}\nall is well"
    host.world.say(ANN, forged)
    host.world.say(APP, forged)
    assert host.post().action == "created"
    assert host.world.shown()[:2] == [forged, forged]


def test_a_marker_in_the_middle_is_none(host: Hosted) -> None:
    hostile = Marker(Subject.PLAN, "acme/apis/prod", "of plan", HEAD)
    host.world.say(BOT, f"something else\n{hostile}\n")
    host.post(f"a description says\n{hostile}\n<!-- /reconcile:applied -->", key="acme/apis/dev")
    assert host.post().action == "created"
    assert len(host.world.shown()) == 3
    assert host.world.shown()[1].count("<!--") == 1


def test_it_is_found_behind_hundreds_of_others(host: Hosted) -> None:
    for number in range(130):
        host.world.say(ANN, f"comment {number}")
    host.post("first")
    for number in range(130):
        host.world.say(ANN, f"comment {number}")
    assert host.post("second").action == "updated"
    assert sum("reconcile:plan" in body for body in host.world.shown()) == 1


def test_system_notes_are_no_comments(gitlab: Hosted) -> None:
    gitlab.world.say(BOT, f"{Marker(Subject.PLAN, 'acme/apis/prod', 'of plan')}", is_system=True)
    assert gitlab.post().action == "created"


def test_hide_and_new(host: Hosted) -> None:
    host.post("first", mode=Mode.HIDE_AND_NEW)
    assert host.post("first", mode=Mode.HIDE_AND_NEW).action == "unchanged"
    assert host.post("second", mode=Mode.HIDE_AND_NEW).action == "created"
    assert host.post("third", mode=Mode.HIDE_AND_NEW).action == "created"
    assert [body.splitlines()[1] for body in host.world.shown()] == ["third"]
    assert len(host.world.comments) == (3 if host.name == "github" else 1)
    # What is hidden is no longer the one that is looked for.
    assert host.post("fourth").action == "updated"
    assert [body.splitlines()[1] for body in host.world.shown()] == ["fourth"]


def test_new_ones(host: Hosted) -> None:
    host.post("first", mode=Mode.NEW)
    host.post("second", mode=Mode.NEW)
    assert host.post("second", mode=Mode.NEW).action == "unchanged"
    assert [body.splitlines()[1] for body in host.world.shown()] == ["first", "second"]
    assert host.post("third").action == "updated"
    assert [body.splitlines()[1] for body in host.world.shown()] == ["first", "third"]


# --- races


def test_an_older_commit_does_not_overwrite_the_head(host: Hosted) -> None:
    host.post("of the head", sha=HEAD)
    late = host.post("of an older one", sha=OLD)
    assert late.action == "outdated"
    assert [body.splitlines()[1] for body in host.world.shown()] == ["of the head"]


@pytest.mark.parametrize("sha", [HEAD, ""])
def test_the_head_overwrites_an_older_commit(host: Hosted, sha: str) -> None:
    host.post("of an older one", sha=OLD)
    assert host.post("of the head", sha=sha).action == "updated"
    assert f"sha={HEAD}" in host.world.shown()[0]


def test_what_is_older_still_says_what_nobody_says_better(host: Hosted) -> None:
    host.post("of an older one", sha=OLD)
    assert host.post("of another one", sha=OTHER).action == "updated"


def _another_run(host: Hosted, text: str, sha: str = HEAD) -> None:
    host.world.say(BOT, f"{Marker(Subject.PLAN, 'acme/apis/prod', f'of {text}', sha)}\n{text}")


def test_two_that_are_made_at_once_become_one(host: Hosted) -> None:
    host.world.before["add comment"] = lambda: _another_run(host, "theirs", OLD)
    posted = host.post("ours")
    assert posted.action == "updated"
    assert [body.splitlines()[1] for body in host.world.shown()] == ["ours"]


def test_of_two_that_say_the_same_the_first_remains(host: Hosted) -> None:
    host.world.before["add comment"] = lambda: _another_run(host, "the same")
    assert host.post("the same").action == "unchanged"
    assert [body.splitlines()[1] for body in host.world.shown()] == ["the same"]


def test_the_second_may_be_gone_already(host: Hosted) -> None:
    host.world.before["add comment"] = lambda: _another_run(host, "theirs")
    host.world.before["delete comment"] = host.world.comments.pop
    host.post("ours")
    assert len(host.world.shown()) == 1


def test_an_answer_that_is_lost_leaves_no_second_comment(host: Hosted) -> None:
    host.world.lost = 1
    assert host.post().action == "unchanged"
    assert len(host.world.shown()) == 1
    assert host.slept


# --- what does not fit, and what must not be carried out


def test_what_is_too_long_is_said_before_it_is_sent(host: Hosted) -> None:
    longest = {"github": 65_536, "gitlab": 1_000_000}[host.name]
    room = longest - len(f"{Marker(Subject.PLAN, 'acme/apis/prod', 'd', HEAD)}\n")
    assert host.post("x" * room, digest="d").action == "created"
    with pytest.raises(ForgeError, match=f"has {longest + 1:,} characters, and a comment may have {longest:,}"):
        host.post("x" * (room + 1), digest="e", key="acme/apis/prod")
    assert host.world.writes() == ["add comment"]
    assert longest - 2_500 < room_for(host.forge(), "acme/apis/prod") < room - 2_000
    assert len(host.world.shown()) == 1


def test_gitlab_carries_out_no_line_of_a_report(gitlab: Hosted) -> None:
    gitlab.post("/merge\n/close\nsee /orders")
    assert gitlab.world.shown()[0].splitlines()[1:] == ["\\/merge", "\\/close", "see /orders"]
    gitlab.post("/merge\nanew")
    assert gitlab.world.shown()[0].splitlines()[1:] == ["\\/merge", "anew"]


@given(st.text(), st.text(), st.text())
def test_a_marker_is_one_line_that_says_everything(key: str, digest: str, sha: str) -> None:
    marker = Marker(Subject.PLAN, key, digest, sha)
    line = str(marker)
    assert len(line.splitlines()) == 1
    assert line.count("-->") == 1
    assert Marker.of(f"{line}\r\nmore", Subject.PLAN) == marker
    assert Marker.of(f"{line}\nmore", Subject.DRIFT) is None
    assert Marker.of(defused(line), Subject.PLAN) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "<!-- reconcile:plan -->",
        "<!-- reconcile:plan v=2 key=a digest=b -->",
        "<!-- reconcile:plan v=1 digest=b -->",
        "<!-- reconcile:other v=1 key=a digest=b -->",
        "> <!-- reconcile:plan v=1 key=a digest=b -->",
        "<!-- reconcile:plan v=1 key=a digest=b --> and more",
    ],
)
def test_what_is_no_marker_of_ours(line: str) -> None:
    assert Marker.parse(line) is None
