"""What the action runs: the event and the inputs become one `reconcile` command, and its plan becomes outputs.

Nothing here is told by a shell or an expression: names of branches, inputs and specs are other people's texts.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


USAGE = 64
MANUAL = ("schedule", "workflow_dispatch", "repository_dispatch")
COUNTS = {"drift": "drift", "conflicts": "conflict", "breaking": "breaking", "exposures": "exposure"}
"""Outputs, and what they are called in the plan's summary."""

COMMENT = re.compile(r"comment \w+: (https?://\S+)")
"""The line of the command's that says where the comment is."""


class WrongUse(Exception):
    """One sentence for whoever wrote the workflow."""


@dataclass(frozen=True)
class Job:
    """What the runner says: its environment, and the event that started the workflow."""

    environ: Mapping[str, str]
    event: Mapping[str, Any]

    def text(self, name: str) -> str:
        """An input."""
        return self.environ.get(f"INPUT_{name}", "").strip()

    def wants(self, name: str) -> bool:
        """An input that is true or false."""
        value = self.text(name) or "false"
        if value not in ("true", "false"):
            raise WrongUse(f"{name.lower()}: {value!r} is neither true nor false")
        return value == "true"

    @property
    def trigger(self) -> str:
        """The name of the event."""
        return self.environ.get("GITHUB_EVENT_NAME", "")

    @property
    def workspace(self) -> Path:
        """What the other paths are relative to."""
        return Path(self.environ["GITHUB_WORKSPACE"])

    @property
    def folder(self) -> Path:
        """Where the command runs. A plan that somebody else made needs no checkout."""
        return self.workspace / (self.text("PATH") or ".")

    @property
    def is_fork(self) -> bool:
        """True for a pull request from elsewhere: its token may only read."""
        head = self.event.get("pull_request", {}).get("head", {})
        name = (head.get("repo") or {}).get("full_name")
        return self.trigger == "pull_request" and name != self.environ.get("GITHUB_REPOSITORY")


# ── the command ──────────────────────────────────────────────────────────────────────────────────


def words(job: Job, out: Path) -> list[str]:
    """The words after `reconcile`. Its files come into the folder `out`."""
    if job.trigger == "pull_request_target":
        raise WrongUse(
            "pull_request_target would plan what strangers wrote with this repository's rights: "
            "use pull_request, and for forks workflow_run"
        )
    report = job.text("REPORT")
    verb = ["report", str(job.workspace / report)] if report else ["drift", *_drift(job)]
    summary = job.environ.get("GITHUB_STEP_SUMMARY", "")
    files = {
        "json": out / "plan.json",
        "markdown": out / "plan.md",
        "sarif": out / "plan.sarif",
        "github": out / "annotations",
        **({"github-summary": Path(summary)} if summary else {}),
    }
    written = [f"--output={form}={file}" for form, file in files.items()]
    return [*verb, *written, *_posts(job)]


def _drift(job: Job) -> Iterator[str]:
    if base := job.text("BASE") or base_of(job):
        yield f"--base={base}"
    for name in job.text("TARGETS").split():
        yield f"--target={name}"
    for name in job.text("FAIL_ON").split():
        yield f"--fail-on={name}"
    for name, option in (("STRICT", "--warnings-as-errors"), ("USAGE", "--usage")):
        if job.wants(name):
            yield option
    for name in ("LIVE", "LIVE_KEY"):
        if file := job.text(name):
            yield f"--{name.lower().replace('_', '-')}={job.workspace / file}"


def _posts(job: Job) -> Iterator[str]:
    """What is told to whom."""
    of_pull = job.trigger in ("pull_request", "workflow_run")
    if job.is_fork:
        print("::notice::A fork's token may not comment: the workflow that runs after this one does")
        return
    if of_pull and job.wants("COMMENT"):
        yield "--comment"
        yield f"--comment-mode={job.text('COMMENT_MODE') or 'update'}"
        if name := job.text("COMMENT_NAME"):
            yield f"--comment-name={name}"
    if (of_pull or job.trigger in ("push", "merge_group")) and job.wants("STATUS"):
        yield "--status"
    if job.trigger in MANUAL and job.wants("ISSUE"):
        yield "--issue"


# ── the base ─────────────────────────────────────────────────────────────────────────────────────


def base_of(job: Job) -> str:
    """The commit that the event's changes were made on; empty if the event is about no changes."""
    match job.trigger:
        case "pull_request":
            sha = _merged_into(job) or job.event["pull_request"]["base"]["sha"]
        case "push":
            sha = job.event.get("before", "")
        case "merge_group":
            sha = job.event["merge_group"]["base_sha"]
        case _:
            return ""
    if not sha.strip("0"):
        return ""
    if _git(job, "cat-file", "-e", f"{sha}^{{commit}}") is None:
        _git(job, "fetch", "--quiet", "--no-tags", "--depth=1", "origin", sha)
    return str(sha)


