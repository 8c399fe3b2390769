"""Whether a webhook's request comes from somebody who knows the secret: pure, of headers, body and secrets.

What each sender puts where:

GitHub    X-Hub-Signature-256: sha256=HEX of the body (docs.github.com, "Validating webhook deliveries"). The older
          X-Hub-Signature is SHA-1 and refused
GitLab    X-Gitlab-Token: the secret itself; or, as Standard Webhooks has it, webhook-id, webhook-timestamp, and
          webhook-signature: v1,BASE64 of `id.timestamp.body`
generic   X-Signature: sha256=HEX of `timestamp.body`, and X-Signature-Timestamp in seconds of Unix time
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


TOLERANCE = 300.0
"""Seconds by which a timestamp may differ from our clock."""

_MOST_SIGNATURES = 8
_STANDARD_PREFIX = b"whsec_"


class Refused(Exception):
    """A request is not to be believed. `result` names it in metrics."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result


class Claim(Protocol):
    """What the headers of a request claim."""

    def proof(self, body: bytes, secrets: Sequence[bytes]) -> tuple[str, ...]:
        """By what the delivery is known again; empty if the claim is false."""


@dataclass(frozen=True)
class Signed:
    """The body, after `before`, is signed with the secret. `id` is the delivery's, whether signed or not."""

    digests: tuple[bytes, ...]
    before: bytes = b""
    id: str = ""
    key: Callable[[bytes], bytes] = lambda secret: secret

    def proof(self, body: bytes, secrets: Sequence[bytes]) -> tuple[str, ...]:
        """By what the delivery is known again; empty if the claim is false."""
        found = ""
        for secret in secrets:
            digest = hmac.new(self.key(secret), self.before, hashlib.sha256)
            digest.update(body)
            ours = digest.digest()
            # All are compared, so that the time says nothing of which one fits.
            for theirs in self.digests:
                if hmac.compare_digest(ours, theirs):
                    found = ours.hex()
        # The id alone would not do: whoever repeats a request can change what is not signed.
        return tuple(filter(None, (found, self.id))) if found else ()


@dataclass(frozen=True)
class Token:
    """The request carries the secret itself."""

    token: bytes
    id: str = ""

    def proof(self, body: bytes, secrets: Sequence[bytes]) -> tuple[str, ...]:
        """By what the delivery is known again; empty if the claim is false."""
        known = [hmac.compare_digest(self.token, secret) for secret in secrets]
        return (self.id or hashlib.sha256(body).hexdigest(),) if any(known) else ()


Headers = Mapping[str, str]


def github(headers: Headers, _now: float) -> Claim:
    """The claim of a request from GitHub. Raises Refused if there is none."""
    signature = headers.get("x-hub-signature-256", "")
    if not signature:
        old = " (X-Hub-Signature is SHA-1, which is not accepted)" if "x-hub-signature" in headers else ""
        raise Refused("no_signature", f"X-Hub-Signature-256 is missing{old}")
    return Signed((_hexadecimal(signature),), id=headers.get("x-github-delivery", ""))


def gitlab(headers: Headers, now: float) -> Claim:
    """The claim of a request from GitLab. Raises Refused if there is none."""
    if signature := headers.get("webhook-signature", ""):
        # A signature that is there must hold: the token does not make up for a wrong one.
        identity = headers.get("webhook-id", "")
        timestamp = _recent(headers.get("webhook-timestamp", ""), "webhook-timestamp", now)
        return Signed(
            _standard(signature), before=f"{identity}.{timestamp}.".encode(), id=identity, key=_standard_key
        )
    if token := headers.get("x-gitlab-token", ""):
        identity = headers.get("idempotency-key") or headers.get("x-gitlab-event-uuid") or ""
        return Token(token.encode("latin-1", "replace"), identity)
    raise Refused("no_signature", "X-Gitlab-Token or webhook-signature is missing")


def generic(headers: Headers, now: float) -> Claim:
    """The claim of a request from anybody else. Raises Refused if there is none."""
    signature = headers.get("x-signature", "")
    if not signature:
        raise Refused("no_signature", "X-Signature is missing")
    timestamp = _recent(headers.get("x-signature-timestamp", ""), "X-Signature-Timestamp", now)
    return Signed((_hexadecimal(signature),), before=f"{timestamp}.".encode())


PROVIDERS: Mapping[str, Callable[[Headers, float], Claim]] = {
    "github": github,
    "gitlab": gitlab,
    "generic": generic,
}


def _hexadecimal(signature: str) -> bytes:
    algorithm, _, digest = signature.partition("=")
    try:
        if algorithm == "sha256":
            return bytes.fromhex(digest)
    except ValueError:
        pass
    raise Refused("bad_signature", "the signature is not sha256=HEX")


def _standard(signature: str) -> tuple[bytes, ...]:
    parts = [part.partition(",") for part in signature.split()[:_MOST_SIGNATURES]]
    try:
        found = tuple(base64.b64decode(digest, validate=True) for version, _, digest in parts if version == "v1")
    except binascii.Error:
        found = ()
    if not found:
        raise Refused("bad_signature", "the signature is not v1,BASE64")
    return found


def _standard_key(secret: bytes) -> bytes:
    """The key of a secret in Standard Webhooks' notation: after the prefix it stands in Base64."""
    if secret.startswith(_STANDARD_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret


def _recent(timestamp: str, header: str, now: float) -> str:
    if not (timestamp.isascii() and timestamp.isdecimal()):
        raise Refused("too_old", f"{header} is not a time in seconds")
    if abs(now - int(timestamp[:20])) > TOLERANCE:
        raise Refused("too_old", f"{header} is more than {TOLERANCE:.0f} s from now")
    return timestamp
