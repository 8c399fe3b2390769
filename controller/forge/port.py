"""What GitHub and GitLab have in common: the values, and the few verbs that the rest of this package needs."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal, Protocol


# Controls, and what turns the direction of text or hides in it.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")

FULL_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def shortened(text: str, longest: int) -> str:
    """The text in one line of at most so many characters."""
    text = UNSEEN.sub(" ", text).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


@dataclass(frozen=True)
class Branch:
    """A branch of a repository (`owner/name`), and the commit it was at."""

    repository: str
    name: str
    sha: str


@dataclass(frozen=True)
class Pull:
    """A pull request of GitHub, a merge request of GitLab. `node` is how the host calls it in its own API."""

    number: int
    node: str
    head: str
    url: str


@dataclass(frozen=True)
class Comment:
    """A comment on a pull request that is shown; hidden ones are left out."""

    node: str
    body: str
    url: str


@dataclass(frozen=True)
class Issue:
    """An issue of this token's own."""

    number: int
    body: str
    url: str
    is_open: bool


@dataclass(frozen=True)
class Status:
    """The status of a commit; `description` is shortened to what the host takes. `url` may be empty."""

    name: str
    state: Literal["pending", "success", "failure"]
    description: str
    url: str = ""


class Forge(Protocol):
    """A repository on GitHub or a project on GitLab. All of it raises ForgeError, with one sentence.

    longest    characters that a comment or an issue may have
    request    what a pull request is called there
    """

    longest: int
    request: str

    def pull(self, number: int) -> Pull:
        """This pull request."""

    def pull_from(self, branch: Branch) -> Pull | None:
        """The open pull request from this branch, if that is still at its commit."""

    def merged(self, sha: str) -> list[Pull]:
        """The pull requests by which this commit came in, squashed and rebased ones as well."""

    def comments(self, pull: Pull, authors: Container[str]) -> list[Comment]:
        """The comments of this token's own user or app, and of these authors, from the first to the last."""

    def add_comment(self, pull: Pull, body: str) -> Comment:
        """A new comment."""

    def edit_comment(self, pull: Pull, comment: Comment, body: str) -> None:
        """The comment says something else from now on."""

    def delete_comment(self, pull: Pull, comment: Comment) -> None:
        """The comment is gone; also if it was already."""

    def hide_comment(self, pull: Pull, comment: Comment) -> None:
        """The comment is no longer shown at full size, or not at all."""

    def set_status(self, sha: str, status: Status) -> None:
        """The commit has this status; it replaces an earlier one of the same name."""

    def issues(self, label: str) -> list[Issue]:
        """This token's own issues with the label, open and closed, from the first to the last."""

    def add_issue(self, title: str, body: str, label: str) -> Issue:
        """A new issue, with a label that is made if there is none."""

    def edit_issue(self, issue: Issue, *, title: str = "", body: str = "", is_open: bool | None = None) -> None:
        """Changes what is given."""

    def remark(self, issue: Issue, text: str) -> None:
        """A comment on an issue."""
