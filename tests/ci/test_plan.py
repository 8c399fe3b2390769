"""What the action makes of inputs and events, and of a plan."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.ci.files import ACTION, ROOT, read
from tests.git_remotes import Repository


def _loaded() -> Any:
    """The script, which is part of no package."""
    spec = importlib.util.spec_from_file_location("ci_github_plan", ROOT / "ci/github/plan.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


plan = _loaded()
DEFAULTS = {
    f"INPUT_{name.upper().replace('-', '_')}": str(item.get("default", ""))
    for name, item in read(ACTION)["inputs"].items()
}
SHA, OTHER = "a1" * 20, "b2" * 20


def pull_request(owner: str = "acme/apis") -> dict[str, Any]:
    return {"pull_request": {"head": {"repo": {"full_name": owner}}, "base": {"sha": OTHER}}}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "workspace")


@pytest.fixture
def words(repository: Repository) -> Any:
    """The command's words for a trigger, an event and inputs."""

    def made(trigger: str, event: Mapping[str, Any], sha: str = "", **inputs: str) -> list[str]:
        environ = {
            **DEFAULTS,
            "GITHUB_WORKSPACE": str(repository.folder),
            "GITHUB_EVENT_NAME": trigger,
            "GITHUB_REPOSITORY": "acme/apis",
            "GITHUB_SHA": sha or repository.git("rev-parse", "HEAD"),
            **{f"INPUT_{name}": value for name, value in inputs.items()},
        }
        found: list[str] = plan.words(plan.Job(environ, event), Path("/out"))
        return found

    repository.commit({"specs/a.yaml": "kind: RestApi\n"})
    return made


def test_a_pull_request(words: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert words("pull_request", pull_request()) == [
        "drift",
        f"--base={OTHER}",
        "--output=json=/out/plan.json",
        "--output=markdown=/out/plan.md",
        "--output=sarif=/out/plan.sarif",
        "--output=github=/out/annotations",
        "--comment",
        "--comment-mode=update",
        "--status",
    ]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("trigger", "event", "posts"),
    [
        ("pull_request", pull_request(), ["--comment", "--comment-mode=update", "--status"]),
        ("pull_request", pull_request("stranger/apis"), []),
        ("pull_request", {"pull_request": {"head": {"repo": None}, "base": {"sha": OTHER}}}, []),
        ("push", {"before": OTHER}, ["--status"]),
        ("merge_group", {"merge_group": {"base_sha": OTHER}}, ["--status"]),
        ("schedule", {}, ["--issue"]),
        ("workflow_dispatch", {}, ["--issue"]),
        ("release", {}, []),
    ],
)
def test_who_is_told(words: Any, trigger: str, event: dict[str, Any], posts: list[str]) -> None:
    told = [word for word in words(trigger, event) if word.startswith(("--comment", "--status", "--issue"))]
    assert told == posts
    silent = words(trigger, event, COMMENT="false", STATUS="false", ISSUE="false")
    assert silent == [word for word in words(trigger, event) if word not in posts]


@pytest.mark.parametrize(
    ("trigger", "event", "base"),
    [
        ("push", {"before": OTHER}, [f"--base={OTHER}"]),
        ("push", {"before": "0" * 40}, []),
        ("merge_group", {"merge_group": {"base_sha": OTHER}}, [f"--base={OTHER}"]),
        ("schedule", {}, []),
    ],
)
def test_the_base(words: Any, trigger: str, event: dict[str, Any], base: list[str]) -> None:
    assert [word for word in words(trigger, event) if word.startswith("--base")] == base
    assert "--base=v1" in words(trigger, event, BASE="v1")


