"""What goes wrong is one sentence: what was tried, what the host said, what to do; and never the token."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.errors import ForgeError, UsageError
from controller.forge import Applied, Status, Token, connect, mark_applied, report_drift
from controller.sending import LONGEST_WAIT
from tests.forge.conftest import ANN, BOT, NOW, Hosted
from tests.forge.world import HEAD, Actor, PullState


REQUEST = {"github": "pull request", "gitlab": "merge request"}
APPLIED = Applied("prod", HEAD, True, [("RestApi orders", "healthy")], datetime(2026, 1, 1, tzinfo=UTC))
NAMES = {"github": "GitHub", "gitlab": "GitLab"}


def refused(host: Hosted, **more: str) -> str:
    with pytest.raises(ForgeError) as error:
        host.post(**more)
    text = str(error.value)
    assert "\n" not in text
    assert "t0ken" not in text
    return text


def test_a_wrong_token(host: Hosted) -> None:
    text = refused(host, token="t0ken-of-nobody")
    said = {"github": "Bad credentials", "gitlab": "401 Unauthorized"}[host.name]
    start = (
        f"cannot read {REQUEST[host.name]} 7 of acme/apis: {NAMES[host.name]} answered 401: {said}; the token is"
    )
    assert text.startswith(start)


def test_a_token_that_may_not_write(host: Hosted) -> None:
    host.world.tokens["t0ken-that-reads"] = Actor(4, "reader", may=frozenset())
    text = refused(host, token="t0ken-that-reads")
    needs = {
        "github": "answered 403: Resource not accessible by integration; the token needs the permission"
        " pull-requests: write, which a workflow run for a fork never has",
        "gitlab": "answered 403: 403 Forbidden; the token needs the scope api and the role Reporter",
    }
    assert text == f"cannot comment on {REQUEST[host.name]} 7 of acme/apis: {NAMES[host.name]} {needs[host.name]}"
    assert host.slept == []
    assert host.world.shown() == []


def test_a_pull_request_that_is_not_there(host: Hosted) -> None:
    del host.world.pulls[7]
    assert f"cannot read {REQUEST[host.name]} 7 of acme/apis: {NAMES[host.name]} answered 404: " in refused(host)


def test_a_job_token_is_of_no_use_for_this(gitlab: Hosted) -> None:
    gitlab.world.tokens["t0ken-of-job"] = ANN
    with pytest.raises(ForgeError, match="which CI_JOB_TOKEN has not: set GITLAB_TOKEN"):
        gitlab.forge("t0ken-of-job", token=Token("CI_JOB_TOKEN")).pull(7)


def test_what_the_host_does_not_understand(host: Hosted) -> None:
    body = {"message": "Validation Failed", "errors": [{"message": "body is odd"}, "and so on"]}
    host.world.answers = [(422, {}, json.dumps(body).encode())]
    assert "answered 422: Validation Failed: body is odd: and so on" in refused(host)
    host.world.answers = [(400, {}, json.dumps({"message": {"note": ["is too long"]}}).encode())]
    assert 'answered 400: {"note": ["is too long"]}' in refused(host)
    assert host.slept == []


def test_a_repository_that_was_renamed(host: Hosted) -> None:
    host.world.answers = [(301, {"Location": "https://elsewhere/"}, b"")]
    assert refused(host).endswith("answered 301; it has moved: name it as it is called now")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_trouble_is_waited_out(host: Hosted, status: int) -> None:
    host.world.answers = [(status, {}, b"<html>bad gateway</html>")] * 3
    assert host.post().action == "created"
    assert len(host.slept) == 3
    assert max(host.slept) <= LONGEST_WAIT


def test_trouble_that_stays(host: Hosted) -> None:
    host.world.answers = [(503, {}, b"<html>t0ken-of-ci</html>")] * 4
    assert refused(host).endswith(f"{NAMES[host.name]} answered 503; tried 4 times")
    assert host.world.answers == []


def test_nobody_there(host: Hosted) -> None:
    with pytest.raises(ForgeError, match=r"(GitHub|GitLab) at http://127.0.0.1:1: no connection: .*, 4 times$"):
        host.forge(api="http://127.0.0.1:1").pull(7)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"Retry-After": "9"}),
        (403, {"Retry-After": "9"}),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 9)}),
    ],
)
def test_a_rate_limit_that_ends_soon(host: Hosted, status: int, headers: dict[str, str]) -> None:
    host.world.answers = [(status, headers, b'{"message": "slow down"}')]
    assert host.post().action == "created"
    assert len(host.slept) == 1
    assert 9 <= host.slept[0] <= LONGEST_WAIT


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "600"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 600)}]
)
def test_a_rate_limit_that_does_not(host: Hosted, headers: dict[str, str]) -> None:
    host.world.answers = [(403, headers, b'{"message": "API rate limit exceeded."}')]
    text = refused(host)
    assert text.endswith("answered 403: API rate limit exceeded; its rate limit is used up until 08:10:00 UTC")
    assert host.slept == []


def test_a_missing_permission_is_no_rate_limit(github: Hosted) -> None:
    headers = {"X-RateLimit-Remaining": "4711", "X-RateLimit-Reset": str(int(NOW) + 600)}
    github.world.answers = [(403, headers, b'{"message": "Resource not accessible by integration"}')]
    assert "; the token needs the permission pull-requests: read" in refused(github)


@pytest.mark.parametrize("body", [b"", b"<html>log in</html>", b"[]", b"{}", b'"text"', b"3"])
def test_a_url_that_is_not_the_api(host: Hosted, body: bytes) -> None:
    host.world.answers = [(200, {}, body)]
    assert refused(host).endswith("answered, but not as its API does: is the URL of the API right?")


def test_the_token_is_masked_wherever_the_host_repeats_it(host: Hosted) -> None:
    host.world.answers = [(422, {}, b'{"message": "what is Bearer t0ken-of-ci?\\nand\\u001b[31m"}')]
    assert "answered 422: what is Bearer (sensitive)? and [31m" in refused(host)


def test_a_token_that_is_no_text_for_a_header(host: Hosted) -> None:
    with pytest.raises(ForgeError, match="its URL or token is none that can be used") as error:
        host.forge("t0ken\nX-More: ü").pull(7)
    assert "X-More" not in str(error.value)


def test_a_token_in_a_file_is_read_each_time(host: Hosted, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("t0ken-of-ci\n")
    with connect(host.place(token=Token(file=file)), {}) as forge:
        assert forge.pull(7).head == HEAD
        file.write_text("t0ken-of-nobody")
        with pytest.raises(ForgeError, match="answered 401"):
            forge.pull(7)
        file.unlink()
        with pytest.raises(UsageError, match=f"{re.escape(str(file))} cannot be read: No such file"):
            forge.pull(7)


# --- the status of a commit


def test_the_status_of_a_commit(host: Hosted) -> None:
    forge = host.forge()
    for state in ("pending", "pending", "failure", "success"):
        forge.set_status(HEAD, Status("reconcile/plan (prod)", state, "x\n" + "y" * 300, "https://ci/run/1"))
    longest = {"github": 140, "gitlab": 255}[host.name]
    context = {"github": "context", "gitlab": "name"}[host.name]
    found = host.world.statuses
    assert {one["sha"] for one in found} == {HEAD}
    assert {one[context] for one in found} == {"reconcile/plan (prod)"}
    assert {one["description"] for one in found} == {f"x {'y' * (longest - 3)}…"}
    assert {one["target_url"] for one in found} == {"https://ci/run/1"}
    expected = {
        "github": ["pending", "pending", "failure", "success"],
        "gitlab": ["pending", "failed", "success"],
    }
    assert [one["state"] for one in found] == expected[host.name]


def test_a_status_that_may_not_be_set(github: Hosted) -> None:
    github.world.tokens["t0ken-that-comments"] = Actor(4, "x", may=frozenset({"pull-requests"}))
    with pytest.raises(ForgeError, match=r"of commit a1a1a1a1a1a1 of acme/apis: .* the permission statuses: write"):
        github.forge("t0ken-that-comments").set_status(HEAD, Status("a", "success", "b"))


def test_errors_of_what_else_is_done_name_it(host: Hosted) -> None:
    host.world.tokens["t0ken-that-reads"] = Actor(4, "reader", may=frozenset())
    with pytest.raises(ForgeError, match="cannot open an issue of acme/apis"):
        report_drift(host.forge("t0ken-that-reads"), key="k", title="t", text="x", digest="d")
    host.world.pulls[7] = PullState(7, commits={HEAD})
    host.world.say(BOT, "<!-- reconcile:plan v=1 key=acme/apis digest=d -->\nplan")
    with pytest.raises(ForgeError, match=f"cannot comment on {REQUEST[host.name]} 7 of acme/apis"):
        mark_applied(host.forge("t0ken-that-reads"), HEAD, APPLIED, {BOT.login})
