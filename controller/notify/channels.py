"""Changes in the words of those who are told: Slack, a webhook, and the commits of GitHub and GitLab."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from controller.forge.connect import forge_at
from controller.forge.port import UNSEEN, shortened
from controller.notify.changes import Condition, StateChange, news
from controller.notify.commits import Commits, Delivery
from controller.notify.config import Channel, GitHub, GitLab, Secret, Slack, Webhook
from controller.sending import Persistent


MOST_LINES, LONGEST_SUMMARY = 20, 300
MARKS = {
    Condition.HEALTHY: "✔",
    Condition.DRIFTED: "≠",
    Condition.FAILING: "✗",
    Condition.REFUSED: "⊘",
    Condition.SUSPENDED: "⏸",
}


class Speaker(Protocol):
    """Turns changes into what one channel is sent."""

    def deliveries(self, changes: list[StateChange]) -> Generator[Delivery, bool, None]:
        """What is to be sent for these changes, one after the other; whoever takes one says whether it arrived."""


def speaker(channel: Channel, sender: Persistent, environ: Mapping[str, str]) -> Speaker:
    """Who speaks for a channel. Secrets are read in the environment when they are needed, and masked."""
    line = _Line(sender, environ)
    match channel:
        case Channel(slack=Slack() as slack):
            return _Slack(slack, line)
        case Channel(webhook=Webhook() as webhook):
            return _Webhook(webhook, line)
        case Channel(github=GitHub() as host) | Channel(gitlab=GitLab() as host):
            return Commits(forge_at(host.place, environ, sender), host.authors if host.comment else None)
        case _:
            raise AssertionError(channel)


@dataclass(frozen=True)
class _Line:
    """What JSON is posted with."""

    sender: Persistent
    environ: Mapping[str, str]

    def read(self, secret: Secret) -> str:
        value = secret.read(self.environ)
        self.sender.mask.learn([value])
        return value

    def post(
        self, url: str, content: dict[str, Any], sign: Callable[[bytes], dict[str, str]] | None = None
    ) -> None:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        self.sender.send("POST", url, body, {"Content-Type": "application/json", **(sign(body) if sign else {})})


@dataclass(frozen=True)
class _Slack:
    slack: Slack
    line: _Line

    def deliveries(self, changes: list[StateChange]) -> Generator[Delivery, bool, None]:
        found = sorted(news(changes), key=lambda change: -change.after.severity)
        if not found:
            return
        lines = [_slack_line(change) for change in found[:MOST_LINES]]
        if more := len(found) - len(lines):
            lines.append(f"and {more} more")
        text = "\n".join(lines)
        yield lambda: self.line.post(self.line.read(self.slack.url), {"text": text})


def _slack_line(change: StateChange) -> str:
    before = f"{change.before.value} → " if change.before else ""
    revision = f" at {change.revision[:12]}" if change.revision else ""
    summary = f": {_escaped(shortened(change.summary, LONGEST_SUMMARY))}" if change.summary else ""
    link = f" <{_escaped(change.url).replace('|', '%7C')}|details>" if change.url else ""
    what = f"*{_escaped(change.target)}* {_escaped(str(change.root))}"
    return f"{MARKS[change.after]} {what} {before}{change.after.value}{revision}{summary}{link}"


def _escaped(text: str) -> str:
    """What Slack takes literally: without this, a file name could call everybody in the channel."""
    return UNSEEN.sub(" ", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True)
class _Webhook:
    webhook: Webhook
    line: _Line

    def deliveries(self, changes: list[StateChange]) -> Generator[Delivery, bool, None]:
        found = news(changes)
        if not found:
            return
        content = {
            "id": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "changes": [_as_json(change) for change in found],
        }
        yield lambda: self.line.post(self.webhook.url, content, self._signature)

    def _signature(self, body: bytes) -> dict[str, str]:
        if not self.webhook.secret:
            return {}
        # Over the body as it is sent, which holds the time: what was caught once cannot be sent again later.
        digest = hmac.new(self.line.read(self.webhook.secret).encode(), body, hashlib.sha256).hexdigest()
        return {"X-Signature": f"sha256={digest}"}


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
