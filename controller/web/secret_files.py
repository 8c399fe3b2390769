"""Secrets from files, read again when they change: that is how mounted ones are rotated."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from controller.errors import UsageError


_log = structlog.get_logger()

SHORTEST = 16
"""Characters: a digest of the secret stands in a URL, and must not be worth guessing from."""


class SecretFiles:
    """One secret in each file, all of them good: with two, a secret is changed without a gap.

    Raises UsageError if one cannot be used. Later, what cannot be used any more is kept as it was, and told of.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        if not paths:
            raise UsageError("the webhook needs a secret: --webhook-secret-file FILE")
        self._paths = tuple(paths)
        self._stamp: object = None
        self._secrets: tuple[bytes, ...] = ()
        self._stamp, self._secrets = self._stamps(), self._read()

    def current(self) -> tuple[bytes, ...]:
        """The secrets as they are now."""
        stamp = self._stamps()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._secrets = self._read()
            except UsageError as error:
                _log.warning("the webhook's secrets stay as they were", reason=str(error))
            else:
                _log.info("the webhook's secrets were read again")
        return self._secrets

    def opens(self, digest: str) -> bool:
        """Whether this is the SHA-256 of a secret, in hexadecimal."""
        known = [hmac.compare_digest(digest.encode(), path_of(secret).encode()) for secret in self.current()]
        return any(known)

    def _stamps(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(_stamp(path) for path in self._paths)

    def _read(self) -> tuple[bytes, ...]:
        return tuple(_read(path) for path in self._paths)


def path_of(secret: bytes) -> str:
    """What of a secret stands in the URL."""
    return hashlib.sha256(secret).hexdigest()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  follows the links by which Kubernetes swaps files
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> bytes:
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"the webhook's secret cannot be read from {path}: {error.strerror}") from None
    if len(secret) < SHORTEST:
        raise UsageError(
            f"the webhook's secret in {path} has {len(secret)} characters; at least {SHORTEST} are needed"
        )
    return secret
