"""The workflows to copy, run for real, on an emulator of AWS and a stand-in for GitHub: what they do and say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ci.conftest import Project, with_path
from tests.ci.files import ROOT


pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("action"), pytest.mark.slow]


def test_a_pull_request(project: Project) -> None:
    project.deploy()
    project.drift("changed by hand")
    project.add("orders")
    told = project.pull_request()

    assert told is not None
    assert told.is_good
    assert project.comment().body.startswith("<!-- reconcile:plan v=1 key=acme/apis ")
    assert f" sha={project.head} " in project.comment().body
    assert "+ create Path /orders > Method GET\n" in project.comment().body
    theirs, _, others = project.comment().body.partition("Not caused by this change")
    assert "changed by hand" not in theirs
    assert "changed by hand" in others
    (status,) = project.world.statuses
    assert (status["sha"], status["state"], status["context"]) == (project.head, "success", "reconcile/plan (prod)")
    assert status["target_url"] == "https://github.test/acme/apis/actions/runs/42"

    counts = ("exitcode", "changes", "deletes", "drift", "conflicts", "breaking", "exposures")
    assert [told.outputs[name] for name in counts] == ["0", "5", "0", "1", "0", "0", "0"]
    assert told.outputs["comment-url"].startswith("https://forge/acme/apis/pull/7#issuecomment-")
    assert project.comment().body.count("\n") > 10
    assert "+ create Path /orders > Method GET\n" in told.summary
    assert Path(told.outputs["markdown"]).read_text() in project.comment().body
    assert json.loads(Path(told.outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert told.plan()["base"] == project.base[:7]
    assert (project.host.artifacts["plan"] / "plan.json").exists()
    (annotation,) = told.annotations
    assert annotation[:2] == ("warning", "file=specs/api.yaml,line=20,col=5,title=Drift")


def test_what_was_said_is_not_said_again(project: Project) -> None:
    project.deploy()
    project.add("orders")
    project.pull_request()
    before = project.posts()
    project.pull_request()
    assert project.posts() == before != []


def test_a_push_changes_the_comment(project: Project) -> None:
    project.deploy()
    project.add("orders")
    project.pull_request()
    first = project.comment().id
    project.add("customers")
    project.pull_request()
    assert project.comment().id == first
    assert "/customers" in project.comment().body
    assert f" sha={project.head} " in project.comment().body


def test_main_moves_on(project: Project) -> None:
    """What came to main after the merge was made is none of the pull request's."""
    project.deploy()
    project.add("orders")
    project.repository.commit({"specs/api.yaml": project.spec().replace("greets", "says goodbye")})
    told = project.pull_request()
    assert told is not None
    assert told.plan()["base"] == project.base[:7]
    assert told.outputs["drift"] == "0"
    assert "goodbye" not in project.comment().body


def test_a_finding_fails_the_job(project: Project, tmp_path: Path) -> None:
    before = project.spec()
    project.base = project.repository.commit({"specs/api.yaml": with_path(before, "orders")})
    project.deploy()
    project.propose({"specs/api.yaml": before})
    workflow = tmp_path / "plan.yml"
    workflow.write_text(
        (ROOT / "ci/github/pull-request.yml").read_text().replace("breaking exposure", "replace delete")
    )
    told = project.pull_request(workflow)
    assert told is not None
    assert not told.is_good
    assert told.outputs["exitcode"] == "2"
    assert told.outputs["deletes"] == "3"
    assert "- delete Path /orders" in project.comment().body
    assert (project.host.artifacts["plan"] / "plan.json").exists()
    (status,) = project.world.statuses
    assert status["state"] == "failure"


def test_wrong_specs_are_told_at_their_lines(project: Project) -> None:
    project.deploy()
    project.propose({"specs/api.yaml": project.spec().replace("responses: {", "response: {", 1)})
    told = project.pull_request()
    assert told is not None
    assert not told.is_good
    assert told.outputs["exitcode"] == "1"
    assert any(
        level == "error" and properties.startswith("file=specs/api.yaml,line=13") and "unknown field" in message
        for level, properties, message in told.annotations
    )
    assert "unknown field" in project.comment().body
    assert "specs/api.yaml:13" in project.comment().body
    (status,) = project.world.statuses
    assert status["state"] == "failure"

    project.add("orders")
    project.pull_request()
    assert "unknown field" not in project.comment().body
    assert "+ create Path /orders > Method GET\n" in project.comment().body


