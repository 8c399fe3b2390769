"""The file: what was live in some targets at one time, and who vouches for it.

    {"snapshot": {"format": 1, "taken": …, "targets": {…}}, "signature": {"by": "sha256:…", "value": "…"}}

The signature is over the canonical form of `snapshot`: JSON in ASCII, keys sorted, nothing between. What is made of
a file is made of what that form was taken of, so that nothing is used that was not signed.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from controller.call import Call
from controller.errors import SnapshotError
from controller.gateway import Environment
from controller.snapshot.keys import fingerprint, has_signed, sign


FORMAT = 1
MOST = 256 * 1024 * 1024
"""Bytes of a file. An API of forty methods takes about 50 KB."""
_SKEW = timedelta(minutes=5)
"""By so much clocks may differ."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Strict):
    """Where a target is: `Environment`, so that nobody has to be asked."""

    account: str
    region: str
    partition: str
    owner: str

    @property
    def environment(self) -> Environment:
        """The same, as a run wants it."""
        return Environment(self.account, self.region, self.partition, self.owner)


class Answer(_Strict):
    """What AWS answered to a call: the whole of a listing, or a part (`Glance`); None for "not found"."""

    service: str = "apigateway"
    operation: str
    params: dict[str, Any] = {}
    about: str = ""
    answer: dict[str, Any] | None


class Target(_Strict):
    """What is live in a target of one owner."""

    place: Place
    answers: tuple[Answer, ...]


def _universal(taken: datetime) -> datetime:
    try:
        return taken.astimezone(UTC)
    except OverflowError:
        msg = "no such time"
        raise ValueError(msg) from None


class Content(_Strict):
    """Everything that is signed. `revision` is that of the specs of whoever took it."""

    format: int = FORMAT
    version: str
    taken: Annotated[AwareDatetime, AfterValidator(_universal)]
    revision: str = ""
    targets: dict[str, Target]


@dataclass(frozen=True)
class Snapshot:
    """A file that may be believed: `signed_by` is the fingerprint of the key, empty if nobody asked."""

    name: str
    content: Content
    signed_by: str = ""


def question(call: Call) -> str:
    """What tells calls apart, as one text."""
    about = call.glance.about if call.glance else ""
    return json.dumps([call.service, call.operation, call.params, about], sort_keys=True, default=str)


def answered(answer: Answer) -> str:
    """The question that an answer is to."""
    return json.dumps([answer.service, answer.operation, answer.params, answer.about], sort_keys=True, default=str)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def written(content: Content, key: Ed25519PrivateKey | None = None) -> str:
    """The text of a file, signed if there is a key."""
    plain = content.model_dump(mode="json", exclude_defaults=True) | {"format": content.format}
    document: dict[str, Any] = {"snapshot": plain}
    if key:
        value = b64encode(sign(key, _canonical(plain))).decode()
        document["signature"] = {"by": fingerprint(key.public_key()), "value": value}
    return json.dumps(document, sort_keys=True, indent=1, allow_nan=False) + "\n"


def _canonical(plain: Any) -> bytes:
    """Raises ValueError for what JSON does not know, such as infinity."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


# ── believing ────────────────────────────────────────────────────────────────────────────────────


def opened(path: Path, keys: Sequence[Ed25519PublicKey], now: datetime | None = None) -> Snapshot:
    """A snapshot that one of these keys has signed, or any at all if there are none. Raises SnapshotError."""
    document = _parsed(path)
    plain, signature = document.get("snapshot"), document.get("signature")
    version = plain.get("format") if isinstance(plain, Mapping) else None
    if not isinstance(plain, Mapping) or version is None:
        raise SnapshotError(f"{path} is no snapshot")
    if version != FORMAT:
        raise SnapshotError(
            f"{path} has format {str(version)[:20]!r}, and this version of reconcile reads {FORMAT}"
        )
    signed_by = _signer(path, _canonical(plain), signature, keys) if keys else ""
    try:
        content = Content.model_validate(plain)
    except (ValidationError, RecursionError) as error:
        raise SnapshotError(f"{path} is no snapshot: {_first(error)}") from None
    if content.taken > (now or datetime.now(UTC)) + _SKEW:
        when = f"{content.taken:%Y-%m-%d %H:%M} UTC"
        raise SnapshotError(f"{path} was taken at {when}, which is still to come: one of the two clocks is wrong")
    return Snapshot(str(path), content, signed_by)


def _parsed(path: Path) -> Mapping[str, Any]:
    try:
        if path.exists() and not path.is_file():
            raise SnapshotError(f"{path} is no file")
        if path.exists() and path.stat().st_size > MOST:
            raise SnapshotError(f"{path} has more than {MOST // 1024 // 1024} MB, which no snapshot has")
        with path.open("rb") as file:
            text = file.read(MOST)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no path"
        raise SnapshotError(f"{path} cannot be read: {reason}") from None
    try:
        document = json.loads(text, parse_constant=_refused)
        _canonical(document)
    except (ValueError, RecursionError):
        raise SnapshotError(f"{path} is no snapshot: it is no JSON, or not the whole of it") from None
    if not isinstance(document, Mapping):
        raise SnapshotError(f"{path} is no snapshot")
    return document


def _refused(word: str) -> NoReturn:
    raise ValueError(word)


def _signer(path: Path, content: bytes, signature: Any, keys: Sequence[Ed25519PublicKey]) -> str:
    """The fingerprint of the key that has signed. Raises SnapshotError if it is none of these."""
    if not isinstance(signature, Mapping):
        raise SnapshotError(f"{path} is not signed")
    known = {fingerprint(key): key for key in keys}
    by = str(signature.get("by"))[:80]
    if by not in known:
        raise SnapshotError(f"{path} is signed by {by!r}, which is none of the keys that are believed")
    try:
        value = b64decode(str(signature.get("value")), validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if not has_signed(known[by], content, value):
        raise SnapshotError(f"{path} was changed after it was signed, or signed by somebody else")
    return by


def _first(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part)[:40] for part in first["loc"][:6])
    return f"{place}: {first['msg'].lower()}"
