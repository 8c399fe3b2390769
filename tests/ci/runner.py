"""A small runner of GitHub's: it does a workflow's job in bash, with the composite action of this repository.

What is not in this repository is played: `actions/checkout` by git, artifacts by files, and the credentials of a
role by those of an emulator. A token may do what the job's permissions say, and nothing else.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ci.expressions import holds, interpolated
from tests.ci.files import ACTION, ROOT, read
from tests.git_remotes import QUIET


# Not the tests' own environment, but the Python that it was made with.
PYTHON = str(Path(sys.base_prefix) / "bin/python3.11")
BASH = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]
_COMMAND = re.compile(r"::([\w-]+)(?: ([^:]*))?::(.*)")
_ASSIGNED = re.compile(r"^(\w[\w-]*)(?:=(.*)|<<(\S+)\n((?:.*\n)*?)\3)$", re.MULTILINE)


@dataclass
class Told:
    """What a job left behind; the outputs are the action's."""

    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    annotations: list[tuple[str, str, str]] = field(default_factory=list)
    """Level, properties, message."""
    is_good: bool = True

    def plan(self) -> dict[str, Any]:
        """What the plan says of its only target."""
        (found,) = json.loads(Path(self.outputs["plan-json"]).read_text())["targets"]
        return dict(found)


@dataclass
class Host:
    """What the runner's host knows: where the repository is, its secrets, the artifacts of earlier jobs.

    environ   what every job has, such as where GitHub's API is
    assume    the environment that a role's credentials are, by its ARN
    grant     what is told of the permissions that a job's token has
    temp      a folder that outlives a job here, so that the command is installed once
    """

    origin: Path
    folder: Path
    temp: Path
    environ: Mapping[str, str]
    assume: Callable[[str], Mapping[str, str]]
    grant: Callable[[Mapping[str, str]], None]
    secrets: Mapping[str, str] = field(default_factory=dict)
    artifacts: dict[str, Path] = field(default_factory=dict)
    jobs: int = 0

    def run(self, workflow: Path, trigger: str, event: Mapping[str, Any], **github: str) -> Told | None:
        """Does the only job of a workflow; None if its condition says no."""
        (job,) = read(workflow)["jobs"].values()
        one = _Job(self, self._workspace(), trigger, event, github)
        if not holds(job.get("if", "success()"), one.contexts()):
            return None
        self.grant(job["permissions"])
        for step in job["steps"]:
            one.step(step)
        return one.told

    def _workspace(self) -> Path:
        self.jobs += 1
        found = self.folder / f"job-{self.jobs}"
        found.mkdir(parents=True)
        return found