def test_texts_of_specs_are_no_commands(project: Project) -> None:
    template = "::error::pwned\n##[error]pwned\n::set-output name=exitcode::pwned\n" + "line\n" * 30
    lines = "".join(f"                {line}\n" for line in template.splitlines())
    long = f"requestTemplates:\n              application/json: |\n{lines}"
    project.repository.commit(
        {
            "specs/api.yaml": project.spec().replace(
                "requestTemplates: {application/json: '{\"statusCode\": 200}'}\n", long
            )
        }
    )
    project.deploy()
    project.propose({"specs/api.yaml": project.spec().replace("##[error]pwned", "##[error]pwned!")})
    told = project.pull_request()
    assert told is not None
    assert told.is_good
    assert "pwned" in told.log
    assert not [one for one in told.annotations if "pwned" in one[2]]


# ── drift ────────────────────────────────────────────────────────────────────────────────────────


def test_drift_opens_an_issue_and_closes_it(project: Project) -> None:
    project.deploy()
    told = project.scheduled("drift")
    assert told is not None
    assert told.is_good
    assert told.outputs["drift"] == "0"
    assert project.world.issues == []

    project.drift("changed by hand")
    told = project.scheduled("drift")
    assert told is not None
    assert told.is_good
    assert told.outputs["drift"] == "1"
    (issue,) = project.world.issues
    assert issue.is_open
    assert "changed by hand" in issue.body

    before = project.posts()
    project.scheduled("drift")
    assert project.posts() == before

    project.deploy()
    project.scheduled("drift")
    (issue,) = project.world.issues
    assert not issue.is_open
    assert project.world.comments == []
    assert project.world.statuses == []


# ── by hand ──────────────────────────────────────────────────────────────────────────────────────


def test_from_two_branches_to_a_comment(project: Project) -> None:
    """Without the action: one command in a checkout."""
    project.deploy()
    project.drift("changed by hand")
    project.add("orders")
    project.repository.git("checkout", "-q", "topic")
    project.world.tokens["t0ken-of-ci"].may = frozenset({"pull-requests"})
    done = project.reconcile(
        *("drift", "--base", "main", "--comment", "--repo", "acme/apis", "--pr", "7"),
        cwd=project.repository.folder,
        environ={"GITHUB_TOKEN": "t0ken-of-ci", "GITHUB_API_URL": f"{project.server.url}/api/v3"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "+ create Path /orders" in done.stdout
    assert "+ create Path /orders > Method GET\n" in project.comment().body
    assert "Not caused by this change" in project.comment().body


CUSTOM = """\
on: {}
permissions: {}
jobs:
  plan:
    permissions: {contents: read}
    steps:
      - uses: actions/checkout@0000000000000000000000000000000000000000
        with: {fetch-depth: DEPTH}
      - uses: your-org/apigateway-reconciler@0000000000000000000000000000000000000000
        with:
          role: arn:aws:iam::111111111111:role/reconcile-plan
          region: eu-west-1
          comment: "false"
          status: "false"
"""


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_any_depth_will_do(project: Project, tmp_path: Path, depth: int) -> None:
    project.deploy()
    project.add("orders")
    workflow = tmp_path / "custom.yml"
    workflow.write_text(CUSTOM.replace("DEPTH", str(depth)))
    told = project.pull_request(workflow)
    assert told is not None
    assert told.is_good, told.log
    assert told.plan()["base"] == project.base[:7]
    assert told.outputs["drift"] == "0"
    assert project.posts() == []


def test_a_push_is_compared_with_what_it_came_upon(project: Project, tmp_path: Path) -> None:
    project.deploy()
    project.repository.commit({"specs/api.yaml": project.spec().replace("greets", "says hello")})
    after = project.repository.commit({"README": "Of no interest\n"})
    workflow = tmp_path / "custom.yml"
    workflow.write_text(CUSTOM.replace("DEPTH", "1"))
    event = {"before": project.base, "after": after}
    told = project.run(workflow, "push", event, ref="refs/heads/main", ref_name="main", sha=after)
    assert told is not None
    assert told.is_good, told.log
    assert (told.outputs["changes"], told.outputs["drift"]) == ("1", "0")


def test_the_event_that_hands_out_rights_is_refused(project: Project, tmp_path: Path) -> None:
    workflow = tmp_path / "custom.yml"
    workflow.write_text(CUSTOM.replace("DEPTH", "1"))
    told = project.run(workflow, "pull_request_target", {}, ref="refs/heads/main", sha=project.base)
    assert told is not None
    assert not told.is_good
    assert told.outputs["exitcode"] == "64"
    assert "pull_request_target" in told.annotations[0][2]


def test_steps_of_ones_own(project: Project, tmp_path: Path) -> None:
    """After an installation the command is there for any step."""
    text = (ROOT / "ci/github/snapshot.yml").read_text()
    workflow = tmp_path / "custom.yml"
    head = text[: text.index("      - name: Take the snapshot")]
    workflow.write_text(f"{head}      - run: reconcile validate && reconcile iam-policy --read-only\n")
    told = project.scheduled(workflow)
    assert told is not None
    assert told.is_good, told.log
    assert "apigateway:GET" in told.log
