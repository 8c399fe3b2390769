"""Pull requests of strangers: planned without rights, reported without believing anything that they bring."""

from __future__ import annotations

import json

import pytest

from tests.ci.conftest import Project
from tests.ci.runner import Told


pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("action"), pytest.mark.slow]


@pytest.fixture
def published(project: Project, keys: tuple[str, str]) -> Project:
    """A project whose snapshot is published, and that publishes who signs it."""
    private, public = keys
    project.host.secrets = {"RECONCILE_SNAPSHOT_KEY": private}
    project.base = project.repository.commit({"reconcile-snapshot.pub": public})
    project.deploy()
    project.drift("changed by hand")
    told = project.scheduled("snapshot")
    assert told is not None
    assert told.is_good, told.log
    project.repository.git("cat-file", "-e", "reconcile-snapshot:snapshot.json")
    return project


def test_a_fork(published: Project) -> None:
    project = published
    project.add("orders", fork=True)
    assert project.pull_request() is None

    project.world.requests.clear()
    told = project.pull_request("fork-plan")
    assert told is not None
    assert told.is_good, told.log
    assert [told.outputs[name] for name in ("exitcode", "changes", "drift")] == ["0", "5", "1"]
    assert told.outputs["comment-url"] == ""
    assert project.world.requests == []
    assert "AWS" not in "".join(message for _, _, message in told.annotations if "credentials" in message)

    told = project.after(told)
    assert told is not None
    assert told.is_good, told.log
    assert "+ create Path /orders > Method GET\n" in project.comment().body
    assert f" sha={project.head} " in project.comment().body
    assert "/orders" in told.summary
    # Whoever made the plan could have made it a good one.
    assert project.world.statuses == []


def test_wrong_specs_of_a_fork(published: Project) -> None:
    project = published
    project.propose({"specs/api.yaml": project.spec().replace("responses: {", "response: {", 1)}, fork=True)
    told = project.pull_request("fork-plan")
    assert told is not None
    assert not told.is_good
    project.after(told)
    assert "unknown field" in project.comment().body


def test_a_fork_that_moved_on_is_not_reported(published: Project) -> None:
    project = published
    project.add("orders", fork=True)
    told = project.pull_request("fork-plan")
    project.world.pulls[7].head = "0123456789" * 4
    told = project.after(told)
    assert told is not None
    assert not told.is_good
    assert "any more" in told.log
    assert project.world.comments == []


HOSTILE = {
    "no JSON": "what?",
    "of another format": json.dumps({"formatVersion": 99, "targets": []}),
    "deep": "[" * 100_000,
    "no report": json.dumps({"formatVersion": 1, "targets": [{"target": "prod"}]}),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_forks_plan_is_data_of_a_stranger(project: Project, content: str) -> None:
    project.add("orders", fork=True)
    kept = project.host.folder / "hostile"
    kept.mkdir(parents=True)
    (kept / "plan.json").write_text(content)
    project.host.artifacts["plan-of-a-fork"] = kept
    told = project.after(Told())
    assert told is not None
    assert not told.is_good
    assert told.outputs["exitcode"] == "1"
    assert "cannot be rendered" in told.log
    assert "Traceback" not in told.log
    assert project.world.comments == []


def test_a_forks_plan_cannot_pose_as_something_else(published: Project) -> None:
    """Whoever can make the plan can make it say anything: it stays a text on this pull request."""
    project = published
    project.add("orders", fork=True)
    told = project.pull_request("fork-plan")
    file = project.host.artifacts["plan-of-a-fork"] / "plan.json"
    file.write_text(file.read_text().replace("/orders", "/@admin `</details> ::error::pwned <img src=x>"))
    told = project.after(told)
    assert told is not None
    assert not [one for one in told.annotations if "pwned" in one[2] and one[0] == "error" and not one[1]]
    outside = [line for line in project.comment().body.splitlines() if not line.startswith(("+", "-", "!", " "))]
    assert not [line for line in outside if "<img" in line]
