"""`reconcile drift` and `reconcile report` posting over HTTP, on a stub engine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.cli import main
from controller.errors import AccessError, Problem, SpecErrors, Where
from tests.forge.conftest import BOT, Hosted
from tests.forge.world import EVERYTHING, HEAD
from tests.git_remotes import Repository
from tests.stub_engine import StubEngine, StubPass, change, report


Run = Callable[..., tuple[int, str, str]]

ADDED = change("Path /photos", origin="intended")
DRIFT = change(action="update", origin="drift", fields=({"field": "description", "old": "a", "new": "b"},))


def planned(*changes: object, **facts: object) -> StubEngine:
    facts = {"target": "default", "base": "ba5e000"} | facts
    return StubEngine({"default": StubPass(report(*changes, **facts), ())})  # type: ignore[arg-type]


@pytest.fixture
def run(
    host: Hosted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Runs the command as CI would, of the pull request 7."""
    for name in os.environ:
        if name.startswith(("RECONCILE_", "AWS_", "GITHUB_", "GITLAB_", "CI")) or name == "COLUMNS":
            monkeypatch.delenv(name)
    repository = Repository(tmp_path / "checkout")
    repository.commit({"specs/a.yaml": "kind: RestApi\n"})
    monkeypatch.chdir(repository.folder)
    if host.name == "github":
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": HEAD}}}))
        said = {"GITHUB_REPOSITORY": "acme/apis", "GITHUB_API_URL": host.api, "GITHUB_EVENT_PATH": str(event)}
        said["GITHUB_TOKEN"] = "t0ken-of-ci"
    else:
        said = {"GITLAB_CI": "true", "CI_API_V4_URL": host.api, "CI_PROJECT_ID": "acme/apis"}
        said |= {"CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": HEAD, "GITLAB_TOKEN": "t0ken-of-ci"}
    for name, value in said.items():
        monkeypatch.setenv(name, value)

    def runner(*arguments: str, engine: StubEngine | None = None) -> tuple[int, str, str]:
        code = main(arguments, engine or planned(ADDED))
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return runner


def test_the_comment_says_the_plan_and_stays_one(run: Run, host: Hosted) -> None:
    code, out, err = run("drift", "--comment")
    assert code == 0
    assert "+ create Path /photos" in out
    assert err.startswith("comment created: http")
    (body,) = host.world.shown()
    assert body.startswith("<!-- reconcile:plan v=1 key=acme/apis sha=")
    assert "1 API changes, no drift" in body

    assert "comment unchanged: " in run("drift", "--comment", engine=planned(ADDED, revision="def5678"))[2]
    assert host.world.shown() == [body]

    assert "comment updated: " in run("drift", "--comment", engine=planned(ADDED, DRIFT))[2]
    (news,) = host.world.shown()
    assert "drift in 1 resource" in news


def test_each_name_has_a_comment_of_its_own(run: Run, host: Hosted) -> None:
    for name in ("apis", "keys", "apis"):
        run("drift", "--comment", "--comment-name", name)
    assert len(host.world.shown()) == 2


def test_a_new_comment_hides_the_last(run: Run, host: Hosted) -> None:
    run("drift", "--comment")
    run("drift", "--comment", "--comment-mode", "hide-and-new", engine=planned(DRIFT))
    (body,) = host.world.shown()
    assert "drift in 1 resource" in body


@pytest.mark.parametrize(
    ("arguments", "engine", "state", "code"),
    [
        ([], planned(ADDED), "success", 0),
        (["--detailed-exitcode"], planned(ADDED), "success", 2),
        (["--fail-on", "drift"], planned(ADDED), "success", 0),
        (["--fail-on", "drift"], planned(DRIFT), "failure", 2),
        ([], planned(ADDED, refusals=("too many deletes",), digest="0123"), "failure", 4),
        ([], StubEngine({"default": AccessError("no credentials were found")}), "failure", 1),
    ],
    ids=["fine", "pending", "no finding", "finding", "refused", "no report"],
)
def test_the_status_of_the_commit(
    run: Run, host: Hosted, *, arguments: list[str], engine: StubEngine, state: str, code: int
) -> None:
    assert run("drift", "--status", *arguments, engine=engine)[0] == code
    (status,) = host.world.statuses
    assert status["sha"] == HEAD
    assert status["context" if host.name == "github" else "name"] == "reconcile/plan (default)"
    assert status["state"] == (state if host.name == "github" else {"failure": "failed"}.get(state, state))
    assert status["description"]


