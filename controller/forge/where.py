"""Where a report belongs: what the CI's environment says, and what a user says instead."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from controller.errors import UsageError
from controller.forge import github, gitlab
from controller.forge.port import FULL_SHA, Branch


URL = re.compile(r"https?://[^\s/@]+(/\S*)?")
GITHUB_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
GITLAB_PROJECT = re.compile(r"[\w.-]+(/[\w.-]+)*")

_PULL_REF = re.compile(r"refs/pull/(\d+)/(merge|head)")


@dataclass(frozen=True)
class Token:
    """A secret in the environment or in a file."""

    variable: str = ""
    file: Path | None = None

    def read(self, environ: Mapping[str, str]) -> str:
        """The token as it is now: files are renewed. Raises UsageError, which names only the place."""
        if self.file is None:
            if not (value := environ.get(self.variable, "").strip()):
                raise UsageError(f"the environment variable {self.variable} is not set")
            return value
        try:
            value = self.file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise UsageError(f"{self.file} cannot be read: {reason}") from None
        if not value:
            raise UsageError(f"{self.file} is empty")
        return value


@dataclass(frozen=True)
class Place:
    """A repository and, as far as they are known, a pull request of it, a commit, and the run that reports.

    number   0 if it is not known, or has to be found out from `branch`
    branch   of the pull request that a `workflow_run` is for: all else that it brings comes from strangers
    sha      the commit that is reported; "" for the head of the pull request
    run      the URL of the run, or ""
    source   what a file's path is appended to for a link to it at this commit, or ""
    """

    host: Literal["github", "gitlab"]
    api: str
    repository: str
    token: Token
    number: int = 0
    branch: Branch | None = None
    sha: str = ""
    run: str = ""
    source: str = ""


@dataclass(frozen=True)
class Said:
    """What a user says of it; it goes before the environment."""

    host: Literal["github", "gitlab"] | None = None
    repository: str = ""
    number: int = 0
    sha: str = ""
    api: str = ""
    token_file: Path | None = None


def find_place(environ: Mapping[str, str], said: Said = Said()) -> Place:
    """The place of this run. Raises UsageError, which names what is missing or wrong."""
    place = _gitlab(environ, said) if _is_gitlab(environ, said) else _github(environ, said)
    if not URL.fullmatch(place.api):
        raise UsageError(f"{place.api!r} is no URL of an API, such as {github.API} or https://HOST/api/v4")
    if place.sha and not FULL_SHA.fullmatch(place.sha):
        raise UsageError(f"{place.sha!r} is not the whole id of a commit")
    place.token.read(environ)
    return place


def links(environ: Mapping[str, str]) -> tuple[str, str]:
    """`run` and `source` of this run itself, which need no token; empty outside of a CI. Raises UsageError."""
    if environ.get("GITLAB_CI"):
        return environ.get("CI_JOB_URL", ""), _gitlab_source(environ, _gitlab_sha(environ))
    repository = environ.get("GITHUB_REPOSITORY", "")
    return _github_run(environ), _github_source(environ, repository, _event(environ).sha)


def _is_gitlab(environ: Mapping[str, str], said: Said) -> bool:
    if said.host or said.api:
        return said.host == "gitlab" or said.api.rstrip("/").endswith("/api/v4")
    return bool(environ.get("GITLAB_CI"))


def _github(environ: Mapping[str, str], said: Said) -> Place:
    repository = said.repository or environ.get("GITHUB_REPOSITORY", "")
    if not GITHUB_REPOSITORY.fullmatch(repository):
        raise _missing("which repository it is", "--repo OWNER/NAME", "GITHUB_REPOSITORY", repository)
    event = _event(environ)
    number, sha, branch = event.number, event.sha, event.branch
    if branch is None and said.number:
        # Of another pull request than the event's, the event knows no commit.
        number, sha = said.number, sha if said.number == number else ""
    sha = said.sha or sha
    return Place(
        host="github",
        api=(said.api or environ.get("GITHUB_API_URL") or github.API).rstrip("/"),
        repository=repository,
        token=_token(environ, said, "GITHUB_TOKEN"),
        number=said.number or number,
        branch=branch,
        sha=sha,
        run=_github_run(environ),
        source=_github_source(environ, repository, sha),
    )


def _gitlab(environ: Mapping[str, str], said: Said) -> Place:
    # A pipeline from a fork runs in the fork, but its merge request belongs to the other project.
    projects = (said.repository, environ.get("CI_MERGE_REQUEST_PROJECT_ID"), environ.get("CI_PROJECT_ID"))
    project = next(filter(None, projects), "")
    if not GITLAB_PROJECT.fullmatch(project):
        raise _missing("which project it is", "--repo GROUP/NAME", "CI_PROJECT_ID", project)
    number = environ.get("CI_MERGE_REQUEST_IID", "")
    sha = said.sha or ("" if said.number and str(said.number) != number else _gitlab_sha(environ))
    return Place(
        host="gitlab",
        api=(said.api or environ.get("CI_API_V4_URL") or gitlab.API).rstrip("/"),
        repository=project,
        token=_token(environ, said, "GITLAB_TOKEN", "CI_JOB_TOKEN"),
        number=said.number or (int(number) if number.isdecimal() else 0),
        sha=sha,
        run=environ.get("CI_JOB_URL", ""),
        source=_gitlab_source(environ, sha),
    )


def _github_run(environ: Mapping[str, str]) -> str:
    server, run = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_RUN_ID", "")
    return f"{server}/{environ.get('GITHUB_REPOSITORY')}/actions/runs/{run}" if server and run else ""


def _github_source(environ: Mapping[str, str], repository: str, sha: str) -> str:
    server = environ.get("GITHUB_SERVER_URL", "")
    return f"{server}/{repository}/blob/{sha}/" if server and sha else ""


def _gitlab_sha(environ: Mapping[str, str]) -> str:
    # In a pipeline of merged results, the commit is one that nobody made.
    return environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environ.get("CI_COMMIT_SHA", "")


def _gitlab_source(environ: Mapping[str, str], sha: str) -> str:
    url = environ.get("CI_PROJECT_URL", "")
    return f"{url}/-/blob/{sha}/" if url and sha else ""


def _token(environ: Mapping[str, str], said: Said, *variables: str) -> Token:
    if said.token_file:
        return Token(file=said.token_file)
    for variable in variables:
        if environ.get(variable, "").strip():
            return Token(variable)
    raise UsageError(f"there is no token: set {variables[0]}, or give --token-file FILE")


def _missing(what: str, option: str, variable: str, found: str) -> UsageError:
    seen = f"{found!r} does not say {what}" if found else f"it is not known {what}"
    return UsageError(f"{seen}: give {option}, or set {variable}")


@dataclass(frozen=True)
class _Event:
    number: int = 0
    sha: str = ""
    branch: Branch | None = field(default=None)


def _event(environ: Mapping[str, str]) -> _Event:
    """What started a workflow: a pull request, a comment on one, the end of another workflow, or none of these."""
    content = _content(environ.get("GITHUB_EVENT_PATH", ""))
    sha = environ.get("GITHUB_SHA", "")
    try:
        match content:
            case {"pull_request": {"number": int(number), "head": {"sha": str(head)}}}:
                return _Event(number, head)
            case {"workflow_run": {"event": "pull_request" | "pull_request_target"} as run}:
                repository, name, head = run["head_repository"]["full_name"], run["head_branch"], run["head_sha"]
                return _Event(0, head, Branch(repository, name, head))
            case {"workflow_run": {"head_sha": str(head)}}:
                return _Event(0, head)
            case {"issue": {"number": int(number), "pull_request": dict()}}:
                return _Event(number)
            case _:
                found = _PULL_REF.fullmatch(environ.get("GITHUB_REF", ""))
                # What is checked out then is a merge that nobody made, so its id is of no use.
                return _Event(int(found[1])) if found else _Event(sha=sha)
    except (KeyError, TypeError):
        raise UsageError(
            "GITHUB_EVENT_PATH: the event of the workflow does not say which branch it is for"
        ) from None


def _content(file: str) -> Any:
    if not file:
        return {}
    try:
        return json.loads(Path(file).read_text())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no JSON"
        raise UsageError(f"GITHUB_EVENT_PATH: {file} cannot be read: {reason}") from None