def _merged_into(job: Job) -> str:
    """The base's commit in the merge that GitHub made and checked out: the branch may have moved on since.

    Read from the commit itself: a shallow clone denies that there are parents.
    """
    commit = _git(job, "cat-file", "commit", "HEAD") or ""
    header = commit.partition("\n\n")[0].splitlines()
    parents = [line.split()[1] for line in header if line.startswith("parent ")]
    return parents[0] if len(parents) > 1 and _git(job, "rev-parse", "HEAD") == job.environ["GITHUB_SHA"] else ""


def _git(job: Job, *arguments: str) -> str | None:
    """What git says of the checkout; None if it fails, which it tells itself."""
    trusted = ("-c", f"safe.directory={job.folder.resolve()}")
    done = subprocess.run(
        ["git", "-C", job.folder, *trusted, *arguments], stdout=subprocess.PIPE, check=False, text=True
    )
    return None if done.returncode else done.stdout.strip()


# ── the outcome ──────────────────────────────────────────────────────────────────────────────────


def run(job: Job, arguments: Sequence[str], out: Path) -> int:
    """Runs the command, tells what is to be told, and ends with its exit code."""
    # Texts of specs are printed: between these two lines none of them is taken for a command to the runner.
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        code, comment = _ended(job, arguments)
    finally:
        print(f"::{token}::", flush=True)
    annotations = out / "annotations"
    if annotations.exists():
        print(annotations.read_text(), end="")
    tell(job, outputs(out, code) | ({"comment-url": comment} if comment else {}))
    return code


def _ended(job: Job, arguments: Sequence[str]) -> tuple[int, str]:
    """The exit code, and where the comment is; empty if there is none."""
    command = [f"{job.environ['RECONCILE_HOME']}/bin/reconcile", *arguments]
    environ = {name: value for name, value in job.environ.items() if not name.startswith("INPUT_")}
    comment = ""
    with subprocess.Popen(command, cwd=job.folder, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            for line in process.stderr:
                print(line, end="", file=sys.stderr, flush=True)
                found = COMMENT.fullmatch(line.rstrip())
                comment = found[1] if found else comment
        except KeyboardInterrupt:
            # It ends what it is at, and says so.
            process.send_signal(signal.SIGINT)
            print(process.stderr.read(), end="", file=sys.stderr, flush=True)
    code = process.returncode
    return (code if code >= 0 else 128 - code), comment  # as a shell tells of a signal


def outputs(out: Path, code: int) -> dict[str, str]:
    """The action's outputs. Without a plan there are no counts: none is not zero."""
    told = {"exitcode": str(code)}
    files = {"plan-json": "plan.json", "markdown": "plan.md", "sarif": "plan.sarif"}
    told |= {name: str(out / file) for name, file in files.items() if (out / file).exists()}
    if "plan-json" in told:
        reports = json.loads((out / "plan.json").read_text())["targets"]
        told |= {name: str(count) for name, count in counts(reports).items()} if reports else {}
    return told


def counts(reports: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How much of each there is in all targets."""
    made = [change for report in reports for change in report["changes"] if change["status"] != "held"]
    gone = [change for change in made if change["action"] in ("delete", "replace")]
    summed = {name: sum(report["summary"][field] for report in reports) for name, field in COUNTS.items()}
    return {
        "changes": len(made),
        # Old deployments go by a rule, and nobody misses them.
        "deletes": sum(change["kind"] != "Deployment" for change in gone),
        **summed,
    }


def tell(job: Job, told: Mapping[str, str]) -> None:
    """Appends to the file of outputs, each between delimiters that nobody can know."""
    with Path(job.environ["GITHUB_OUTPUT"]).open("a") as file:
        for name, value in told.items():
            mark = secrets.token_hex(16)
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def main(environ: Mapping[str, str]) -> int:
    """The exit code."""
    path = environ.get("GITHUB_EVENT_PATH", "")
    job = Job(environ, json.loads(Path(path).read_text()) if path else {})
    out = Path(tempfile.mkdtemp(prefix="reconcile-plan-", dir=environ["RUNNER_TEMP"]))
    try:
        arguments = words(job, out)
    except WrongUse as error:
        print(f"::error::{error}")
        tell(job, {"exitcode": str(USAGE)})
        return USAGE
    return run(job, arguments, out)


if __name__ == "__main__":
    # A job that is cancelled is interrupted first. Whoever started this may have ignored that, and so would we.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(os.environ))