def test_drift_opens_the_issue_and_its_end_closes_it(run: Run, host: Hosted) -> None:
    assert run("drift", "--issue")[2] == ""
    assert host.world.issues == []
    run("drift", "--issue", engine=planned(DRIFT))
    (issue,) = host.world.issues
    assert issue.title == "Drift on API Gateway: 1 resource in default"
    # A look that did not see everything says nothing of what it did not see.
    run("drift", "--issue", engine=planned(unreadable={"RestApi b": "GetStages: AccessDenied"}))
    assert issue.is_open
    run("drift", "--issue", engine=planned())
    assert not issue.is_open
    assert issue.remarks == ["No drift any more as of abc1234."]


def test_wrong_specs_are_told_in_the_comment(run: Run, host: Hosted) -> None:
    problem = Problem("unknown field 'descripton' in @team's `RestApi`", Where("specs/a.yaml", 5, 2))
    code, _, err = run("drift", "--comment", engine=StubEngine({"default": SpecErrors([problem])}))
    assert code == 1
    assert "specs/a.yaml:5:2" in err
    (body,) = host.world.shown()
    assert "specs/a.yaml:5" in body
    assert "unknown field" in body
    assert "1 error" in body
    assert "`` @team's `RestApi` ``" in body
    # A run whose specs are right again goes on in the same comment.
    assert "comment updated" in run("drift", "--comment")[2]


def test_a_kept_report_is_posted_without_aws(run: Run, host: Hosted, tmp_path: Path) -> None:
    run("drift", "-o", f"json={tmp_path / 'plan.json'}", engine=planned(ADDED, DRIFT))
    assert host.world.requests == []
    code, out, err = run("report", str(tmp_path / "plan.json"), "--comment", "--status", engine=StubEngine({}))
    assert code == 0
    assert "+ create Path /photos" in out
    assert "comment created" in err
    assert "status reconcile/plan (default): success" in err
    again = run("drift", "--comment", engine=planned(ADDED, DRIFT))[2]
    assert "comment unchanged" in again


def test_what_cannot_be_posted_costs_no_plan(run: Run, host: Hosted) -> None:
    BOT.may = EVERYTHING - {"pull-requests"}
    try:
        code, out, err = run("drift", "--comment")
    finally:
        BOT.may = EVERYTHING
    assert code == 1
    assert "+ create Path /photos" in out
    assert err.count("\n") == 1
    assert "t0ken" not in out + err


def test_without_a_token_it_says_what_to_set(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.delenv("GITLAB_TOKEN", raising=False)
    code, out, err = run("drift", "--comment")
    assert code == 64
    assert "Path /photos" in out
    assert "there is no token: set GIT" in err


def test_the_worst_of_several_troubles_is_the_exit_code(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.delenv("GITLAB_TOKEN", raising=False)
    code, out, err = run("drift", "--base", "nope", "--comment")
    assert code == 64
    assert "Path /photos" in out
    assert err.count("error: ") == 2
    run("drift", "-o", f"json={tmp_path / 'plan.json'}")
    nowhere = f"json={tmp_path / 'none' / 'plan.json'}"
    assert run("report", str(tmp_path / "plan.json"), "-o", nowhere, "--comment")[0] == 64


def test_options_go_before_what_the_ci_says(run: Run, host: Hosted, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t0ken-of-ann\n")
    run("drift", "--comment", "--pr", "7", "--repo", "acme/apis", "--token-file", str(token))
    (comment,) = host.world.comments
    assert comment.author.login == "ann"