@dataclass
class _Job:
    host: Host
    workspace: Path
    trigger: str
    event: Mapping[str, Any]
    github: Mapping[str, str]
    told: Told = field(default_factory=Told)
    environ: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def contexts(self) -> dict[str, Any]:
        """What expressions may name."""
        facts = {"event": self.event, "event_name": self.trigger, "repository": "acme/apis", "token": "t0ken-of-ci"}
        return {
            "github": {**facts, **self.github},
            "inputs": self.inputs,
            "runner": {"temp": str(self.host.temp)},
            "secrets": self.host.secrets,
            "steps": {name: {"outputs": found} for name, found in self.outputs.items()},
        }

    def step(self, step: Mapping[str, Any]) -> None:
        if not holds(step.get("if", "success()"), self.contexts(), failed=not self.told.is_good):
            return
        if "uses" in step:
            given = {name: interpolated(value, self.contexts()) for name, value in step.get("with", {}).items()}
            found = _USED[step["uses"].partition("@")[0]](self, given)
        else:
            found = self._shell(step)
        if "id" in step:
            self.outputs[step["id"]] = found

    def _shell(self, step: Mapping[str, Any]) -> dict[str, str]:
        """One script, in a clean environment; its outputs."""
        files = {
            name: self.host.folder / f"{self.host.jobs}-{name}"
            for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")
        }
        for file in files.values():
            file.write_text("")
        script = self.host.folder / "step.sh"
        script.write_text(interpolated(step["run"], self.contexts()))
        own = {name: interpolated(value, self.contexts()) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            [*BASH, script],
            cwd=self.workspace / step.get("working-directory", "."),
            env={**self._environ(), **{f"GITHUB_{name}": str(file) for name, file in files.items()}, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._hear(done.stdout)
        self.told.is_good &= done.returncode == 0
        self.told.summary += files["STEP_SUMMARY"].read_text()
        self.environ |= _assigned(files["ENV"].read_text())
        self.path += files["PATH"].read_text().split()
        return _assigned(files["OUTPUT"].read_text())

    def _environ(self) -> dict[str, str]:
        event = self.host.folder / "event.json"
        event.write_text(json.dumps(self.event))
        facts = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_NAME": self.trigger,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "acme/apis",
            "GITHUB_RUN_ID": "42",
            "GITHUB_SERVER_URL": "https://github.test",
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(self.host.folder),
            "RUNNER_TEMP": str(self.host.temp),
            **{f"GITHUB_{name.upper()}": value for name, value in self.github.items()},
        }
        # Where the machine's packages come from is its own affair.
        pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTPS_"))}
        search = os.pathsep.join([*reversed(self.path), os.environ["PATH"]])
        return {**pip, **facts, **self.host.environ, **self.environ, "PATH": search}

    def _hear(self, output: str) -> None:
        """Takes the commands out of what was printed, as the runner does. Stopped, it hears nothing."""
        self.told.log += output
        stopped = ""
        for line in output.splitlines():
            found = _COMMAND.match(line.lstrip())
            if stopped:
                stopped = "" if line == f"::{stopped}::" else stopped
            elif found and found[1] == "stop-commands":
                stopped = found[3]
            elif found:
                self.told.annotations.append((found[1], found[2] or "", found[3]))


def _assigned(text: str) -> dict[str, str]:
    """What a file of outputs or of the environment says."""
    return {
        found[1]: found[2] if found[3] is None else found[4].removesuffix("\n")
        for found in _ASSIGNED.finditer(text)
    }


# ── what is used ─────────────────────────────────────────────────────────────────────────────────


def _checkout(job: _Job, given: Mapping[str, str]) -> dict[str, str]:
    """As actions/checkout does it: a shallow fetch of one commit, on no branch."""
    folder = job.workspace / given.get("path", ".")
    folder.mkdir(exist_ok=True)
    wanted = given.get("ref") or job.github["sha"]
    depth = given.get("fetch-depth", "1")
    shallow = [] if depth == "0" else [f"--depth={depth}"]
    for words in (
        ["init", "--quiet"],
        ["remote", "add", "origin", job.host.origin.as_uri()],
        ["fetch", "--quiet", *shallow, "origin", wanted],
        ["checkout", "--quiet", "--detach", "FETCH_HEAD"],
    ):
        subprocess.run(["git", *words], cwd=folder, env=QUIET, check=True)
    return {}


def _setup_python(job: _Job, given: Mapping[str, str]) -> dict[str, str]:
    assert given["python-version"] == "3.11"
    return {"python-path": PYTHON}


def _credentials(job: _Job, given: Mapping[str, str]) -> dict[str, str]:
    assert given["aws-region"]
    job.environ |= {"AWS_REGION": given["aws-region"], **job.host.assume(given["role-to-assume"])}
    return {}


def _upload(job: _Job, given: Mapping[str, str]) -> dict[str, str]:
    kept = job.host.folder / "artifacts" / f"{job.host.jobs}-{given['name']}"
    kept.mkdir(parents=True)
    shutil.copy(given["path"], kept)
    job.host.artifacts[given["name"]] = kept
    return {}


def _download(job: _Job, given: Mapping[str, str]) -> dict[str, str]:
    assert given["run-id"]
    assert given["github-token"]
    shutil.copytree(job.host.artifacts[given["name"]], given["path"], dirs_exist_ok=True)
    return {}


def _ourselves(job: _Job, given: Mapping[str, str]) -> dict[str, str]:
    """The composite action: its steps see its inputs, and nobody else sees their outputs."""
    action = read(ACTION)
    assert set(given) <= set(action["inputs"])
    defaults = {
        name: interpolated(item.get("default", ""), job.contexts()) for name, item in action["inputs"].items()
    }
    outer, job.inputs, job.outputs = (job.inputs, job.outputs), {**defaults, **given}, {}
    for step in action["runs"]["steps"]:
        job.step(step)
    found = {name: interpolated(item["value"], job.contexts()) for name, item in action["outputs"].items()}
    job.inputs, job.outputs = outer
    job.told.outputs = found
    return found


_USED: Mapping[str, Callable[[_Job, Mapping[str, str]], dict[str, str]]] = {
    "actions/checkout": _checkout,
    "actions/download-artifact": _download,
    "actions/setup-python": _setup_python,
    "actions/upload-artifact": _upload,
    "aws-actions/configure-aws-credentials": _credentials,
    "your-org/apigateway-reconciler": _ourselves,
}
