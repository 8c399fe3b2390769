"""Credentials for a git remote: a deploy key, a token, or a GitHub App; never in a URL or an argument."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
import jwt

from controller.errors import SourceError
from controller.http import client, trouble
from controller.source.git.process import Access


RENEWED_AFTER = 50 * 60
"""Seconds; an installation's token lives for an hour."""

JWT_SECONDS, CLOCK_SKEW = 540, 60
"""GitHub takes at most ten minutes, and advises to date the issue a minute back."""

VARIABLE = "RECONCILE_GIT_TOKEN"


class Auth(Protocol):
    """Where credentials come from."""

    def access(self, origin: str) -> Access:
        """What git needs to reach the remote now. `origin` is its scheme and host. Raises SourceError."""


class Anonymous:
    """No credentials."""

    def access(self, origin: str) -> Access:
        return Access()


@dataclass(frozen=True)
class DeployKey:
    """A private key for SSH, and the hosts it may be shown to: an unknown host is never trusted at first sight."""

    key: Path
    known_hosts: Path

    def access(self, origin: str) -> Access:
        for file in (self.key, self.known_hosts):
            _text(file)
        options = {
            "IdentityFile": self.key,
            "UserKnownHostsFile": self.known_hosts,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "UpdateHostKeys": "no",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "PasswordAuthentication": "no",
            "ForwardAgent": "no",
            "ClearAllForwardings": "yes",
            "ConnectTimeout": 15,
            "ServerAliveInterval": 10,
            "ServerAliveCountMax": 3,
        }
        command = ["ssh", "-F", "/dev/null", *(f"-o{name}={value}" for name, value in options.items())]
        return Access(environment={"GIT_SSH_COMMAND": shlex.join(command), "GIT_SSH_VARIANT": "ssh"})


@dataclass(frozen=True)
class Token:
    """A token in a file. git's helper reads it each time, so a rotated one is used at once."""

    file: Path
    user: str = "x-access-token"

    def access(self, origin: str) -> Access:
        token = _text(self.file)
        password = f'"$(cat -- {shlex.quote(str(self.file.absolute()))})"'
        return Access(_helper(origin, self.user, password), secrets=(token,))


@dataclass
class GitHubApp:
    """An app's installation: a token is made of the app's private key, and anew after 50 minutes.

    `api` is the base URL of GitHub's REST API (https://HOST/api/v3 for GitHub Enterprise Server).
    """

    app_id: str
    installation_id: int
    key: Path
    api: str = "https://api.github.com"
    clock: Callable[[], float] = time.time
    http: httpx.Client = field(default_factory=lambda: client(15))
    _token: str = field(default="", repr=False)
    _made: float = 0.0

    def access(self, origin: str) -> Access:
        if not self._token or self.clock() - self._made >= RENEWED_AFTER:
            self._token, self._made = self._minted(), self.clock()
        return Access(_helper(origin, "x-access-token", f'"${VARIABLE}"'), {VARIABLE: self._token}, (self._token,))

    def _minted(self) -> str:
        now = int(self.clock())
        claims = {"iss": str(self.app_id), "iat": now - CLOCK_SKEW, "exp": now + JWT_SECONDS}
        key = _text(self.key)
        try:
            proof = jwt.encode(claims, key, algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError):
            raise SourceError(f"{self.key} is not a private RSA key in PEM form") from None
        url = f"{self.api}/app/installations/{self.installation_id}/access_tokens"
        headers = {"Authorization": f"Bearer {proof}", "Accept": "application/vnd.github+json"}
        what = f"GitHub gave no token for installation {self.installation_id} of app {self.app_id}"
        try:
            answer = self.http.post(url, headers=headers)
        except httpx.HTTPError as error:
            raise SourceError(f"{what}: {trouble(error)}") from None
        if answer.status_code != httpx.codes.CREATED:
            raise SourceError(f"{what}: it answered {answer.status_code} {answer.reason_phrase}")
        try:
            token = str(answer.json()["token"])
        except (ValueError, KeyError, TypeError):
            token = ""
        if not token:
            raise SourceError(f"{what}: its answer holds none")
        return token


def _helper(origin: str, user: str, password: str) -> dict[str, str]:
    # Bound to the origin: wherever the server may redirect to, the token is not sent there.
    told = f'printf "username=%s\\npassword=%s\\n" {shlex.quote(user)} {password}'
    return {f"credential.{origin}.helper": f'!f() {{ test "$1" = get && {told}; }}; f'}


def _text(file: Path) -> str:
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise SourceError(f"{file} cannot be read: {reason}") from None
    if not text:
        raise SourceError(f"{file} is empty")
    return text