def test_a_merge_says_its_own_base(words: Any, repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit({"specs/b.yaml": "kind: RestApi\n"})
    repository.git("checkout", "-q", "main")
    main = repository.commit({"README": "x\n"})
    repository.git("merge", "-q", "--no-ff", "topic")
    assert f"--base={main}" in words("pull_request", pull_request())
    # A merge that somebody else made, and that is checked out on purpose.
    assert f"--base={OTHER}" in words("pull_request", pull_request(), sha=SHA)


def test_inputs(words: Any, repository: Repository) -> None:
    (repository.folder / "apis").mkdir()
    given = {
        "TARGETS": "dev\n prod",
        "FAIL_ON": "delete breaking",
        "STRICT": "true",
        "LIVE": "x/s.json",
        "LIVE_KEY": "/k",
    }
    assert words("schedule", {}, **given)[1:7] == [
        "--target=dev",
        "--target=prod",
        "--fail-on=delete",
        "--fail-on=breaking",
        "--warnings-as-errors",
        f"--live={repository.folder}/x/s.json",
    ]
    assert "--live-key=/k" in words("schedule", {}, **given)


def test_a_kept_report_is_rendered(words: Any) -> None:
    found = words("workflow_run", {"workflow_run": {}}, REPORT="/tmp/plan.json", FAIL_ON="delete")
    assert found[:2] == ["report", "/tmp/plan.json"]
    assert "--comment" in found
    assert "--fail-on=delete" not in found


@pytest.mark.parametrize("name", ["COMMENT", "STATUS", "STRICT"])
def test_switches_are_true_or_false(words: Any, name: str) -> None:
    with pytest.raises(plan.WrongUse, match=f"{name.lower()}: 'yes' is neither true nor false"):
        words("pull_request", pull_request(), **{name: "yes"})


def test_strangers_get_no_rights(words: Any) -> None:
    with pytest.raises(plan.WrongUse, match="pull_request_target"):
        words("pull_request_target", pull_request())


def test_counts() -> None:
    summary = {"drift": 1, "conflict": 2, "breaking": 3, "exposure": 4}
    changes = [
        {"action": "create", "status": "planned", "kind": "Path"},
        {"action": "delete", "status": "planned", "kind": "Path"},
        {"action": "delete", "status": "planned", "kind": "Deployment"},
        {"action": "replace", "status": "planned", "kind": "ApiKey"},
        {"action": "delete", "status": "held", "kind": "RestApi"},
    ]
    one = {"summary": summary, "changes": changes}
    assert plan.counts([one, one]) == {
        "changes": 8,
        "deletes": 4,
        "drift": 2,
        "conflicts": 4,
        "breaking": 6,
        "exposures": 8,
    }
    assert plan.counts([]) == dict.fromkeys(plan.counts([one]), 0)


def test_outputs_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "output"
    file.write_text("before=1\n")
    plan.tell(plan.Job({"GITHUB_OUTPUT": str(file)}, {}), {"a": "1\nb=2", "c": "3"})
    before, first, *lines = file.read_text().splitlines()
    name, _, mark = first.partition("<<")
    assert (before, name, lines[:3]) == ("before=1", "a", ["1", "b=2", mark])
    other, _, another = lines[3].partition("<<")
    assert (other, lines[4:]) == ("c", ["3", another])
    assert len(mark) == len(another) == 32
    assert mark != another


def test_without_a_plan_there_are_no_counts(tmp_path: Path) -> None:
    assert plan.outputs(tmp_path, 1) == {"exitcode": "1"}
    (tmp_path / "plan.json").write_text('{"formatVersion": 1, "targets": [], "problems": [{"message": "wrong"}]}')
    assert plan.outputs(tmp_path, 1) == {"exitcode": "1", "plan-json": f"{tmp_path}/plan.json"}


ENDS = {
    "well": ("sys.exit(0)", 0),
    "with a finding": ("sys.exit(2)", 2),
    "terminated": ("os.kill(os.getpid(), signal.SIGTERM)", 143),
    "interrupted": (
        """
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
os.kill(os.getppid(), signal.SIGINT)
signal.pause()""",
        130,
    ),
}


@pytest.mark.parametrize(("ending", "code"), ENDS.values(), ids=ENDS)
def test_the_command_ends(tmp_path: Path, ending: str, code: int) -> None:
    command = tmp_path / "bin/reconcile"
    command.parent.mkdir()
    said = "print('::error::of a spec'); print('comment updated: https://forge/7#1', file=sys.stderr)"
    command.write_text(f"#!{sys.executable} -I\nimport os, signal, sys\n{said}\nsys.stdout.flush()\n{ending}\n")
    command.chmod(0o755)
    folders = {name: str(tmp_path) for name in ("GITHUB_WORKSPACE", "RECONCILE_HOME", "RUNNER_TEMP")}
    environ = {**DEFAULTS, **folders, "GITHUB_OUTPUT": str(tmp_path / "output"), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, ROOT / "ci/github/plan.py"], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, "comment updated: https://forge/7#1\n")
    stop, said, resume = done.stdout.splitlines()
    assert stop.removeprefix("::stop-commands::") == resume.strip(":")
    assert said == "::error::of a spec"
    told = (tmp_path / "output").read_text().splitlines()
    assert [told[0].partition("<<")[0], told[1]] == ["exitcode", str(code)]
    assert [told[3].partition("<<")[0], told[4]] == ["comment-url", "https://forge/7#1"]
