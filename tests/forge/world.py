"""What is behind the APIs of GitHub and GitLab in tests: pull requests, comments, issues, and who may do what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


HEAD, OLD, OTHER = "a1" * 20, "b2" * 20, "c3" * 20
EVERYTHING = frozenset({"pull-requests", "statuses", "issues", "labels"})


@dataclass
class Actor:
    """Who has a token. `may` is what it may write, and `may_edit` is whether also what others wrote."""

    id: int
    login: str
    is_bot: bool = False
    may: frozenset[str] = EVERYTHING
    may_edit: bool = True


@dataclass
class PullState:
    number: int
    head: str = HEAD
    repository: str = "acme/apis"
    branch: str = "topic"
    state: str = "open"
    commits: set[str] = field(default_factory=set)
    """By which it came into the main branch, once it is merged."""


@dataclass
class Said:
    """A comment, or an issue's."""

    id: int
    pull: int
    author: Actor
    body: str
    is_hidden: bool = False
    is_system: bool = False


@dataclass
class IssueState:
    number: int
    author: Actor
    title: str
    body: str
    labels: list[str]
    is_open: bool = True
    remarks: list[str] = field(default_factory=list)


class Refusal(Exception):
    def __init__(self, status: int, message: Any, kind: str = "") -> None:
        super().__init__(message)
        self.status, self.said, self.kind = status, message, kind


@dataclass
class World:
    """What tests look at and change.

    answers   what the next requests get instead of an answer: status, headers, body
    before    what happens before the next write of that name, such as another run's doing the same
    lost      so many of the next writes are made, and then not answered
    """

    tokens: dict[str, Actor] = field(default_factory=dict)
    pulls: dict[int, PullState] = field(default_factory=dict)
    comments: list[Said] = field(default_factory=list)
    issues: list[IssueState] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    drops_labels: bool = False
    statuses: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    lost: int = 0
    number: int = 1000
    lock: threading.RLock = field(default_factory=threading.RLock)

    def next(self) -> int:
        self.number += 1
        return self.number

    def say(self, author: Actor, body: str, pull: int = 7, **more: Any) -> Said:
        said = Said(self.next(), pull, author, body, **more)
        self.comments.append(said)
        return said

    def shown(self, pull: int = 7) -> list[str]:
        return [said.body for said in self.comments if said.pull == pull and not said.is_hidden]

    def writes(self) -> list[str]:
        return [request for request in self.requests if request.split()[0] in {"add", "edit", "delete", "hide"}]

    def happens(self, name: str) -> None:
        self.requests.append(name)
        if act := self.before.pop(name, None):
            act()

    def pull(self, number: int) -> PullState:
        if number not in self.pulls:
            raise Refusal(404, "Not Found", "NOT_FOUND")
        return self.pulls[number]

    def comment(self, number: int, actor: Actor) -> Said:
        """One that this actor may change."""
        for said in self.comments:
            if said.id == number:
                self.allow(actor, "pull-requests" if actor.may_edit or said.author is actor else "others")
                return said
        raise Refusal(404, "Not Found", "NOT_FOUND")

    def issue(self, number: int) -> IssueState:
        return next(issue for issue in self.issues if issue.number == number)

    def allow(self, actor: Actor, what: str) -> None:
        if what not in actor.may:
            raise Refusal(403, "Resource not accessible by integration", "FORBIDDEN")

    def add_issue(self, author: Actor, title: str, body: str, labels: list[str]) -> IssueState:
        self.allow(author, "issues")
        self.happens("add issue")
        issue = IssueState(self.next(), author, title, body, [] if self.drops_labels else labels)
        self.issues.append(issue)
        return issue


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: Any

    def page(self, items: list[Any]) -> list[Any]:
        size, number = min(int(self.query.get("per_page", 20)), 100), int(self.query.get("page", 1))
        return items[(number - 1) * size : number * size]
