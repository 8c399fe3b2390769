"""Where a report belongs, from the environments of the CIs and from what a user says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.errors import UsageError
from controller.forge import Place, Said, Token, connect, find_place, find_pull
from controller.forge.github import graphql
from controller.forge.port import Branch
from tests.forge.conftest import Hosted
from tests.forge.world import HEAD, OLD, OTHER, PullState


ACTIONS = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_REPOSITORY": "acme/apis",
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_RUN_ID": "99",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_SHA": OLD,
    "GITHUB_TOKEN": "t0ken",
}
PIPELINE = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://git.acme.com/api/v4",
    "CI_COMMIT_SHA": HEAD,
    "CI_JOB_TOKEN": "job-t0ken",
    "CI_JOB_URL": "https://git.acme.com/acme/apis/-/jobs/5",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_PROJECT_ID": "42",
    "CI_PROJECT_URL": "https://git.acme.com/acme/apis",
    "GITLAB_TOKEN": "t0ken",
}
PULL_REQUEST = {"pull_request": {"number": 7, "head": {"sha": HEAD}}}
WORKFLOW_RUN = {
    "workflow_run": {
        "event": "pull_request",
        "head_branch": "topic",
        "head_sha": HEAD,
        "head_repository": {"full_name": "stranger/apis"},
        "pull_requests": [],
    }
}

Event = Callable[[Any], dict[str, str]]


@pytest.fixture
def event(tmp_path: Path) -> Event:
    def written(content: Any) -> dict[str, str]:
        file = tmp_path / "event.json"
        file.write_text(json.dumps(content))
        return {**ACTIONS, "GITHUB_EVENT_PATH": str(file)}

    return written


def test_a_workflow_for_a_pull_request(event: Event) -> None:
    assert find_place(event(PULL_REQUEST)) == Place(
        host="github",
        api="https://api.github.com",
        repository="acme/apis",
        token=Token("GITHUB_TOKEN"),
        number=7,
        sha=HEAD,  # not GITHUB_SHA, which is a merge that nobody made
        run="https://github.com/acme/apis/actions/runs/99",
        source=f"https://github.com/acme/apis/blob/{HEAD}/",
    )


def test_other_workflows(event: Event) -> None:
    def found(content: Any, **more: str) -> tuple[int, str]:
        place = find_place({**event(content), **more})
        assert place.branch is None
        return place.number, place.sha

    assert found({"issue": {"number": 8, "pull_request": {}}}) == (8, "")
    assert found({"issue": {"number": 8}}, GITHUB_REF="refs/heads/main") == (0, OLD)
    assert found({"schedule": "5 4 * * *"}, GITHUB_REF="refs/heads/main") == (0, OLD)
    assert found({"workflow_run": {"event": "push", "head_sha": HEAD}}) == (0, HEAD)
    assert found({}) == (7, "")
    assert found([]) == (7, "")
    assert find_place(ACTIONS).number == 7


def test_a_pipeline_for_a_merge_request() -> None:
    assert find_place(PIPELINE) == Place(
        host="gitlab",
        api="https://git.acme.com/api/v4",
        repository="42",
        token=Token("GITLAB_TOKEN"),
        number=7,
        sha=HEAD,
        run="https://git.acme.com/acme/apis/-/jobs/5",
        source=f"https://git.acme.com/acme/apis/-/blob/{HEAD}/",
    )


def test_other_pipelines() -> None:
    merged = {**PIPELINE, "CI_COMMIT_SHA": OLD, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD}
    assert find_place(merged).sha == HEAD
    assert find_place({**PIPELINE, "CI_MERGE_REQUEST_PROJECT_ID": "1"}).repository == "1"
    assert find_place({**PIPELINE, "GITLAB_TOKEN": " "}).token == Token("CI_JOB_TOKEN")
    del merged["CI_MERGE_REQUEST_IID"]
    assert find_place(merged).number == 0


def test_what_a_user_says_goes_first(event: Event, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("t0ken\n")
    said = Said(repository="acme/other", number=8, sha=OTHER, api="https://git/api/v3/", token_file=file)
    place = find_place(event(PULL_REQUEST), said)
    assert (place.repository, place.number, place.sha) == ("acme/other", 8, OTHER)
    assert (place.api, place.token) == ("https://git/api/v3", Token(file=file))
    # The commit of the event is not one of another pull request.
    assert find_place(event(PULL_REQUEST), Said(number=8)).sha == ""
    assert find_place(event(PULL_REQUEST), Said(number=7)).sha == HEAD
    assert find_place(PIPELINE, Said(number=8)).sha == ""


@pytest.mark.parametrize(
    ("said", "host"),
    [
        (Said(api="https://git/api/v4"), "gitlab"),
        (Said(api="https://git/api/v3"), "github"),
        (Said(host="gitlab"), "gitlab"),
        (Said(host="github"), "github"),
        (Said(), "github"),
    ],
)
def test_on_a_laptop(said: Said, host: str) -> None:
    tokens = {"GITLAB_TOKEN": "a", "GITHUB_TOKEN": "b"}
    assert find_place(tokens, Said(said.host, "acme/apis", 7, api=said.api)).host == host


@pytest.mark.parametrize(
    ("environ", "said", "told"),
    [
        (
            {"GITHUB_TOKEN": "t"},
            Said(),
            "it is not known which repository it is: give --repo OWNER/NAME, or set GITHUB_",
        ),
        (
            {"GITLAB_CI": "1"},
            Said(),
            "it is not known which project it is: give --repo GROUP/NAME, or set CI_PROJECT_ID",
        ),
        (ACTIONS, Said(repository="acme"), "'acme' does not say which repository it is: "),
        (ACTIONS, Said(repository="a/../b"), "'a/../b' does not say which repository it is: "),
        ({**ACTIONS, "GITHUB_TOKEN": ""}, Said(), "there is no token: set GITHUB_TOKEN, or give --token-file FILE"),
        ({"CI_PROJECT_ID": "1"}, Said("gitlab"), "there is no token: set GITLAB_TOKEN, or give --token-file FILE"),
        (ACTIONS, Said(api="https://user:s3cret@git"), "is no URL of an API, such as https://api.github.com or"),
        (ACTIONS, Said(sha="abc"), "'abc' is not the whole id of a commit"),
        (
            ACTIONS,
            Said(token_file=Path("/nowhere/token")),
            "/nowhere/token cannot be read: No such file or directory",
        ),
        (
            {**ACTIONS, "GITHUB_EVENT_PATH": "/nowhere"},
            Said(),
            "GITHUB_EVENT_PATH: /nowhere cannot be read: No such",
        ),
        ({**ACTIONS, "GITHUB_EVENT_PATH": __file__}, Said(), "cannot be read: it is no JSON"),
    ],
)
def test_what_is_missing_is_named(environ: dict[str, str], said: Said, told: str) -> None:
    with pytest.raises(UsageError) as error:
        find_place(environ, said)
    assert told in str(error.value)
    assert error.value.exit_code == 64


def test_an_event_that_says_too_little(event: Event) -> None:
    with pytest.raises(UsageError, match="does not say which branch it is for"):
        find_place(event({"workflow_run": {"event": "pull_request", "head_repository": None}}))


# --- the pull request of a workflow that runs after another one


def test_a_workflow_run_is_for_the_pull_request_at_its_commit(event: Event, github: Hosted) -> None:
    github.world.pulls = {
        5: PullState(5, head=HEAD, repository="stranger/fork-of-it"),
        6: PullState(6, head=OLD, repository="stranger/apis"),
        7: PullState(7, head=HEAD, repository="stranger/apis"),
        8: PullState(8, head=HEAD, repository="stranger/apis", state="closed"),
    }
    place = find_place(event(WORKFLOW_RUN), Said(api=github.api))
    assert (place.branch, place.sha) == (Branch("stranger/apis", "topic", HEAD), HEAD)
    forge = github.forge()
    assert find_pull(forge, place).number == 7
    # Whatever an artifact of the other run says, it is not believed.
    with pytest.raises(UsageError, match="the workflow ran for pull request 7, not for 5"):
        find_pull(forge, find_place(event(WORKFLOW_RUN), Said(api=github.api, number=5)))
    assert find_pull(forge, find_place(event(WORKFLOW_RUN), Said(api=github.api, number=7))).number == 7
    github.world.pulls[7].head = OTHER
    with pytest.raises(UsageError, match="no open pull request of acme/apis is at commit a1a1a1a1a1a1 any more"):
        find_pull(forge, place)


def test_the_pull_request_of_a_place(host: Hosted) -> None:
    with connect(host.place(number=7), {"TOKEN": "t0ken-of-ci"}) as forge:
        assert find_pull(forge, host.place(number=7)).head == HEAD
        request = {"github": "pull request", "gitlab": "merge request"}[host.name]
        with pytest.raises(UsageError, match=f"it is not known which {request} it is: give --pr NUMBER"):
            find_pull(forge, host.place())


def test_where_graphql_is() -> None:
    assert graphql("https://api.github.com") == "https://api.github.com/graphql"
    assert graphql("https://api.acme.ghe.com") == "https://api.acme.ghe.com/graphql"
    assert graphql("https://git.acme.com/api/v3") == "https://git.acme.com/api/graphql"
