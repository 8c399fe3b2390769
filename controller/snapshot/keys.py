"""Ed25519 keys: who has signed a snapshot. In PEM, as `openssl genpkey -algorithm ed25519` makes them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from controller.errors import SnapshotError


_PURPOSE = b"apigateway-reconciler snapshot\n"
"""Begins everything that is signed: a key that signs other things too vouches for no snapshot by accident."""


def private_key(given: str) -> Ed25519PrivateKey:
    """The key to sign with: PEM, or the path of a file with it. Raises SnapshotError, without the key in it."""
    try:
        key = load_pem_private_key(_pem(given), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise SnapshotError(f"{_called(given)} is no private Ed25519 key in PEM, or it has a password")


def public_key(given: str) -> Ed25519PublicKey:
    """A key to verify with: PEM, or the path of a file with it. Raises SnapshotError."""
    try:
        key = load_pem_public_key(_pem(given))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PublicKey):
        return key
    raise SnapshotError(f"{_called(given)} is no public Ed25519 key in PEM")


def fingerprint(key: Ed25519PublicKey) -> str:
    """What a key is called: SHA-256 over its DER form, as `openssl pkey -pubin -outform DER | sha256sum` has it."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{hashlib.sha256(der).hexdigest()}"


def sign(key: Ed25519PrivateKey, content: bytes) -> bytes:
    """The signature of a content."""
    return key.sign(_PURPOSE + content)


def has_signed(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    """True if the signature is of this content, made with this key's private half."""
    try:
        key.verify(signature, _PURPOSE + content)
    except InvalidSignature:
        return False
    return True


def _pem(given: str) -> bytes:
    if _is_pem(given):
        return given.encode()
    try:
        return Path(given).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no path"
        raise SnapshotError(f"{given!r}: the key cannot be read: {reason}") from None


def _called(given: str) -> str:
    return "what was given" if _is_pem(given) else repr(given)


def _is_pem(given: str) -> bool:
    return given.lstrip().startswith("-----BEGIN")
