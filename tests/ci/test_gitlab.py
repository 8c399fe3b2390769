"""GitLab's jobs, run for real: their scripts in a shell, on an emulator of AWS and a stand-in for GitLab."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.ci.conftest import Project
from tests.ci.files import GITLAB, read
from tests.forge.world import Actor


pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("action"), pytest.mark.slow]
TOKEN = "t0ken-of-gitlab"
ROLE = "arn:aws:iam::000000000000:role/reconcile-plan"
"""Of the account in which the emulator has what plain credentials made."""


def _extended(name: str) -> dict[str, Any]:
    """A job with what it extends: mappings are merged, anything else is replaced."""
    content = read(GITLAB)

    def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
        both = {
            key: merged(under[key], over[key]) for key in under.keys() & over.keys() if isinstance(over[key], dict)
        }
        return {**under, **over, **both}

    job = content[name]
    return merged(_extended(job["extends"]), job) if "extends" in job else job


def run(
    project: Project, name: str, checkout: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """A job in a checkout, as GitLab's runner does it; whatever it reports has to be there then."""
    job = _extended(name)
    script = checkout.parent / "script.sh"
    script.write_text("\n".join([*job.get("before_script", []), *job["script"]]))
    tokens = dict.fromkeys(job.get("id_tokens", {}), "header.claims.signature")
    environ = {
        "PATH": f"{project.host.temp / 'reconcile/bin'}:{os.environ['PATH']}",
        "CI": "true",
        "CI_API_V4_URL": f"{project.server.url}/api/v4",
        "CI_COMMIT_SHA": project.head or project.base,
        "CI_JOB_ID": "1",
        "CI_JOB_URL": "https://gitlab.test/acme/apis/-/jobs/1",
        "CI_PROJECT_ID": "42",
        "CI_PROJECT_URL": "https://gitlab.test/acme/apis",
        "GITLAB_CI": "true",
        "GITLAB_TOKEN": TOKEN,
        "RECONCILE_ROLE": ROLE,
        "RECONCILE_QUOTA_SHARE": "none",
        **job["variables"],
        **tokens,
        **variables,
    }
    done = subprocess.run(
        ["sh", "-e", script], cwd=checkout, env=environ, capture_output=True, text=True, check=False
    )
    for file in job["artifacts"]["reports"].values():
        assert (checkout / file).exists(), done.stdout + done.stderr
    return done


@pytest.fixture
def gitlab(project: Project) -> Project:
    project.world.tokens[TOKEN] = Actor(5, "project_42_bot")
    project.deploy()
    return project


@pytest.fixture
def aws(gitlab: Project) -> Mapping[str, str]:
    """The role is assumed at the emulator, too."""
    return {"AWS_ENDPOINT_URL": gitlab.environ["RECONCILE_ENDPOINT_URL"]}


@pytest.fixture
def proposed(gitlab: Project) -> tuple[Path, Mapping[str, str]]:
    """The checkout of a merge request that adds a path, and what its pipeline has in its environment."""
    gitlab.drift("changed by hand")
    gitlab.add("orders")
    checkout = gitlab.host.folder / "checkout"
    gitlab.repository.git("clone", "-q", "--branch", "topic", gitlab.repository.url, str(checkout))
    return checkout, {
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": gitlab.base,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "",
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "",
    }


def test_a_merge_request(gitlab: Project, aws: Mapping[str, str], proposed: tuple[Path, Mapping[str, str]]) -> None:
    checkout, variables = proposed
    done = run(gitlab, "reconcile:plan", checkout, {**aws, **variables})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "+ create Path /orders > Method GET\n" in gitlab.comment().body
    theirs, _, others = gitlab.comment().body.partition("Not caused by this change")
    assert "changed by hand" in others
    assert "changed by hand" not in theirs
    assert [status["sha"] for status in gitlab.world.statuses] == [gitlab.head]
    assert json.loads((checkout / "plan-counts.json").read_text()) == {"create": 4, "update": 1, "delete": 0}
    (finding,) = json.loads((checkout / "plan-quality.json").read_text())
    assert finding["location"] == {"path": "specs/api.yaml", "lines": {"begin": 20}}
    assert ET.parse(checkout / "plan.xml").getroot().tag == "testsuites"

    before = gitlab.posts()
    run(gitlab, "reconcile:plan", checkout, {**aws, **variables})
    assert gitlab.posts() == before


def test_options_of_ones_own(
    gitlab: Project, aws: Mapping[str, str], proposed: tuple[Path, Mapping[str, str]]
) -> None:
    checkout, variables = proposed
    options = {"RECONCILE_OPTIONS": "--fail-on changes --fail-on drift"}
    assert run(gitlab, "reconcile:plan", checkout, {**aws, **variables, **options}).returncode == 2


def test_a_forks_specs_are_validated(gitlab: Project, proposed: tuple[Path, Mapping[str, str]]) -> None:
    checkout, variables = proposed
    done = run(gitlab, "reconcile:validate", checkout, {**variables, "GITLAB_TOKEN": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    (checkout / "specs/api.yaml").write_text("kind: RestApi\n")
    done = run(gitlab, "reconcile:validate", checkout, {**variables, "GITLAB_TOKEN": ""})
    assert done.returncode == 1
    assert "specs/api.yaml:1:1" in (checkout / "validate.xml").read_text()
    assert gitlab.world.requests == []


def test_drift(gitlab: Project, aws: Mapping[str, str]) -> None:
    gitlab.drift("changed by hand")
    checkout = gitlab.host.folder / "checkout"
    gitlab.repository.git("clone", "-q", gitlab.repository.url, str(checkout))
    done = run(gitlab, "reconcile:drift", checkout, aws)
    assert done.returncode == 0, done.stdout + done.stderr
    (issue,) = gitlab.world.issues
    assert issue.is_open
    assert "changed by hand" in issue.body
    gitlab.deploy()
    done = run(gitlab, "reconcile:drift", checkout, aws)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not gitlab.world.issues[0].is_open
