"""The file of `--notify`: which channels there are, and what each is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from controller.errors import UsageError
from controller.forge import Place, Token
from controller.forge.github import ACTIONS
from controller.notify.changes import Severity, StateChange
from controller.source import load_typed


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


EXPECTED = "either {$env: NAME} or {$file: PATH} is expected"


class Secret(_Strict):
    """Where a secret is: `{$env: NAME}` or `{$file: PATH}`. It never stands in the file itself."""

    env: str | None = Field(None, alias="$env", min_length=1)
    file: str | None = Field(None, alias="$file", min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(EXPECTED)  # noqa: TRY004  (pydantic reports no TypeError)
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError(EXPECTED)
        return self

    @property
    def token(self) -> Token:
        """Where it is, for who reads it when it is needed."""
        return Token(self.env or "", Path(self.file) if self.file else None)

    def read(self, environ: Mapping[str, str] = os.environ) -> str:
        """The secret as it is now: mounted files are renewed. Raises UsageError, which names only the place."""
        return self.token.read(environ)


URL = r"^https?://[^\s/@]+(/\S*)?$"


class Slack(_Strict):
    """An incoming webhook of Slack, or of whatever understands the same."""

    url: Secret


class Webhook(_Strict):
    """Any URL that takes JSON; with a secret, X-Signature lets it know who sent it."""

    url: str = Field(pattern=URL)
    secret: Secret | None = None


class GitHub(_Strict):
    """The status of commits. The token needs to write commit statuses, and pull requests if it is to comment.

    comment    tells it as well in the comment of the pull request that brought the commit
    authors    who may have made that comment, besides the token's own user or app
    """

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    token: Secret
    api: str = Field("https://api.github.com", pattern=URL)
    comment: bool = False
    authors: list[str] = [ACTIONS]

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place("github", self.api, self.repository, self.token.token)


class GitLab(_Strict):
    """The status of commits; `project` is a path such as group/project, or a number. The rest is as for GitHub."""

    project: str = Field(pattern=r"^[\w.-]+(/[\w.-]+)*$")
    token: Secret
    api: str = Field("https://gitlab.com/api/v4", pattern=URL)
    comment: bool = False
    authors: list[str] = []

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place("gitlab", self.api, self.project, self.token.token)


class Channel(_Strict):
    """Where something is told, and what.

    severity         the least that is told
    targets, roots   patterns with * and ?; a root's is for its name ("orders") or for all of it ("RestApi orders")
    """

    name: str = Field(min_length=1, max_length=64)
    slack: Slack | None = None
    webhook: Webhook | None = None
    github: GitHub | None = None
    gitlab: GitLab | None = None
    severity: Literal["info", "warning", "error"] = "info"
    targets: list[str] = ["*"]
    roots: list[str] = ["*"]

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(part is not None for part in (self.slack, self.webhook, self.github, self.gitlab)) != 1:
            raise ValueError("one of slack, webhook, github and gitlab is expected")
        if (self.github or self.gitlab) and self.severity != "info":
            raise ValueError("a commit's status is about all its roots; severity is for other channels")
        return self

    @property
    def secrets(self) -> list[Secret]:
        """All that it needs."""
        parts = (self.slack and self.slack.url, self.webhook and self.webhook.secret)
        tokens = (self.github and self.github.token, self.gitlab and self.gitlab.token)
        return [secret for secret in (*parts, *tokens) if secret]

    def wants(self, change: StateChange) -> bool:
        """True if the channel is told of such a change."""
        is_grave = change.severity >= Severity[self.severity.upper()]
        is_target = any(fnmatchcase(change.target, pattern) for pattern in self.targets)
        names = (change.root.key, str(change.root))
        return is_grave and is_target and any(fnmatchcase(name, one) for name in names for one in self.roots)


class Notifications(_Strict):
    """What the file may say. `collapse` is for how many seconds changes are gathered before one message is sent."""

    channels: list[Channel] = Field(min_length=1)
    collapse: float = Field(10.0, ge=0, le=3600)

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [channel.name for channel in self.channels]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two channels are called {twice[0]!r}")
        return self


def read_notifications(file: Path, environ: Mapping[str, str] = os.environ) -> Notifications:
    """The channels of a file, whose secrets are all there. Raises SpecErrors and UsageError."""
    found = load_typed(file, file.parent, Notifications)
    for channel in found.channels:
        for secret in channel.secrets:
            try:
                secret.read(environ)
            except UsageError as error:
                raise UsageError(f"channel {channel.name!r}: {error}") from None
    return found
