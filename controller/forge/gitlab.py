"""GitLab: merge requests and their notes, over REST."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote

from controller.errors import ForgeError
from controller.forge.api import NOT_FOUND, Api, Doing, done
from controller.forge.port import Branch, Comment, Issue, Pull, Status, shortened


T = TypeVar("T")

API = "https://gitlab.com/api/v4"

LONGEST_BODY = 1_000_000
LONGEST_DESCRIPTION = 255

# Names of headers.
PRIVATE_TOKEN = "PRIVATE-TOKEN"  # noqa: S105
JOB_TOKEN = "JOB-TOKEN"  # noqa: S105  for CI_JOB_TOKEN

BAD_REQUEST = 400
STATES = {"pending": "pending", "success": "success", "failure": "failed"}

_QUICK_ACTION = re.compile(r"^(?=/)", re.MULTILINE)


@dataclass(frozen=True)
class GitLab:
    """A project, by its path or its number. `is_job`: the token is CI_JOB_TOKEN, which may read little."""

    api: Api
    project: str
    is_job: bool = False

    longest = LONGEST_BODY
    request = "merge request"

    def pull(self, number: int) -> Pull:
        doing = self._doing(f"read merge request {number}")
        return self._rest(doing, "GET", f"/merge_requests/{number}", into=_pull)

    def pull_from(self, branch: Branch) -> Pull | None:
        # Pipelines of merge requests know their number, those from forks as well.
        return None

    def merged(self, sha: str) -> list[Pull]:
        doing = self._doing(f"find the merge request of commit {sha[:12]}")
        found = self._pages(
            doing, f"/repository/commits/{sha}/merge_requests", into=lambda one: (one["state"], _pull(one))
        )
        return [pull for state, pull in found if state == "merged"]

    def comments(self, pull: Pull, authors: Container[str]) -> list[Comment]:
        doing = self._doing(f"read the comments on merge request {pull.number}")
        notes = self._pages(
            doing,
            f"/merge_requests/{pull.number}/notes",
            sort="asc",
            order_by="created_at",
            into=lambda note: (note["system"], note["author"], _comment(pull, note)),
        )
        return [
            comment
            for is_system, author, comment in notes
            if not is_system and (author["id"] == self._own_id or author["username"] in authors)
        ]

    def add_comment(self, pull: Pull, body: str) -> Comment:
        return self._rest(
            self._commenting(pull),
            "POST",
            f"/merge_requests/{pull.number}/notes",
            {"body": _literal(body)},
            into=lambda note: _comment(pull, note),
        )

    def edit_comment(self, pull: Pull, comment: Comment, body: str) -> None:
        self._rest(self._commenting(pull), "PUT", _note(pull, comment), {"body": _literal(body)}, into=done)

    def delete_comment(self, pull: Pull, comment: Comment) -> None:
        try:
            self._rest(self._commenting(pull), "DELETE", _note(pull, comment), into=done)
        except ForgeError as error:
            if error.status != NOT_FOUND:
                raise

    def hide_comment(self, pull: Pull, comment: Comment) -> None:
        # Notes cannot be hidden, and a resolvable one would hold up merges until somebody resolves it.
        self.delete_comment(pull, comment)

    def set_status(self, sha: str, status: Status) -> None:
        content = {
            "state": STATES[status.state],
            "name": status.name,
            "description": shortened(status.description, LONGEST_DESCRIPTION),
            **({"target_url": status.url} if status.url else {}),
        }
        doing = self._doing(f"set the status of commit {sha[:12]}", "Developer")
        try:
            self._rest(doing, "POST", f"/statuses/{sha}", content, into=done)
        except ForgeError as error:
            # What is pending cannot become pending: "Cannot transition status via :enqueue from :pending".
            if not (status.state == "pending" and error.status == BAD_REQUEST and "from :pending" in str(error)):
                raise

    def issues(self, label: str) -> list[Issue]:
        return self._pages(
            self._doing("read the issues"),
            "/issues",
            labels=label,
            author_id=str(self._own_id),
            scope="all",
            state="all",
            order_by="created_at",
            sort="asc",
            into=_issue,
        )

    def add_issue(self, title: str, body: str, label: str) -> Issue:
        doing = self._doing("open an issue")
        content = {"title": title, "description": _literal(body), "labels": label}
        issue, labels = self._rest(
            doing, "POST", "/issues", content, into=lambda found: (_issue(found), found["labels"])
        )
        if label not in labels:
            # Without it the issue is never found again.
            self.edit_issue(issue, is_open=False)
            raise ForgeError(f"cannot {doing.what}: GitLab gave it no label; the token needs {doing.needs}")
        return issue

    def edit_issue(self, issue: Issue, *, title: str = "", body: str = "", is_open: bool | None = None) -> None:
        event = {} if is_open is None else {"state_event": "reopen" if is_open else "close"}
        content = {name: text for name, text in (("title", title), ("description", _literal(body))) if text}
        doing = self._doing(f"change issue {issue.number}")
        self._rest(doing, "PUT", f"/issues/{issue.number}", {**content, **event}, into=done)

    def remark(self, issue: Issue, text: str) -> None:
        doing = self._doing(f"comment on issue {issue.number}")
        self._rest(doing, "POST", f"/issues/{issue.number}/notes", {"body": _literal(text)}, into=done)

    @cached_property
    def _own_id(self) -> int:
        """Who the token is; a job acts as the user that started it."""
        doing = self._doing("find out whose token this is")
        if self.is_job:
            return self.api.request(doing, "GET", "/job", into=lambda job: int(job["user"]["id"]))
        return self.api.request(doing, "GET", "/user", into=lambda user: int(user["id"]))

    def _commenting(self, pull: Pull) -> Doing:
        return self._doing(f"comment on merge request {pull.number}")

    def _doing(self, what: str, role: str = "Reporter") -> Doing:
        job = ", which CI_JOB_TOKEN has not: set GITLAB_TOKEN" if self.is_job else ""
        return Doing(f"{what} of {self.project}", f"the scope api and the role {role}{job}")

    def _rest(
        self,
        doing: Doing,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        *,
        into: Callable[[Any], T],
    ) -> T:
        return self.api.request(doing, method, f"{self._path}{path}", content, into=into)

    def _pages(self, doing: Doing, path: str, *, into: Callable[[Any], T], **query: str) -> list[T]:
        return list(self.api.pages(doing, f"{self._path}{path}", into=into, **query))

    @property
    def _path(self) -> str:
        return f"/projects/{quote(self.project, safe='')}"


def _literal(body: str) -> str:
    """The text without quick actions: GitLab carries out lines such as "/merge"."""
    return _QUICK_ACTION.sub("\\\\", body)


def _note(pull: Pull, comment: Comment) -> str:
    return f"/merge_requests/{pull.number}/notes/{comment.node}"


def _pull(found: Mapping[str, Any]) -> Pull:
    return Pull(found["iid"], str(found["id"]), found["sha"], found["web_url"])


def _comment(pull: Pull, note: Mapping[str, Any]) -> Comment:
    return Comment(str(note["id"]), note["body"], f"{pull.url}#note_{note['id']}")


def _issue(found: Mapping[str, Any]) -> Issue:
    return Issue(found["iid"], found["description"] or "", found["web_url"], found["state"] == "opened")
