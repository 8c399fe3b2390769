"""Changes in the words of those who are told: Slack, a webhook, GitHub and GitLab. Nothing is sent here."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote

from controller.address import Address
from controller.notify.changes import Condition, StateChange, news
from controller.notify.config import Channel, GitHub, GitLab, Secret, Slack, Webhook


Read = Callable[[Secret], str]
Deliveries = Generator["Delivery", bool, None]
"""What is to be sent, one after the other; whoever takes one says whether it arrived."""

MOST_LINES, LONGEST_SUMMARY = 20, 300
MARKS = {
    Condition.HEALTHY: "✔",
    Condition.DRIFTED: "≠",
    Condition.FAILING: "✗",
    Condition.REFUSED: "⊘",
    Condition.SUSPENDED: "⏸",
}

FULL_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
LONGEST_DESCRIPTION = 140
"""GitHub's limit; GitLab's is 255."""

MOST_COMMITS = 20
"""Commits whose roots are remembered, to tell how all of them are."""

# Controls, and what turns the direction of text or hides in it.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")


@dataclass(frozen=True)
class Delivery:
    """One POST. Its URL and headers may be secrets."""

    url: str = field(repr=False)
    body: bytes
    headers: dict[str, str] = field(default_factory=dict, repr=False)


class Speaker(Protocol):
    """Turns changes into what one channel is sent."""

    def deliveries(self, changes: list[StateChange], read: Read) -> Deliveries:
        """What is to be sent for these changes, in this order. `read` gives the value of a secret."""


def speaker(channel: Channel) -> Speaker:
    """Who speaks for a channel."""
    match channel:
        case Channel(slack=Slack() as slack):
            return _Slack(slack)
        case Channel(webhook=Webhook() as webhook):
            return _Webhook(webhook)
        case Channel(github=GitHub() as github):
            return _Statuses(lambda status, read: _github(github, status, read))
        case Channel(gitlab=GitLab() as gitlab):
            return _Statuses(lambda status, read: _gitlab(gitlab, status, read))
        case _:
            raise AssertionError(channel)


def _posted(url: str, content: dict[str, Any], headers: dict[str, str] | None = None) -> Delivery:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Delivery(url, body, {"Content-Type": "application/json", **(headers or {})})


@dataclass
class _Slack:
    slack: Slack

    def deliveries(self, changes: list[StateChange], read: Read) -> Deliveries:
        found = sorted(news(changes), key=lambda change: -change.after.severity)
        if not found:
            return
        lines = [_slack_line(change) for change in found[:MOST_LINES]]
        if more := len(found) - len(lines):
            lines.append(f"and {more} more")
        yield _posted(read(self.slack.url), {"text": "\n".join(lines)})


def _slack_line(change: StateChange) -> str:
    before = f"{change.before.value} → " if change.before else ""
    revision = f" at {change.revision[:12]}" if change.revision else ""
    summary = f": {_escaped(_shortened(change.summary, LONGEST_SUMMARY))}" if change.summary else ""
    link = f" <{_escaped(change.url).replace('|', '%7C')}|details>" if change.url else ""
    what = f"*{_escaped(change.target)}* {_escaped(str(change.root))}"
    return f"{MARKS[change.after]} {what} {before}{change.after.value}{revision}{summary}{link}"


def _escaped(text: str) -> str:
    """What Slack takes literally: without this, a file name could call everybody in the channel."""
    return UNSEEN.sub(" ", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass
class _Webhook:
    webhook: Webhook

    def deliveries(self, changes: list[StateChange], read: Read) -> Deliveries:
        found = news(changes)
        if not found:
            return
        content = {
            "id": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "changes": [_as_json(change) for change in found],
        }
        delivery = _posted(self.webhook.url, content)
        if self.webhook.secret:
            # Over the body as it is sent, which holds the time: what was caught once cannot be sent again later.
            digest = hmac.new(read(self.webhook.secret).encode(), delivery.body, hashlib.sha256).hexdigest()
            delivery.headers["X-Signature"] = f"sha256={digest}"
        yield delivery


def _as_json(change: StateChange) -> dict[str, Any]:
    return {
        "target": change.target,
        "root": str(change.root),
        "before": change.before.value if change.before else None,
        "after": change.after.value,
        "severity": change.severity.word,
        "revision": change.revision,
        "summary": change.summary,
        "url": change.url,
    }


@dataclass(frozen=True)
class _Status:
    """How all known roots of a commit are in a target."""

    sha: str
    target: str
    is_good: bool
    description: str
    url: str

    @property
    def name(self) -> str:
        return f"reconcile/applied ({self.target})"


@dataclass
class _Statuses:
    """Remembers how the roots of a commit are, since a status is about all of them."""

    post: Callable[[_Status, Read], Delivery]
    _roots: dict[tuple[str, str], dict[Address, Condition]] = field(default_factory=dict)
    _told: dict[tuple[str, str], _Status] = field(default_factory=dict)

    def deliveries(self, changes: list[StateChange], read: Read) -> Deliveries:
        latest = {}
        for change in changes:
            if FULL_SHA.fullmatch(change.revision):
                key = (change.revision, change.target)
                self._roots.setdefault(key, {})[change.root] = change.after
                latest[key] = change
        for key, change in latest.items():
            status = _status(change, self._roots[key])
            if self._told.get(key) != status:
                arrived = yield self.post(status, read)
                if arrived:
                    self._told[key] = status
        for key in list(self._roots)[:-MOST_COMMITS]:
            del self._roots[key]
            self._told.pop(key, None)


def _status(change: StateChange, roots: dict[Address, Condition]) -> _Status:
    counts = Counter(roots.values())
    description = ", ".join(f"{counts[one]} {one.value}" for one in Condition if counts[one])
    bad = [root for root, condition in roots.items() if condition not in _GOOD]
    if bad:
        description = f"{description}: {', '.join(sorted(map(str, bad)))}"
    return _Status(
        change.revision, change.target, not bad, _shortened(description, LONGEST_DESCRIPTION), change.url
    )


_GOOD = {Condition.HEALTHY, Condition.SUSPENDED}


def _github(github: GitHub, status: _Status, read: Read) -> Delivery:
    content = {
        "state": "success" if status.is_good else "failure",
        "context": status.name,
        "description": status.description,
        **({"target_url": status.url} if status.url else {}),
    }
    headers = {"Authorization": f"Bearer {read(github.token)}", "Accept": "application/vnd.github+json"}
    return _posted(f"{github.api.rstrip('/')}/repos/{github.repository}/statuses/{status.sha}", content, headers)


def _gitlab(gitlab: GitLab, status: _Status, read: Read) -> Delivery:
    content = {
        "state": "success" if status.is_good else "failed",
        "name": status.name,
        "description": status.description,
        **({"target_url": status.url} if status.url else {}),
    }
    project = quote(gitlab.project, safe="")
    url = f"{gitlab.api.rstrip('/')}/projects/{project}/statuses/{status.sha}"
    return _posted(url, content, {"PRIVATE-TOKEN": read(gitlab.token)})


def _shortened(text: str, longest: int) -> str:
    text = UNSEEN.sub(" ", text).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"
